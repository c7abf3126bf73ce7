"""Few functions of the package lead from `fit` to the compiled code.

Then a profile or a debugger that stops there can be read. What decides which kernel is called next
is a generator, see `skdeep.training.calls`, and not on the stack meanwhile.
"""

import pathlib
import sys
import threading

import numpy as np
import pytest
import scipy.sparse as sp

import skdeep
from skdeep import training
from skdeep.callbacks import StopOnDivergence
from skdeep.engines.cpu.perceptron import perceptron_training as of_perceptron
from skdeep.engines.cpu.runs import adversarial as of_adversarial
from skdeep.engines.cpu.runs import full_batch as of_full_batch
from skdeep.engines.cpu.runs import prediction as of_prediction
from skdeep.engines.cpu.runs import training as of_training
from skdeep.engines.cpu.threads import team
from skdeep.estimators import perceptron as of_lines
from skdeep.layers import Concatenate, Conv1D, Dense, Flatten
from skdeep.training import restarts
from skdeep.training.full_batch import REGISTRY as FULL_BATCH
from tests.helpers import quiet

ROOT = pathlib.Path(skdeep.__file__).parent
#: Functions of the package from `fit` to the call of a kernel, both included. Those of scipy
#: between them do not count, and a thread begins anew.
MOST_FRAMES = 6
#: Where kernels are called by Python: module and name.
KERNELS = (
    (of_training, "train"),
    (of_full_batch, "evaluate"),
    (of_prediction, "predict_kernel"),
    (of_adversarial, "predict_kernel"),
    (of_perceptron, "train"),
    (of_perceptron, "fill_permutation"),
)
X = np.random.default_rng(0).normal(size=(60, 4))
LABELS = np.arange(60) % 3
WIDE = np.random.default_rng(1).normal(size=(400, 64))
SMALL = {"hidden_layer_sizes": (3,), "max_iter": 2, "n_threads": 1, "random_state": 0}
STOCHASTIC = ("adam", "adamw", "adagrad", "rmsprop", "rprop", "sgd")
MLPS = "MLPClassifier", "MLPRegressor"
NETWORKS = {
    "dense": [Dense(4), Dense(3)],
    "convolution": [Conv1D(3, 2), Flatten(), Dense(3)],
    "joined": [("a", Dense(3)), ("b", Concatenate(inputs=["features", "a"])), ("c", Dense(3))],
}


def own_frames():
    """Return the functions of the package that are on the stack, the outermost first."""
    frame, names = sys._getframe(1), []
    while frame is not None:
        path = pathlib.Path(frame.f_code.co_filename)
        if path.is_relative_to(ROOT):
            names.append(f"{path.stem}.{frame.f_code.co_name}")
        frame = frame.f_back
    return names[::-1]


class Noting:
    """A kernel that notes from where it is called."""

    def __init__(self, kernel, stacks):
        self.kernel, self.stacks = kernel, stacks

    def __call__(self, *arguments):
        self.stacks.append(own_frames())
        return self.kernel(*arguments)

    def __getattr__(self, name):
        return getattr(self.kernel, name)


@pytest.fixture
def stacks(monkeypatch):
    """Return a list that gets the stack of the package at every call of a kernel."""
    noted = []
    for module, name in KERNELS:
        monkeypatch.setattr(module, name, Noting(getattr(module, name), noted))
    return noted


def longest(stacks):
    """Return the longest of some stacks."""
    assert stacks, "no kernel was called"
    return max(stacks, key=len)


def few(stacks):
    """Check that the longest stack is short."""
    found = longest(stacks)
    assert len(found) <= MOST_FRAMES, " > ".join(found)


def fit(name, *arguments, X=X, **parameters):
    """Fit an estimator of the package."""
    cls = getattr(skdeep, name)
    with quiet(), np.errstate(all="ignore"):
        return cls(**parameters).fit(X, LABELS if len(X) == 60 else np.arange(400) % 3, *arguments)


def test_all_kernels_are_watched():
    """Every module that calls a team in training or predictions of a network."""
    callers = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "engines" / "cpu").rglob("*.py")
        for text in ["team.run(", "team.run_alone("]
        if text in path.read_text(encoding="utf-8")
    }
    watched = {pathlib.Path(module.__file__).relative_to(ROOT).as_posix() for module, _ in KERNELS}
    callers.remove("engines/cpu/tabular/encoding.py")  # before training
    assert callers == watched - {"engines/cpu/perceptron/perceptron_training.py"}


