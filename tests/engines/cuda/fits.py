"""Fits on a device beside the same fits on one processor."""

import contextlib
import functools
import math

import numpy as np
import scipy.sparse as sp

import skdeep
from tests.estimators.features import test_feature_pairs as pairs
from tests.estimators.in_layers import class_and_parameters
from tests.helpers import quiet

#: Largest difference after an epoch, relative to the largest number of a kind.
TOLERANCE = {"float64": 1e-9, "float32": 1e-4}
#: Solvers whose steps are as long as the gradient: rounding is not enlarged.
PLAIN_SOLVERS = ("sgd",)
#: CUDA's logarithm and sine, from which noise is made, differ from those of processors by float32's
#: rounding.
NOISE_TOLERANCE = 1e-6
CLASSES = {"multiclass": skdeep.MLPClassifier, "regression": skdeep.MLPRegressor}
SMALL = {
    "hidden_layer_sizes": (4, 3),
    "activation": "tanh",
    "max_iter": 1,
    "batch_size": 5,
    "random_state": 0,
    "alpha": 0.01,
    "learning_rate_init": 0.01,
}


@functools.cache
def data(kind, rows=12, features=4):
    """Return a dozen rows, a third of the features zero: batches of 5, 5 and 2."""
    rng = np.random.RandomState(rows + features)
    X = rng.standard_normal((rows, features))
    y = np.arange(rows) % 3 if kind == "multiclass" else rng.uniform(0.1, 0.9, rows)
    X = np.where(np.abs(X) < 0.4, 0, X)
    X.setflags(write=False)
    return X, y


@contextlib.contextmanager
def cuda_settings(device, **settings):
    """Change settings of the CUDA engine: of its module, or of the device."""
    if device == "cpu":
        yield
        return
    from skdeep.engines.cuda import engine
    from skdeep.engines.cuda.hardware.devices import device_of

    with contextlib.ExitStack() as stack:
        for name, value in settings.items():
            owner = engine if name.isupper() else device_of(0)
            stack.callback(setattr, owner, name, getattr(owner, name))
            setattr(owner, name, value)
        yield


#: Ways in which a GPU trains, and the settings that choose them whatever the shape. A processor has
#: but one.
MODES = {
    "shared memory": {"shared_bytes": 1 << 16, "MOST_OPERATIONS_OF_A_BLOCK": np.inf},
    "block": {"shared_bytes": 0, "MOST_OPERATIONS_OF_A_BLOCK": np.inf},
    "grid": {"MOST_OPERATIONS_OF_A_BLOCK": 0, "MOST_OPERATIONS_OF_A_GRAPH": 0},
    "graph": {"MOST_OPERATIONS_OF_A_BLOCK": 0, "MOST_OPERATIONS_OF_A_GRAPH": np.inf},
}


def estimator(kind, parameters, device):
    """Return an estimator for a device; None where it has not these parameters.

    On processors the device to compare with has one thread, the one under test has two: the results
    must be the same to the bit.
    """
    own = {name: value for name, value in parameters.items() if name not in pairs.WAYS}
    where = {None: {"n_threads": 1}, "cpu": {"n_threads": 2}}.get(device, {"device": device})
    if own.get("init_from") == "another network":
        own["init_from"] = _other(kind)
    task = CLASSES[kind].__name__.removeprefix("MLP")
    cls, settings = class_and_parameters(task, {**SMALL, **where, **own})
    known = cls().get_params(deep=False)
    return cls(**settings) if settings.keys() <= known.keys() else None


@functools.cache
def _other(kind):
    with quiet():
        return CLASSES[kind](hidden_layer_sizes=(4, 3), max_iter=1).fit(*data(kind))


def inputs(kind, way, rows=12, features=4):
    """Return features, targets and sample weights for a way of a fit."""
    X, y = data(kind, rows, features)
    X = X.astype(way.get("dtype", np.float64))
    X = sp.csr_matrix(X) if way.get("data") == "csr" else X
    return X, y, np.linspace(0.5, 1.5, rows) if way.get("weighted") else None


