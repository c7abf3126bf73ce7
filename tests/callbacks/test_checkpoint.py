"""A training that is cut short goes on from its checkpoint to the same bits."""

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.datasets import make_classification

from skdeep import MLPClassifier, MLPRegressor
from skdeep.callbacks import Checkpoint
from tests.callbacks.recording import StopAt
from tests.estimators.in_layers import class_and_parameters
from tests.helpers import quiet, same

X, Y = make_classification(120, 8, n_informative=5, random_state=3)
#: Attributes of the protocol, and what depends on how often training was interrupted.
OTHERS = ("_skl_callbacks", "random_state")
COMMON = {"hidden_layer_sizes": (7, 5), "batch_size": 32, "max_iter": 12, "random_state": 5}


def jitter(X, y, rng):
    return X + 0.1 * rng.standard_normal(X.shape).astype(X.dtype), y


CASES = {
    "adam": {},
    "sgd": {"solver": "sgd", "learning_rate_init": 0.1},
    "plain sgd": {"solver": "sgd", "momentum": 0.0, "shuffle": False},
    "rmsprop": {"solver": "rmsprop"},
    "adamw": {"solver": "adamw"},
    "rprop": {"solver": "rprop", "batch_size": "auto"},
    "bold_driver": {"solver": "bold_driver"},
    "early stopping": {"early_stopping": True},
    "ends early": {"early_stopping": True, "n_iter_no_change": 3, "tol": 0.5, "max_iter": 40},
    "stalls": {"n_iter_no_change": 2, "tol": 0.05, "max_iter": 40},
    "dropout": {"dropout": 0.3},
    "dropconnect": {"dropconnect": 0.3},
    "noise": {"input_noise": 0.2},
    "batch_norm": {"batch_norm": True},
    "batch_norm and full batch": {"batch_norm": True, "solver": "bold_driver"},
    "weight_norm": {"weight_norm": True, "solver": "sgd"},
    "limited norms": {"max_norm": 1.0, "clip_norm": 0.5},
    "adaptive": {
        "solver": "sgd",
        "learning_rate": "adaptive",
        "learning_rate_init": 0.5,
        "tol": 0.01,
        "n_iter_no_change": 1,
        "max_iter": 20,
    },
    "adaptive by score": {
        "solver": "sgd",
        "learning_rate": "adaptive",
        "learning_rate_init": 0.5,
        "tol": 0.01,
        "n_iter_no_change": 1,
        "max_iter": 20,
        "early_stopping": True,
    },
    "invscaling": {"solver": "sgd", "learning_rate": "invscaling"},
    "cosine": {"learning_rate": "cosine"},
    "augment": {"augment": jitter},
    "gradient norms": {"record_gradient_norms": True},
    "auxiliary outputs": {"heads": (0,), "skip_connections": True},
    "everything": {
        "dropout": 0.2,
        "batch_norm": True,
        "early_stopping": True,
        "input_noise": 0.1,
        "learning_rate": "cosine",
        "record_gradient_norms": True,
        "penalty": "l1",
    },
}


def assert_same_fit(got, expected):
    ours, theirs = vars(got).copy(), vars(expected).copy()
    for name in OTHERS:
        ours.pop(name, None), theirs.pop(name, None)
    assert ours.keys() == theirs.keys()
    different = [name for name in ours if not same(ours[name], theirs[name])]
    assert not different


def cut_and_resumed(make, path, epochs, *data):
    """Fit in pieces, each in an estimator of its own."""
    for n in epochs:
        make().set_callbacks(Checkpoint(path), StopAt(n)).fit(*data)
    return make().set_callbacks(Checkpoint(path)).fit(*data)


@pytest.mark.parametrize("name", CASES)
def test_the_same_bits(name, tmp_path):
    def make():
        cls, parameters = class_and_parameters("Classifier", {**COMMON, **CASES[name]})
        return cls(**parameters)

    with quiet():
        whole = make().fit(X, Y)
        resumed = cut_and_resumed(make, tmp_path / "fit.npz", [3, 2], X, Y)
        assert whole.n_iter_ > 3
        assert_same_fit(resumed, whole)
        # It is over: the file gives the result at once.
        assert_same_fit(make().set_callbacks(Checkpoint(tmp_path / "fit.npz")).fit(X, Y), whole)


@pytest.mark.parametrize("solver", ["adam", "bold_driver"])
@pytest.mark.parametrize("kind", ["float32", "csr", "multioutput", "weights"])
def test_data_of_every_kind(kind, solver, tmp_path):
    data, cls, changes = (X, Y), MLPClassifier, {}
    if kind == "float32":
        data = X.astype(np.float32), Y
    elif kind == "csr":
        data = sp.csr_matrix(np.where(X > 0.5, X, 0)), Y
    elif kind == "multioutput":
        data, cls = (X[:, :4], X[:, 4:6]), MLPRegressor
    else:
        data = X, Y, np.linspace(0.5, 2, len(Y))

    def make():
        return cls(**{**COMMON, **changes, "solver": solver})

    with quiet():
        whole = make().fit(*data)
        assert_same_fit(cut_and_resumed(make, tmp_path / "fit.npz", [4], *data), whole)


