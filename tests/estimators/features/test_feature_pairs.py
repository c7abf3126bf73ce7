"""All pairs of features of the catalogue: each trains and has the right gradient, or says why not.

Names come from the registries, so a new entry is paired with all the others.
"""

import functools

import numpy as np
import pytest

import skdeep
from skdeep import check_gradient, schedules, solvers
from skdeep.formulas import activations, initialisers, losses, penalties
from skdeep.formulas.optimizers import REGISTRY as RULES
from tests import datasets
from tests.estimators.in_layers import class_and_parameters
from tests.helpers import CONTAINERS, quiet

ROWS, LIMIT = 24, 2e-6
KINDS = ("multiclass", "regression")


def jitter(X, y, rng):
    """Move the features a little."""
    return X * rng.uniform(0.9, 1.1), y


def _features():
    """Yield names of features and the parameters, or ways of a fit, that they stand for."""
    for name in solvers.names():
        yield f"solver {name}", {"solver": name}
    for name in schedules.names():
        yield f"schedule {name}", {"learning_rate": name}
    for name in ("linear", "cosine"):
        yield f"momentum {name}", {"momentum": name, "solver": "sgd"}
    for name, entry in activations.REGISTRY.items():
        if entry.hidden:
            yield f"units {name}", {"activation": name}
        yield f"outputs {name}", {"out_activation": name}
    yield "units of several kinds", {"activation": ("tanh", "gelu")}
    for name in sorted({name for kind in TASKS.values() for name in losses.public_names(kind)}):
        yield f"loss {name}", {"loss": name}
    for name in initialisers.REGISTRY:
        yield f"begins {name}", {"weight_init": name}
    for name, entry in penalties.REGISTRY.items():
        yield f"penalty {name}", {"penalty": 2.5 if entry.power else name}
    yield from OTHERS.items()


TASKS = {"multiclass": "classification", "regression": "regression"}
OTHERS = {
    "dropout": {"dropout": 0.3},
    "dropped features": {"input_dropout": 0.2},
    "rates of layers": {"dropout": (0.0, 0.1), "dropconnect": (0.2, 0.0)},
    "dropconnect": {"dropconnect": 0.3},
    "noise": {"input_noise": 0.2},
    "augment": {"augment": jitter},
    "batch_norm": {"batch_norm": True},
    "max_norm": {"max_norm": 1.0},
    "clip_norm": {"clip_norm": 0.5},
    "weight_norm": {"weight_norm": True},
    "skips": {"skip_connections": True},
    "auxiliary outputs": {"heads": (0,)},
    "frozen": {"frozen_layers": 1},
    "all frozen": {"frozen_layers": 2},
    "norms": {"record_gradient_norms": True},
    "early stopping": {"early_stopping": True, "validation_fraction": 0.25},
    "scoring": {"early_stopping": True, "validation_fraction": 0.25, "scoring": "loss"},
    "restarts": {"n_restarts": 2},
    "init_from": {"init_from": "another network"},
    "class_weight": {"class_weight": "balanced"},
    "label_smoothing": {"label_smoothing": 0.2},
    "tolerances": {"tol_gradient": 1e-9, "tol_objective": -1e9},
    "one sample at a time": {"batch_size": 1},
    "pattern of seven": {"batch_size": 7, "shuffle": False},
    "no hidden layer": {"hidden_layer_sizes": ()},
    "warm start": {"warm_start": True},
    "threads": {"n_threads": 2},
    # Ways of a fit, not parameters of the estimator.
    "sparse": {"data": "csr"},
    "float32": {"dtype": np.float32},
    "partial_fit": {"method": "partial_fit"},
    "validation set": {"validated": True},
    "weighted": {"weighted": True},
}
FEATURES = dict(_features())
WAYS = {"data", "dtype", "method", "validated", "weighted"}
#: What errors of numbers that have grown too large say: no reason why two features do not go
#: together.
TOO_LARGE = ("finite", "NaN", "nan")


@functools.cache
def _data(kind):
    X, y = datasets.load(kind)
    y = y[:ROWS] if kind == "multiclass" else abs(y[:ROWS]) / (1 + abs(y[:ROWS]).max())
    return np.where(np.abs(X[:ROWS]) < 0.3, 0, X[:ROWS]), y