def fit(kind, parameters, device, *given):
    """Return a fitted estimator, or None where it has not these parameters."""
    model = estimator(kind, parameters, device)
    if model is None:
        return None
    X, y, weight = given or inputs(kind, parameters)
    extra = {"X_val": X[:4], "y_val": y[:4]} if parameters.get("validated") else {}
    if parameters.get("method") == "partial_fit":
        if kind == "multiclass":
            extra["classes"] = np.unique(y)
        model.partial_fit(X, y, weight, **extra)
        extra.pop("classes", None)
        return model.partial_fit(X, y, weight, **extra)
    return model.fit(X, y, weight, **extra)


def _difference(got, expected):
    """Return the largest difference, relative to the largest number."""
    got, expected = np.asarray(got, dtype=float), np.asarray(expected, dtype=float)
    assert got.shape == expected.shape
    if not expected.size:
        return 0.0
    assert np.isfinite(got).all() and np.isfinite(expected).all()
    return np.abs(got - expected).max() / max(np.abs(expected).max(), 1e-30)


def _flat(arrays):
    return np.concatenate([np.ravel(a) for a in arrays]) if len(arrays) else np.empty(0)


def _recorded(model):
    """Yield names of what a fit has left behind, and their numbers."""
    yield "weights", _flat(model.coefs_)
    yield "biases", _flat(model.intercepts_)
    # A loss near zero is the small difference of larger numbers.
    yield "losses", np.append(getattr(model, "loss_curve_", ()), 1.0)
    for name in ("validation_scores_", "validation_losses_", "gradient_norms_"):
        if getattr(model, name, None) is not None:
            yield name, np.asarray(getattr(model, name), dtype=float)
    states = getattr(getattr(model, "_optimizer", None), "states", None)
    if states is not None:
        for number, state in enumerate(states):
            yield f"state {number}", np.ravel(state)


def assert_same_fit(got, expected, tolerance):
    """Compare all that two fits have left behind."""
    assert (got.n_iter_, got.t_) == (expected.n_iter_, expected.t_)
    records = dict(_recorded(got))
    for name, numbers in _recorded(expected):
        difference = _difference(records[name], numbers)
        assert difference <= tolerance, (name, difference)


def assert_alike_in_float32(got, expected):
    """Compare fits in float32 whose solver divides the gradient by its size, as Adam does.

    Where a gradient is no more than rounding, so is the direction of its steps, of which each is
    about as long as the learning rate. No parameter may be further apart than steps in opposite
    directions take it, most are as close as their gradients, and the losses, on which such
    parameters hardly tell, agree.
    """
    batches = math.ceil(expected.t_ / expected.n_iter_ / expected.batch_size)
    apart = 2 * expected.learning_rate_init * expected.n_iter_ * batches
    close = TOLERANCE["float32"]
    assert (got.n_iter_, got.t_) == (expected.n_iter_, expected.t_)
    np.testing.assert_allclose(got.loss_curve_, expected.loss_curve_, rtol=close, atol=close)
    for ours, theirs in ((got.coefs_, expected.coefs_), (got.intercepts_, expected.intercepts_)):
        difference = np.abs(_flat(ours) - _flat(theirs))
        scale = np.abs(_flat(theirs)).max()
        assert np.median(difference) <= close * scale
        assert difference.max() <= apart + close * scale


def check(kind, parameters, device, *given, tolerance=None):
    """Fit on a device and on one processor, and compare; return whether the fit is possible."""
    with quiet():
        try:
            expected = fit(kind, parameters, None, *given)
        except ValueError:
            return False
        if expected is None:
            return False
        got = fit(kind, parameters, device, *given)
    if tolerance is None:
        name = expected.coefs_[0].dtype.name
        if name == "float32" and device != "cpu" and expected.solver not in PLAIN_SOLVERS:
            assert_alike_in_float32(got, expected)
            return True
        tolerance = TOLERANCE[name]
    assert_same_fit(got, expected, 0.0 if device == "cpu" else tolerance)
    return True
