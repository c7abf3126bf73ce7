"""Threads, processes, caches, pickles and interrupts: the same bits, and no crash.

Everything that could hang or abort runs in a process of its own with a time limit.
"""

import copy
import hashlib
import json
import os
import pathlib
import pickle
import shutil
import signal
import subprocess
import time

import joblib
import numpy as np
import pytest
from sklearn.base import clone

import skdeep
from skdeep import MLPClassifier, MLPRegressor
from tests import datasets
from tests.helpers import quiet, run_python, start_python

HAS_FORK = hasattr(os, "fork")

# Shared by the scripts below: a fit big enough for several threads, and its fingerprint.
COMMON = """
import hashlib, json, os, sys, threading, time, warnings
import numpy as np
from scipy import sparse
from skdeep import MLPClassifier, MLPRegressor

warnings.simplefilter("error")
warnings.filterwarnings("ignore", message=".*Maximum iterations|.*lbfgs failed|.*TOTAL NO")

def data(n_samples, n_features, seed=0):
    rng = np.random.RandomState(seed)
    X = rng.standard_normal((n_samples, n_features))
    return X, (np.sin(X[:, 0]) + X[:, 1] > 0).astype(int) + (X[:, 2] > 0)

def digest(model, X):
    parts = [*model.coefs_, *model.intercepts_, np.array(model.loss_), model.predict_proba(X)]
    return hashlib.sha256(b"".join(np.ascontiguousarray(p).tobytes() for p in parts)).hexdigest()

def fit(X, y, hidden=(60, 30), **parameters):
    parameters = {"max_iter": 3, "random_state": 0, "batch_size": 100, **parameters}
    return MLPClassifier(hidden, **parameters).fit(X, y)
"""


def answer(code, **options):
    """Run a script after ``COMMON`` and return the JSON of its last line."""
    out = run_python(COMMON + code, **options)
    return json.loads(out.strip().splitlines()[-1])


def test_same_bits_for_any_number_of_threads():
    code = """
results = {}
for shape, hidden in [((40, 5), (7,)), ((700, 30), (64, 33)), ((1500, 20), (150,)), ((600, 9), ())]:
    X, y = data(*shape)
    zeros = np.where(np.abs(X) < 0.8, 0, X)
    for kind, Z in [("dense", X), ("float32", X.astype(np.float32)),
                    ("csr", sparse.csr_matrix(zeros)), ("csc", sparse.csc_matrix(zeros))]:
        for solver in ("adam", "sgd", "lbfgs"):
            for n_threads in (1, 2, 3, 5, None):
                batch = min(300, len(y))
                model = fit(Z, y, hidden, solver=solver, n_threads=n_threads, batch_size=batch)
                key = f"{shape} {kind} {solver}"
                results.setdefault(key, {})[str(n_threads)] = digest(model, Z)
print(json.dumps(results))
"""
    results = answer(code, NUMBA_NUM_THREADS=5, OPENBLAS_NUM_THREADS=1)
    assert len(results) == 48
    different = {key: set(row.values()) for key, row in results.items()}
    assert not {key: row for key, row in different.items() if len(row) != 1}


def test_same_bits_with_and_without_threads_in_the_process():
    """The serial twin of every kernel gives the bits of the parallel one."""
    code = """
X, y = data(900, 25)
models = [fit(X, y, solver=s, batch_size=300) for s in ("adam", "sgd", "lbfgs")]
print(json.dumps([digest(model, X) for model in models]))
"""
    alone = answer(code, NUMBA_NUM_THREADS=1)
    assert alone == answer(code, NUMBA_NUM_THREADS=4)
    assert alone == answer(code, NUMBA_THREADING_LAYER="workqueue", NUMBA_NUM_THREADS=2)


@pytest.mark.parametrize("layer", ["default", "workqueue"])
def test_four_python_threads_fit_at_once(layer):
    """Numba's workqueue layer aborts the process when two threads enter it."""
    code = """
X, y = data(900, 25)
Z = sparse.csr_matrix(np.where(np.abs(X) < 0.8, 0, X))
alone = [digest(fit(A, y), A) for A in (X, Z)]
results = [None] * 4
def work(i):
    results[i] = [digest(fit(A, y), A) for A in (X, Z) for _ in range(3)]
threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
[t.start() for t in threads]
[t.join() for t in threads]
print(json.dumps([alone, results]))
"""
    environment = {} if layer == "default" else {"NUMBA_THREADING_LAYER": layer}
    alone, results = answer(code, NUMBA_NUM_THREADS=2, **environment)
    assert results == [[h for h in alone for _ in range(3)]] * 4


