"""Parameters that do not go together: a ``ValueError`` that names them, and nothing is changed."""

import numpy as np
import pytest

import skdeep
from skdeep import MLPClassifier, MLPRegressor, NetworkRegressor, losses, schedules, solvers
from skdeep.formulas.optimizers import REGISTRY as RULES
from skdeep.layers import Dense
from skdeep.training.full_batch import REGISTRY as FULL_BATCH
from tests import datasets
from tests.helpers import quiet, unchanged

NEED_ALL_ROWS = sorted({*FULL_BATCH, *(name for name, rule in RULES.items() if rule.full_batch)})


def _raises(model, X, y, words, method="fit"):
    """Check both a new and a fitted estimator."""
    for fitted in (False, True):
        if fitted:
            parameters = model.get_params(deep=False)
            model = type(model)(hidden_layer_sizes=(3, 2), max_iter=1)
            with quiet():
                model.fit(X, y)
            model.set_params(**parameters)
        with unchanged(model):
            with pytest.raises(ValueError) as raised:
                getattr(model, method)(X, y)
            message = str(raised.value)
            assert all(word in message for word in words), message


def _both(words, method="fit", **parameters):
    X, y = datasets.load("regression")
    _raises(MLPRegressor(**parameters), X, y, words, method)
    _raises(MLPClassifier(**parameters), X, (y > 0).astype(int), words, method)


LENGTHS = [
    ((), ["relu"], 1, 0),
    ((3,), [], 0, 1),
    ((3,), ("relu", "tanh"), 2, 1),
    (4, ["relu", "tanh", "gelu"], 3, 1),
    ((3, 3, 3), np.array(["relu", "tanh"]), 2, 3),
]


@pytest.mark.parametrize("hidden, activation, given, needed", LENGTHS)
def test_sequence_of_the_wrong_length(hidden, activation, given, needed):
    words = ["activation", f"has {given} entries", f"hidden_layer_sizes has {needed}"]
    _both(words, hidden_layer_sizes=hidden, activation=activation)


@pytest.mark.parametrize("name", ["ghost", "softmax", "exp", None, 3, "ReLU", ["relu"]])
def test_unknown_name_in_a_sequence(name):
    words = ["activation", repr(name), "relu"]
    _both(words, hidden_layer_sizes=(3, 2), activation=["relu", name])


@pytest.mark.parametrize("activation", ["softmax", "exp", "ghost", None, 3, {"relu"}, b"relu"])
def test_unknown_activation(activation):
    _both(["'activation' parameter"], hidden_layer_sizes=(3, 2), activation=activation)


@pytest.mark.parametrize("name", ["sign", "step"])
def test_threshold_units_in_training(name):
    words = [f"activation='{name}'", "cannot be trained"]
    for method in ("fit", "partial_fit"):
        for activation in (name, ["tanh", name]):
            model = MLPRegressor(hidden_layer_sizes=(3, 2), activation=activation)
            X, y = datasets.load("regression")
            _raises(model, X, y, words, method)
    _both(words, hidden_layer_sizes=(3, 2), activation=[name, "tanh"])
    _both(
        [f"out_activation='{name}'", "cannot be trained"],
        out_activation=name,
        hidden_layer_sizes=3,
        loss="squared_error",
    )


@pytest.mark.parametrize("output", ["ghost", "Softmax", None, 1, ["identity"]])
def test_unknown_output_activation(output):
    _both(["'out_activation' parameter"], out_activation=output)


RATES = {
    "negative": schedules.Custom(lambda t: 1 - 2 * t),
    "negative at the end only": lambda t: -1e-9 if t == 1 else 1.0,
    "nan": lambda t: np.nan,
    "nan from the middle on": schedules.Custom(lambda t: 1.0 if t < 0.5 else np.nan),
    "infinite": lambda t: np.inf,
    "before a warm-up": schedules.WarmUp(lambda t: -1.0),
}


@pytest.mark.parametrize("solver", ["sgd", "adam"])
@pytest.mark.parametrize("rate", RATES)
def test_impossible_learning_rates(rate, solver):
    words = ["'learning_rate'", "gives"]
    _both(words, learning_rate=RATES[rate], solver=solver, hidden_layer_sizes=3)


@pytest.mark.parametrize(
    "rate", ["ghost", None, 0.1, schedules.Linear, schedules.Custom(3), lambda t: "fast"]
)
def test_what_is_no_schedule(rate):
    _both([], learning_rate=rate, hidden_layer_sizes=3)


