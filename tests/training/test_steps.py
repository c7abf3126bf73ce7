"""Training, one step after the other, against the oracle: 20 steps agree to 1e-10."""

import numpy as np
import pytest

import skdeep
from tests import datasets, oracle
from tests.helpers import assert_close, quiet

RTOL = 1e-10
SEED = 21
# name -> (parameters of the estimator, the oracle's rule)
RULES = {
    "adam": (dict(solver="adam"), lambda: oracle.Adam(0.02)),
    "adam, other betas": (
        dict(solver="adam", beta_1=0.6, beta_2=0.9, epsilon=1e-4),
        lambda: oracle.Adam(0.02, 0.6, 0.9, 1e-4),
    ),
    "nesterov": (dict(solver="sgd"), lambda: oracle.SGD(0.02)),
    "momentum": (
        dict(solver="sgd", nesterovs_momentum=False),
        lambda: oracle.SGD(0.02, nesterov=False),
    ),
    "plain sgd": (dict(solver="sgd", momentum=0.0), lambda: oracle.SGD(0.02, 0.0)),
    "invscaling": (
        dict(solver="sgd", learning_rate="invscaling", power_t=0.3),
        lambda: oracle.SGD(0.02, schedule="invscaling", power_t=0.3),
    ),
}
OUTPUTS = {
    "binary": "logistic",
    "multiclass": "softmax",
    "multilabel": "logistic",
    "regression": "identity",
    "multioutput": "identity",
    "counts": "exp",
}


def _problem(data, hidden, activation, **parameters):
    """Return the estimator, the oracle's network at the same start, X, y and the targets."""
    X, y = datasets.load(data)
    Y = (y[:, None] == np.unique(y)).astype(float) if data == "multiclass" else y
    Y = np.asarray(Y, dtype=float).reshape(len(X), -1)
    name = "MLPRegressor" if datasets.is_regression(data) else "MLPClassifier"
    if data == "counts":
        parameters["loss"] = "poisson"
    estimator = getattr(skdeep, name)(
        hidden_layer_sizes=hidden,
        activation=activation,
        alpha=0.3,
        learning_rate_init=0.02,
        shuffle=False,
        random_state=SEED,
        **parameters,
    )
    units = [X.shape[1], *hidden, Y.shape[1]]
    rng = np.random.RandomState(SEED)
    network = oracle.Network.glorot(units, activation, OUTPUTS[data], rng)
    return estimator, network, X, y, Y


def _compare(estimator, network):
    got = [*estimator.coefs_, *estimator.intercepts_]
    for w, v in zip(got, network.parameters, strict=True):
        assert_close(w, v, RTOL)


@pytest.mark.parametrize("data", OUTPUTS)
@pytest.mark.parametrize("rule", RULES)
def test_twenty_steps(rule, data, device):
    """Every step is one pass over all rows, and is compared."""
    parameters, make = RULES[rule]
    n = len(datasets.load(data)[0])
    estimator, network, X, y, Y = _problem(data, (6, 3), "tanh", batch_size=n, **parameters)
    reference = make()
    classes = {}
    if not datasets.is_regression(data):
        classes["classes"] = np.unique(y) if y.ndim == 1 else np.arange(y.shape[1])
    for epoch in range(1, 21):
        estimator.partial_fit(X, y, **classes)
        loss, coefs, intercepts = network.loss_gradient(X, Y, None, 0.3, averaged=True)
        reference.step(network.parameters, coefs + intercepts)
        reference.end_epoch(epoch * n)
        assert estimator.loss_ == pytest.approx(loss, rel=RTOL), epoch
        _compare(estimator, network)


@pytest.mark.parametrize("activation", sorted(oracle.ACTIVATIONS))
@pytest.mark.parametrize("data", OUTPUTS)
@pytest.mark.parametrize("weighted", [False, True], ids=["", "weighted"])
def test_five_epochs_of_several_batches(weighted, data, activation, device):
    parameters, make = RULES["adam"]
    n = len(datasets.load(data)[0])
    estimator, network, X, y, Y = _problem(
        data, (9,), activation, batch_size=n // 4 + 1, max_iter=5, **parameters
    )
    weights = np.random.RandomState(22).uniform(0.1, 2, n) if weighted else None
    with quiet():
        estimator.fit(X, y, sample_weight=weights)
    curve = oracle.train(
        network,
        make(),
        X,
        Y,
        epochs=5,
        batch_size=n // 4 + 1,
        alpha=0.3,
        sample_weight=weights,
    )
    assert_close(estimator.loss_curve_, curve, RTOL)
    _compare(estimator, network)


@pytest.mark.parametrize("hidden", [(), (1,), (64,), (65, 33), (5, 5, 5, 5)], ids=str)
@pytest.mark.parametrize("rule", ["adam", "nesterov"])
def test_shapes_around_the_tiles(rule, hidden, device):
    parameters, make = RULES[rule]
    estimator, network, X, y, Y = _problem(
        "multiclass", hidden, "relu", batch_size=32, max_iter=5, **parameters
    )
    with quiet():
        estimator.fit(X, y)
    curve = oracle.train(network, make(), X, Y, epochs=5, batch_size=32, alpha=0.3)
    assert_close(estimator.loss_curve_, curve, RTOL)
    _compare(estimator, network)
