"""The compiled loops over elements: the formulas survive vectorisation."""

from collections import namedtuple

import numba
import numpy as np
import pytest
from scipy.special import expit

from skdeep.engines.cpu.compiling import loops
from skdeep.engines.cpu.memory.fields import OPERATION, empty_table
from skdeep.engines.cpu.rows import activation as elementwise
from skdeep.formulas.activations import REGISTRY as ACTIVATIONS
from skdeep.formulas.losses import REGISTRY as LOSSES
from tests import oracle

# the options of the kernels
compiled = numba.njit(error_model="numpy", fastmath={"contract"})
Numbers = namedtuple("Numbers", "numbers")


@compiled
def _run(address, arrays, numbers):
    x0, x1, x2 = arrays
    loops.run(address, x0, x1, x2, x2, numbers, x0.size)


def run(family, formula, *arrays, p=0.0):
    """Run the loop of a formula over arrays of one length."""
    address = loops.address(family, formula, arrays[0].dtype)
    _run(address, (*arrays, *[arrays[0]] * (3 - len(arrays))), np.array([float(p)]))


@compiled
def _activate_rows(task, operations, a, stride):
    elementwise.activate_rows(task, operations[0], a, stride)


def activate_rows(activation, a, stride, width):
    """Apply an activation to rows of some width."""
    operations = empty_table(1, OPERATION)
    operations.activation, operations.fan_out = activation.code, width
    operations.n_biases = operations.n_outputs = width
    elementwise.set_loops(operations, a.dtype, training=False)
    _activate_rows(Numbers(np.zeros(1)), operations, a, stride)


ULPS = 3.0  # contraction may change the last bit of the plain formula
DTYPES = [np.float32, np.float64]
EXACT = {"exp": np.exp, "tanh": np.tanh, "logistic": expit}


def _ulps(got, exact):
    return np.abs(got.astype(exact.dtype) - exact) / np.spacing(np.abs(exact).astype(got.dtype))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", sorted(EXACT))
def test_compiled_functions_in_ulps(name, dtype):
    wide = np.float64 if dtype == np.float32 else np.longdouble
    limit = 80 if dtype == np.float32 else 600
    limit = 20 if name == "tanh" else limit
    spread = np.concatenate([np.linspace(-limit, limit, 4001), np.linspace(-1, 1, 2000)])
    x = spread.astype(dtype)
    a = x.copy()
    run(elementwise.forward_loop, ACTIVATIONS[name], a)
    if name == "logistic" and dtype == np.float64:  # scipy has no longer form
        exact = np.where(x < 0, np.exp(x.astype(wide)), 1) / (1 + np.exp(-np.abs(x.astype(wide))))
    else:
        exact = EXACT[name](x.astype(wide))
    assert _ulps(a, exact).max() < ULPS


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_activation_and_derivative(name, dtype):
    """Every registered activation, on a length that leaves a remainder of every vector width."""
    spec = ACTIVATIONS[name]
    x = np.random.RandomState(0).standard_normal(53).astype(dtype) * 3
    h = x.copy()
    run(elementwise.forward_loop, spec, h)
    eps = np.finfo(dtype).eps
    np.testing.assert_allclose(h, [spec.forward(v) for v in x], rtol=6 * eps, atol=6 * eps)
    if spec.derivative_at:
        again, slope = x.copy(), np.empty_like(x)
        run(elementwise.forward_and_slope_loop, spec, again, slope)
        np.testing.assert_array_equal(again, h)
        expected = [spec.derivative_at(v) for v in x]
        np.testing.assert_allclose(slope, expected, rtol=10 * eps, atol=10 * eps)
    elif spec.trainable and not spec.normalised:
        d = np.arange(53).astype(dtype)
        run(elementwise.derivative_loop, spec, d, h)
        expected = [i * float(spec.derivative(v)) for i, v in enumerate(h)]
        np.testing.assert_allclose(d, expected, rtol=1e3 * eps, atol=1e2 * eps)


@pytest.mark.parametrize("dtype", DTYPES)
def test_softmax_of_padded_rows(dtype):
    """Rows are normalised one by one; what lies between them may be anything."""
    rng = np.random.RandomState(1)
    for width, stride in [(1, 1), (2, 2), (3, 5), (10, 10), (33, 40)]:
        a = np.full((7, stride), 1e30, dtype=dtype)
        a[:, :width] = rng.standard_normal((7, width)) * 50
        expected = oracle.softmax(a[:, :width].astype(np.float64))
        flat = np.ascontiguousarray(a).reshape(-1)
        activate_rows(ACTIVATIONS["softmax"], flat, stride, width)
        got = flat.reshape(7, stride)[:, :width]
        tolerance = 300 * np.finfo(dtype).eps  # exp of a difference rounded to the precision
        np.testing.assert_allclose(got, expected, rtol=tolerance, atol=1e-30)
        np.testing.assert_allclose(got.sum(axis=1), 1, rtol=10 * np.finfo(dtype).eps)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", sorted(LOSSES))
def test_losses(name, dtype):
    """Every registered loss, on targets 0 and 1 and outputs between and at the ends."""
    y = np.array([0, 1, 0, 1, 1, 0, 1] * 3, dtype=dtype)
    o = np.array([0.3, 0.9, 1e-9, 0.5, 1.0, 0.2, 0.7] * 3, dtype=dtype)
    spec, p = LOSSES[name], dtype(0.3)
    more = () if spec.parameter is None else (p,)
    families = (elementwise.loss_loop, elementwise.loss_derivative_loop)
    for family, formula in zip(families, (spec.value, spec.derivative), strict=True):
        out = np.empty_like(y)
        run(family, spec, out, y, o, p=p)
        with np.errstate(all="ignore"):
            expected = [formula(*pair, *more) for pair in zip(y, o, strict=True)]
        np.testing.assert_allclose(out, expected, rtol=1e-5 if dtype == np.float32 else 1e-13)


@pytest.mark.parametrize("dtype", DTYPES)
def test_addresses(dtype):
    """A loop is compiled once for a formula and precision, and stays where it is."""
    addresses = {
        loops.address(elementwise.forward_loop, spec, dtype) for spec in ACTIVATIONS.values()
    }
    assert len(addresses) == len(ACTIVATIONS)
    assert loops.NOTHING not in addresses
    again = [loops.address(elementwise.forward_loop, s, dtype) for s in ACTIVATIONS.values()]
    assert set(again) == addresses


def test_identity_needs_no_loop():
    operations = empty_table(1, OPERATION)
    operations.activation = ACTIVATIONS["identity"].code
    operations.activation_loop = operations.derivative_loop = 1
    elementwise.set_loops(operations, np.float64, training=True)
    assert operations.activation_loop[0] == operations.derivative_loop[0] == loops.NOTHING
    a = np.arange(5.0)
    activate_rows(ACTIVATIONS["identity"], a, 5, 5)
    np.testing.assert_array_equal(a, np.arange(5.0))