@pytest.mark.parametrize("solver", [*STOCHASTIC, *FULL_BATCH])
@pytest.mark.parametrize("name", MLPS)
def test_every_solver(stacks, name, solver):
    fit(name, **SMALL, solver=solver)
    few(stacks)


@pytest.mark.parametrize("n_threads", [1, 2])
@pytest.mark.parametrize("solver", ["adam", *FULL_BATCH])
def test_restarts(stacks, solver, n_threads):
    fit("MLPClassifier", **{**SMALL, "n_threads": n_threads}, solver=solver, n_restarts=2)
    few(stacks)


@pytest.mark.parametrize("n_restarts", [1, 2])
@pytest.mark.parametrize("solver", [*FULL_BATCH])
def test_running_statistics_of_full_batch_solvers(stacks, solver, n_restarts):
    fit("MLPRegressor", **SMALL, solver=solver, batch_norm=True, n_restarts=n_restarts)
    few(stacks)


@pytest.mark.parametrize(
    "parameters",
    [
        {"early_stopping": True},
        {"early_stopping": True, "scoring": "loss"},
        {"early_stopping": True, "n_restarts": 2},
        {"solver": "sgd", "learning_rate_init": 30.0, "max_iter": 20},  # diverges
        {"solver": "sgd", "learning_rate_init": 30.0, "max_iter": 20, "n_restarts": 2},
        {"learning_rate": "adaptive", "solver": "sgd"},
        {"weight_norm": True},
        {"tol_gradient": 1e-9},
        {"verbose": True},
    ],
    ids=str,
)
def test_what_is_done_between_epochs(stacks, parameters):
    fit("MLPClassifier", **{**SMALL, **parameters})
    few(stacks)


def test_adversarial_networks(stacks):
    """Two networks in turn: a loop of epochs, and one of batches, in Python."""
    fit("GenerativeAdversarialNetwork", generator=[Dense(3)], discriminator=[Dense(3)], max_iter=2)
    assert len(longest(stacks)) <= MOST_FRAMES + 2


@pytest.mark.parametrize("name", MLPS)
def test_given_validation_sets(stacks, name):
    with quiet():
        model = getattr(skdeep, name)(**SMALL).fit(X, LABELS, X_val=X, y_val=LABELS)
        model.partial_fit(X, LABELS, X_val=X, y_val=LABELS)
    few(stacks)


@pytest.mark.parametrize("name", MLPS)
def test_partial_fit(stacks, name):
    model = getattr(skdeep, name)(**SMALL)
    model.partial_fit(X, LABELS, **({"classes": [0, 1, 2]} if name == "MLPClassifier" else {}))
    model.partial_fit(X, LABELS)
    few(stacks)


@pytest.mark.parametrize("solver", ["adam", "lbfgs", "bold_driver"])
def test_other_ways_of_fitting(stacks, solver):
    parameters = {**SMALL, "solver": solver, "warm_start": True}
    with quiet():
        fit("MLPClassifier", **parameters).fit(X, LABELS)
        fit("MLPClassifier", np.arange(60.0), **parameters)
        skdeep.MLPClassifier(**parameters).fit(sp.csr_matrix(X), LABELS)
    few(stacks)


@pytest.mark.parametrize("solver", ["adam", "cg", "bold_driver"])
def test_callbacks(stacks, solver):
    model = skdeep.MLPClassifier(**SMALL, solver=solver)
    if not hasattr(model, "set_callbacks"):
        pytest.skip("scikit-learn before 1.9 has no callbacks")
    with quiet():
        model.set_callbacks(StopOnDivergence()).fit(X, LABELS)
    few(stacks)


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_teams(stacks, solver):
    """Helpers begin a stack of their own, in which nothing of the package is."""
    for _ in range(20):  # until others leave a core to the helper
        parameters = {**SMALL, "hidden_layer_sizes": (100,), "n_threads": 2}
        fit("MLPClassifier", X=WIDE, **parameters, solver=solver)
        if [] in stacks:
            break
    few(stacks)


