"""The compiled loops over elements: the formulas survive vectorisation."""

import numba
import numpy as np
import pytest
from scipy.special import expit

from skdeep.engines.cpu import elementwise
from skdeep.formulas.activations import REGISTRY as ACTIVATIONS
from skdeep.formulas.losses import REGISTRY as LOSSES
from tests import oracle

# the options of the kernels, into which these loops are pasted
compiled = numba.njit(error_model="numpy", fastmath={"contract"})


@compiled
def activate(code, a):
    """Call the loop of an activation."""
    elementwise.activate(code, (a,))


@compiled
def chain_rule(code, d, h):
    """Call the loop of a derivative."""
    elementwise.chain_rule(code, (d, h))


@compiled
def loss_values(code, out, y, o):
    """Call the loop of a loss."""
    elementwise.loss_values(code, (out, y, o))


@compiled
def activate_rows(code, a, stride, width):
    """Call the activation of rows."""
    elementwise.activate_rows(code, a, stride, width)


ULPS = 3.0  # contraction may change the last bit of the plain formula
DTYPES = [np.float32, np.float64]
EXACT = {"exp": np.exp, "tanh": np.tanh, "logistic": expit}


def _ulps(got, exact):
    return np.abs(got.astype(exact.dtype) - exact) / np.spacing(np.abs(exact).astype(got.dtype))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", sorted(EXACT))
def test_compiled_functions_in_ulps(name, dtype, device):
    wide = np.float64 if dtype == np.float32 else np.longdouble
    limit = 80 if dtype == np.float32 else 600
    limit = 20 if name == "tanh" else limit
    spread = np.concatenate([np.linspace(-limit, limit, 4001), np.linspace(-1, 1, 2000)])
    x = spread.astype(dtype)
    a = x.copy()
    activate(ACTIVATIONS[name].code, a)
    if name == "logistic" and dtype == np.float64:  # scipy has no longer form
        exact = np.where(x < 0, np.exp(x.astype(wide)), 1) / (1 + np.exp(-np.abs(x.astype(wide))))
    else:
        exact = EXACT[name](x.astype(wide))
    assert _ulps(a, exact).max() < ULPS


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_activation_and_chain_rule(name, dtype, device):
    """Every registered activation, on a length that leaves a remainder of every vector width."""
    spec = ACTIVATIONS[name]
    x = np.random.RandomState(0).standard_normal(53).astype(dtype) * 3
    h = x.copy()
    activate(spec.code, h)
    eps = np.finfo(dtype).eps
    np.testing.assert_allclose(h, [spec.forward(v) for v in x], rtol=6 * eps, atol=6 * eps)
    if spec.hidden:
        d = np.arange(53).astype(dtype)
        chain_rule(spec.code, d, h)
        expected = [i * float(spec.derivative(v)) for i, v in enumerate(h)]
        np.testing.assert_allclose(d, expected, rtol=1e3 * eps, atol=1e2 * eps)


@pytest.mark.parametrize("dtype", DTYPES)
def test_softmax_of_padded_rows(dtype, device):
    """Rows are normalised one by one; what lies between them may be anything."""
    rng = np.random.RandomState(1)
    for width, stride in [(1, 1), (2, 2), (3, 5), (10, 10), (33, 40)]:
        a = np.full((7, stride), 1e30, dtype=dtype)
        a[:, :width] = rng.standard_normal((7, width)) * 50
        expected = oracle.softmax(a[:, :width].astype(np.float64))
        flat = np.ascontiguousarray(a).reshape(-1)
        activate_rows(ACTIVATIONS["softmax"].code, flat, stride, width)
        got = flat.reshape(7, stride)[:, :width]
        tolerance = 300 * np.finfo(dtype).eps  # exp of a difference rounded to the precision
        np.testing.assert_allclose(got, expected, rtol=tolerance, atol=1e-30)
        np.testing.assert_allclose(got.sum(axis=1), 1, rtol=10 * np.finfo(dtype).eps)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", sorted(LOSSES))
def test_loss_values(name, dtype, device):
    """Every registered loss, on targets 0 and 1 and outputs between and at the ends."""
    y = np.array([0, 1, 0, 1, 1, 0, 1] * 3, dtype=dtype)
    o = np.array([0.3, 0.9, 1e-9, 0.5, 1.0, 0.2, 0.7] * 3, dtype=dtype)
    out = np.empty_like(y)
    loss_values(LOSSES[name].code, out, y, o)
    with np.errstate(all="ignore"):
        expected = [LOSSES[name].value(*pair) for pair in zip(y, o, strict=True)]
    np.testing.assert_allclose(out, expected, rtol=1e-5 if dtype == np.float32 else 1e-13)


def test_unknown_code_does_nothing(device):
    a = np.arange(5.0)
    activate(10_000, a)
    np.testing.assert_array_equal(a, np.arange(5.0))
