"""Training, one step after the other, against the oracle: 20 steps and more agree to 1e-10."""

import numpy as np
import pytest

from skdeep import solvers
from skdeep.formulas.optimizers import REGISTRY
from tests import datasets, oracle
from tests import oracle_solvers as reference
from tests.helpers import assert_close, quiet
from tests.training.problems import (
    ALPHA,
    OUTPUTS,
    RATE,
    classes,
    compare,
    problem,
    sample_weights,
)

RTOL = 1e-10
# name -> (parameters of the estimator, the oracle's rule)
RULES = {
    "adam": (dict(solver="adam"), lambda: reference.Adam(RATE)),
    "adam, other betas": (
        dict(solver="adam", beta_1=0.6, beta_2=0.9, epsilon=1e-4),
        lambda: reference.Adam(RATE, 0.6, 0.9, 1e-4),
    ),
    "adam, object": (
        dict(solver=solvers.Adam(learning_rate_init=0.01, beta_1=0.6, beta_2=0.9, epsilon=1e-4)),
        lambda: reference.Adam(0.01, 0.6, 0.9, 1e-4),
    ),
    "adamw": (dict(solver="adamw"), lambda: reference.AdamW(RATE, ALPHA)),
    "adamw, object": (
        dict(solver=solvers.AdamW(learning_rate_init=0.01, beta_1=0.6, beta_2=0.9, epsilon=1e-4)),
        lambda: reference.AdamW(0.01, ALPHA, 0.6, 0.9, 1e-4),
    ),
    "adagrad": (dict(solver="adagrad"), lambda: reference.AdaGrad(RATE)),
    "adagrad, object": (
        dict(solver=solvers.AdaGrad(learning_rate_init=0.05, epsilon=1e-3)),
        lambda: reference.AdaGrad(0.05, 1e-3),
    ),
    "rmsprop": (dict(solver="rmsprop"), lambda: reference.RMSProp(RATE)),
    "rmsprop, object": (
        dict(solver=solvers.RMSProp(learning_rate_init=0.005, rho=0.6, epsilon=1e-3)),
        lambda: reference.RMSProp(0.005, 0.6, 1e-3),
    ),
    "nesterov": (dict(solver="sgd"), lambda: reference.SGD(RATE)),
    "momentum": (
        dict(solver="sgd", nesterovs_momentum=False),
        lambda: reference.SGD(RATE, nesterov=False),
    ),
    "plain sgd": (dict(solver="sgd", momentum=0.0), lambda: reference.SGD(RATE, 0.0)),
    "sgd, object": (
        dict(solver=solvers.SGD(learning_rate_init=0.05, momentum=0.5, nesterovs_momentum=False)),
        lambda: reference.SGD(0.05, 0.5, False),
    ),
}
FULL_BATCH = {
    "rprop": (dict(solver="rprop"), lambda: reference.RProp(RATE)),
    "rprop, object": (
        dict(solver=solvers.RProp(0.01, increase=1.5, decrease=0.3, step_min=1e-3, step_max=0.1)),
        lambda: reference.RProp(0.01, 1.5, 0.3, 1e-3, 0.1),
    ),
}


def _alpha(rule):
    """Strength of the penalty in the objective: adamw's is not part of it."""
    return 0.0 if rule.startswith("adamw") else ALPHA


def test_every_rule_is_here():
    assert {name.split(",")[0] for name in [*RULES, *FULL_BATCH]} >= (
        set(REGISTRY) - {"sgd"} | {"nesterov", "momentum"}
    )


@pytest.mark.parametrize("data", OUTPUTS)
@pytest.mark.parametrize("rule", RULES)
def test_twenty_steps(rule, data, device):
    """Every step is one pass over all rows, and is compared."""
    parameters, make = RULES[rule]
    n = len(datasets.load(data)[0])
    estimator, network, X, y, Y = problem(data, (6, 3), "tanh", batch_size=n, **parameters)
    reference = make()
    for step in range(1, 21):
        estimator.partial_fit(X, y, **classes(data, y))
        loss, coefs, intercepts = network.loss_gradient(X, Y, None, _alpha(rule), averaged=True)
        reference.step(network.parameters, coefs + intercepts)
        assert estimator.loss_ == pytest.approx(loss, rel=RTOL), step
        compare(estimator, network)


