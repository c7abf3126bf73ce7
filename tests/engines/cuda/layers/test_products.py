"""Products by cuBLAS: which matrices are handed to it, and how, shown by a stand-in."""

import json

import pytest

from tests.simulated import run_simulated

# A stand-in with the interface of cuBLAS (matrices column by column) on the host's memory.
PREAMBLE = """
import ctypes, json, warnings
import numpy as np
import scipy.sparse as sp
warnings.simplefilter("ignore")
from skdeep import MLPClassifier, MLPRegressor
from skdeep.engines.cuda import engine
from skdeep.engines.cuda.hardware.blas import Library
from skdeep.engines.cuda.hardware.devices import device_of
from tests.estimators.in_layers import class_and_parameters

calls = []

class CuBLAS:
    def cublasCreate_v2(self, handle): return 0
    def _multiply(self, real, handle, ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc):
        calls.append(1)
        m, n, k = m.value, n.value, k.value
        def matrix(pointer, ld, rows, columns):
            size = ld.value * (columns - 1) + rows
            assert ld.value >= rows
            flat = np.ctypeslib.as_array((real * size).from_address(pointer.value))
            step = flat.itemsize
            return np.lib.stride_tricks.as_strided(flat, (rows, columns), (step, ld.value * step))
        left = matrix(a, lda, k, m).T if ta else matrix(a, lda, m, k)
        right = matrix(b, ldb, n, k).T if tb else matrix(b, ldb, k, n)
        out = matrix(c, ldc, m, n)
        factor, kept = alpha._obj.value, beta._obj.value
        out[...] = factor * (left @ right) + (kept * out if kept else 0)
        return 0
    def cublasSgemm_v2(self, *arguments): return self._multiply(ctypes.c_float, *arguments)
    def cublasDgemm_v2(self, *arguments): return self._multiply(ctypes.c_double, *arguments)

engine.MOST_OPERATIONS_OF_A_BLOCK = engine.MOST_OPERATIONS_OF_A_GRAPH = 0
device_of(0).library = Library(CuBLAS())
rng = np.random.default_rng(0)
X, y = rng.normal(size=(21, 6)), rng.integers(0, 3, 21)
X[abs(X) < 0.4] = 0

def compare(X=X, y=y, **parameters):
    settings = {"hidden_layer_sizes": (5, 4), "max_iter": 2, "batch_size": 8, "random_state": 0}
    settings.update(parameters)
    cls = settings.pop("cls", MLPClassifier)
    cls, settings = class_and_parameters(cls.__name__.removeprefix("MLP"), settings)
    plain = cls(**settings).fit(X, y)
    calls.clear()
    ours = cls(**settings, device="cuda").fit(X, y)
    pairs = zip(ours.coefs_, plain.coefs_)
    return float(max(np.abs(a - b).max() for a, b in pairs)), len(calls)
"""
CASES = {
    "plain": "",
    "float32": "X=X.astype(np.float32)",
    "skip connections": "skip_connections=True",
    "batch norm and dropout": "batch_norm=True, dropout=0.3",
    "auxiliary outputs": "heads=[0]",
    "weight norm": "weight_norm=True",
    "dropconnect": "dropconnect=0.3",
    "slopes kept": "activation='gelu'",
    "no hidden layer": "hidden_layer_sizes=()",
    "lbfgs": "solver='lbfgs'",
    "sparse": "X=sp.csr_matrix(X)",
    "several outputs": "cls=MLPRegressor, y=rng.normal(size=(21, 3))",
}


@pytest.fixture(scope="module")
def measured():
    """Return the largest difference from the processor, and the products, of every case."""
    calls = ", ".join(f"{case!r}: compare({arguments})" for case, arguments in CASES.items())
    return json.loads(run_simulated(f"{PREAMBLE}\nprint(json.dumps({{{calls}}}))"))


@pytest.mark.parametrize("case", CASES)
def test_products_by_a_library(case, measured):
    difference, calls = measured[case]
    assert calls > 0
    assert difference < (1e-4 if case == "float32" else 1e-9)


def test_sparse_features_are_not_for_the_library(measured):
    # Of every batch: the products forward, of the gradient, and on the way back, of two layers.
    assert measured["sparse"][1] == 2 * 3 * (2 + 2 + 2)