@pytest.mark.skipif(not HAS_FORK, reason="this system cannot fork")
def test_forked_child_fits_after_its_parent():
    """GNU OpenMP aborts in a forked child that uses it after its parent did."""
    code = """
warnings.filterwarnings("ignore", message=".*fork.*", category=DeprecationWarning)
X, y = data(900, 25)
before = digest(fit(X, y), X)
reader, writer = os.pipe()
child = os.fork()
if child == 0:
    os.write(writer, digest(fit(X, y), X).encode())
    os._exit(0)
os.close(writer)
status = os.waitpid(child, 0)[1]
print(json.dumps([status, before, os.read(reader, 1000).decode(), digest(fit(X, y), X)]))
"""
    status, before, in_child, after = answer(code, NUMBA_NUM_THREADS=2, timeout=300)
    assert status == 0
    assert before == in_child == after


@pytest.mark.parametrize("backend", ["loky", "threading", "multiprocessing"])
def test_joblib_backends(backend):
    if backend == "multiprocessing" and not HAS_FORK:
        pytest.skip("this system cannot fork")
    code = f"""
import joblib
from sklearn.model_selection import cross_val_score
warnings.simplefilter("default", DeprecationWarning)
if __name__ == "__main__":
    X, y = data(600, 12)
    model = MLPClassifier((20,), max_iter=4, random_state=0)
    alone = cross_val_score(model, X, y, cv=4)
    with joblib.parallel_backend({backend!r}, n_jobs=2):
        together = cross_val_score(model, X, y, cv=4)
    print(json.dumps([alone.tolist(), together.tolist()]))
"""
    environment = {"PYTHONWARNINGS": "ignore"}
    alone, together = answer(code, NUMBA_NUM_THREADS=2, timeout=400, **environment)
    assert alone == together


def test_unwritable_caches(tmp_path):
    """Neither the package nor the cache folder can be written: import, one warning, and run.

    Folders below a regular file cannot be made by anyone, not even by root.
    """
    package = tmp_path / "package" / "skdeep"
    source = pathlib.Path(skdeep.__file__).parent
    shutil.copytree(source, package, ignore=shutil.ignore_patterns("__pycache__"))
    for folder in [package, *(p for p in package.rglob("*") if p.is_dir())]:
        (folder / "__pycache__").write_text("a file where the cache folder would be")
    blocked = tmp_path / "file"
    blocked.write_text("")
    code = (
        COMMON.replace('warnings.simplefilter("error")', "")
        + """
import skdeep
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    X, y = data(60, 4)
    models = [MLPClassifier((5,), random_state=0, max_iter=3).fit(X, y) for _ in range(2)]
told = [str(w.message) for w in caught if "cache " in str(w.message)]
print(json.dumps([skdeep.__file__, [digest(m, X) for m in models], told]))
"""
    )
    environment = {
        name: str(blocked / "below")
        for name in ("NUMBA_CACHE_DIR", "HOME", "XDG_CACHE_HOME", "LOCALAPPDATA")
    }
    out = run_python(code, timeout=400, root=package.parent, **environment)
    where, digests, told = json.loads(out.strip().splitlines()[-1])
    assert pathlib.Path(where).parent == package
    assert digests[0] == digests[1]
    assert len(told) <= 1
    assert not list(package.rglob("*.nbi"))


def test_damaged_cache(tmp_path, model):
    """Cached files that were cut short, or are not what they should be, are compiled anew."""
    package = tmp_path / "skdeep"
    shutil.copytree(pathlib.Path(skdeep.__file__).parent, package)
    for number, path in enumerate([*package.rglob("*.nbc"), *package.rglob("*.nbi")]):
        path.write_bytes(path.read_bytes()[:200] if number % 2 else b"nonsense")
    (tmp_path / "model.pkl").write_bytes(pickle.dumps(model))
    X, _ = datasets.load("multioutput")
    code = f"""
import json, pickle, skdeep
model = pickle.load(open({str(tmp_path / "model.pkl")!r}, "rb"))
print(json.dumps([skdeep.__file__, model.predict({X[:2].tolist()!r}).tolist()]))
"""
    environment = {"NUMBA_CACHE_DIR": ""}  # the folders of the package
    where, predictions = json.loads(run_python(code, root=tmp_path, **environment))
    assert pathlib.Path(where).parent == package
    np.testing.assert_allclose(predictions, model.predict(X[:2]), rtol=1e-12)