MOMENTA = {
    "above 1": schedules.Linear(start=0.5, end=1.5),
    "function above 1": lambda t: 2.0,
    "negative": lambda t: -t,
    "nan": lambda t: np.nan,
    "not known ahead": schedules.Adaptive(),
    "not known ahead, scaling": schedules.InvScaling(),
    "warm-up of what is not known": schedules.WarmUp("adaptive"),
}


@pytest.mark.parametrize("momentum", MOMENTA)
def test_impossible_momenta(momentum):
    schedule = MOMENTA[momentum]
    words = ["WarmUp"] if momentum.startswith("warm-up") else ["momentum"]
    _both(words, momentum=schedule, solver="sgd", hidden_layer_sizes=3)
    _both(words, solver=solvers.SGD(momentum=schedule), hidden_layer_sizes=3)


@pytest.mark.parametrize("momentum", ["adaptive", "invscaling", "ghost", 1.01, -0.1, None])
def test_momentum_out_of_range(momentum):
    _both(["momentum"], momentum=momentum, solver="sgd", hidden_layer_sizes=3)


OUT_OF_RANGE = [
    ("SGD", "learning_rate_init", 0),
    ("SGD", "momentum", 1.1),
    ("SGD", "nesterovs_momentum", "yes"),
    ("Adam", "beta_1", 1.0),
    ("AdamW", "beta_2", -0.1),
    ("AdamW", "learning_rate_init", -1.0),
    ("AdaGrad", "epsilon", 0),
    ("RMSProp", "rho", 1.0),
    ("RMSProp", "rho", "0.9"),
    ("RProp", "increase", 0.9),
    ("RProp", "decrease", 1.0),
    ("RProp", "step_min", 0),
]


@pytest.mark.parametrize("name, parameter, value", OUT_OF_RANGE)
def test_parameters_of_solver_objects(name, parameter, value):
    solver = getattr(solvers, name)(**{parameter: value})
    _both([f"'{parameter}' parameter of {name}"], solver=solver, hidden_layer_sizes=3)


def test_parameters_of_an_object_that_contradict_each_other():
    solver = solvers.RProp(step_min=1.0, step_max=0.1)
    _both(["RProp", "step_min", "step_max"], solver=solver, hidden_layer_sizes=3)


@pytest.mark.parametrize("cls", [solvers.SGD, solvers.Adam, solvers.RProp])
def test_classes_instead_of_objects(cls):
    _both(["'solver' parameter"], solver=cls, hidden_layer_sizes=3)


@pytest.mark.parametrize("name", sorted(set(NEED_ALL_ROWS) - {"lbfgs"}))
@pytest.mark.parametrize("as_object", [False, True])
def test_partial_fit_by_solvers_that_need_all_rows(name, as_object):
    X, y = datasets.load("regression")
    solver = solvers.CLASSES[name]() if as_object else name
    for model in (MLPRegressor(solver=solver), MLPClassifier(solver=solver)):
        if isinstance(model, MLPClassifier):
            y = (y > 0).astype(int)
            with quiet():
                model.set_params(solver="adam", hidden_layer_sizes=2, max_iter=1).fit(X, y)
            model.set_params(solver=solver)
        with unchanged(model), pytest.raises(ValueError, match=f"solver='{name}'"):
            model.partial_fit(X, y)


@pytest.mark.parametrize("as_object", [False, True])
def test_partial_fit_by_lbfgs_is_missing(as_object):
    """As in scikit-learn, where the method is not there."""
    solver = solvers.CLASSES["lbfgs"]() if as_object else "lbfgs"
    for cls in (MLPRegressor, MLPClassifier):
        assert not hasattr(cls(solver=solver), "partial_fit")


@pytest.mark.parametrize(
    "schedule",
    ["cosine", "linear", "warmup", schedules.Cosine(), schedules.Adaptive(), lambda t: 1.0],
)
@pytest.mark.parametrize("solver", NEED_ALL_ROWS)
def test_schedules_with_solvers_that_take_no_rate(solver, schedule):
    words = ["learning_rate", f"solver='{solver}'"]
    _both(words, solver=solver, learning_rate=schedule, hidden_layer_sizes=3)


