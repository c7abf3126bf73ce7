"""``stop_reason_``: why training ended, and the tolerances that end it."""

import warnings

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from skdeep import MLPClassifier, MLPRegressor, solvers
from skdeep.engines.cpu.engine import FullBatch, Training
from skdeep.formulas.optimizers import REGISTRY as RULES
from skdeep.training.full_batch import REGISTRY as FULL_BATCH
from skdeep.training.stochastic.trainer import StochasticTrainer
from tests import datasets
from tests import oracle_solvers as reference
from tests.helpers import quiet, unchanged
from tests.training.problems import ALPHA, RATE, problem

X, Y = datasets.load("regression")
SMALL = dict(hidden_layer_sizes=(3,), activation="tanh", random_state=0)
MINI_BATCH = sorted(name for name, rule in RULES.items() if not rule.full_batch)
ALL = sorted([*RULES, *FULL_BATCH])


def _fit(solver="adam", **parameters):
    with quiet():
        return MLPRegressor(**{**SMALL, "solver": solver, **parameters}).fit(X, Y)


@pytest.mark.parametrize("solver", ALL)
def test_max_iter(solver):
    model = MLPRegressor(**SMALL, solver=solver, max_iter=3, tol=0.0)
    with pytest.warns(ConvergenceWarning, match=r"(?i)maximum|limit"):
        model.fit(X, Y)
    assert (model.stop_reason_, model.n_iter_) == ("max_iter", 3)


