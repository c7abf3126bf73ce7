"""What cg and bold_driver minimise on several outputs, and what lbfgs does as scikit-learn does."""

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn import neural_network
from sklearn.exceptions import ConvergenceWarning

from skdeep import MLPClassifier, MLPRegressor
from tests.helpers import quiet

_RNG = np.random.RandomState(0)
X = _RNG.standard_normal((30, 3))
X[np.abs(X) < 0.3] = 0
NUMBERS = np.tanh(X @ _RNG.standard_normal((3, 3))) + 0.1 * _RNG.standard_normal((30, 3))
WEIGHTS = _RNG.uniform(0.2, 2, 30)
LABELS = (NUMBERS > 0).astype(int)
#: name -> class, loss, and a function from the number of outputs to targets
DIFFERENTIABLE = {
    "squared error": (MLPRegressor, "squared_error", lambda k: NUMBERS[:, :k]),
    "huber": (MLPRegressor, "huber", lambda k: NUMBERS[:, :k]),
    "poisson": (MLPRegressor, "poisson", lambda k: np.exp(NUMBERS[:, :k])),
    "log loss of numbers": (MLPRegressor, "log_loss", lambda k: LABELS[:, :k].astype(float)),
    "log loss of labels": (MLPClassifier, "log_loss", lambda k: LABELS[:, :k]),
    "squared error of labels": (MLPClassifier, "squared_error", lambda k: LABELS[:, :k]),
    "log loss of classes": (MLPClassifier, "log_loss", lambda k: NUMBERS[:, :k].argmax(axis=1)),
    "squared error of classes": (
        MLPClassifier,
        "squared_error",
        lambda k: NUMBERS[:, :k].argmax(axis=1),
    ),
}
#: With kinks, at which there is no gradient.
OTHERS = {
    "absolute error": (MLPRegressor, "absolute_error", lambda k: NUMBERS[:, :k]),
    "quantile": (MLPRegressor, "quantile", lambda k: NUMBERS[:, :k]),
    "hinge": (MLPClassifier, "hinge", lambda k: LABELS[:, :k]),
}
STOPPING = {
    "cg": {"tol": 1e-7},
    "bold_driver": {"tol": 0.0, "tol_gradient": 5e-7, "n_iter_no_change": 10**6},
}


def make(problem, n_outputs, solver, **parameters):
    """Return an estimator and its targets."""
    cls, loss, targets = problem
    parameters = {**STOPPING[solver], "alpha": 1.0, "random_state": 0, **parameters}
    network = cls(
        hidden_layer_sizes=(2,),
        activation="tanh",
        loss=loss,
        solver=solver,
        max_iter=5000,
        max_fun=100_000,
        **parameters,
    )
    return network, targets(n_outputs)


def assert_stationary(network, A, y, weights):
    """Look at the gradient of the objective where a fit has ended, and at the loss it reports."""
    loss, coef_grads, intercept_grads = network.loss_gradient(A, y, weights)
    assert network.stop_reason_ == "gradient"
    assert max(np.abs(g).max() for g in coef_grads + intercept_grads) < 1e-6
    for reported in (network.loss_, network.loss_curve_[-1], network.best_loss_):
        np.testing.assert_allclose(reported, loss, rtol=1e-12)


@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["plain", "weighted"])
@pytest.mark.parametrize("n_outputs", [2, 3])
@pytest.mark.parametrize("problem", DIFFERENTIABLE.values(), ids=DIFFERENTIABLE)
@pytest.mark.parametrize("solver", STOPPING)
def test_ends_where_the_gradient_vanishes(solver, problem, n_outputs, weights):
    network, y = make(problem, n_outputs, solver)
    A = X if weights is None else sp.csr_matrix(X)
    assert_stationary(network.fit(A, y, sample_weight=weights), A, y, weights)


@pytest.mark.parametrize("solver", STOPPING)
def test_ends_where_the_gradient_vanishes_with_another_penalty(solver):
    network, y = make(DIFFERENTIABLE["squared error"], 2, solver, penalty=3.0)
    assert_stationary(network.fit(X, y), X, y, None)


@pytest.mark.parametrize("n_outputs", [2, 3])
@pytest.mark.parametrize("problem", OTHERS.values(), ids=OTHERS)
@pytest.mark.parametrize("solver", STOPPING)
def test_ends_at_a_kink(solver, problem, n_outputs):
    """No step from there lowers the objective, which fell in every iteration before."""
    network, y = make(problem, n_outputs, solver)
    with pytest.warns(ConvergenceWarning, match="(?s)smallest rate|precision loss"):
        network.fit(X, y)
    assert network.stop_reason_ == "line_search"
    np.testing.assert_allclose(network.loss_, network.loss_gradient(X, y)[0], rtol=1e-12)
    assert (np.diff(network.loss_curve_) <= 0).all()
    assert network.loss_ < 0.9 * network.loss_curve_[0]


@pytest.mark.parametrize("solver", STOPPING)
def test_objective_tolerance_is_of_the_sum(solver):
    network, y = make(DIFFERENTIABLE["squared error"], 3, solver, alpha=0.0)
    network.set_params(tol_objective=0.2).fit(X, y)
    assert network.stop_reason_ == "objective"
    assert network.loss_gradient(X, y)[0] <= 0.2 < network.loss_curve_[-2]


def test_lbfgs_reports_and_follows_the_mean_as_scikit_learn():
    parameters = {"hidden_layer_sizes": (2,), "solver": "lbfgs", "max_iter": 12, "random_state": 0}
    y = NUMBERS[:, :2]
    with quiet():
        theirs = neural_network.MLPRegressor(**parameters).fit(X, y)
        ours = MLPRegressor(**parameters).fit(X, y)
    np.testing.assert_allclose(ours.loss_, theirs.loss_, rtol=1e-9)
    assert ours.n_iter_ == theirs.n_iter_
    penalty = 1e-4 / 2 * sum((coef**2).sum() for coef in ours.coefs_) / len(X)
    true = ours.loss_gradient(X, y)[0]
    np.testing.assert_allclose(2 * (ours.loss_ - penalty), true - penalty, rtol=1e-9)
