"""Matrix products of the CPU engine against NumPy, over shapes, strides and edges."""

import os
import platform
import subprocess
import sys

import numba
import numpy as np
import pytest

from skdeep.engines.cpu.memory.places import panel_columns
from skdeep.engines.cpu.products import product as products
from skdeep.engines.cpu.products.product import Matrix

pytestmark = pytest.mark.nojit

GUARD = 999.0


@numba.njit
def _product(address, c, a, b, start, shape):
    products.call_product(address, c, a, b, start, shape)


def product(c, a, b, start, use_start, shape):
    """Call the engine's product, which only compiled code can call: both forms, alike."""
    start, before = start._replace(column=int(use_start)), c.data.copy()
    _product(products.product_address(c.data.dtype, False), c, a, b, start, shape)
    narrow = c.data.copy()
    c.data[:] = before
    _product(products.product_address(c.data.dtype, True), c, a, b, start, shape)
    np.testing.assert_array_equal(c.data, narrow)


@numba.njit
def _product_by_dots(c, a, b, start, shape):
    products.product_by_dots(c, a, b, start, shape)


def product_by_dots(c, a, b, use_start, shape):
    """Call the engine's product by dots."""
    _product_by_dots(c, a, b, c._replace(column=int(use_start)), shape)


SHAPES = [(1, 1, 1), (1, 17, 3), (3, 8, 5), (4, 16, 1), (5, 33, 7), (7, 15, 2)]
SHAPES += [(11, 24, 9), (12, 32, 16), (13, 31, 8), (25, 65, 12), (30, 7, 40), (6, 100, 13)]


def _matrix(rng, rows, columns, dtype, padding=0, transposed=False):
    """Return a Matrix in the middle of guarded memory, and a NumPy view of it."""
    lead = 5
    outer, inner = (columns, rows) if transposed else (rows, columns)
    memory = np.full(lead + outer * (inner + padding) + 70, GUARD, dtype=dtype)
    stop = lead + outer * (inner + padding)
    view = memory[lead:stop].reshape(outer, inner + padding)[:, :inner]
    view[...] = rng.standard_normal((outer, inner))
    if transposed:
        return Matrix(memory, lead, 1, inner + padding), view.T
    return Matrix(memory, lead, inner + padding, 1), view


def _check(c, view, expected, dtype):
    eps = np.finfo(dtype).eps
    np.testing.assert_allclose(view, expected, rtol=20 * eps, atol=100 * eps)
    outside = c.data.copy()
    for i in range(view.shape[0]):
        start = c.offset + i * c.row
        outside[start : start + view.shape[1]] = GUARD
    assert np.all(outside == GUARD), "wrote beside the matrix"


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_product(dtype, device):
    rng = np.random.RandomState(0)
    for rows, columns, depth in SHAPES:
        for transposed in (False, True):
            for padding in (0, 3):
                a, A = _matrix(rng, rows, depth, dtype, padding, transposed)
                b, B = _matrix(rng, depth, columns, dtype, padding)
                c, C = _matrix(rng, rows, columns, dtype, padding)
                bias, row = _matrix(rng, 1, columns, dtype)
                shape = (rows, columns, depth)

                product(c, a, b, c, False, shape)
                _check(c, C, A @ B, dtype)
                before = C.copy()
                product(c, a, b, c, True, shape)
                _check(c, C, before + A @ B, dtype)
                product(c, a, b, Matrix(bias.data, bias.offset, 0, 1), True, shape)
                _check(c, C, row + A @ B, dtype)


