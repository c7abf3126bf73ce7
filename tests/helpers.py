"""Comparisons and small tools used by several test files."""

import copy
import functools
import os
import pathlib
import re
import subprocess
import sys
import types
import warnings
from contextlib import contextmanager

import numpy as np
import pytest
import scipy.sparse as sp
import sklearn
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.fixes import parse_version

import skdeep
from skdeep.training.stochastic.solver_state import SolverState

CONTAINERS = {
    "dense": np.asarray,
    "csr": sp.csr_matrix,
    "csc": sp.csc_matrix,
    "csr_array": sp.csr_array,
    "csc_array": sp.csc_array,
}
FUNCTIONS = (type, types.FunctionType, types.MethodType, functools.partial)


def name_of(value):
    """Return the repr of a parameter without addresses, as a test id that every process finds."""
    return re.sub(r" at 0x[0-9a-f]+", "", repr(value))


@contextmanager
def quiet():
    """Short fits rarely converge: let them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        yield


def assert_close(got, expected, rtol, name=""):
    """Compare two arrays: relative to each number, and to a tenth of the largest near zero."""
    got, expected = np.asarray(got), np.asarray(expected)
    finite = np.abs(expected[np.isfinite(expected)]) if expected.dtype.kind == "f" else ()
    scale = np.max(finite) if len(finite) else 0.0
    np.testing.assert_allclose(got, expected, rtol=rtol, atol=0.1 * rtol * scale, err_msg=name)


def same(a, b):
    """Return whether two fitted states (arrays, lists, objects, ...) hold exactly the same."""
    if a is b:
        return True
    if sp.issparse(a):
        return sp.issparse(b) and same(a.toarray(), b.toarray())
    if isinstance(a, np.ndarray):
        equal_nan = a.dtype.kind in "fc"
        return (
            isinstance(b, np.ndarray)
            and a.dtype == b.dtype
            and np.array_equal(a, b, equal_nan=equal_nan)
        )
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, np.random.RandomState):
        return same(a.get_state(), b.get_state())
    if isinstance(a, float) and np.isnan(a):
        return np.isnan(b)
    if isinstance(a, SolverState):  # which may hold its arrays in another form
        return same(a.__getstate__(), b.__getstate__())
    if hasattr(a, "__slots__") and not hasattr(a, "__dict__"):
        return all(same(getattr(a, s, None), getattr(b, s, None)) for s in a.__slots__)
    if hasattr(a, "__dict__") and not isinstance(a, FUNCTIONS):
        return same(vars(a), vars(b))
    return bool(a == b)


def snapshot(estimator):
    """Deep copy of everything an estimator holds."""
    return copy.deepcopy(vars(estimator))


@contextmanager
def unchanged(estimator):
    """Check that the block leaves the estimator exactly as it was."""
    before = snapshot(estimator)
    yield
    after = vars(estimator)
    assert before.keys() == after.keys(), set(before) ^ set(after)
    changed = [name for name in before if not same(before[name], after[name])]
    assert not changed, f"changed: {changed}"


def outcome(call):
    """Type and message of what ``call`` raises, or ``None`` where it returns.

    The options that a message lists, ``{...}``, are left out: they come in any order.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            call()
        except Exception as error:  # the type is compared by the caller
            return type(error).__name__, re.sub(r"\{'.*?'\}", "{...}", str(error))
    return None


def run_python(code, *, timeout=400, root=None, **environment):
    """Run ``code`` in a fresh interpreter that imports this very skdeep; return what it prints."""
    process = start_python(code, root=root, **environment)
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        raise AssertionError(f"no end after {timeout} s\n{out}\n{err}") from None
    assert process.returncode == 0, f"exit status {process.returncode}\n{out}\n{err}"
    return out


def start_python(code, *, root=None, stdin=None, stderr=subprocess.PIPE, **environment):
    """Start ``code`` in a fresh interpreter with the skdeep found in ``root`` first."""
    root = root or pathlib.Path(skdeep.__file__).resolve().parent.parent
    env = {**os.environ, **{name: str(value) for name, value in environment.items()}}
    env["PYTHONPATH"] = os.pathsep.join(filter(None, [str(root), os.environ.get("PYTHONPATH")]))
    return subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
        cwd=root,
        env=env,
    )


def skip_with_old_scikit_learn(reason):
    """Skip a comparison with a scikit-learn before 1.9 that has a bug there."""
    if parse_version(sklearn.__version__) < parse_version("1.9"):
        pytest.skip(f"scikit-learn {sklearn.__version__}: {reason}")


def slope_of(activation):
    """Return the derivative of an activation of the registry as a function of its argument."""
    if activation.derivative_at is not None:
        return activation.derivative_at
    return lambda a: activation.derivative(activation.forward(a))