@pytest.mark.parametrize("solver", sorted(RULES))
def test_change(solver):
    """The loss no longer improves; no warning then."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = MLPRegressor(**SMALL, solver=solver, tol=1e3, n_iter_no_change=2).fit(X, Y)
    assert (model.stop_reason_, model.n_iter_) == ("change", 4)


@pytest.mark.parametrize("solver", ["bold_driver", "lbfgs"])
def test_change_of_full_batch_solvers(solver):
    parameters = {"bold_driver": dict(tol=1e3, n_iter_no_change=2), "lbfgs": dict(tol=0.0)}
    assert (
        _fit(solver, max_iter=20000, max_fun=10**6, **parameters[solver]).stop_reason_ == "change"
    )


def test_validation():
    model = _fit(early_stopping=True, tol=1e3, n_iter_no_change=2)
    assert (model.stop_reason_, model.n_iter_) == ("validation", 4)


@pytest.mark.parametrize("solver", MINI_BATCH)
def test_partial_fit(solver):
    model = MLPRegressor(**SMALL, solver=solver).partial_fit(X, Y)
    assert (model.stop_reason_, model.n_iter_) == ("partial_fit", 1)


@pytest.mark.parametrize("solver", ["lbfgs", "cg"])
def test_max_fun(solver):
    model = MLPRegressor(**SMALL, solver=solver, max_fun=4, tol=0.0)
    with pytest.warns(ConvergenceWarning, match="max_fun=4|EVALUATIONS EXCEEDS LIMIT"):
        model.fit(X, Y)
    assert model.stop_reason_ == "max_fun"


@pytest.mark.parametrize("early_stopping", [False, True])
def test_interrupted(monkeypatch, early_stopping):
    advance, calls = Training.advance, []

    def interrupt(self, max_batches):
        calls.append(max_batches)
        if len(calls) == 3:
            raise KeyboardInterrupt
        advance(self, max_batches)

    monkeypatch.setattr(Training, "advance", interrupt)
    monkeypatch.setattr("skdeep.training.stochastic.trainer.SECONDS_PER_CALL", 0.0)
    model = MLPRegressor(**SMALL, early_stopping=early_stopping)
    with pytest.warns(UserWarning, match="interrupted by user"):
        model.fit(X, Y)
    assert model.stop_reason_ == "interrupted"
    assert np.isfinite(model.predict(X)).all()


@pytest.mark.parametrize("solver", ["lbfgs", "cg", "bold_driver"])
def test_interrupted_full_batch(monkeypatch, solver):
    call, calls = FullBatch.__call__, []

    def interrupt(self, vector):
        calls.append(vector)
        if len(calls) == 5:
            raise KeyboardInterrupt
        return call(self, vector)

    monkeypatch.setattr(FullBatch, "__call__", interrupt)
    model = MLPRegressor(**SMALL, solver=solver)
    with pytest.warns(UserWarning, match="interrupted by user"):
        model.fit(X, Y)
    assert model.stop_reason_ == "interrupted"


@pytest.mark.parametrize("solver", ["lbfgs", "cg"])
def test_line_search(monkeypatch, solver):
    """A gradient of the wrong sign: no step lowers the objective."""
    call = FullBatch.__call__

    def uphill(self, vector):
        value, gradient = call(self, vector)
        return value, -gradient

    monkeypatch.setattr(FullBatch, "__call__", uphill)
    model = MLPRegressor(**SMALL, solver=solver)
    with pytest.warns(ConvergenceWarning, match=f"{solver} failed to converge"):
        model.fit(X, Y)
    assert model.stop_reason_ == "line_search"


def test_diverged(monkeypatch):
    """The fit fails, so that the reason is only seen by those who look inside."""
    reasons, close = [], StochasticTrainer.close

    def watch(self):
        close(self)
        reasons.append(self.stop_reason)

    monkeypatch.setattr(StochasticTrainer, "close", watch)
    model = MLPRegressor(
        **SMALL, solver="sgd", learning_rate_init=1e10, max_iter=10**6, n_iter_no_change=np.inf
    )
    with unchanged(model), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(ValueError, match="non-finite parameter weights"):
            model.fit(X, Y)
    assert reasons == ["diverged"]


@pytest.mark.parametrize("solver", ALL)
def test_tol_objective(solver):
    """Training ends after the first epoch, or iteration, whose loss is below."""
    free = _fit(solver, max_iter=40, tol=0.0)
    curve = free.loss_curve_ if hasattr(free, "loss_curve_") else None
    target = 0.5 * (free.loss_ + 0.9)
    model = _fit(solver, max_iter=40, tol=0.0, tol_objective=target)
    assert model.stop_reason_ == "objective"
    assert model.loss_ < target
    assert 0 < model.n_iter_ < free.n_iter_
    if curve is not None:
        assert all(loss >= target for loss in model.loss_curve_[:-1])
        assert model.n_iter_ == 1 + next(i for i, loss in enumerate(curve) if loss < target)


@pytest.mark.parametrize("solver", ALL)
def test_tol_objective_out_of_reach(solver):
    """A negative objective is allowed, and never reached by a loss."""
    assert _fit(solver, max_iter=3, tol=0.0, tol_objective=-1.0).stop_reason_ == "max_iter"


@pytest.mark.parametrize("solver", ALL)
def test_tol_gradient(solver):
    assert _fit(solver, max_iter=5, tol=0.0, tol_gradient=1e-12).stop_reason_ == "max_iter"
    model = _fit(solver, max_iter=5, tol=0.0, tol_gradient=1e3)
    assert model.stop_reason_ == "gradient"
    assert model.n_iter_ == (1 if solver in RULES else 0)


@pytest.mark.parametrize("solver", ["lbfgs", "cg", "bold_driver"])
def test_tol_gradient_of_full_batch_solvers(solver):
    model = _fit(solver, max_iter=500, tol=0.0, tol_gradient=0.05)
    assert model.stop_reason_ == "gradient"
    _, coefs, intercepts = model.loss_gradient(X, Y)
    norm = np.sqrt(sum((g**2).sum() for g in coefs + intercepts))
    assert 0.0 < norm <= 0.05


@pytest.mark.parametrize("weighted", [False, True], ids=["", "weighted"])
@pytest.mark.parametrize("data", ["multiclass", "multioutput"])
@pytest.mark.parametrize("solver", ["sgd", "adamw"])
def test_norm_is_the_mean_over_the_batches(solver, data, weighted, device):
    """Of the penalised gradients, before each update; the oracle tells the epoch."""
    estimator, network, X, y, targets = problem(
        data, (5,), "tanh", batch_size=20, solver=solver, max_iter=12, tol=0.0
    )
    n = len(X)
    weights = np.random.RandomState(5).uniform(0.5, 2, n) if weighted else None
    alpha = ALPHA if solver == "sgd" else 0.0
    rule = reference.SGD(RATE) if solver == "sgd" else reference.AdamW(RATE, ALPHA)
    means = []
    for _ in range(12):
        norms = []
        for start in range(0, n, 20):
            rows = slice(start, start + 20)
            w = None if weights is None else weights[rows]
            _, *gradients = network.loss_gradient(X[rows], targets[rows], w, alpha)
            gradients = gradients[0] + gradients[1]
            norms.append(np.sqrt(sum((g**2).sum() for g in gradients)))
            rule.step(network.parameters, gradients)
        means.append(np.mean(norms))
    epoch = 8
    assert min(means[:epoch]) > means[epoch], "choose another epoch"
    limit = 0.5 * (min(means[:epoch]) + means[epoch])
    with quiet():
        estimator.set_params(tol_gradient=limit).fit(X, y, sample_weight=weights)
        assert (estimator.stop_reason_, estimator.n_iter_) == ("gradient", epoch + 1)
        estimator.set_params(tol_gradient=means[epoch] * (1 - 1e-6)).fit(X, y, weights)
        assert estimator.stop_reason_ == "max_iter" or estimator.n_iter_ > epoch + 1


def test_with_early_stopping():
    """The tolerances end training there as well, and the best weights are kept."""
    for parameter, reason in (("tol_objective", "objective"), ("tol_gradient", "gradient")):
        model = _fit(early_stopping=True, n_iter_no_change=np.inf, **{parameter: 1e3})
        assert (model.stop_reason_, model.n_iter_) == (reason, 1)
        assert len(model.validation_scores_) == 1


def test_every_fit_has_its_own_reason():
    model = _fit(max_iter=2, warm_start=True)
    assert model.stop_reason_ == "max_iter"
    with quiet():
        model.set_params(tol_objective=1e3).fit(X, Y)
    assert model.stop_reason_ == "objective"
    assert model.set_params(tol_objective=None).partial_fit(X, Y).stop_reason_ == "partial_fit"


@pytest.mark.parametrize(
    "parameter, value",
    [
        ("tol_gradient", 0.0),
        ("tol_gradient", -1.0),
        ("tol_gradient", np.nan),
        ("tol_gradient", "small"),
        ("tol_objective", np.nan),
        ("tol_objective", np.inf),
        ("tol_objective", "small"),
    ],
)
@pytest.mark.parametrize("estimator", [MLPClassifier, MLPRegressor])
def test_out_of_range(estimator, parameter, value):
    model = estimator(**{parameter: value})
    with unchanged(model), pytest.raises(ValueError, match=f"'{parameter}' parameter"):
        model.fit(X, (Y > 0).astype(int))


def test_verbose_says_why(capsys):
    _fit(tol_objective=1e3, verbose=True)
    assert "tol_objective" in capsys.readouterr().out
    _fit(tol_gradient=1e3, verbose=True)
    assert "tol_gradient" in capsys.readouterr().out


def test_objects_stop_as_strings_do():
    for name in ("adam", "rprop", "bold_driver"):
        by_name, by_object = (
            _fit(solver, tol_objective=0.3, max_iter=300, learning_rate_init=rate)
            for solver, rate in (
                (name, solvers.CLASSES[name]().learning_rate_init),
                (solvers.CLASSES[name](), 123.0),
            )
        )
        assert by_name.stop_reason_ == by_object.stop_reason_
        assert by_name.n_iter_ == by_object.n_iter_
