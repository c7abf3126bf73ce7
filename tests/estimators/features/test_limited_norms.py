"""max_norm and clip_norm: what they promise of weights and of steps."""

import numpy as np
import pytest

from skdeep import MLPClassifier, MLPRegressor, solvers
from skdeep.formulas.optimizers import REGISTRY as RULES
from tests import datasets
from tests.helpers import CONTAINERS, quiet

MOST = 0.6


def _norms(model):
    return np.concatenate([np.sqrt((w.astype(float) ** 2).sum(axis=0)) for w in model.coefs_])


WAYS = {
    "plain": {},
    "one row at a time": {"batch_size": 1},
    "few rows": {"batch_size": 5},
    "float32": {"dtype": np.float32},
    "sparse": {"container": "csr"},
    "wide": {"hidden_layer_sizes": (300, 260), "max_iter": 1},
    "wide, few rows": {"hidden_layer_sizes": (300,), "batch_size": 7, "max_iter": 1},
    "all at once": {"dropconnect": 0.3, "batch_norm": True, "penalty": "l1", "clip_norm": 1.0},
    "early stopping": {"early_stopping": True},
    "restarts": {"n_restarts": 2},
}


@pytest.mark.parametrize("solver", ["sgd", "adam", "rprop", "adamw"])
@pytest.mark.parametrize("way", WAYS)
def test_no_norm_is_larger(way, solver):
    X, y = datasets.load("multiclass")
    parameters = {"hidden_layer_sizes": (6, 5), "batch_size": 20, "max_iter": 3, **WAYS[way]}
    dtype = parameters.pop("dtype", np.float64)
    X = CONTAINERS[parameters.pop("container", "dense")](X.astype(dtype))
    if solver == "adamw":
        parameters.pop("penalty", None)
    model = MLPClassifier(
        max_norm=MOST, solver=solver, learning_rate_init=0.05, random_state=0, **parameters
    )
    with quiet():
        model.fit(X, y)
    norms = _norms(model)
    assert norms.max() <= MOST * (1 + 4 * np.finfo(dtype).eps)
    assert (norms > 0.999 * MOST).any()
    model.set_params(max_norm=None)
    with quiet():
        assert _norms(model.fit(X, y)).max() > 1.1 * MOST


@pytest.mark.parametrize("penalty", ["l2", "l1"])
@pytest.mark.parametrize("batch_norm", [False, True])
def test_a_huge_gradient_makes_a_step_of_the_clipped_norm(batch_norm, penalty):
    """Penalty included; over weights, biases, scales and shifts together."""
    X, y = datasets.load("multioutput")
    X, y = X[:60], 1e6 * y[:60]
    settings = {"hidden_layer_sizes": (5,), "alpha": 1e5, "penalty": penalty, "batch_size": 60}
    settings |= {"batch_norm": batch_norm, "random_state": 0, "max_iter": 1, "shuffle": False}

    def fit(rate, **more):
        solver = solvers.SGD(learning_rate_init=rate, momentum=0.0)
        with quiet():
            return MLPRegressor(solver=solver, **settings, **more).fit(X, y)

    start, model = fit(1e-30), fit(0.01, clip_norm=3.0, record_gradient_norms=True)
    assert np.sqrt((model.gradient_norms_**2).sum()) > 1e4  # as it is before
    norms = [
        [*m.coefs_, *m.intercepts_, *(p for n in m.batch_norm_ for p in n[:2])]
        for m in (start, model)
    ]
    step = np.sqrt(sum(((w - v) ** 2).sum() for w, v in zip(*norms, strict=True)))
    assert step == pytest.approx(0.01 * 3.0, rel=1e-9)
    if not batch_norm:  # in the direction of the gradient
        _, coefs, intercepts = start.loss_gradient(X, y)
        whole = np.sqrt(sum((g**2).sum() for g in [*coefs, *intercepts]))
        for w, v, g in zip(model.coefs_, start.coefs_, coefs, strict=True):
            np.testing.assert_allclose(v - w, 0.03 * g / whole, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("solver", sorted(RULES))
def test_small_gradients_are_left_alone(solver):
    X, y = datasets.load("regression")
    models = []
    for most in (None, 1e6):
        model = MLPRegressor(
            hidden_layer_sizes=(4,), solver=solver, clip_norm=most, max_iter=2, random_state=0
        )
        with quiet():
            models.append(model.fit(X, y))
    for w, v in zip(models[0].coefs_, models[1].coefs_, strict=True):
        np.testing.assert_array_equal(w, v)
