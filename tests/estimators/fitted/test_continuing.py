"""Calls that go on from earlier ones, beside scikit-learn: what is kept and what is read anew."""

import copy
import pickle
import warnings

import numpy as np
import pytest
import scipy.sparse as sp
import sklearn.neural_network as reference
from sklearn.base import clone, is_classifier

import skdeep
from skdeep.schedules import Cosine, Linear
from skdeep.solvers import SGD, RMSProp
from tests.helpers import outcome, quiet, unchanged

N_ROWS, N_FEATURES = 60, 4
RNG = np.random.default_rng(0)
X = RNG.normal(size=(N_ROWS, N_FEATURES))
X[RNG.random(X.shape) < 0.3] = 0.0
LABELS = RNG.integers(0, 3, N_ROWS)
TARGETS = np.sin(X @ RNG.normal(size=(N_FEATURES, 2))) + 0.1
DATA = {"MLPClassifier": LABELS, "MLPRegressor": TARGETS}
RTOL = 1e-9

#: scikit-learn's parameters, and values to change them to.
VALUES = {
    "activation": ["tanh", "logistic", "relu"],
    "alpha": [1.0, 1e-4],
    "batch_size": [7, "auto", 100],
    "learning_rate": ["invscaling", "adaptive", "constant"],
    "learning_rate_init": [0.05, 0.3, 0.001],
    "power_t": [2.0, 0.1],
    "max_iter": [1, 3, 6],
    "shuffle": [False, True],
    "random_state": [9, 0],
    "tol": [0.5, 0.0],
    "warm_start": [True, False],
    "momentum": [0.1, 0.0, 0.9],
    "nesterovs_momentum": [False, True],
    "validation_fraction": [0.3, 0.1],
    "beta_1": [0.1, 0.9],
    "beta_2": [0.5, 0.999],
    "epsilon": [0.1, 1e-8],
    "n_iter_no_change": [1, 10],
    "max_fun": [5, 100],
}
#: Those that scikit-learn's optimizer holds.
KEPT = {"learning_rate", "learning_rate_init", "power_t", "momentum", "nesterovs_momentum"}
KEPT |= {"beta_1", "beta_2", "epsilon"}
STATE = (
    "loss_ best_loss_ best_validation_score_ n_iter_ t_ loss_curve_ validation_scores_ "
    "_no_improvement_count coefs_ intercepts_"
).split()


def both(name, **parameters):
    """Return our estimator and scikit-learn's."""
    parameters = {"hidden_layer_sizes": (5,), "random_state": 0, "max_iter": 4, **parameters}
    return [getattr(module, name)(**parameters) for module in (skdeep, reference)]


def vector(model):
    """Return all weights and biases."""
    return np.concatenate([array.ravel() for array in (*model.coefs_, *model.intercepts_)])


def assert_same_state(ours, theirs, rtol=RTOL, where=""):
    """Compare all that the calls leave behind, relative to the largest number of each."""
    for name in STATE:
        got, expected = (getattr(model, name, "missing") for model in (ours, theirs))
        if name in ("coefs_", "intercepts_"):
            got, expected = (np.concatenate([a.ravel() for a in v]) for v in (got, expected))
        if expected is None or isinstance(expected, str):
            assert got == expected, (name, where)
            continue
        np.testing.assert_array_equal(np.shape(got), np.shape(expected), f"{name} {where}")
        scale = np.max(np.abs(expected), initial=1e-3)
        atol = rtol * scale if np.isfinite(scale) else 0.0
        np.testing.assert_allclose(got, expected, rtol=0, atol=atol, err_msg=f"{name} {where}")


def call(model, method, X, y, sample_weight=None):
    """Call `fit` or `partial_fit`; return the error, and the warnings, as strings."""
    first = method == "partial_fit" and is_classifier(model) and not hasattr(model, "classes_")
    known = {"classes": np.unique(y)} if first else {}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            getattr(model, method)(X, y, sample_weight=sample_weight, **known)
            error = None
        except Exception as raised:  # compared by the caller
            error = f"{type(raised).__name__}: {raised}"
    return error, sorted(f"{w.category.__name__}: {w.message}" for w in caught)


# One parameter after another


