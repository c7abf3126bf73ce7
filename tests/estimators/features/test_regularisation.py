"""Regularisation and normalisation: finite differences, and a NumPy network with its own masks."""

import itertools

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import skdeep
from skdeep import check_gradient
from skdeep.engines.cpu.threads import team
from skdeep.penalties import L2, ElasticNet
from tests import datasets, oracle
from tests.estimators.in_layers import class_and_parameters, in_layers
from tests.estimators.problems import coded, estimator, weights
from tests.estimators.problems import data as small_data
from tests.helpers import CONTAINERS, assert_close, quiet, same, unchanged
from tests.oracle_regularised import Limited, Regularised, predict
from tests.oracle_solvers import SGD
from tests.training.problems import ALPHA, OUTPUTS, RATE, sample_weights

LIMIT = 1e-6  # of the relative error of central differences
SEEDS = 2**31 - 1

PENALTY = [{}, {"penalty": "l1"}, {"penalty": ElasticNet(0.4)}, {"penalty": 2.5}]
DROPOUT = [{}, {"dropout": 0.3}, {"input_dropout": 0.2, "dropout": (0.0, 0.4)}]
DROPCONNECT = [{}, {"dropconnect": 0.3}, {"dropconnect": (0.0, 0.2)}]
BATCH_NORM = [{}, {"batch_norm": True}]
INPUT_NOISE = [{}, {"input_noise": 0.2}]
COMBINED = [
    {name: value for part in parts for name, value in part.items()}
    for parts in itertools.product(PENALTY, DROPOUT, DROPCONNECT, BATCH_NORM, INPUT_NOISE)
]
ACTIVATIONS = [("tanh", "gelu"), ("identity", "silu"), ("softplus", "logistic"), ("mish", "elu")]
PROBLEMS = {
    "multiclass": {"loss": "log_loss", "label_smoothing": 0.1},
    "binary": {"loss": "hinge", "out_activation": "tanh"},
    "multioutput": {"loss": "squared_error"},
    "regression": {"loss": "huber", "out_activation": "gelu"},
}


def _fitted(kind, **parameters):
    """Fit one epoch on a few rows."""
    settings = {**PROBLEMS[kind], "hidden_layer_sizes": (4, 3), "alpha": 0.7, **parameters}
    X, y = small_data(kind, settings["loss"])
    model = estimator(kind, max_iter=1, random_state=3, learning_rate_init=0.01, **settings)
    with quiet():
        return model.fit(X, y), X, y