@pytest.mark.parametrize("layers", NETWORKS)
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.parametrize("name", ["NetworkClassifier", "NetworkRegressor"])
def test_networks_of_layers(stacks, name, solver, layers):
    options = {"layers": NETWORKS[layers], "max_iter": 2, "n_threads": 1, "solver": solver}
    fit(name, **options)
    fit(name, **options, n_restarts=2)
    if solver == "adam":
        fit(name, **options, early_stopping=True)
    few(stacks)


@pytest.mark.parametrize(
    "parameters",
    [{}, {"mode": "batch"}, {"early_stopping": True}, {"warm_start": True}, {"verbose": 1}],
    ids=str,
)
@pytest.mark.parametrize("labels", [LABELS, LABELS > 0], ids=["several", "two"])
def test_perceptron(stacks, labels, parameters):
    model = skdeep.Perceptron(max_iter=5, tol=None, **parameters)
    model.fit(X, labels).fit(X, labels)
    skdeep.Perceptron().partial_fit(X, labels, classes=np.unique(labels))
    few(stacks)


@pytest.mark.parametrize(
    "method", ["predict", "predict_proba", "predict_log_proba", "score", "loss_gradient"]
)
@pytest.mark.parametrize("name", [*MLPS, "NetworkClassifier"])
def test_fitted_estimators(stacks, name, method):
    parameters = {**SMALL, "layers": [Dense(3)]} if name == "NetworkClassifier" else SMALL
    accepted = getattr(skdeep, name)().get_params()
    model = fit(name, **{key: v for key, v in parameters.items() if key in accepted})
    if hasattr(model, method):
        stacks.clear()
        getattr(model, method)(X, *([LABELS] if method in ("score", "loss_gradient") else []))
        few(stacks)


def test_predictors_and_checks_of_the_gradient(stacks):
    model = fit("MLPClassifier", **SMALL, activation="tanh")
    stacks.clear()
    model.make_predictor().predict(X)
    skdeep.check_gradient(model, X, LABELS)
    few(stacks)


def test_scorers(stacks):
    """A function of the user's that predicts begins anew: it calls a method of the estimator."""

    def score(estimator, X, y):
        stacks.clear()
        estimator.predict(X)
        lengths.append((len(own_frames()), len(longest(stacks))))
        return 0.0

    lengths = []
    fit("MLPClassifier", **SMALL, early_stopping=True, scoring=score)
    _, *in_training = lengths  # the first call tries the scorer, before anything is trained
    assert max(outer for outer, _ in in_training) <= MOST_FRAMES
    assert max(inner - outer for outer, inner in lengths) <= MOST_FRAMES


def more(function, n_frames):
    """Return a function that calls another one by some more functions of the package."""
    code = compile("def more(*a, **k): return function(*a, **k)", str(ROOT / "more.py"), "exec")
    for _ in range(n_frames):
        names = {"function": function}
        exec(code, names)
        function = names["more"]
    return function


def _fails(stacks):
    with pytest.raises(AssertionError, match=r"more\.more"):
        few(stacks)
    stacks.clear()


def test_the_bound_is_not_met_with_more_functions(monkeypatch, stacks):
    """One more where the bound is reached, some more elsewhere."""
    with monkeypatch.context() as patch:
        patch.setattr(training, "fit", more(training.fit, 3))
        fit("MLPClassifier", **SMALL)
        _fails(stacks)
    with monkeypatch.context() as patch:
        patch.setattr(restarts, "fit", more(restarts.fit, 1))
        for parameters in ({"solver": "lbfgs"}, {"early_stopping": True}):
            fit("MLPClassifier", **SMALL, **parameters, n_restarts=2)
            _fails(stacks)
    with monkeypatch.context() as patch:
        patch.setattr(of_lines.training, "train_lines", more(of_lines.training.train_lines, 1))
        skdeep.Perceptron().fit(X, LABELS)
        _fails(stacks)
    patched = more(team.run, 4)
    monkeypatch.setattr(team, "run", patched)
    thread = threading.Thread(target=fit, args=["MLPRegressor"], kwargs=SMALL)
    thread.start()
    thread.join()
    _fails(stacks)