@pytest.mark.parametrize("name", DATA)
@pytest.mark.parametrize(
    ("solver", "schedule"), [("sgd", "constant"), ("sgd", "invscaling"), ("adam", "constant")]
)
def test_parameters_changed_between_partial_fits(name, solver, schedule):
    """The optimizer's stay as they are, all others are read at every call."""
    y = DATA[name]
    for parameter, (value, *_) in VALUES.items():
        pair = both(name, solver=solver, learning_rate=schedule)
        for model in (*pair, still := clone(pair[0])):
            for _ in range(2):
                assert call(model, "partial_fit", X, y) == (None, [])
        for model in pair:
            model.set_params(**{parameter: value})
        for _ in range(3):
            assert call(pair[0], "partial_fit", X, y) == call(pair[1], "partial_fit", X, y)
            call(still, "partial_fit", X, y)
        assert_same_state(*pair, where=f"{parameter}={value}")
        if parameter in KEPT:
            assert np.array_equal(vector(pair[0]), vector(still)), parameter


@pytest.mark.parametrize("name", DATA)
@pytest.mark.parametrize(
    ("solver", "early_stopping"), [("sgd", False), ("adam", False), ("adam", True)]
)
def test_parameters_changed_between_warm_starts(name, solver, early_stopping):
    """Every fit makes a new optimizer of the parameters as they are."""
    y = DATA[name]
    for parameter, (value, *_) in [*VALUES.items(), ("solver", ["adam"]), ("solver", ["sgd"])]:
        more = {"early_stopping": early_stopping, "warm_start": True, "learning_rate_init": 0.01}
        pair = both(name, solver=solver, **more)
        for _ in range(2):
            for later in ("fit", "fit", "partial_fit")[: 2 if early_stopping else 3]:
                assert call(pair[0], later, X, y) == call(pair[1], later, X, y)
            for model in pair:
                model.set_params(**{parameter: value})
        assert_same_state(*pair, where=f"{parameter}={value}")


def test_adaptive_rate_goes_on_falling():
    """The learning rate that plateaus have divided is that of the next call."""
    pair = both("MLPRegressor", solver="sgd", learning_rate="adaptive", tol=10.0)
    for model in pair:
        model.set_params(n_iter_no_change=1)
    for step in range(9):
        for model in pair:
            call(model, "partial_fit", X, TARGETS)
            if step == 5:
                model.set_params(learning_rate="constant", learning_rate_init=0.5)
        rates = [model._optimizer.learning_rate for model in pair]
        assert rates[0] == pytest.approx(rates[1], rel=1e-12)
        assert_same_state(*pair)
    assert rates[0] < 1e-4


# Sequences of calls


def random_rows(rng, y, plain):
    """Return features of some kind and precision, targets and weights of some of the rows."""
    rows = slice(None) if rng.random() < 0.6 else rng.permutation(N_ROWS)[: rng.integers(30, 60)]
    kind = ("dense", "csr", "csc")[rng.integers(3)]
    precision = np.float32 if rng.random() < 0.3 and not plain else np.float64
    part = X[rows].astype(precision)
    part = part if kind == "dense" else getattr(sp, f"{kind}_array")(part)
    weights = rng.uniform(0.1, 2.0, part.shape[0]) if rng.random() < 0.3 else None
    return part, y[rows], weights


def change_at_random(rng, pair):
    """Set parameters of both estimators, or pickle or copy them."""
    for _ in range(rng.integers(3)):
        parameter = list(VALUES)[rng.integers(len(VALUES))]
        value = VALUES[parameter][rng.integers(len(VALUES[parameter]))]
        for model in pair:
            model.set_params(**{parameter: value})
    if rng.random() < 0.15:
        solver = ("sgd", "adam", "lbfgs")[rng.integers(3)]
        for model in pair:
            model.set_params(solver=solver)
    way = rng.integers(10)
    copied = {0: copy.deepcopy, 1: lambda model: pickle.loads(pickle.dumps(model))}.get(way)
    return pair if copied is None else [copied(model) for model in pair]


def is_deviation(theirs, method):
    """Return whether scikit-learn stays with the old solver, or fails within training."""
    if method == "fit" and theirs.solver == "lbfgs":
        return False
    if hasattr(theirs, "coefs_") and not hasattr(theirs, "loss_curve_"):
        return method == "partial_fit" or theirs.warm_start
    optimizer = type(getattr(theirs, "_optimizer", None)).__name__
    solver = {"SGDOptimizer": "sgd", "AdamOptimizer": "adam"}.get(optimizer, theirs.solver)
    return method == "partial_fit" and solver != theirs.solver


