"""The bits of a fit: the same in whatever thread, process and backend, and for any BLAS threads."""

import json

import pytest

from tests.helpers import run_python

SOLVERS = ("lbfgs", "cg", "bold_driver", "rprop", "adam", "sgd")
COMMON = f"""
import hashlib, json, threading, warnings
import joblib
import numpy as np
from skdeep import MLPClassifier, MLPRegressor

warnings.simplefilter("ignore")
X = np.random.RandomState(0).standard_normal((120, 100))
y = (X[:, :3] > 0).astype(int)
CASES = [(solver, width) for width in (110, 1000) for solver in {SOLVERS}]

def digest(case):
    # Vectors of 11,443 and 104,003 numbers, which a BLAS shares out.
    solver, width = case
    model = MLPClassifier((width,), solver=solver, max_iter=6, max_fun=12, random_state=0)
    model.set_params(weight_init="auto" if width == 110 else "orthogonal", tol_gradient=1e-9)
    model.fit(X, y)
    parts = [*model.coefs_, *model.intercepts_, np.array(model.loss_)]
    return hashlib.sha256(b"".join(np.ascontiguousarray(p).tobytes() for p in parts)).hexdigest()
"""


def answer(code, blas_threads, timeout=400):
    """Return the JSON that a script prints after `COMMON`, with some number of BLAS threads."""
    environment = {"OPENBLAS_NUM_THREADS": blas_threads, "MKL_NUM_THREADS": blas_threads}
    out = run_python(COMMON + code, timeout=timeout, NUMBA_NUM_THREADS=2, **environment)
    return json.loads(out.strip().splitlines()[-1])


@pytest.fixture(scope="module")
def serial():
    """Digests of fits one after the other, with one BLAS thread."""
    return answer("print(json.dumps([digest(case) for case in CASES]))", 1)


def test_several_blas_threads(serial):
    assert answer("print(json.dumps([digest(case) for case in CASES]))", 4) == serial


def test_eight_threads(serial):
    """Every thread fits with all solvers, each beginning with another."""
    code = """
results = [{} for _ in range(8)]
def work(i):
    for case in CASES[i:] + CASES[:i]:
        results[i][case] = digest(case)
threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
[t.start() for t in threads]
[t.join() for t in threads]
print(json.dumps([[result[case] for case in CASES] for result in results]))
"""
    assert answer(code, 4) == [serial] * 8


@pytest.mark.parametrize("backend", ["threading", "loky"])
def test_backends(serial, backend):
    code = f"""
if __name__ == "__main__":
    with joblib.parallel_config({backend!r}, n_jobs=2):
        print(json.dumps(joblib.Parallel()(joblib.delayed(digest)(case) for case in CASES)))
"""
    assert answer(code, 4) == serial