def test_validation_set_and_warm_start(tmp_path):
    def make():
        model = MLPClassifier(**COMMON, warm_start=True)
        return model.fit(X[:80], Y[:80], X_val=X[80:], y_val=Y[80:])

    with quiet():
        given = {"X_val": X[90:], "y_val": Y[90:]}
        whole = make().fit(X[:80], Y[:80], **given)
        path = tmp_path / "fit.npz"
        make().set_callbacks(Checkpoint(path), StopAt(4)).fit(X[:80], Y[:80], **given)
        resumed = make().set_callbacks(Checkpoint(path)).fit(X[:80], Y[:80], **given)
    assert_same_fit(resumed, whole)
    assert len(resumed.loss_curve_) == 24


def test_restarts_have_files_of_their_own(tmp_path):
    def make(random_state=5):
        return MLPClassifier(**{**COMMON, "random_state": random_state}, n_restarts=3)

    path = tmp_path / "fit-{task}.npz"
    with quiet():
        whole = make().fit(X, Y)
        assert_same_fit(cut_and_resumed(make, path, [3], X, Y), whole)
        assert {file.name for file in tmp_path.iterdir()} == {f"fit-0-{i}.npz" for i in range(3)}
        with pytest.raises(ValueError, match="into the name, as in"):
            make().set_callbacks(Checkpoint(tmp_path / "fit.npz")).fit(X, Y)
        for file in tmp_path.iterdir():
            file.unlink()
        make(None).set_callbacks(Checkpoint(path), StopAt(3)).fit(X, Y)
        seeds = [restart.seed for restart in make(None).fit(X, Y).restarts_]
        again = [make(None).set_callbacks(Checkpoint(path)).fit(X, Y) for _ in range(2)]
    assert again[0].restarts_[1].seed == again[1].restarts_[1].seed != seeds[1]


@pytest.mark.parametrize("changes", [{}, {"early_stopping": True, "dropout": 0.2}])
def test_without_a_random_state(changes, tmp_path):
    """The checkpoint remembers what the fit was drawn from; the global generator is left alone."""

    def make():
        return MLPClassifier(**{**COMMON, **changes, "random_state": None})

    path = tmp_path / "fit.npz"
    with quiet():
        np.random.seed(8)
        whole = make().fit(X, Y)
        np.random.seed(8)
        make().set_callbacks(Checkpoint(path), StopAt(4)).fit(X, Y)
        before = np.random.get_state()
        resumed = make().set_callbacks(Checkpoint(path)).fit(X, Y)
    assert_same_fit(resumed, whole)
    assert same(np.random.get_state(), before)


def test_generators_given_by_the_user(tmp_path):
    """They end where those of a whole fit end."""
    path, generators = tmp_path / "fit.npz", [np.random.RandomState(4) for _ in range(3)]
    with quiet():
        models = [MLPClassifier(**{**COMMON, "random_state": g}) for g in generators]
        whole = models[0].fit(X, Y)
        models[1].set_callbacks(Checkpoint(path), StopAt(3)).fit(X, Y)
        assert_same_fit(models[2].set_callbacks(Checkpoint(path)).fit(X, Y), whole)
    assert same(generators[2], generators[0])
    other = np.random.RandomState(np.random.PCG64(0))
    with pytest.raises(ValueError, match="PCG64"):
        MLPClassifier(random_state=other).set_callbacks(Checkpoint(path)).fit(X, Y)


def test_a_fit_is_prolonged(tmp_path):
    path = tmp_path / "fit.npz"
    with quiet():
        short, long = ({**COMMON, "max_iter": n} for n in (5, 11))
        MLPClassifier(**short).set_callbacks(Checkpoint(path)).fit(X, Y)
        resumed = MLPClassifier(**long).set_callbacks(Checkpoint(path)).fit(X, Y)
        assert_same_fit(resumed, MLPClassifier(**long).fit(X, Y))


def test_every_and_seconds(tmp_path):
    path, written = tmp_path / "fit.npz", []

    class Look(StopAt):
        def on_fit_task_end(self, estimator, context):
            written.append(path.stat().st_mtime_ns)
            return super().on_fit_task_end(estimator, context)

    def count(*arguments, **keywords):
        written.clear()
        path.unlink(missing_ok=True)
        model = MLPClassifier(**COMMON).set_callbacks(Checkpoint(path, *arguments, **keywords))
        with quiet():
            model.set_callbacks(*model._skl_callbacks, Look(100)).fit(X, Y)
        return np.flatnonzero(np.diff(written)).tolist()

    assert count(every=4) == [2, 6, 10]
    # The end of training is written in any case.
    assert count(seconds=1000) == [10]


def test_not_for_everything(tmp_path):
    path = tmp_path / "fit.npz"
    for solver in ("lbfgs", "cg"):
        with pytest.raises(ValueError, match=f"solver='{solver}' keeps its state within scipy"):
            MLPClassifier(solver=solver).set_callbacks(Checkpoint(path)).fit(X, Y)
    with pytest.raises(ValueError, match="Checkpoint is for fit"):
        MLPClassifier().set_callbacks(Checkpoint(path)).partial_fit(X, Y, classes=[0, 1])
    assert not path.exists()


@pytest.mark.parametrize(
    "wrong", [{"every": 0}, {"every": 1.5}, {"every": True}, {"seconds": -1}, {"seconds": "1"}]
)
def test_wrong_parameters(wrong, tmp_path):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Checkpoint(tmp_path / "fit.npz", **wrong)