@pytest.mark.parametrize("seed", range(40))
def test_random_sequences(seed):
    """Fits of all kinds in any order, with parameters changed in between."""
    rng = np.random.default_rng(seed)
    name = list(DATA)[seed % 2]
    early_stopping = seed % 4 > 1 and rng.random() < 0.5
    parameters = {"warm_start": rng.random() < 0.6, "early_stopping": early_stopping}
    pair, log = both(name, solver=("sgd", "adam")[rng.integers(2)], **parameters), []
    rtol = RTOL
    for step in range(6):
        pair = change_at_random(rng, pair)
        partial = rng.random() < 0.65 and pair[0].solver != "lbfgs" and not early_stopping
        method = "partial_fit" if partial else "fit"
        arguments = random_rows(rng, DATA[name], step == 0 or method == "fit")
        if is_deviation(pair[1], method):
            return
        if method == "fit" and pair[0].solver == "lbfgs":
            rtol = 1e-6  # within which L-BFGS agrees
        log.append((pair[0].get_params(), method, arguments[0].dtype, arguments[2] is not None))
        assert call(pair[0], method, *arguments) == call(pair[1], method, *arguments), log
        assert_same_state(*pair, rtol=rtol, where=log)


@pytest.mark.parametrize("name", DATA)
@pytest.mark.parametrize("solver", ["sgd", "adam"])
def test_precisions_alternate(name, solver):
    """The network keeps the precision of its first fit; scikit-learn's too."""
    y = DATA[name]
    for first, rtol in ((np.float64, RTOL), (np.float32, 1e-5)):
        pair = both(name, solver=solver, warm_start=True)
        later = ["partial_fit", "fit", "partial_fit"]
        for index, method in enumerate(["fit", *later, *later]):
            dtype = first if index % 2 == 0 else ({np.float32, np.float64} - {first}).pop()
            for model in pair:
                call(model, method, X.astype(dtype), y)
            assert {array.dtype for model in pair for array in model.coefs_} == {np.dtype(first)}
            assert_same_state(*pair, rtol=rtol)


@pytest.mark.parametrize("solver", ["sgd", "adam"])
def test_fit_begins_anew_after_partial_fits(solver):
    """Without warm start nothing is left of earlier calls, not even of their labels."""
    pair = both("MLPClassifier", solver=solver)
    for model in pair:
        for _ in range(3):
            call(model, "partial_fit", X, LABELS)
        call(model, "fit", X[:, :3], np.array(list("ab"))[LABELS % 2])
    fresh = clone(pair[0])
    call(fresh, "fit", X[:, :3], np.array(list("ab"))[LABELS % 2])
    assert_same_state(*pair)
    assert np.array_equal(vector(fresh), vector(pair[0])) and fresh.t_ == pair[0].t_
    assert list(pair[0].classes_) == ["a", "b"]


@pytest.mark.parametrize(
    ("warm_start", "method", "labels", "n_features", "parameters"),
    [
        (True, "fit", LABELS % 2, 4, {}),
        (True, "fit", LABELS + 1, 4, {}),
        (True, "partial_fit", LABELS % 2, 4, {}),
        (False, "partial_fit", LABELS + 1, 4, {}),
        (False, "partial_fit", LABELS, 3, {}),
        (True, "fit", LABELS, 3, {}),
        (False, "partial_fit", LABELS, 4, {"early_stopping": True}),
    ],
)
def test_refused_calls_change_nothing(warm_start, method, labels, n_features, parameters):
    """Other labels, features or values are refused in the same words, and training can go on."""
    pair = both("MLPClassifier", warm_start=warm_start, solver="sgd")
    for model in pair:
        call(model, "fit", X, LABELS)
    before = {name: getattr(pair[0], name) for name in parameters}
    for model in pair:
        model.set_params(**parameters)
    got, expected = (
        outcome(lambda model=m: getattr(model, method)(X[:, :n_features], labels)) for m in pair
    )
    assert got is not None and got == expected
    with unchanged(pair[0]):
        outcome(lambda: getattr(pair[0], method)(X[:, :n_features], labels))
    for model in pair:
        model.set_params(**before)
        call(model, "partial_fit", X, LABELS)
    assert_same_state(*pair)


