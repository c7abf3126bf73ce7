"""A small problem of every kind, for skdeep and for the oracle, from the same start."""

import numpy as np

import skdeep
from tests import datasets, oracle
from tests.helpers import assert_close

SEED = 21
ALPHA = 0.3
RATE = 0.02
#: data set -> output activation
OUTPUTS = {
    "binary": "logistic",
    "multiclass": "softmax",
    "multilabel": "logistic",
    "regression": "identity",
    "multioutput": "identity",
    "counts": "exp",
}


def problem(data, hidden, activation, **parameters):
    """Return the estimator, the oracle's network at the same start, X, y and the targets."""
    X, y = datasets.load(data)
    Y = (y[:, None] == np.unique(y)).astype(float) if data == "multiclass" else y
    Y = np.asarray(Y, dtype=float).reshape(len(X), -1)
    name = "MLPRegressor" if datasets.is_regression(data) else "MLPClassifier"
    if data == "counts":
        parameters["loss"] = "poisson"
    defaults = {"alpha": ALPHA, "learning_rate_init": RATE, "shuffle": False, "random_state": SEED}
    estimator = getattr(skdeep, name)(
        hidden_layer_sizes=hidden, activation=activation, **{**defaults, **parameters}
    )
    units = [X.shape[1], *hidden, Y.shape[1]]
    rng = np.random.RandomState(SEED)
    network = oracle.Network.glorot(units, activation, OUTPUTS[data], rng)
    return estimator, network, X, y, Y


def sample_weights(n):
    """Return weights, a few of them zero."""
    weights = np.random.RandomState(22).uniform(0.1, 2, n)
    weights[::7] = 0.0
    return weights


def classes(data, y):
    """Return what the first call of ``partial_fit`` needs besides X and y."""
    if datasets.is_regression(data):
        return {}
    return {"classes": np.unique(y) if y.ndim == 1 else np.arange(y.shape[1])}


def compare(estimator, network, rtol=1e-10):
    """Compare the parameters."""
    got = [*estimator.coefs_, *estimator.intercepts_]
    for w, v in zip(got, network.parameters, strict=True):
        assert_close(w, v, rtol)
