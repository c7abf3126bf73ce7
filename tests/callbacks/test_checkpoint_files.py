"""Files of checkpoints: killed processes, full disks, foreign and damaged files."""

import io
import json
import pickle
import signal
import time
import zipfile

import numpy as np
import pytest
from sklearn.datasets import make_classification

from skdeep import MLPClassifier, MLPRegressor
from skdeep.callbacks import Checkpoint, _storage
from tests.callbacks.recording import Quiet, StopAt, untouched
from tests.helpers import quiet, run_python, same, start_python

X, Y = make_classification(90, 6, n_informative=4, random_state=3)
COMMON = {"hidden_layer_sizes": (5,), "batch_size": 30, "max_iter": 8, "random_state": 5}

FIT = """
import sys, warnings
import numpy as np
from sklearn.datasets import make_classification
from skdeep import MLPClassifier
from skdeep.callbacks import Checkpoint
warnings.simplefilter("ignore")

class Slow:
    def setup(self, estimator, context): pass
    def teardown(self, estimator, context): pass
    def on_fit_task_begin(self, estimator, context): pass
    def on_fit_task_end(self, estimator, context):
        print(context.task_id, flush=True)
        if context.task_id >= {pause_at}:
            import time
            time.sleep(600)

X, y = make_classification(300, 8, n_informative=5, random_state=3)
X = X.astype(np.{dtype})
model = MLPClassifier((9, 6), batch_size=50, max_iter=15, random_state=5, **{parameters})
model.set_callbacks(Checkpoint({path!r}, every=2), *([Slow()] if {slow} else [])).fit(X, y)
np.savez({out!r}, *model.coefs_, *model.intercepts_, curve=model.loss_curve_, n=model.n_iter_)
"""
KILLED = {
    "adam": ("float64", {"early_stopping": True, "dropout": 0.2}),
    "sgd": (
        "float32",
        {
            "solver": "sgd",
            "batch_norm": True,
            "dropconnect": 0.2,
            "learning_rate": "adaptive",
            "tol": 0.01,
            "n_iter_no_change": 2,
            "learning_rate_init": 0.3,
        },
    ),
    "rmsprop": ("float32", {"solver": "rmsprop", "dropconnect": 0.2, "learning_rate": "cosine"}),
}


@pytest.mark.parametrize("name", KILLED)
def test_killed_process(name, tmp_path):
    """SIGKILL in the middle of training; a new process goes on, and ends with the same bits."""
    dtype, parameters = KILLED[name]

    def code(file, out, slow, pause_at=5):
        given = {"path": str(tmp_path / file), "out": str(tmp_path / out)}
        return FIT.format(**given, slow=slow, dtype=dtype, parameters=parameters, pause_at=pause_at)

    process = start_python(code("cut.npz", "none.npz", True))
    while process.stdout.readline().strip() != "5":
        assert process.poll() is None, process.stderr.read()
    process.send_signal(signal.SIGKILL)
    process.communicate()
    header, _ = _storage.read(tmp_path / "cut.npz")
    assert header["numbers"]["n_epochs"] in (4, 6)  # the callback paused in epoch 6
    assert not (tmp_path / "none.npz").exists()
    resumed = code("cut.npz", "resumed.npz", False)
    run_python(resumed + code("whole.npz", "uninterrupted.npz", False))
    with np.load(tmp_path / "resumed.npz") as a, np.load(tmp_path / "uninterrupted.npz") as b:
        assert a.files == b.files and len(a.files) == 8
        for array in a.files:
            assert a[array].dtype == b[array].dtype
            assert np.array_equal(a[array], b[array]), array


def cut(path, n_epochs=3, **changes):
    """Leave a checkpoint of a fit that has not ended."""
    model = MLPClassifier(**{**COMMON, **changes})
    with quiet():
        model.set_callbacks(Checkpoint(path), StopAt(n_epochs)).fit(X, Y)
    return path.read_bytes()