@pytest.mark.parametrize("place", range(len(COMBINED)))
def test_finite_differences(place):
    """All penalties, rates, noise and normalisation together; kinds and units take turns."""
    kind = list(PROBLEMS)[place % 4]
    activation = ACTIVATIONS[(place + place // 4 + place // 16) % 4]
    fitted, X, y = _fitted(kind, activation=activation, **COMBINED[place])
    with unchanged(fitted):
        assert check_gradient(fitted, X, y) < LIMIT
        assert check_gradient(fitted, X, y, sample_weight=weights()) < LIMIT
        if not fitted.input_noise:
            sparse = CONTAINERS["csr"](X)
            assert check_gradient(fitted, sparse, y, sample_weight=weights()) < LIMIT
            dense = fitted.loss_gradient(X, y)
            for one, other in zip(fitted.loss_gradient(sparse, y)[1], dense[1], strict=True):
                assert_close(one, other, 1e-10)


def test_masks_are_part_of_what_is_checked():
    """The loss with masks is another one than without, so that the test above can fail."""
    plain, X, y = _fitted("multiclass")
    for name in ("dropout", "dropconnect", "input_dropout", "input_noise"):
        before = float(plain.loss_gradient(X, y)[0])
        plain.set_params(**{name: 0.3})
        assert abs(float(plain.loss_gradient(X, y)[0]) - before) > 1e-3
        plain.set_params(**{name: 0.0})


# name -> parameters, and what the oracle takes for them
FEATURES = {
    "l1": ({"penalty": "l1"}, {"penalty": "l1"}),
    "elasticnet": (
        {"penalty": ElasticNet(0.3)},
        {"penalty": "elasticnet", "penalty_parameter": 0.3},
    ),
    "power": ({"penalty": 1.5}, {"penalty": "power", "penalty_parameter": 1.5}),
    "dropout": ({"dropout": 0.4}, {"dropout": (0.0, 0.4, 0.4)}),
    "features": ({"input_dropout": 0.3}, {"dropout": (0.3, 0.0, 0.0)}),
    "units": ({"input_dropout": 0.1, "dropout": (0.0, 0.4)}, {"dropout": (0.1, 0.0, 0.4)}),
    "dropconnect": ({"dropconnect": 0.3}, {"dropconnect": (0.3, 0.3, 0.0)}),
    "connections": ({"dropconnect": (0.0, 0.2)}, {"dropconnect": (0.0, 0.2, 0.0)}),
    "batch_norm": ({"batch_norm": True}, {}),
    "clip_norm": ({"clip_norm": 0.2}, {"clip_norm": 0.2}),
    "max_norm": ({"max_norm": 0.8}, {}),
    "frozen": ({"frozen_layers": 1}, {"frozen": 1}),
    "frozen, dropped": (
        {"frozen_layers": 1, "dropconnect": 0.2, "dropout": 0.2},
        {"frozen": 1, "dropconnect": (0.2, 0.2, 0.0), "dropout": (0.0, 0.2, 0.2)},
    ),
}
ALL = ["elasticnet", "dropout", "connections", "batch_norm", "clip_norm", "max_norm"]
FEATURES["all"] = tuple(
    {name: value for part in ALL for name, value in FEATURES[part][which].items()}
    for which in (0, 1)
)


def _pair(kind, hidden, parameters, theirs, **settings):
    """Return an estimator and the oracle's network, before training, and the rule."""
    X, y = datasets.load(kind)
    task = "Regressor" if datasets.is_regression(kind) else "Classifier"
    common = {"hidden_layer_sizes": hidden, "activation": "tanh", "solver": "sgd", "alpha": ALPHA}
    common |= {"learning_rate_init": RATE, "shuffle": False, "random_state": 4, "max_iter": 3}
    cls, settings = class_and_parameters(task, {**common, **parameters, **settings})
    model = cls(**settings)
    Y = (y[:, None] == np.unique(y)).astype(float) if kind == "multiclass" else y
    Y = np.asarray(Y, dtype=float).reshape(len(X), -1)
    rng = np.random.RandomState(4)
    units = [X.shape[1], *hidden, Y.shape[1]]
    network = Regularised.glorot(units, "tanh", OUTPUTS[kind], rng, **theirs)
    if any([*network.dropout, *network.dropconnect, network.input_noise]):
        network.seed = rng.randint(SEEDS)
    if parameters.get("batch_norm"):
        network.normalise_all()
    rule = SGD(RATE)
    if "max_norm" in parameters:
        rule = Limited(rule, network, parameters["max_norm"])
    return model, network, rule, X, y, Y


def _compare(model, network, rtol=1e-10):
    got = [*model.coefs_, *model.intercepts_, *(part for n in model.batch_norm_ for part in n)]
    expected = [*network.coefs, *network.intercepts, *(p for norm in network.norms for p in norm)]
    for w, v in zip(got, expected, strict=True):
        assert_close(w, v, rtol)


@pytest.mark.parametrize("kind", ["multiclass", "regression"])
@pytest.mark.parametrize("name", FEATURES)
def test_three_epochs_beside_the_oracle(name, kind):
    """In several batches and in one; every number that training leaves."""
    for batch_size, container in ((20, "dense"), (5, "csr"), (1000, "dense"), (20, "csr")):
        model, network, rule, X, y, Y = _pair(kind, (6, 4), *FEATURES[name])
        batch_size = min(batch_size, len(X))
        if len(X) % batch_size == 1 and "batch_norm" in model.get_params() and model.batch_norm:
            continue
        w = sample_weights(len(X)) if batch_size == 20 else None
        with quiet():
            model.set_params(batch_size=batch_size)
            model.fit(CONTAINERS[container](X), y, sample_weight=w)
        curve = oracle.train(
            network, rule, X, Y, epochs=3, batch_size=batch_size, alpha=ALPHA, sample_weight=w
        )
        _compare(model, network)
        np.testing.assert_allclose(model.loss_curve_, curve, rtol=1e-10)


def test_noise_beside_the_oracle():
    """The normal numbers of the formula are those of single precision."""
    model, network, rule, X, y, Y = _pair(
        "multioutput",
        (5,),
        {"input_noise": 0.5, "input_dropout": 0.2, "dropout": 0.1},
        {"input_noise": 0.5, "dropout": (0.2, 0.1)},
        batch_size=16,
    )
    with quiet():
        model.fit(X, y)
    oracle.train(network, rule, X, Y, epochs=3, batch_size=16, alpha=ALPHA)
    _compare(model, network, 1e-5)


def test_the_seed_comes_between_weights_and_training():
    """A generator of the user's ends where scikit-learn's calls and one more leave it."""
    X, y = datasets.load("regression")
    ends = {}
    for rate in (0.0, 0.2):
        rng = np.random.RandomState(1)
        with quiet():
            skdeep.MLPRegressor(
                hidden_layer_sizes=3, dropout=rate, random_state=rng, max_iter=1, shuffle=False
            ).fit(X, y)
        ends[rate] = rng
    ends[0.0].randint(SEEDS)
    assert same(*ends.values())


EVERYTHING = {
    "penalty": "elasticnet",
    "dropout": 0.2,
    "dropconnect": 0.1,
    "batch_norm": True,
    "max_norm": 1.5,
    "clip_norm": 0.5,
    "record_gradient_norms": True,
}


def _bits(model):
    norms = [part for norm in model.batch_norm_ for part in norm]
    return [*model.coefs_, *model.intercepts_, *norms, model.gradient_norms_, model.loss_curve_]


# rows, features, hidden units, batch
SIZES = {
    "small": (40, 5, (7, 3), 20),
    "in panels": (300, 40, (300, 70), 100),
    "few rows": (30, 40, (300, 300), 5),
    "all rows": (700, 30, (64, 300), 700),
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", SIZES)
def test_same_bits_for_any_number_of_threads(size, dtype, monkeypatch):
    monkeypatch.setattr(team._crowding, "alone", lambda: False)  # other processes do not matter
    n_rows, n_features, hidden, batch_size = SIZES[size]
    rng = np.random.RandomState(5)
    X = rng.standard_normal((n_rows, n_features)).astype(dtype)
    X[rng.uniform(size=X.shape) < 0.5] = 0
    y = rng.randint(0, 3, n_rows)
    settings = {**EVERYTHING, "batch_size": batch_size, "max_iter": 2, "random_state": 0}
    for container in ("dense", "csr"):
        noise = 0.1 if container == "dense" else 0.0
        results = []
        for n_threads in (1, 2, 3, 5):
            model = skdeep.MLPClassifier(hidden, n_threads=n_threads, input_noise=noise, **settings)
            with quiet():
                results.append(_bits(model.fit(CONTAINERS[container](X), y)))
        for other in results[1:]:
            assert same(results[0], other)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", ["in panels", "few rows"])
def test_wide_layers_beside_the_oracle(size, dtype):
    """Weights in panels, and parts of the rows with gradients of their own."""
    n_rows, n_features, hidden, batch_size = SIZES[size]
    rng = np.random.RandomState(6)
    X, Y = rng.standard_normal((n_rows, n_features)), rng.standard_normal((n_rows, 2))
    model = skdeep.NetworkRegressor(
        **in_layers(hidden, "tanh", dropout=(0.2, 0.3), dropconnect=(0.1, 0.2)),
        input_dropout=0.1,
        solver="sgd",
        alpha=ALPHA,
        shuffle=False,
        learning_rate_init=RATE,
        random_state=4,
        max_iter=1,
        batch_size=batch_size,
        penalty="l1",
        max_norm=0.9,
        batch_norm=True,
        clip_norm=5.0,
    )
    parameters = {"dropout": (0.1, 0.2, 0.3), "dropconnect": (0.1, 0.2, 0.0)}
    rng = np.random.RandomState(4)
    network = Regularised.glorot(
        [n_features, *hidden, 2], "tanh", "identity", rng, penalty="l1", clip_norm=5.0, **parameters
    )
    network.seed = rng.randint(SEEDS)
    network.normalise_all()
    with quiet():
        model.fit(X.astype(dtype), Y.astype(dtype))
    rule = Limited(SGD(RATE), network, 0.9)
    oracle.train(network, rule, X, Y, epochs=1, batch_size=batch_size, alpha=ALPHA)
    if dtype == np.float64:
        _compare(model, network)
    else:
        for w, v in zip(model.coefs_, network.coefs, strict=True):
            np.testing.assert_allclose(w, v, atol=5e-3)


OFF = [
    {"dropout": 0.0, "dropconnect": 0.0, "input_noise": 0.0, "frozen_layers": 0},
    {"dropout": 0, "dropconnect": np.float32(0), "input_dropout": 0.0, "penalty": L2()},
    {"max_norm": None, "clip_norm": None, "augment": None, "batch_norm": False},
    {"max_norm": 1e9, "clip_norm": 1e9},
    {"record_gradient_norms": True},
]


@pytest.mark.parametrize("solver", ["sgd", "adam", "rprop"])
@pytest.mark.parametrize("off", OFF, ids=[", ".join(off) for off in OFF])
def test_what_is_off_changes_no_bit(off, solver):
    X, y = datasets.load("multiclass")
    settings = {"solver": solver, "max_iter": 3, "random_state": 0, "batch_size": 20}
    with quiet():
        plain = skdeep.MLPClassifier((5, 4), **settings).fit(X, y)
        model = skdeep.MLPClassifier((5, 4), **settings, **off).fit(X, y)
    assert same([*model.coefs_, *model.intercepts_], [*plain.coefs_, *plain.intercepts_])
    assert model.loss_curve_ == plain.loss_curve_
    assert model.batch_norm_ == plain.batch_norm_ == []


def test_predictions_use_all_units():
    """Without masks and noise: those of plain networks of the same weights."""
    rates = {"dropout": 0.3, "dropconnect": 0.2, "input_dropout": 0.2, "input_noise": 0.3}
    fitted, X, y = _fitted("multiclass", **rates)
    plain = skdeep.MLPClassifier.from_weights(fitted.coefs_, fitted.intercepts_)
    assert_array_equal(fitted._outputs(X), plain._outputs(X))
    assert coded(fitted, "multiclass", y).shape == fitted._outputs(X).shape


def test_predict_is_the_formula_of_batch_norm():
    for activation in ("relu", "gelu", "tanh"):
        fitted, X, _ = _fitted("multiclass", activation=activation, batch_norm=True)
        assert [len(norm.scale) for norm in fitted.batch_norm_] == [4, 3]
        assert_close(fitted._outputs(X), predict(fitted, X), 1e-12)
        assert_close(fitted._outputs(CONTAINERS["csr"](X)), predict(fitted, X), 1e-12)
