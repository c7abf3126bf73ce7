"""exp, log, tanh and logistic: error in units of the last place, and the edges of the range."""

import numpy as np
import pytest

from skdeep.formulas import elementary

INF, NAN = np.inf, np.nan
MAX_ULPS = 2.5
LONG = np.longdouble if np.finfo(np.longdouble).eps < 1e-18 else np.float64

pytestmark = pytest.mark.nojit


def _logistic(x):
    return np.where(x < 0, np.exp(np.minimum(x, 0)), 1) / (1 + np.exp(-np.abs(x)))


REFERENCE = {"exp": np.exp, "log": np.log, "tanh": np.tanh, "logistic": _logistic}
# name -> [(argument, value), ...]
EDGES = {
    "exp": [(0.0, 1.0), (-INF, 0.0), (INF, INF), (1e4, INF), (-1e4, 0.0), (-1e30, 0.0)],
    "log": [(1.0, 0.0), (0.0, -INF), (-0.0, -INF), (INF, INF), (-1.0, NAN), (-INF, NAN)],
    "tanh": [(0.0, 0.0), (INF, 1.0), (-INF, -1.0), (50.0, 1.0), (-1e30, -1.0)],
    "logistic": [(0.0, 0.5), (INF, 1.0), (-INF, 0.0), (1e4, 1.0), (-1e4, 0.0)],
}
NAMES = sorted(REFERENCE)


def _arguments(name, dtype):
    """Arguments over the whole range: dense near zero, and at every order of magnitude."""
    rng = np.random.RandomState(0)
    info = np.finfo(dtype)
    tiny = np.log(float(info.smallest_subnormal))
    orders = np.exp(rng.uniform(tiny, np.log(float(info.max)) * 0.999, 1500))
    if name == "log":
        near_one = 1 + rng.uniform(-0.5, 1.0, 1500)
        return np.concatenate([orders, near_one, [info.tiny, info.max]]).astype(dtype)
    limit = {"exp": 1.02 * np.log(float(info.max)), "tanh": 25.0, "logistic": 110.0}[name]
    small = orders[orders < 1]
    x = np.concatenate([rng.uniform(-limit, limit, 1500), rng.uniform(-1, 1, 700), small, -small])
    return x.astype(dtype)


def _ulps(got, exact, dtype):
    """Error in units of the last place of the rounded exact value."""
    with np.errstate(over="ignore"):
        rounded = exact.astype(dtype)
    same = got == rounded
    finite = np.isfinite(rounded) & np.isfinite(got)
    assert np.all(same | finite), "overflow in the wrong place"
    with np.errstate(invalid="ignore"):
        gap = np.spacing(np.abs(rounded)).astype(exact.dtype)
        return np.where(same, 0, np.abs(got.astype(exact.dtype) - exact) / gap)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", NAMES)
def test_error_in_ulps(name, dtype):
    x = _arguments(name, dtype)
    function = getattr(getattr(elementary, name), np.dtype(dtype).name)
    with np.errstate(all="ignore"):
        got = np.array([function(v) for v in x])
        exact = REFERENCE[name](x.astype(LONG if dtype == np.float64 else np.float64))
    assert got.dtype == dtype
    slack = 1.0 if dtype == np.float64 and LONG is np.float64 else 0.0
    errors = _ulps(got, exact, dtype)
    worst = errors.argmax()
    assert errors[worst] < MAX_ULPS + slack, f"{errors[worst]} ulps at {x[worst]!r}"


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", NAMES)
def test_edges(name, dtype):
    function = getattr(elementary, name)
    with np.errstate(all="ignore"):
        for x, value in [*EDGES[name], (NAN, NAN)]:
            got = function(dtype(x))
            assert got.dtype == dtype
            np.testing.assert_equal(float(got), value, err_msg=f"{name}({x})")


@pytest.mark.parametrize("name", NAMES)
def test_the_form_follows_the_type(name):
    function = getattr(elementary, name)
    assert function(np.float32(0.7)) == function.float32(np.float32(0.7))
    assert function(np.float64(0.7)) == function.float64(np.float64(0.7))
    assert isinstance(function(0.7), np.float64)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", ["exp", "tanh", "logistic"])
def test_grows_with_its_argument(name, dtype):
    """No step back of more than the rounding error where the pieces of the range meet."""
    function = getattr(getattr(elementary, name), np.dtype(dtype).name)
    y = np.array([function(v) for v in np.linspace(-12, 12, 4001).astype(dtype)])
    assert np.all(np.diff(y) >= -2 * np.spacing(np.abs(y[1:])))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_machine_epsilon(dtype):
    assert elementary.machine_epsilon(dtype(1)) == np.finfo(dtype).eps