def test_an_interrupted_fit_goes_on():
    """As one that had as many epochs."""

    def interrupt(X, y, rng):
        epochs.append(1)
        if len(epochs) == 3:
            raise KeyboardInterrupt
        return X, y

    models, epochs = [], []
    for augment, max_iter in ((interrupt, 9), (lambda X, y, rng: (X, y), 2)):
        model = both("MLPRegressor", max_iter=max_iter)[0].set_params(augment=augment)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.fit(X, TARGETS)
        models.append(model.set_params(augment=None, max_iter=1).partial_fit(X, TARGETS))
    assert models[0].t_ == models[1].t_ == 3 * N_ROWS
    np.testing.assert_array_equal(vector(models[0]), vector(models[1]))


# Where scikit-learn does something else


@pytest.mark.parametrize("name", DATA)
def test_another_solver_begins_anew(name):
    """scikit-learn would go on with the old one."""
    ours, _ = both(name)
    call(ours, "partial_fit", X, DATA[name])
    ours.set_params(solver="sgd", momentum=0.5, learning_rate_init=0.1)
    # A warm start makes a solver of the parameters, too.
    other = copy.deepcopy(ours).set_params(warm_start=True, max_iter=1)
    call(ours, "partial_fit", X, DATA[name])
    call(other, "fit", X, DATA[name])
    np.testing.assert_array_equal(vector(ours), vector(other))
    assert ours._optimizer.rule == "sgd" and ours._optimizer.solver.momentum == 0.5


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_other_sizes_are_refused(method):
    """scikit-learn would not look at them."""
    ours, _ = both("MLPRegressor", warm_start=True)
    call(ours, "fit", X, TARGETS)
    ours.set_params(hidden_layer_sizes=(9,))
    with unchanged(ours), pytest.raises(ValueError, match="goes on with the fitted network: hidd"):
        getattr(ours, method)(X, TARGETS)


@pytest.mark.parametrize("name", DATA)
def test_early_stopping_is_turned_on_and_off(name):
    """scikit-learn fails within training."""
    y = DATA[name]
    ours, theirs = both(name, warm_start=True)
    call(ours, "fit", X, y)
    ours.set_params(early_stopping=True)
    assert call(ours, "fit", X, y)[0] is None
    assert len(ours.loss_curve_) == 8 and len(ours.validation_scores_) == 4
    assert ours.best_validation_score_ == max(ours.validation_scores_) and ours.best_loss_ is None
    ours.set_params(early_stopping=False)
    before = vector(ours)
    assert call(ours, "partial_fit", X, y) == (None, [])
    assert not np.array_equal(before, vector(ours)) and len(ours.loss_curve_) == 9
    assert ours.best_loss_ == ours.loss_curve_[-1]
    theirs.set_params(early_stopping=True).set_params(max_iter=2)
    call(theirs, "fit", X, y)
    assert call(theirs.set_params(early_stopping=False), "partial_fit", X, y)[0]


@pytest.mark.parametrize("name", DATA)
def test_lbfgs_and_adam_take_turns(name):
    """A fit by L-BFGS leaves Adam's state alone, unless the network becomes another one."""
    y = DATA[name]
    ours, _ = both(name, solver="lbfgs")
    call(ours, "fit", X, y)
    ours.set_params(solver="adam")
    assert call(ours, "partial_fit", X, y) == (None, [])  # scikit-learn has no loss_curve_ here
    assert len(ours.loss_curve_) == 1 and ours._optimizer.t == 1
    ours.set_params(solver="lbfgs")
    call(ours, "fit", X.astype(np.float32), y)
    assert ours._optimizer.t == 1 and ours._optimizer.states.dtype == np.float32
    assert call(ours.set_params(solver="adam"), "partial_fit", X, y) == (None, [])
    assert ours._optimizer.t == 2 and np.isfinite(vector(ours)).all()
    ours.set_params(solver="lbfgs", hidden_layer_sizes=(50, 50))
    call(ours, "fit", X, y)
    assert call(ours.set_params(solver="adam"), "partial_fit", X, y) == (None, [])
    assert ours._optimizer.t == 1 and np.isfinite(vector(ours)).all()