def test_without_compilation():
    """NUMBA_DISABLE_JIT=1 runs the same code as plain Python, for coverage and debugging."""
    code = """
X, y = data(12, 3)
Z = sparse.csr_matrix(np.where(np.abs(X) < 0.5, 0, X))
results = {}
for name, A in [("dense", X), ("csr", Z), ("csc", Z.tocsc())]:
    for solver in ("adam", "sgd", "lbfgs"):
        model = fit(A, y, (3,), solver=solver, batch_size=5, max_iter=2)
        results[name + solver] = [model.loss_, *model.coefs_[0].ravel(), *model.predict_proba(A)[0]]
with np.errstate(all="ignore"):
    print(json.dumps(results))
"""
    compiled, plain = answer(code), answer(code, NUMBA_DISABLE_JIT=1, timeout=400)
    for key, expected in compiled.items():
        np.testing.assert_allclose(plain[key], expected, rtol=1e-9, err_msg=key)


INTERRUPTED = (
    COMMON
    + """
import gc
rng = np.random.RandomState(0)
X = rng.standard_normal((20000, 40))
y = (X[:, 0] > 0).astype(int)
fit(X[:300], y[:300], max_iter=1, hidden=(30,))  # compile, or load from the cache
model = MLPClassifier(random_state=0, max_iter=10**6, n_iter_no_change=10**6, {parameters})
gc.disable()
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    print("started", flush=True)
    model.fit(X, y)
    end = time.time()
finite = all(np.isfinite(w).all() for w in model.coefs_ + model.intercepts_)
usable = model.predict_proba(X[:50]).shape == (50, 2)
print(json.dumps([end, [str(w.message) for w in caught], bool(finite), usable]))
"""
)


@pytest.mark.skipif(os.name == "nt", reason="no SIGINT between processes")
@pytest.mark.parametrize(
    "parameters",
    [
        "hidden_layer_sizes=(100, 50)",
        "hidden_layer_sizes=(200, 200), batch_size=1",  # one epoch takes much longer than the wait
        "hidden_layer_sizes=(30,), early_stopping=True",
    ],
    ids=["many epochs", "one long epoch", "early stopping"],
)
def test_interrupt(parameters):
    """Ctrl-C ends a fit within half a second, with scikit-learn's warning and a usable model."""
    delays = []
    for _ in range(3):  # a busy machine may keep a process waiting: the best of three counts
        delay, told, finite, usable = _interrupt(INTERRUPTED.replace("{parameters}", parameters))
        assert "Training interrupted by user." in told
        assert finite and usable
        delays.append(delay)
        if delay < 0.5:
            return
    pytest.fail(f"took {delays} s")


def _interrupt(code):
    """Interrupt a script a second after it says that it has started; return what it tells."""
    process = start_python(code)
    try:
        line = process.stdout.readline()
        assert line.strip() == "started", process.stderr.read()
        time.sleep(1.0)
        sent = time.time()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=300)
    finally:
        process.kill()
    assert process.returncode == 0, err
    end, *rest = json.loads(out.strip().splitlines()[-1])
    return end - sent, *rest


def fingerprint(model, X):
    """Bits of the parameters and predictions."""
    parts = [*model.coefs_, *model.intercepts_, model.predict(X)]
    return hashlib.sha256(b"".join(np.ascontiguousarray(p).tobytes() for p in parts)).hexdigest()


@pytest.fixture(scope="module")
def model():
    """A fitted regressor."""
    X, y = datasets.load("multioutput")
    with quiet():
        return MLPRegressor(hidden_layer_sizes=(6, 4), max_iter=4, random_state=0).fit(X, y)


COPIES = {
    "pickle": lambda model: pickle.loads(pickle.dumps(model)),
    "oldest pickle": lambda model: pickle.loads(pickle.dumps(model, protocol=2)),
    "deepcopy": copy.deepcopy,
    "copy": copy.copy,
    "joblib": lambda model: _through_file(model),
}


def _through_file(model):
    import io

    buffer = io.BytesIO()
    joblib.dump(model, buffer)
    buffer.seek(0)
    return joblib.load(buffer)


@pytest.mark.parametrize("how", COPIES)
def test_copies_predict_the_same_and_go_on_training(how, model):
    X, y = datasets.load("multioutput")
    original = copy.deepcopy(model)
    other = COPIES[how](model)
    assert fingerprint(other, X) == fingerprint(original, X)
    if how == "copy":
        return
    for _ in range(2):
        other.partial_fit(X, y)
        original.partial_fit(X, y)
    assert fingerprint(other, X) == fingerprint(original, X)
    assert fingerprint(other, X) != fingerprint(model, X), "the copy shares its arrays"