@functools.cache
def _other(kind):
    """Return a fitted network to begin with."""
    with quiet():
        return getattr(skdeep, _class(kind))(hidden_layer_sizes=(4, 3), max_iter=1).fit(
            *_data(kind)
        )


def _class(kind):
    return "MLPRegressor" if kind == "regression" else "MLPClassifier"


def _estimator(kind, parameters):
    """Return an estimator; None where it has not these parameters."""
    settings = {
        "hidden_layer_sizes": (4, 3),
        "activation": "tanh",
        "max_iter": 3,
        "batch_size": 8,
        "random_state": 0,
        "alpha": 0.01,
        "learning_rate_init": 0.001,
        **{name: value for name, value in parameters.items() if name not in WAYS},
    }
    if "init_from" in settings:
        settings["init_from"] = _other(kind)
    cls, settings = class_and_parameters(_class(kind).removeprefix("MLP"), settings)
    known = cls().get_params(deep=False)
    return cls(**settings) if settings.keys() <= known.keys() else None


def _fit(model, kind, way):
    """Fit in the way that the pair says; return the data for the gradient."""
    X, y = _data(kind)
    X = CONTAINERS[way.get("data", "dense")](X.astype(way.get("dtype", np.float64)))
    weight = np.linspace(0.5, 1.5, ROWS) if way.get("weighted") else None
    extra = {"X_val": X[:9], "y_val": y[:9]} if way.get("validated") else {}
    if way.get("method") == "partial_fit":
        if kind == "multiclass":
            extra["classes"] = np.unique(y)
        if not hasattr(model, "partial_fit"):
            return None
        model.partial_fit(X, y, weight, **extra)
        extra.pop("classes", None)
        for _ in range(2):
            model.partial_fit(X, y, weight, **extra)
    else:
        model.fit(X, y, weight, **extra)
    return X, y, weight


def _examine(kind, parameters):
    """Return whether a pair trains; raise AssertionError where it does wrong."""
    model = _estimator(kind, parameters)
    if model is None:
        return False
    try:
        data = _fit(model, kind, parameters)
    except ValueError as error:
        assert not any(word in str(error) for word in TOO_LARGE), error
        return False
    if data is None:
        return False
    assert np.isfinite(model.loss_)
    assert all(np.isfinite(w).all() for w in [*model.coefs_, *model.intercepts_])
    error = check_gradient(model, *data, max_parameters=12)
    if error > LIMIT:  # at a kink, which weights near by are not at
        rng = np.random.RandomState(0)
        for w in [*model.coefs_, *model.intercepts_]:
            w += rng.uniform(0.05, 0.1, w.shape).astype(w.dtype)
        error = check_gradient(model, *data, max_parameters=12)
    assert error < LIMIT, error
    return True


def _pairs(first):
    """Yield the features that come after one, kinds of targets, and the parameters of both."""
    names = list(FEATURES)
    for second in names[names.index(first) :]:
        one, other = FEATURES[first], FEATURES[second]
        if all(one[name] == other[name] for name in one.keys() & other.keys()):
            # Pairs take turns with the kinds of targets; where only one has the parameters, it is
            # that one.
            kinds = KINDS[::-1] if (names.index(first) + names.index(second)) % 2 else KINDS
            for kind in kinds:
                if _estimator(kind, {**one, **other}) is not None:
                    yield second, kind, {**one, **other}
                    break


@pytest.mark.filterwarnings("ignore:weight_init=.* makes all units of a layer alike")
@pytest.mark.filterwarnings("ignore:Got `batch_size` less than 1 or larger")
@pytest.mark.parametrize("first", FEATURES)
def test_pairs(first):
    with quiet():
        for second, kind, parameters in _pairs(first):
            try:
                _examine(kind, parameters)
            except Exception as error:
                raise AssertionError(f"{first} + {second}, {kind}: {error!r}") from error


def test_most_pairs_train():
    """The test above does not pass because everything is refused."""
    with quiet():
        for name in ("dropout", "dropconnect", "batch_norm", "max_norm", "clip_norm", "augment"):
            for rule in RULES:
                assert _examine("multiclass", {**FEATURES[name], "solver": rule}), (name, rule)