def refused(path, match, data=(X, Y), cls=MLPClassifier, **changes):
    model = cls(**{**COMMON, **changes}).set_callbacks(Checkpoint(path))
    before = path.read_bytes()
    with untouched(model), pytest.raises(ValueError, match=match):
        model.fit(*data)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "changes, match",
    [
        (
            {"hidden_layer_sizes": (6,)},
            r"another network: units=\[6, 5, 1\] instead of \[6, 6, 1\]",
        ),
        ({"activation": "tanh"}, "another network: activations="),
        ({"batch_norm": True}, "another network"),
        ({"solver": "sgd"}, "other parameters: solver='adam' instead of 'sgd'"),
        ({"learning_rate_init": 0.1}, "other parameters: initial_rate=0.001 instead of 0.1"),
        ({"beta_1": 0.8}, "other parameters: beta_1=0.9 instead of 0.8"),
        ({"alpha": 1.0}, "other parameters: alpha=0.0001 instead of 1.0"),
        ({"batch_size": 10}, "other parameters: batch_size=30 instead of 10"),
        ({"tol": 0.1}, "other parameters: tol"),
        ({"dropout": 0.1}, "other parameters: .*dropout"),
        ({"shuffle": False}, "other parameters: shuffle=True instead of False"),
        ({"learning_rate": "cosine"}, "other parameters: .*schedules"),
        ({"early_stopping": True}, "other parameters: .*early_stopping=False instead of True"),
        ({"random_state": 6}, "began with other weights or another random_state"),
        ({"weight_init": "he_normal"}, "began with other weights or another random_state"),
        ({"solver": "bold_driver"}, "other parameters: solver="),
        ({"data": (X + 1e-9, Y)}, "other data"),
        ({"data": (X, 1 - Y)}, "other data"),
        ({"data": (X[:80], Y[:80])}, "other data"),
        ({"data": (X, Y, np.linspace(0, 1, 90))}, "other data"),
        ({"data": (X.astype(np.float32), Y)}, "another network: dtype='float64'"),
        ({"data": (X, Y.astype(float)), "cls": MLPRegressor}, "another network"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_other_fits_are_refused(changes, match, tmp_path):
    cut(tmp_path / "fit.npz")
    refused(tmp_path / "fit.npz", match, **changes)


def test_unimportant_parameters_may_change(tmp_path):
    cut(tmp_path / "fit.npz")
    model = MLPClassifier(**COMMON, n_threads=2).set_callbacks(Checkpoint(tmp_path / "fit.npz"))
    with quiet():
        assert same(model.fit(X, Y).coefs_, MLPClassifier(**COMMON).fit(X, Y).coefs_)


def test_it_is_replaced_where_asked(tmp_path):
    path = tmp_path / "fit.npz"
    cut(path)
    with quiet():
        model = MLPClassifier(**{**COMMON, "alpha": 1.0})
        model.set_callbacks(Checkpoint(path, resume=False)).fit(X, Y)
    assert _storage.read(path)[0]["numbers"]["n_epochs"] == 8


class Executed:
    """Unpickling it leaves a trace."""

    def __reduce__(self):
        return exec, ("raise SystemExit('executed')",)


def npz(**arrays):
    content = io.BytesIO()
    np.savez(content, **arrays)
    return content.getvalue()


def test_foreign_files_are_refused(tmp_path):
    path = tmp_path / "fit.npz"
    objects = np.empty(1, object)
    objects[0] = Executed()
    foreign = {
        "nothing": b"",
        "text": b"epoch,loss\n1,2\n",
        "pickle": pickle.dumps(Executed()),
        "npy": npz(a=np.ones(3))[:64],
        "npz": npz(vector=np.ones(3)),
        "objects": npz(vector=objects),
        "header": _archive(b"[1, 2]"),
        "json": _archive(b"{"),
        "version": _archive(b'{"format": "skdeep checkpoint", "version": 99}'),
        "empty": _archive(b'{"format": "skdeep checkpoint", "version": 1}'),
    }
    for name, content in foreign.items():
        path.write_bytes(content)
        refused(path, "damaged|is of", max_iter=2 + len(name))


def _archive(header):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("header.json", header)
    return content.getvalue()


def test_objects_in_a_checkpoint_are_not_executed(tmp_path):
    """A genuine checkpoint one of whose arrays was exchanged for a pickle."""
    path = tmp_path / "fit.npz"
    cut(path)
    objects = np.empty(1, object)
    objects[0] = Executed()
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    stream = io.BytesIO()
    np.lib.format.write_array(stream, objects, allow_pickle=True)
    for name in ("vector.npy", "start.npy"):
        with zipfile.ZipFile(path, "w") as archive:
            for member, content in {**members, name: stream.getvalue()}.items():
                archive.writestr(member, content)
        refused(path, "damaged: Object arrays cannot be loaded")
        refused(path, "damaged: Object arrays cannot be loaded", random_state=None)


def test_truncated_and_corrupt_files(tmp_path):
    path, rng = tmp_path / "fit.npz", np.random.default_rng(0)
    content = cut(path)
    whole = _storage.read(path)
    for length in rng.integers(0, len(content), 40):
        path.write_bytes(content[:length])
        with pytest.raises(ValueError, match="damaged"):
            _storage.read(path)
    path.write_bytes(content[: len(content) // 2])
    refused(path, "no checkpoint of skdeep, or damaged")
    n_found = 0
    for place in rng.integers(0, len(content), 200):
        changed = bytearray(content)
        changed[place] ^= 1 << int(rng.integers(8))
        path.write_bytes(changed)
        try:
            assert same(_storage.read(path), whole)  # a date, say
        except ValueError as error:
            assert "damaged" in str(error)
            n_found += 1
    assert n_found > 150


@pytest.mark.parametrize("what", ["missing", "short", "type", "numbers", "extra"])
def test_arrays_that_do_not_fit(what, tmp_path):
    path = tmp_path / "fit.npz"
    cut(path)
    header, arrays = _storage.read(path)
    if what == "missing":
        del arrays["states"]
    elif what == "short":
        arrays["vector"] = arrays["vector"][:-1]
    elif what == "type":
        arrays["order"] = arrays["order"].astype(float)
    elif what == "extra":
        arrays["more"] = np.ones(2)
    else:
        header["numbers"]["n_epochs"] = "3"
    _storage.write(path, header, arrays)
    refused(path, "is a damaged checkpoint")


def test_full_disk(tmp_path):
    """Files must not grow beyond a limit of the process: the old checkpoint survives."""
    code = f"""
import resource, warnings
import numpy as np
from skdeep import MLPClassifier
from skdeep.callbacks import Checkpoint
from tests.callbacks.recording import Quiet
from tests.callbacks.test_checkpoint_files import X, Y, COMMON

class Fill(Quiet):
    def on_fit_task_end(self, estimator, context):
        if context.task_id == 3 and context.task_name == "epoch":
            resource.setrlimit(resource.RLIMIT_FSIZE, (100, resource.RLIM_INFINITY))

with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    model = MLPClassifier(**COMMON).set_callbacks(Checkpoint({str(tmp_path / "fit.npz")!r}), Fill())
    model.fit(X, Y)
print([str(w.message) for w in caught if "could not be written" in str(w.message)][0])
print(model.n_iter_)
"""
    message, n_iter = run_python(code).splitlines()
    assert "remains that of epoch 4: [Errno 27]" in message and n_iter == "8"
    assert [file.name for file in tmp_path.iterdir()] == ["fit.npz"]
    with quiet():
        resumed = MLPClassifier(**COMMON).set_callbacks(Checkpoint(tmp_path / "fit.npz"))
        assert same(resumed.fit(X, Y).coefs_, MLPClassifier(**COMMON).fit(X, Y).coefs_)


def test_folder_that_does_not_exist(tmp_path):
    model = MLPClassifier(**COMMON).set_callbacks(Checkpoint(tmp_path / "none" / "fit.npz"))
    with untouched(model), pytest.raises(FileNotFoundError):
        model.fit(X, Y)


def test_divergence_does_not_replace_a_good_checkpoint(tmp_path):
    path = tmp_path / "fit.npz"
    parameters = {**COMMON, "solver": "sgd", "learning_rate_init": 1e3, "momentum": 0.0}
    model = MLPRegressor(**{**parameters, "max_iter": 50}).set_callbacks(Checkpoint(path))
    with quiet(), np.errstate(all="ignore"), pytest.raises(ValueError, match="non-finite"):
        model.fit(X, Y)
    assert np.isfinite(_storage.read(path)[1]["vector"]).all()


def test_ctrl_c_between_epochs_and_within(tmp_path):
    path = tmp_path / "fit.npz"

    class Interrupt(Quiet):
        def on_fit_task_begin(self, estimator, context):
            if context.task_name == "epoch" and context.task_id == 3:
                raise KeyboardInterrupt

    model = MLPClassifier(**COMMON).set_callbacks(Checkpoint(path, every=100), Interrupt())
    with pytest.warns(UserWarning, match="interrupted"):
        model.fit(X, Y)
    assert model.stop_reason_ == "interrupted"
    model.set_callbacks(Checkpoint(path))
    with quiet():
        assert same(model.fit(X, Y).coefs_, MLPClassifier(**COMMON).fit(X, Y).coefs_)


def test_the_header_is_plain_text(tmp_path):
    cut(tmp_path / "fit.npz")
    with zipfile.ZipFile(tmp_path / "fit.npz") as archive:
        header = json.loads(archive.read("header.json"))
    assert header["description"]["parameters"]["solver"] == "adam"
    assert time.time() - (tmp_path / "fit.npz").stat().st_mtime < 3600
