"""Products over the pieces of windows against NumPy, over shapes, strides and edges."""

import numba
import numpy as np
import pytest

from skdeep.engines.cpu.products import window_product as products
from skdeep.engines.cpu.products.product import Matrix

pytestmark = pytest.mark.nojit

GUARD = 999.0


@numba.njit
def _product(address, c, a, b, start, shape, pieces, way):
    products.call_window_product(address, c, a, b, start, shape, pieces, way)


# rows, columns, depth of a piece, pieces
SHAPES = [(1, 1, 1, 1), (1, 17, 3, 2), (3, 8, 5, 5), (5, 33, 2, 3), (7, 15, 2, 1), (13, 6, 4, 2)]
SHAPES += [(29, 24, 3, 3), (12, 50, 1, 4), (6, 7, 0, 2), (6, 7, 3, 0)]


@pytest.mark.parametrize("way", [products.MASKED, products.OVERWRITTEN, products.KEPT])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_window_product(dtype, shape, way):
    """What is stored beside the columns is what the way says."""
    rng = np.random.RandomState(0)
    rows, columns, depth, n = shape
    data = rng.standard_normal(4000).astype(dtype)
    weights, bias = rng.standard_normal((2, 4000)).astype(dtype)
    row, a_step, b_row = depth + 4, 3 * depth + 7, columns + 3
    b_step = depth * b_row
    width = columns + 70
    out = np.full((rows + 1, width), GUARD, dtype)
    before = rng.standard_normal((rows, columns)).astype(dtype)
    accumulates = way == products.KEPT
    start = Matrix(bias, 5, 0, 1)
    c = Matrix(out.reshape(-1), 0, width, 1)
    expected = np.tile(bias[5 : 5 + columns], (rows, 1))
    if accumulates:
        out[:rows, :columns], start, expected = before, c, before.copy()
    for p in range(n):
        left = [data[2 + r * row + p * a_step :][:depth] for r in range(rows)]
        right = weights[p * b_step :][: depth * b_row].reshape(depth, b_row)[:, :columns]
        expected = expected + np.reshape(left, (rows, depth)) @ right
    a, b = Matrix(data, 2, row, 1), Matrix(weights, 0, b_row, 1)
    pieces = (n, a_step, b_step)
    address = products.window_product_address(dtype)
    _product(address, c, a, b, start, (rows, columns, depth), pieces, way)
    eps = np.finfo(dtype).eps
    np.testing.assert_allclose(out[:rows, :columns], expected, rtol=20 * eps, atol=200 * eps)
    if way != products.OVERWRITTEN:
        assert (out[:, columns:] == GUARD).all() and (out[rows] == GUARD).all()