def test_no_better_score_leaves_the_last_weights():
    """scikit-learn would return the random weights that L-BFGS began with."""
    y = (X[:, 0] > 0.0).astype(int)
    rate = {"learning_rate_init": 0.05, "max_iter": 100, "early_stopping": True}
    scores = []
    for model in both("MLPClassifier", **rate):
        call(model, "fit", X, y)
        call(model.set_params(solver="lbfgs", max_iter=200), "fit", X, y)
        assert model.best_validation_score_ == model.score(X, y) == 1.0
        model.set_params(solver="adam", learning_rate_init=1e-4, max_iter=3, warm_start=True)
        assert call(model, "fit", X, y)[0] is None
        scores.append(model.score(X, y))
    assert scores[0] == 1.0 and scores[1] < 0.9


def test_lbfgs_has_no_partial_fit():
    """scikit-learn's regressor has one, by mistake."""
    assert not hasattr(skdeep.MLPRegressor(solver="lbfgs"), "partial_fit")
    assert not hasattr(skdeep.MLPClassifier(solver="lbfgs"), "partial_fit")


@pytest.mark.parametrize(
    "change",
    [
        {"batch_size": 0},
        {"batch_size": -3},
        {"alpha": -1.0},
        {"max_iter": 0},
        {"n_iter_no_change": -4},
        {"momentum": 2.0},
        {"beta_1": 1.0},
        {"learning_rate": "cubic"},
        {"activation": "nope"},
        {"dropout": 2.0},
        {"n_threads": -1},
    ],
)
def test_parameters_are_checked_at_every_call(change):
    """scikit-learn does so before the first call of `partial_fit` only."""
    model = skdeep.MLPClassifier((5,), random_state=0).partial_fit(X, LABELS, classes=[0, 1, 2])
    model.set_params(**change)
    with unchanged(model), pytest.raises(ValueError, match=next(iter(change))):
        model.partial_fit(X, LABELS)


# Parameters of our own


def half(t):
    """Return a schedule's value."""
    return 0.5


OWN = {  # before, change, whether the solver keeps what it has
    "object": ({"solver": RMSProp(rho=0.9)}, {"solver__rho": 0.1}, True),
    "another object": ({"solver": "rmsprop"}, {"solver": RMSProp(rho=0.1)}, True),
    "momentum of an object": ({"solver": SGD()}, {"solver__momentum": 0.1}, True),
    "schedule of momentum": (
        {"solver": SGD(momentum=Linear(start=0.1, end=0.9))},
        {"solver__momentum__start": 0.9},
        True,
    ),
    "function for momentum": ({"solver": "sgd", "momentum": half}, {"momentum": 0.1}, True),
    "schedule": ({"learning_rate": Cosine(end=0.0)}, {"learning_rate__end": 0.9}, True),
    "schedule's string": ({"learning_rate": "cosine"}, {"learning_rate": "constant"}, True),
    "function": ({"learning_rate": half}, {"learning_rate": "linear"}, True),
    "rate": ({"solver": "adagrad"}, {"learning_rate_init": 0.5}, True),
    "horizon": ({"learning_rate": "linear"}, {"max_iter": 20}, False),
    "decay": ({"solver": "adamw"}, {"alpha": 10.0}, False),
    "penalty": ({"alpha": 1.0}, {"penalty": "l1"}, False),
    "clip_norm": ({}, {"clip_norm": 0.01}, False),
    "max_norm": ({}, {"max_norm": 0.5}, False),
    "dropout": ({}, {"dropout": 0.5}, False),
    "weight_norm": ({}, {"weight_norm": True}, False),
}


@pytest.mark.parametrize("case", OWN)
def test_own_parameters_changed_between_partial_fits(case):
    """The solver's and its schedules are kept, those of the network and the loss are not."""
    parameters, change, kept = OWN[case]
    models = []
    for changed in (False, True):
        model = both("MLPRegressor", learning_rate_init=0.05, max_iter=9)[0]
        model.set_params(**copy.deepcopy(parameters)).partial_fit(X, TARGETS)
        model = model.set_params(**change) if changed else model
        models.append(model.partial_fit(X, TARGETS).partial_fit(X, TARGETS))
    assert np.array_equal(vector(models[0]), vector(models[1])) == kept
    again = copy.deepcopy(models[1]).set_params(warm_start=True, max_iter=1)
    with quiet():
        again.fit(X, TARGETS)
    assert not np.array_equal(vector(again), vector(models[1].partial_fit(X, TARGETS)))
