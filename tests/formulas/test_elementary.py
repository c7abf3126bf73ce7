"""The elementary functions: error in units of the last place, and the edges of the range."""

import numba
import numpy as np
import pytest

import skdeep.engines.cpu.compiling.formulas  # noqa: F401 (makes them callable from compiled code)
from skdeep.formulas import elementary

INF, NAN = np.inf, np.nan
MAX_ULPS = 2.5
LONG = np.longdouble if np.finfo(np.longdouble).eps < 1e-18 else np.float64

pytestmark = pytest.mark.nojit


def _logistic(x):
    return np.where(x < 0, np.exp(np.minimum(x, 0)), 1) / (1 + np.exp(-np.abs(x)))


def _erf(x):
    """``2 / sqrt(pi) e^(-x^2) (x + 2 x^3 / 3 + 4 x^5 / 15 + ...)``: no term cancels another."""
    x = np.clip(x, -7, 7)
    term, total = x, x
    for n in range(1, 300):
        term = term * (2 * x * x) / (2 * n + 1)
        total = total + term
    pi = x.dtype.type("3.14159265358979323846264338")
    return 2 / np.sqrt(pi) * np.exp(-x * x) * total


def _sin_of_turns(x):
    """Of a share of a turn, reflected into a quarter: near half a turn, all else is rounding."""
    f = x - np.round(x)
    reflected = np.where(np.abs(f) > 0.25, np.copysign(x.dtype.type(0.5), f) - f, f)
    return np.sin(2 * x.dtype.type("3.14159265358979323846264338") * reflected)


def _cos_of_turns(x):
    return _sin_of_turns(x.dtype.type(0.25) - np.abs(x - np.round(x)))


REFERENCE = {
    "cos_of_turns": _cos_of_turns,
    "sin_of_turns": _sin_of_turns,
    "erf": _erf,
    "exp": np.exp,
    "expm1": np.expm1,
    "log": np.log,
    "log1p": np.log1p,
    "logistic": _logistic,
    "tanh": np.tanh,
}
# name -> [(argument, value), ...]
EDGES = {
    "cos_of_turns": [(0.25, 0.0), (-0.75, 0.0), (7.75, 0.0), (INF, NAN), (-INF, NAN)],
    "sin_of_turns": [(0.0, 0.0), (0.5, 0.0), (-3.5, 0.0), (1e30, 0.0), (INF, NAN)],
    "erf": [(0.0, 0.0), (INF, 1.0), (-INF, -1.0), (9.0, 1.0), (1e30, 1.0), (-1e30, -1.0)],
    "exp": [(0.0, 1.0), (-INF, 0.0), (INF, INF), (1e4, INF), (-1e4, 0.0), (-1e30, 0.0)],
    "expm1": [(0.0, 0.0), (INF, INF), (-INF, -1.0), (1e4, INF), (-1e4, -1.0), (-1e30, -1.0)],
    "log": [(1.0, 0.0), (0.0, -INF), (-0.0, -INF), (INF, INF), (-1.0, NAN), (-INF, NAN)],
    "log1p": [(0.0, 0.0), (-1.0, -INF), (INF, INF), (-1.5, NAN), (-1e30, NAN), (-INF, NAN)],
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
    small = orders[orders < 1]
    if name == "log":
        near_one = 1 + rng.uniform(-0.5, 1.0, 1500)
        return np.concatenate([orders, near_one, [info.tiny, info.max]]).astype(dtype)
    if name == "log1p":
        near_zero = rng.uniform(-0.99, 2.0, 1500)
        near_minus_one = info.epsneg * np.arange(1, 50) - 1
        parts = [orders, -small[small < 0.99], near_zero, near_minus_one, [info.max]]
        return np.concatenate(parts).astype(dtype)
    overflow = 1.02 * np.log(float(info.max))
    limits = {
        "cos_of_turns": 1e3,
        "sin_of_turns": 1e3,
        "erf": 7.0,
        "exp": overflow,
        "expm1": overflow,
        "tanh": 25.0,
        "logistic": 110.0,
    }
    limit = limits[name]
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


def _plain(function, x):
    return np.array([function(v) for v in x])


def _compiled(function, x):
    # the options of the kernels
    @numba.njit(error_model="numpy", fastmath={"contract"})
    def loop(y, x):
        for i in range(x.size):
            y[i] = function(x[i])

    y = np.empty_like(x)
    loop(y, x)
    return y


@pytest.mark.parametrize("call", [_plain, _compiled])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", NAMES)
def test_error_in_ulps(name, dtype, call):
    x = _arguments(name, dtype)
    with np.errstate(all="ignore"):
        got = call(getattr(elementary, name), x)
        exact = REFERENCE[name](x.astype(LONG if dtype == np.float64 else np.float64))
    assert got.dtype == dtype
    slack = 1.0 if dtype == np.float64 and LONG is np.float64 else 0.0
    errors = _ulps(got, exact, dtype)
    worst = errors.argmax()
    assert errors[worst] < MAX_ULPS + slack, f"{errors[worst]} ulps at {x[worst]!r}"


@pytest.mark.parametrize("call", [_plain, _compiled])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", NAMES)
def test_edges(name, dtype, call):
    x, values = np.array([*EDGES[name], (NAN, NAN)], dtype=dtype).T
    with np.errstate(all="ignore"):
        got = call(getattr(elementary, name), x)
    assert got.dtype == dtype
    for argument, value, result in zip(x, values, got, strict=True):
        np.testing.assert_equal(float(result), float(value), err_msg=f"{name}({argument})")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", ["erf", "expm1", "log1p"])
def test_tiny_arguments(name, dtype):
    """Down to the smallest number, the result is the argument times the slope at zero."""
    function = getattr(elementary, name)
    slope = 2 / np.sqrt(np.pi) if name == "erf" else 1.0
    info = np.finfo(dtype)
    for x in [info.tiny, 8 * info.smallest_subnormal, info.smallest_subnormal]:
        for signed in (x, -x):
            exact = dtype(slope * signed)
            assert abs(function(dtype(signed)) - exact) <= np.spacing(abs(exact))


@pytest.mark.parametrize("name", NAMES)
def test_the_form_follows_the_type(name):
    function = getattr(elementary, name)
    assert function(np.float32(0.7)) == function.float32(np.float32(0.7))
    assert function(np.float64(0.7)) == function.float64(np.float64(0.7))
    assert isinstance(function(0.7), np.float64)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", ["erf", "exp", "expm1", "tanh", "logistic"])
def test_grows_with_its_argument(name, dtype):
    """No step back of more than the rounding error where the pieces of the range meet."""
    function = getattr(getattr(elementary, name), np.dtype(dtype).name)
    y = np.array([function(v) for v in np.linspace(-12, 12, 4001).astype(dtype)])
    assert np.all(np.diff(y) >= -2 * np.spacing(np.abs(y[1:])))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_machine_epsilon(dtype):
    assert elementary.machine_epsilon(dtype(1)) == np.finfo(dtype).eps