@pytest.mark.parametrize("string", ["constant", "invscaling", "adaptive"])
@pytest.mark.parametrize("solver", NEED_ALL_ROWS)
def test_strings_of_scikit_learn_are_let_pass(solver, string):
    X, y = datasets.load("regression")
    fits = []
    for schedule in ("constant", string):
        with quiet():
            fits.append(
                MLPRegressor(
                    hidden_layer_sizes=2,
                    solver=solver,
                    learning_rate=schedule,
                    max_iter=2,
                    random_state=0,
                ).fit(X, y)
            )
    np.testing.assert_array_equal(fits[0].coefs_[0], fits[1].coefs_[0])


def test_negative_counts():
    X, y = datasets.load("regression")
    for output in ("auto", "exp", "softplus"):
        model = MLPRegressor("poisson", (3, 2), max_iter=1, out_activation=output)
        with unchanged(model), pytest.raises(ValueError, match="loss='poisson' needs y in"):
            model.fit(X, y)
    with quiet():
        model.fit(X, abs(y))
    with unchanged(model), pytest.raises(ValueError, match=r"y has values from -1\.5\d* to"):
        model.loss_gradient(X, -abs(y))
    with unchanged(model), pytest.raises(ValueError, match="loss='poisson' needs y in"):
        model.partial_fit(X, y)


@pytest.mark.parametrize("y", [[0.0, 1.1], [-0.1, 0.5], [[0.2, 0.3], [0.4, 2.0]]])
def test_targets_beyond_shares(y):
    model = MLPRegressor("log_loss", 3)
    with unchanged(model), pytest.raises(ValueError, match=r"loss='log_loss' needs y in \[0, 1\]"):
        model.fit([[0.0], [1.0]], y)


@pytest.mark.parametrize("loss", ["squared_error", "poisson", "log_loss"])
def test_words_as_targets(loss):
    X, y = datasets.load("strings")
    model = MLPRegressor(loss, 3)
    with unchanged(model), pytest.raises(TypeError, match="y must hold numbers"):
        model.fit(X, y)


@pytest.mark.parametrize(
    "cls, values",
    [
        (losses.Huber, [0, -1.0, np.nan, "1", True]),
        (losses.Quantile, [0, 1, -0.5, 1.5, np.nan, None]),
    ],
)
def test_parameters_of_losses(cls, values):
    X, y = datasets.load("regression")
    for value in values:
        loss = cls(value)
        words = [f"'{next(iter(loss.get_params()))}' parameter of {cls.__name__}"]
        _raises(MLPRegressor(loss, (3, 2)), X, y, words)
        network = NetworkRegressor([Dense(3)], loss=loss)
        with unchanged(network), pytest.raises(ValueError, match=words[0]):
            network.fit(X, y)
        with pytest.raises(ValueError, match=words[0]):
            MLPRegressor.from_weights([[[1.0]]], [[0.0]], loss=loss)


def test_losses_of_the_other_task():
    _raises(MLPRegressor("hinge"), *datasets.load("regression"), ["'loss' parameter"])
    _raises(MLPRegressor(losses.Hinge()), *datasets.load("regression"), ["'loss' parameter"])
    wrong = "huber", "poisson", "quantile", "absolute_error", "binary_log_loss", None
    for loss in (*wrong, losses.Huber(), losses.LogLoss, losses.Loss()):
        _raises(MLPClassifier(loss=loss), *datasets.load("binary"), ["'loss' parameter"])


@pytest.mark.parametrize("data", ["binary", "regression"])
def test_softmax_of_a_single_output(data):
    X, y = datasets.load(data)
    model = getattr(skdeep, "MLPRegressor" if data == "regression" else "MLPClassifier")(
        hidden_layer_sizes=3, out_activation="softmax"
    )
    with unchanged(model), pytest.raises(ValueError, match="out_activation='softmax' is for sev"):
        model.fit(X, y)


CHANGES = {"hinge": "binary", "poisson": "regression"}


@pytest.mark.parametrize("method", ["fit", "partial_fit", "loss_gradient"])
@pytest.mark.parametrize("loss", CHANGES)
def test_a_loss_that_does_not_suit_the_fitted_network(loss, method):
    """With a warm start too: the network was made for other outputs."""
    X, y = datasets.load(CHANGES[loss])
    y = abs(y)
    name = "MLPRegressor" if datasets.is_regression(CHANGES[loss]) else "MLPClassifier"
    model = getattr(skdeep, name)(hidden_layer_sizes=3, max_iter=1, warm_start=True)
    with quiet():
        model.fit(X, y)
        model.set_params(loss=loss)
        with unchanged(model), pytest.raises(ValueError, match=f"loss='{loss}' needs outputs"):
            getattr(model, method)(X, y)