@pytest.mark.parametrize("how", ["pickle", "deepcopy", "joblib"])
def test_views_are_restored(how, model):
    """In a copy, too, ``coefs_`` is what predicts and what is trained."""
    X, y = datasets.load("multioutput")
    other = COPIES[how](model)
    before = other.predict(X)
    other.coefs_[0][...] = 0
    other.intercepts_[-1][...] = 5
    assert np.all(np.ptp(other.predict(X), axis=0) < 1e-12)
    assert np.abs(other.predict(X) - before).max() > 1
    changed = [w.copy() for w in other.coefs_]
    other.partial_fit(X, y)
    moved = [np.abs(w - v).max() for w, v in zip(other.coefs_, changed, strict=True)]
    assert 0 < max(moved) < 0.1, "training went on from other weights"


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_pickle_is_small_and_holds_no_data(solver):
    sizes = {}
    for n_samples in (300, 6000):
        rng = np.random.RandomState(0)
        X = rng.standard_normal((n_samples, 30))
        model = MLPClassifier(
            (20,), solver=solver, max_iter=2, early_stopping=solver == "adam", random_state=0
        )
        with quiet():
            model.fit(X, X[:, 0] > 0).predict(X)
        sizes[n_samples] = len(pickle.dumps(model))
    weights = sum(part.nbytes for part in model.coefs_ + model.intercepts_)
    assert sizes[6000] < 5 * weights + 10_000
    assert abs(sizes[6000] - sizes[300]) < 500


def test_pickle_loads_where_nothing_was_fitted(tmp_path, model):
    X, _ = datasets.load("multioutput")
    (tmp_path / "model.pkl").write_bytes(pickle.dumps(model))
    np.save(tmp_path / "X.npy", X)
    code = f"""
import json, pickle, sys
import numpy as np
folder = {str(tmp_path)!r}
model = pickle.load(open(folder + "/model.pkl", "rb"))
print(json.dumps([model.predict(np.load(folder + "/X.npy")).tolist(), "torch" in sys.modules]))
"""
    predictions, torch = json.loads(run_python(code))
    np.testing.assert_array_equal(predictions, model.predict(X))
    assert not torch


def test_clone_and_parameters():
    model = MLPClassifier((3, 2), n_threads=2, alpha=0.5)
    assert clone(model).get_params() == model.get_params()
    assert "n_threads=2" in repr(model)


DISPATCHERS = """
import sys
from numba.core.dispatcher import Dispatcher
def dispatchers():
    found = {}
    for name, module in list(sys.modules.items()):
        if name.split(".")[0] == "skdeep":
            for value in list(vars(module).values()):
                if isinstance(value, Dispatcher):
                    found[id(value)] = value
    return list(found.values())
"""


def test_import_compiles_nothing_and_starts_no_threads():
    code = (
        DISPATCHERS
        + """
import json
import skdeep
from numba.np.ufunc import parallel
compiled = [d.__name__ for d in dispatchers() if d.signatures]
import threading
print(json.dumps([compiled, bool(parallel._is_initialized), threading.active_count()]))
"""
    )
    compiled, launched, n_threads = json.loads(run_python(code))
    assert compiled == []
    assert not launched
    assert n_threads == 1


def test_second_process_loads_from_the_cache():
    """What a first process compiled, a second one reads."""
    code = (
        COMMON
        + DISPATCHERS
        + """
X, y = data(300, 10)
Z = sparse.csr_matrix(np.where(np.abs(X) < 0.8, 0, X))
for A, solver in [(X, "adam"), (X, "sgd"), (X, "lbfgs"), (Z, "adam"), (X.astype("f"), "adam")]:
    fit(A, y, solver=solver).predict(A)
misses = [d.__name__ for d in dispatchers() if sum(d.stats.cache_misses.values())]
hits = sum(sum(d.stats.cache_hits.values()) for d in dispatchers())
print(json.dumps([misses, hits]))
"""
    )
    for _ in range(2):
        misses, hits = json.loads(run_python(code).strip().splitlines()[-1])
    assert misses == []
    assert hits > 0


def test_signal_handler_is_put_back():
    """A fit may watch for Ctrl-C, but leaves the program's own handler as it was."""
    X, y = datasets.load("binary")

    def own(signum, frame):
        """Do nothing."""

    previous = signal.signal(signal.SIGINT, own)
    try:
        with quiet():
            MLPClassifier((3,), max_iter=2).fit(X, y)
        assert signal.getsignal(signal.SIGINT) is own
    finally:
        signal.signal(signal.SIGINT, previous)


def test_exit_during_a_fit_in_a_thread():
    """A daemon thread that is still fitting does not keep the process or crash it."""
    code = (
        COMMON
        + """
X, y = data(2000, 20)
fit(X[:200], y[:200])
t = threading.Thread(target=lambda: fit(X, y, max_iter=10**6, n_iter_no_change=10**6), daemon=True)
t.start()
time.sleep(0.3)
print("leaving")
sys.stdout.flush()
"""
    )
    process = start_python(code)
    try:
        out, err = process.communicate(timeout=300)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    assert out.strip() == "leaving", err
    assert process.returncode == 0, err
