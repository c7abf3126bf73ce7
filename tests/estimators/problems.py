"""Small networks with targets that suit a loss, for tests of gradients."""

import numpy as np
from scipy.special import expit

from skdeep.formulas.losses import REGISTRY as LOSSES
from tests import datasets, oracle
from tests.estimators.in_layers import class_and_parameters
from tests.helpers import quiet

ROWS = 13
KINDS = {
    "classification": ["binary", "multiclass", "multilabel"],
    "regression": ["regression", "multioutput"],
}
#: (kind of data, public name of the loss), for all losses
CASES = sorted(
    {(kind, loss.public) for loss in LOSSES.values() for task in loss.tasks for kind in KINDS[task]}
)
IDS = ["-".join(case) for case in CASES]
#: Losses with labels of -1 and 1.
SIGNED = {loss.public for loss in LOSSES.values() if loss.coding == (-1.0, 1.0)}
MARGIN = 1e-3  # from kinks


def data(kind, loss, dtype=np.float64, rows=ROWS):
    """Return features, with zeros for the sparse forms, and targets that suit the loss."""
    X, y = datasets.load(kind)
    X = np.where(np.abs(X) < 0.3, 0.0, X)[:rows]
    if kind == "multiclass":
        y = np.concatenate([[0, 1, 2, 3], y])  # every class is there
    y = y[:rows]
    if datasets.is_regression(kind):
        y = {"poisson": np.floor(np.exp(y)), "log_loss": expit(y)}.get(loss, y).astype(dtype)
    return X.astype(dtype), y


def estimator(kind, loss, **parameters):
    """Return an estimator that is not fitted."""
    task = "Regressor" if datasets.is_regression(kind) else "Classifier"
    cls, parameters = class_and_parameters(task, {"loss": loss, **parameters})
    return cls(**parameters)


def weights(rows=ROWS):
    """Return sample weights."""
    return np.random.RandomState(19).uniform(0.0, 2.0, rows)


def model(kind, loss, activation="tanh", hidden=(4, 3), dtype=np.float64, alpha=0.7, **parameters):
    """Fit one epoch: a network away from its start, and from kinks, with the data of the fit."""
    X, y = data(kind, loss, dtype)
    for seed in range(50):
        fitted = estimator(
            kind,
            loss,
            hidden_layer_sizes=hidden,
            activation=activation,
            alpha=alpha,
            max_iter=1,
            random_state=seed,
            **parameters,
        )
        with quiet():
            fitted.fit(X, y)
        if network(fitted, kind).distance_to_kinks(X, coded(fitted, kind, y)) > MARGIN:
            return fitted, X, y
    raise AssertionError("every network is at a kink")


def network(fitted, kind):
    """Return the oracle's copy of a fitted network."""
    exclusive = kind == "multiclass"
    own = "log_loss" if fitted.loss == "log_loss" and not exclusive else None
    return oracle.Network.of(fitted, loss=own)


def coded(fitted, kind, y):
    """Return targets as the network sees them: one column per output."""
    Y = np.asarray(y)[:, None] == fitted.classes_ if kind == "multiclass" else y
    Y = np.asarray(Y, dtype=float).reshape(len(y), -1)
    return 2 * Y - 1 if fitted.loss in SIGNED else Y


def flat(loss, coef_grads, intercept_grads):
    """Return all gradients in one vector."""
    return np.concatenate([np.ravel(g) for g in [*coef_grads, *intercept_grads]])
