"""The penalty of single layers: stronger, weaker, or none."""

import importlib.util
import pickle

import numpy as np
import pytest

import skdeep
from skdeep import MLPRegressor, NetworkClassifier, NetworkRegressor, check_gradient
from skdeep.callbacks import Checkpoint
from skdeep.displays import describe_network
from skdeep.layers import Conv1D, Dense, Embedding, Flatten, NeuronGraph
from skdeep.penalties import ElasticNet
from tests.helpers import assert_close, quiet, same
from tests.layers.problems import codes, fitted, sequences

RNG = np.random.default_rng(0)
X = RNG.normal(size=(90, 6))
Y = X[:, 0] * X[:, 1] + X[:, 2]
FACTORS = 0.5, 3.0, 0.0
PENALTIES = {
    "l2": lambda w: 0.5 * np.sum(w**2),
    "l1": lambda w: np.sum(np.abs(w)),
    "elasticnet": lambda w: 0.15 * np.sum(np.abs(w)) + 0.85 * 0.5 * np.sum(w**2),
}


def tanh(units=5, **parameters):
    return Dense(units, "tanh", **parameters)


def layers_of(factors=FACTORS, units=5):
    """Return a dense layer for every factor."""
    return [tanh(units, alpha_factor=factor) for factor in factors]


def penalty_of(model, penalty, factors):
    """Return the penalty of a fitted network, without its strength."""
    weights = zip(model.coefs_, [*factors, 1.0], strict=True)
    return sum(factor * PENALTIES[penalty](coef) for coef, factor in weights)


def with_penalty(layers, X, y, **options):
    """Return networks of the same weights without a penalty and with one."""
    plain, counted = (fitted(layers, X, y, alpha=a, max_iter=1, **options) for a in (0.0, 2.0))
    counted.coefs_ = [coef.copy() for coef in plain.coefs_]
    counted.intercepts_ = [part.copy() for part in plain.intercepts_]
    return plain, counted


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("penalty", PENALTIES)
def test_objective(penalty, dtype):
    rows = X.astype(dtype)
    plain, counted = with_penalty(layers_of(), rows, Y, penalty=penalty)
    assert counted.coefs_[0].dtype == dtype
    difference = counted.loss_gradient(rows, Y)[0] - plain.loss_gradient(rows, Y)[0]
    expected = 2.0 * penalty_of(counted, penalty, FACTORS) / len(X)
    assert_close(difference, expected, 1e-10 if dtype == np.float64 else 1e-3)


@pytest.mark.parametrize("batch_size", [5, 90])
@pytest.mark.parametrize("penalty", [*PENALTIES, 3])
def test_gradient(penalty, batch_size):
    model = fitted(layers_of(), X, Y, alpha=0.3, penalty=penalty, batch_size=batch_size)
    assert check_gradient(model, X, Y) < 1e-7


@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("factor", [0.5, 3.0])
def test_gradient_of_every_kind(factor, penalty):
    options = {"alpha": 0.3, "penalty": penalty}
    graph = {"a": [0, 1], "b": ([2, "a"], "sigmoid"), "c": ["a", "b"]}
    model = fitted([NeuronGraph(graph, "tanh", alpha_factor=factor)], X, Y, **options)
    assert check_gradient(model, X, Y) < 1e-7
    rows, labels = sequences()
    convolution = Conv1D(4, 3, activation="tanh", alpha_factor=factor)
    model = fitted([convolution, Flatten()], rows, labels, **options)
    assert check_gradient(model, rows, labels) < 1e-6
    rows, targets = codes()
    embedding = Embedding([7, 4], 3, columns=[0, 2], alpha_factor=factor)
    model = fitted([embedding, tanh(4)], rows, targets, **options)
    assert check_gradient(model, rows, targets) < 1e-6


@pytest.mark.parametrize(
    "options",
    [{"batch_norm": True}, {"weight_norm": True, "penalty": "l1"}, {"dropconnect": 0.2}],
    ids=str,
)
def test_gradient_with_other_features(options):
    model = fitted(layers_of(), X, Y, alpha=0.3, **options)
    assert check_gradient(model, X, Y) < 1e-6


def test_shared_weights_are_counted_once():
    layers = [("a", tanh(6, alpha_factor=3.0)), tanh(6, weights_of="a"), tanh(4, alpha_factor=0.5)]
    plain, counted = with_penalty(layers, X, Y)
    difference = counted.loss_gradient(X, Y)[0] - plain.loss_gradient(X, Y)[0]
    assert_close(difference, 2.0 * penalty_of(counted, "l2", (3.0, 0.5)) / len(X), 1e-10)
    assert check_gradient(counted, X, Y) < 1e-7