@pytest.mark.parametrize("penalised", [True, False], ids=["penalty", ""])
@pytest.mark.parametrize("weighted", [False, True], ids=["", "weighted"])
@pytest.mark.parametrize("data", ["binary", "multioutput"])
@pytest.mark.parametrize("rule", [*RULES, *FULL_BATCH])
def test_epochs(rule, data, weighted, penalised, device):
    """A whole fit: 24 updates in the order of the rows, the last batch of an epoch smaller."""
    parameters, make = {**RULES, **FULL_BATCH}[rule]
    n = len(datasets.load(data)[0])
    batch_size, epochs = (n, 24) if rule in FULL_BATCH else (n // 4 + 2, 6)
    estimator, network, X, y, Y = problem(
        data, (5,), "tanh", batch_size=batch_size, max_iter=epochs, **parameters
    )
    weights = sample_weights(n) if weighted else None
    rule_alpha, theirs = _alpha(rule), make()
    if not penalised:
        estimator.set_params(alpha=0.0)
        rule_alpha = 0.0
        if hasattr(theirs, "decay"):
            theirs.decay = 0.0
    with quiet():
        estimator.fit(X, y, sample_weight=weights)
    curve = oracle.train(
        network,
        theirs,
        X,
        Y,
        epochs=epochs,
        batch_size=batch_size,
        alpha=rule_alpha,
        sample_weight=weights,
    )
    assert theirs.t == 24
    assert_close(estimator.loss_curve_, curve, RTOL)
    compare(estimator, network)


def test_rprop_takes_all_rows_whatever_the_batch_size():
    fits = []
    for batch_size in ("auto", 7):
        estimator, _, X, y, _ = problem(
            "binary", (5,), "tanh", batch_size=batch_size, max_iter=5, solver="rprop"
        )
        with quiet():
            fits.append(estimator.fit(X, y))
    assert fits[0].loss_curve_ == fits[1].loss_curve_


@pytest.mark.parametrize("rule", ["adam", "adamw", "adagrad", "rmsprop", "nesterov", "rprop"])
def test_float32(rule, device):
    """In single precision training stays close to the oracle's for as long."""
    parameters, make = {**RULES, **FULL_BATCH}[rule]
    estimator, network, X, y, Y = problem(
        "multiclass",
        (5,),
        "tanh",
        batch_size=len(datasets.load("multiclass")[0]),
        max_iter=20,
        **parameters,
    )
    with quiet():
        estimator.fit(X.astype(np.float32), y)
    assert estimator.coefs_[0].dtype == np.float32
    curve = oracle.train(network, make(), X, Y, epochs=20, batch_size=len(X), alpha=_alpha(rule))
    assert_close(estimator.loss_curve_, curve, 1e-4)


@pytest.mark.parametrize("activation", sorted(set(oracle.ACTIVATIONS) - {"exp"}))
@pytest.mark.parametrize("data", OUTPUTS)
@pytest.mark.parametrize("weighted", [False, True], ids=["", "weighted"])
def test_five_epochs_of_several_batches(weighted, data, activation, device):
    parameters, make = RULES["adam"]
    n = len(datasets.load(data)[0])
    estimator, network, X, y, Y = problem(
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
        alpha=ALPHA,
        sample_weight=weights,
    )
    assert_close(estimator.loss_curve_, curve, RTOL)
    compare(estimator, network)


@pytest.mark.parametrize("activation", sorted(set(oracle.ACTIVATIONS) - {"exp"}))
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_features_of_large_scale(activation, dtype, device):
    """No NaN, and no warning, where arguments of activations are about 1e4."""
    estimator, _, X, y, _ = problem("binary", (9, 4), activation, max_iter=5, batch_size=20)
    with quiet():
        estimator.fit((1e4 * X).astype(dtype), y)
    assert np.isfinite(estimator.loss_curve_).all()
    assert np.isfinite(estimator.predict_proba((1e4 * X).astype(dtype))).all()


@pytest.mark.parametrize("hidden", [(), (1,), (64,), (65, 33), (5, 5, 5, 5)], ids=str)
@pytest.mark.parametrize("rule", ["adam", "nesterov", "adamw", "rprop"])
def test_shapes_around_the_tiles(rule, hidden, device):
    parameters, make = {**RULES, **FULL_BATCH}[rule]
    n = len(datasets.load("multiclass")[0])
    batch_size = n if rule == "rprop" else 32
    estimator, network, X, y, Y = problem(
        "multiclass", hidden, "relu", batch_size=batch_size, max_iter=5, **parameters
    )
    with quiet():
        estimator.fit(X, y)
    curve = oracle.train(network, make(), X, Y, epochs=5, batch_size=batch_size, alpha=_alpha(rule))
    assert_close(estimator.loss_curve_, curve, RTOL)
    compare(estimator, network)
