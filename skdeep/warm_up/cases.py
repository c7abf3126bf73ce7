"""The tiny fits that need, together, what common fits and predictions need."""

import warnings
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_matrix

from skdeep.estimators.classifier import MLPClassifier
from skdeep.estimators.perceptron import Perceptron
from skdeep.estimators.regressor import MLPRegressor

#: scikit-learn's.
ACTIVATIONS = ("relu", "tanh", "logistic", "identity")
#: Rows that one mini-batch holds, or several; more of them are shared among threads otherwise.
N_ROWS, N_FEATURES = 240, 6
#: Enough work for several threads, and wide enough for weights in panels.
MEDIUM, WIDE = (128, 64), (512, 512)


class Case(NamedTuple):
    """A fit.

    Attributes
    ----------
    estimator : estimator
    kind : str
        Precision of the features.
    sparse : bool
    target : str
        A key of `TARGETS`.
    options : dict
        Further arguments of `fit`.
    """

    estimator: object
    kind: str
    sparse: bool = False
    target: str = "classes"
    options: dict = {}


TARGETS = {
    "classes": lambda x: np.digitize(x, (-0.5, 0.5)),
    "two classes": lambda x: (x > 0).astype(int),
    "labels": lambda x: np.column_stack([x > 0, x > 1, x < 1]).astype(int),
    "numbers": lambda x: x,
    "counts": lambda x: np.abs(x).round() + 1,
}


def _network(target, **parameters):
    """Return an estimator of a network for a kind of targets."""
    kind = MLPRegressor if target in ("numbers", "counts") else MLPClassifier
    small = {"hidden_layer_sizes": (5, 4), "max_iter": 1, "random_state": 0}
    return kind(**{**small, **parameters})


#: The fits of dense features: targets and parameters.
_PLAIN = (
    *(("classes", {"activation": name}) for name in ACTIVATIONS),
    *(("numbers", {"activation": name, "batch_size": 8}) for name in ACTIVATIONS[:1]),
    *((target, {}) for target in ("two classes", "labels", "numbers")),
    ("counts", {"loss": "poisson"}),
    ("classes", {"solver": "lbfgs"}),
    ("numbers", {"solver": "lbfgs"}),
    ("classes", {"solver": "lbfgs", "hidden_layer_sizes": WIDE}),
    ("classes", {"solver": "sgd"}),
    ("classes", {"solver": "sgd", "momentum": 0.0, "learning_rate": "adaptive"}),
    ("classes", {"solver": "sgd", "nesterovs_momentum": False, "learning_rate": "invscaling"}),
    ("classes", {"early_stopping": True, "shuffle": False}),
    ("numbers", {"early_stopping": True}),
    ("classes", {"hidden_layer_sizes": MEDIUM}),
    ("classes", {"hidden_layer_sizes": WIDE}),
    ("classes", {"hidden_layer_sizes": WIDE, "batch_size": 8}),
    ("classes", {"batch_size": 1}),
    ("numbers", {"hidden_layer_sizes": ()}),
)
#: Those of sparse features beyond them, and of regularisation.
_SPARSE = (
    ("classes", {}),
    ("classes", {"batch_size": 8}),
    ("classes", {"hidden_layer_sizes": MEDIUM}),
    ("classes", {"hidden_layer_sizes": WIDE}),
    ("classes", {"solver": "lbfgs"}),
    ("classes", {"shuffle": False}),
)
_REGULARISED = (
    {"dropout": 0.5},
    {"dropout": 0.5, "input_dropout": 0.2},
    {"batch_norm": True},
    {"batch_norm": True, "dropout": 0.5},
    {"penalty": "l1"},
    {"penalty": "elasticnet"},
    {"clip_norm": 1.0},
    {"max_norm": 1.0},
    {"weight_norm": True},
    {"solver": "adamw"},
)


def make_cases(precisions, sparse, regularised):
    """Return the fits that make common fits and predictions ready.

    Parameters
    ----------
    precisions : sequence of str
    sparse, regularised : bool

    Yields
    ------
    case : Case
    """
    for kind in precisions:
        for in_rows in (False, True) if sparse else (False,):
            yield from _cases_of(kind, in_rows, regularised)


def _cases_of(kind, sparse, regularised):
    for target, parameters in _SPARSE if sparse else _PLAIN:
        yield Case(_network(target, **parameters), kind, sparse, target)
    if kind == "float32" and not sparse:  # rows of float64, which are converted
        yield Case(_network("classes", precision=kind), "float64")
    weights = {"sample_weight": np.ones(N_ROWS)}
    yield Case(_network("classes"), kind, sparse, "classes", weights)
    if regularised:
        for parameters in _REGULARISED:
            yield Case(_network("classes", **parameters), kind, sparse)
    penalties = (None, "l2", "l1") if not sparse else (None, "l2")
    for penalty in penalties:
        yield Case(Perceptron(penalty=penalty, max_iter=2, tol=None), kind, sparse)
    if not sparse:
        yield from _cases_of_tables(kind)


def _cases_of_tables(kind):
    from skdeep.estimators.networks.network_classifier import NetworkClassifier
    from skdeep.layers import Dense, EncodedDense, TableFeatures
    from skdeep.tabular import TabularEncoder

    yield Case(TabularEncoder(dtype=kind), kind)
    if kind == "float32":  # that of the members of ensembles
        for first, second in ((5, 4), MEDIUM):
            encoded = EncodedDense(first, "silu", n_numbers=N_FEATURES)
            layers = [TableFeatures(), encoded, Dense(second, "silu")]
            yield Case(NetworkClassifier(layers, max_iter=1, random_state=0), kind)


def run(case):
    """Fit and predict.

    Parameters
    ----------
    case : Case
    """
    random_state = np.random.RandomState(0)
    X = random_state.standard_normal((N_ROWS, N_FEATURES)).astype(case.kind)
    y = TARGETS[case.target](X[:, 0].astype(np.float64))
    X = csr_matrix(X) if case.sparse else X
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # one epoch is no training, and nobody asked for it
        estimator = case.estimator.fit(X, y, **case.options)
        if hasattr(estimator, "transform"):
            estimator.transform(X)
            return
        estimator.predict(X)
        if hasattr(estimator, "predict_proba"):
            estimator.predict_proba(X)
        if not case.sparse and hasattr(estimator, "make_predictor"):
            rows = X[:1].astype(estimator.coefs_[0].dtype)  # `precision` may be another
            estimator.make_predictor().predict(rows)
