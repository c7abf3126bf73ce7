"""Problems so small that they also run without the compiler, where every kernel line counts."""

import warnings

import numpy as np
import pytest
import sklearn.neural_network as reference

import skdeep
from tests import oracle
from tests.helpers import CONTAINERS, assert_close, quiet
from tests.oracle_regularised import Limited, Regularised
from tests.oracle_solvers import SGD

# plain NumPy scalars warn where compiled code is silent: 0 * log 0 is handled one line later
pytestmark = [
    pytest.mark.nojit,
    pytest.mark.filterwarnings("ignore:(invalid|divide):RuntimeWarning"),
]

RNG = np.random.RandomState(0)
X = np.where(RNG.uniform(size=(14, 4)) < 0.4, 0.0, RNG.standard_normal((14, 4)))
TARGETS = {
    "binary": ("MLPClassifier", np.arange(14) % 2),
    "multiclass": ("MLPClassifier", np.arange(14) % 3),
    "multilabel": ("MLPClassifier", RNG.randint(0, 2, (14, 3))),
    "regression": ("MLPRegressor", RNG.standard_normal(14)),
    "multi-output": ("MLPRegressor", RNG.standard_normal((14, 2))),
    "poisson": ("MLPRegressor", RNG.poisson(2.0, 14).astype(float)),
}


def _fit(module, target, container="dense", weights=None, **parameters):
    name, y = TARGETS[target]
    if target == "poisson":
        parameters["loss"] = "poisson"
    parameters = {"hidden_layer_sizes": (3, 2), "max_iter": 2, "random_state": 0, **parameters}
    model = getattr(module, name)(**parameters)
    with quiet():
        return model.fit(CONTAINERS[container](X), y, sample_weight=weights)


def _compare(target, container="dense", rtol=1e-9, **parameters):
    theirs = _fit(reference, target, container, **parameters)
    ours = _fit(skdeep, target, container, **parameters)
    assert_close(ours.loss_, theirs.loss_, rtol, "loss_")
    for got, expected in zip(
        ours.coefs_ + ours.intercepts_, theirs.coefs_ + theirs.intercepts_, strict=True
    ):
        assert_close(got, expected, rtol)
    predict = "predict_proba" if hasattr(theirs, "predict_proba") else "predict"
    data = CONTAINERS[container](X)
    assert_close(getattr(ours, predict)(data), getattr(theirs, predict)(data), rtol, predict)
    return ours


@pytest.mark.parametrize("batch_size", [1, 5, 14])
@pytest.mark.parametrize("container", ["dense", "csr", "csc"])
@pytest.mark.parametrize("target", TARGETS)
def test_targets(target, container, batch_size):
    _compare(target, container, batch_size=batch_size)


@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_activations(solver, activation):
    _compare("multiclass", solver=solver, activation=activation, batch_size=5)


@pytest.mark.parametrize("container", ["dense", "csr"])
def test_lbfgs(container):
    _compare("multiclass", container, rtol=1e-5, solver="lbfgs")


@pytest.mark.parametrize(
    "parameters",
    [
        {"learning_rate": "invscaling"},
        {"learning_rate": "adaptive", "tol": 0.5, "n_iter_no_change": 1, "max_iter": 8},
        {"nesterovs_momentum": False},
        {"shuffle": False, "alpha": 0.0},
        {"early_stopping": True, "validation_fraction": 0.3},
        {"tol": 10.0, "n_iter_no_change": 1, "max_iter": 9},
        {"hidden_layer_sizes": ()},
    ],
    ids=lambda parameters: ", ".join(parameters),
)
def test_sgd_and_stopping(parameters):
    _compare("regression", solver="sgd", batch_size=5, learning_rate_init=0.05, **parameters)


def test_weights():
    _compare("multilabel", weights=np.linspace(0.5, 2, 14), batch_size=5)


@pytest.mark.parametrize("target", TARGETS)
def test_loss_gradient(target):
    model = _fit(skdeep, target)
    y = TARGETS[target][1]
    Y = (y[:, None] == np.unique(y)).astype(float) if target == "multiclass" else y
    expected = oracle.Network.of(model).loss_gradient(X, Y, alpha=model.alpha)
    for container in ("dense", "csr"):
        loss, coefs, intercepts = model.loss_gradient(CONTAINERS[container](X), y)
        assert float(loss) == pytest.approx(expected[0], rel=1e-12)
        for got, exact in zip(coefs + intercepts, expected[1] + expected[2], strict=True):
            assert_close(got, exact, 1e-10)
    assert skdeep.check_gradient(model, X, y) < 1e-6


def test_partial_fit():
    models = []
    for module in (reference, skdeep):
        model = module.MLPClassifier((3,), random_state=0, batch_size=5)
        for _ in range(3):
            model.partial_fit(X, TARGETS["binary"][1], classes=[0, 1])
        models.append(model)
    assert_close(models[1].coefs_[0], models[0].coefs_[0], 1e-9)


def test_divergence():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(ValueError, match="non-finite parameter weights"):
            _fit(skdeep, "regression", solver="sgd", learning_rate_init=1e300, max_iter=9)


EVERYTHING = {"penalty": "elasticnet", "max_norm": 0.9, "clip_norm": 0.3, "batch_norm": True}
EVERYTHING |= {"input_dropout": 0.2, "dropout": 0.3, "dropconnect": 0.1}


@pytest.mark.parametrize("container", ["dense", "csr"])
def test_regularised_beside_the_oracle(container):
    """Masks, statistics, limited norms and a penalty in kernels that run as plain Python."""
    model = _fit(
        skdeep,
        "multi-output",
        container,
        alpha=0.5,
        solver="sgd",
        momentum=0.0,
        batch_size=5,
        activation="tanh",
        learning_rate_init=0.1,
        shuffle=False,
        **EVERYTHING,
    )
    rates = {"dropout": (0.2, 0.3, 0.3), "dropconnect": (0.1, 0.1, 0.0)}
    rng = np.random.RandomState(0)
    network = Regularised.glorot(
        [4, 3, 2, 2],
        "tanh",
        "identity",
        rng,
        penalty="elasticnet",
        penalty_parameter=0.15,
        clip_norm=0.3,
        **rates,
    )
    network.seed = rng.randint(2**31 - 1)
    network.normalise_all()
    rule = Limited(SGD(0.1, momentum=0.0), network, 0.9)
    oracle.train(network, rule, X, TARGETS["multi-output"][1], epochs=2, batch_size=5, alpha=0.5)
    for w, v in zip(model.coefs_, network.coefs, strict=True):
        assert_close(w, v, 1e-10)
    for ours, theirs in zip(model.batch_norm_, network.norms, strict=True):
        for part, other in zip(ours, theirs, strict=True):
            assert_close(part, other, 1e-10)
    assert skdeep.check_gradient(model, X, TARGETS["multi-output"][1], max_parameters=5) < 1e-6


def test_noise_and_frozen_layers():
    plain = _fit(skdeep, "multiclass")
    model = _fit(
        skdeep,
        "multiclass",
        input_noise=0.3,
        frozen_layers=1,
        init_from=plain,
        dropout=0.3,
        record_gradient_norms=True,
    )
    np.testing.assert_array_equal(model.coefs_[0], plain.coefs_[0])
    assert (model.coefs_[1] != plain.coefs_[1]).any()
    assert (model.gradient_norms_[:, 0] == 0).all() and (model.gradient_norms_[:, 1:] > 0).all()