def _in_panels(matrix, columns, width):
    """Return a matrix in panels of some columns, and the copy of its memory it lies in."""
    rows = len(matrix)
    memory = np.zeros((-(-columns // width), rows, width), dtype=matrix.dtype)
    for j in range(columns):
        memory[j // width, :, j % width] = matrix[:, j]
    return Matrix(memory.reshape(-1), 0, width, 1, (rows - 1) * width), memory


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_product_in_panels(dtype, device):
    """Matrices in panels have the bits that they have row by row, as far as the compiler goes."""
    eps = 20 * np.finfo(dtype).eps if numba.config.DISABLE_JIT else 0.0
    rng = np.random.RandomState(4)
    width = panel_columns(np.dtype(dtype).itemsize)
    # The last ones are wide enough for products that run along rows, and that copy strips.
    for rows, depth in [(13, 9), (25, 40), (1, 257), (2, 128), (7, 130), (1, 0), (3, 0)]:
        for columns in (5, width, width + 1, 3 * width - 2, products.WIDE, products.WIDE + 45):
            a, A = _matrix(rng, rows, depth, dtype)
            b, B = _matrix(rng, depth, columns, dtype, 3)
            c, C = _matrix(rng, rows, columns, dtype, 2)
            shape = (rows, columns, depth)
            product(c, a, b, c, False, shape)
            np.testing.assert_allclose(C, A @ B, rtol=1e-4, atol=1e-4)
            panels, memory = _in_panels(np.zeros_like(C), columns, width)
            product(panels, a, _in_panels(B, columns, width)[0], panels, False, shape)
            expected = _in_panels(C, columns, width)[1]
            np.testing.assert_allclose(memory, expected, rtol=eps, atol=5 * eps)
            product(c, a, b, c, True, shape)
            product(panels, a, b, panels, True, shape)
            expected = _in_panels(C, columns, width)[1]
            np.testing.assert_allclose(memory, expected, rtol=eps, atol=5 * eps)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_no_inner_dimension(dtype, device):
    """An empty sum is zero, or what it starts from."""
    rng = np.random.RandomState(1)
    a, _ = _matrix(rng, 13, 1, dtype)
    b, _ = _matrix(rng, 1, 21, dtype)
    c, C = _matrix(rng, 13, 21, dtype)
    start = C.copy()
    product(c, a, b, c, True, (13, 21, 0))
    np.testing.assert_array_equal(C, start)
    product(c, a, b, c, False, (13, 21, 0))
    np.testing.assert_array_equal(C, 0)


@pytest.mark.skipif(numba.config.DISABLE_JIT, reason="a property of the compiled product")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_elements_do_not_depend_on_the_tiling(dtype, device):
    """Rows or columns computed by themselves have the bits they have in the whole product."""
    rng = np.random.RandomState(2)
    rows, columns, depth = 29, 71, 37
    a, _ = _matrix(rng, rows, depth, dtype)
    b, _ = _matrix(rng, depth, columns, dtype)
    c, C = _matrix(rng, rows, columns, dtype)
    product(c, a, b, c, False, (rows, columns, depth))
    part, P = _matrix(rng, rows, columns, dtype)
    for begin, end in [(0, 1), (5, 29), (13, 17)]:
        left = Matrix(a.data, a.offset + begin * a.row, a.row, 1)
        product(part, left, b, part, False, (end - begin, columns, depth))
        np.testing.assert_array_equal(P[: end - begin], C[begin:end])
    for begin, end in [(0, 1), (3, 71), (40, 57)]:
        right = Matrix(b.data, b.offset + begin, b.row, 1)
        product(part, a, right, part, False, (rows, end - begin, depth))
        np.testing.assert_array_equal(P[:, : end - begin], C[:, begin:end])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_product_by_dots(dtype, device):
    rng = np.random.RandomState(3)
    for rows, columns, depth in SHAPES:
        a, A = _matrix(rng, rows, depth, dtype, 2)
        b, B = _matrix(rng, columns, depth, dtype, 1)
        c, C = _matrix(rng, rows, columns, dtype, 4)
        product_by_dots(c, a, b, False, (rows, columns, depth))
        _check(c, C, A @ B.T, dtype)
        product_by_dots(c, a, b, True, (rows, columns, depth))
        _check(c, C, 2 * (A @ B.T), dtype)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_nan_and_infinity_pass_through(dtype, device):
    rng = np.random.RandomState(4)
    a, A = _matrix(rng, 5, 6, dtype)
    b, B = _matrix(rng, 6, 9, dtype)
    c, C = _matrix(rng, 5, 9, dtype)
    A[1, 2], B[3, 4] = np.nan, np.inf
    product(c, a, b, c, False, (5, 9, 6))
    with np.errstate(invalid="ignore"):
        expected = A @ B
    np.testing.assert_array_equal(np.isnan(C), np.isnan(expected))
    np.testing.assert_array_equal(np.isinf(C), np.isinf(expected))


# other processors than this one: what Numba is told about them
PROCESSORS = {
    "without vectors": {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": ""},
    "avx2": {"NUMBA_CPU_NAME": "haswell", "NUMBA_CPU_FEATURES": "+avx,+avx2,+fma"},
}


@pytest.mark.skipif(numba.config.DISABLE_JIT, reason="nothing is compiled")
@pytest.mark.skipif("SKDEEP_TEST_PROCESSOR" in os.environ, reason="runs inside itself")
@pytest.mark.parametrize("processor", PROCESSORS)
def test_other_processors(processor):
    """The tests of this file on a lesser processor of the same kind."""
    if platform.machine().lower() not in ("x86_64", "amd64"):
        pytest.skip("this processor cannot pretend to be an x86-64")
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", __file__],
        env={**os.environ, **PROCESSORS[processor], "SKDEEP_TEST_PROCESSOR": processor},
        capture_output=True,
        text=True,
        timeout=400,
    )
    assert run.returncode == 0, run.stdout + run.stderr