@pytest.mark.parametrize("penalty", PENALTIES)
def test_one_update(penalty):
    """The gradient of an update is that of the objective, which differences confirm."""
    options = {"solver": "sgd", "momentum": 0.0, "penalty": penalty, "alpha": 0.5}
    options |= {"batch_size": 90, "max_iter": 1}
    begun = fitted(layers_of(), X, Y, **options, learning_rate_init=1e-300)
    model = fitted(layers_of(), X, Y, **options)
    _, coefs, _ = begun.loss_gradient(X, Y)
    for after, before, gradient in zip(model.coefs_, begun.coefs_, coefs, strict=True):
        assert_close(after, before - 0.01 * gradient, 1e-9)


@pytest.mark.parametrize("solver", ["lbfgs", "cg", "bold_driver"])
def test_full_batch_solvers(solver):
    """A strong penalty of one layer alone makes its weights small."""
    options = {"solver": solver, "max_iter": 200, "alpha": 1.0, "tol": 1e-6}
    strong, weak = (fitted(layers_of((f, 1.0)), X, Y, **options) for f in (50.0, 0.0))
    assert np.linalg.norm(strong.coefs_[0]) < 0.2 * np.linalg.norm(weak.coefs_[0])


def test_decoupled_decay():
    """Of adamw, ``w - eta alpha factor w``; biases do not decay."""
    options = {"solver": "adamw", "learning_rate_init": 0.01, "batch_size": 90, "max_iter": 1}
    begun = fitted(layers_of(), X, Y, **options | {"learning_rate_init": 1e-300}, alpha=0.0)
    plain, model = (fitted(layers_of(), X, Y, **options, alpha=alpha) for alpha in (0.0, 0.5))
    for factor, first, without, decayed in zip(
        (*FACTORS, 1.0), begun.coefs_, plain.coefs_, model.coefs_, strict=True
    ):
        assert_close(without - decayed, 0.01 * 0.5 * factor * first, 1e-8)
    assert all(map(np.array_equal, plain.intercepts_, model.intercepts_))


@pytest.mark.parametrize("solver", ["adam", "adamw", "lbfgs"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_factor_of_one_changes_no_bit(solver, dtype):
    options = {"solver": solver, "alpha": 0.3, "max_iter": 5}
    rows = X.astype(dtype)
    plain = fitted([tanh(4), tanh(3)], rows, Y, **options)
    ones = fitted([tanh(4, alpha_factor=1), tanh(3)], rows, Y, **options)
    assert np.array_equal(plain._vector, ones._vector)
    with quiet():
        mlp = MLPRegressor(
            hidden_layer_sizes=(4, 3),
            activation="tanh",
            random_state=0,
            learning_rate_init=0.01,
            **options,
        ).fit(rows, Y)
    assert all(map(np.array_equal, mlp.coefs_, plain.coefs_))


@pytest.mark.parametrize("penalty", ["l2", "l1"])
def test_factors_of_zero_are_no_penalty(penalty):
    """The layers' gradients are, to the bit, those without one; that of the outputs is not."""
    plain, counted = with_penalty(layers_of((0, 0.0)), X, Y, penalty=penalty)
    gradients = [model.loss_gradient(X, Y)[1] for model in (plain, counted)]
    assert list(map(np.array_equal, *gradients)) == [True, True, False]


@pytest.mark.parametrize("options", [{}, {"penalty": "l1"}, {"solver": "lbfgs"}], ids=str)
def test_same_bits_for_any_number_of_threads(options):
    layers = layers_of(units=60)
    rows = RNG.normal(size=(500, 40))
    y = rows[:, 0]
    models = [
        fitted(layers, rows, y, alpha=0.3, n_threads=n, batch_size=200, **options) for n in (1, 2)
    ]
    assert np.array_equal(models[0]._vector, models[1]._vector)


def test_restarts():
    options = {"n_restarts": 3, "alpha": 0.5, "max_iter": 3}
    alone, threads = (fitted(layers_of(), X, Y, **options, n_threads=n) for n in (1, 2))
    assert np.array_equal(alone._vector, threads._vector)
    assert same(alone.restarts_, threads.restarts_)
    assert not np.array_equal(alone._vector, fitted(layers_of((1, 1, 1)), X, Y, **options)._vector)


def test_copies_and_files(tmp_path):
    model = fitted(layers_of(), X, Y, alpha=0.5)
    others = [pickle.loads(pickle.dumps(model))]
    if importlib.util.find_spec("safetensors"):
        path = skdeep.save_safetensors(model, tmp_path / "model")
        others.append(skdeep.load_safetensors(path))
    model.partial_fit(X, Y)
    for other in others:
        assert [layer.alpha_factor for _, layer in other.layers_] == [*FACTORS]
        assert np.array_equal(other.partial_fit(X, Y)._vector, model._vector)


@pytest.mark.parametrize("solver", ["adam", "bold_driver"])
def test_checkpoints(tmp_path, solver):
    path, options = tmp_path / "run", dict(random_state=0, max_iter=6, solver=solver, alpha=0.5)
    if not hasattr(NetworkRegressor, "set_callbacks"):
        pytest.skip("scikit-learn before 1.9 has no callbacks")
    with quiet():
        whole = NetworkRegressor(layers_of(), **options).fit(X, Y)
        broken = NetworkRegressor(layers_of(), **options | {"max_iter": 3})
        broken.set_callbacks(Checkpoint(path, every=1)).fit(X, Y)
        resumed = NetworkRegressor(layers_of(), **options)
        resumed.set_callbacks(Checkpoint(path, every=1, resume=True)).fit(X, Y)
        assert np.array_equal(whole._vector, resumed._vector)
        other = NetworkRegressor(layers_of((0.5, 2.0, 0.0)), **options)
        with pytest.raises(ValueError, match="is of another network"):
            other.set_callbacks(Checkpoint(path, every=1, resume=True)).fit(X, Y)


@pytest.mark.parametrize("go_on", ["warm start", "partial_fit"])
def test_factors_may_change_between_calls(go_on):
    model = fitted(layers_of((1.0, 1.0)), X, Y, warm_start=True, alpha=5.0)
    twin = pickle.loads(pickle.dumps(model))
    model.set_params(layers__0__alpha_factor=0.0)
    with quiet():
        for each in (model, twin):
            each.fit(X, Y) if go_on == "warm start" else each.partial_fit(X, Y)
    assert model.layers_[0][1].alpha_factor == 0.0
    assert np.linalg.norm(model.coefs_[0]) > np.linalg.norm(twin.coefs_[0])


def test_frozen_layers_are_not_counted():
    layers = [tanh(4, trainable=False, alpha_factor=3.0), tanh(4, alpha_factor=0.5)]
    plain, counted = with_penalty(layers, X, Y)
    difference = counted.loss_gradient(X, Y)[0] - plain.loss_gradient(X, Y)[0]
    assert_close(difference, 2.0 * penalty_of(counted, "l2", (0.0, 0.5)) / len(X), 1e-10)


def test_searches_and_descriptions():
    model = NetworkRegressor(layers_of((0.5,)))
    assert model.get_params()["layers__0__alpha_factor"] == 0.5
    assert describe_network(model).layers[1].notes == ("Dense", "alpha x 0.5")
    assert describe_network(NetworkRegressor([tanh()])).layers[1].notes == ("Dense",)


def test_objects_of_penalties():
    ratio = ElasticNet(l1_ratio=0.15)
    found = [fitted(layers_of(), X, Y, penalty=p, alpha=0.1) for p in ("elasticnet", ratio)]
    assert np.array_equal(found[0]._vector, found[1]._vector)


BAD = [
    ([tanh(alpha_factor=-1.0)], "'alpha_factor' parameter of Dense must be"),
    ([tanh(alpha_factor=np.inf)], "'alpha_factor' parameter of Dense must be"),
    ([tanh(alpha_factor=np.nan)], "'alpha_factor' parameter of Dense must be"),
    ([tanh(alpha_factor="1")], "'alpha_factor' parameter of Dense must be"),
    ([tanh(alpha_factor=None)], "'alpha_factor' parameter of Dense must be"),
    ([tanh(alpha_factor=True)], "'alpha_factor' parameter must be a number"),
    ([NeuronGraph({"a": [0]}, alpha_factor=-1)], "'alpha_factor' parameter of NeuronGraph must be"),
    ([tanh(6), tanh(6, weights_of="0", alpha_factor=2.0)], "alpha_factor=2.0 and weights_of='0'"),
    ([tanh(alpha_factor=10**400)], "'alpha_factor' parameter of Dense must be"),
]


@pytest.mark.parametrize("layers, message", BAD, ids=[message for _, message in BAD])
def test_bad_factors(layers, message):
    model = NetworkRegressor(layers, alpha=10.0)
    before = dict(vars(model))
    with pytest.raises(ValueError, match=message):
        model.fit(X, Y)
    assert vars(model) == before


def test_strengths_that_overflow():
    model = NetworkRegressor([tanh(), tanh(alpha_factor=1e20)], alpha=1e300)
    with pytest.raises(ValueError, match=r"layers\[1\], Dense.*: alpha \* alpha_factor overflows"):
        model.fit(X, Y)


def test_labels():
    rows, labels = X, (Y > 0).astype(int)
    with quiet():
        model = NetworkClassifier(layers_of(), alpha=0.5, max_iter=3).fit(rows, labels)
    assert check_gradient(model, rows, labels) < 1e-7


@pytest.mark.parametrize("penalty", ["l2", "l1"])
def test_norms_of_gradients(penalty):
    """Of an epoch of one batch, beside those of `loss_gradient`."""
    options = {"solver": "sgd", "alpha": 5.0, "penalty": penalty, "batch_size": 90, "max_iter": 1}
    options |= {"record_gradient_norms": True, "learning_rate_init": 1e-300}
    model = fitted(layers_of(), X, Y, **options)
    _, coefs, intercepts = model.loss_gradient(X, Y)
    expected = [
        np.sqrt(np.sum(w**2) + np.sum(b**2)) for w, b in zip(coefs, intercepts, strict=True)
    ]
    assert_close(model.gradient_norms_[0], expected, 1e-10)
