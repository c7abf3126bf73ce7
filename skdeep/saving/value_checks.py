"""Checks of values in files: each says whether a value is what it should be."""

from numbers import Integral, Real

import numpy as np

FLOATS = (np.dtype("f4"), np.dtype("f8"))


def is_int(value):
    """Return whether a value is an integer from 0 on."""
    return isinstance(value, Integral) and not isinstance(value, bool) and value >= 0


def is_number(value):
    """Return whether a value is a number or None."""
    return value is None or (isinstance(value, Real) and not isinstance(value, bool))


def is_float_array(value, ndim=None):
    """Return whether a value is an array of finite floats, of so many axes."""
    return (
        isinstance(value, np.ndarray)
        and value.dtype in FLOATS
        and (ndim is None or value.ndim == ndim)
        and bool(np.isfinite(value).all())
    )


def is_list(check):
    """Return a check of lists whose items pass a check."""
    return lambda value: isinstance(value, list) and all(map(check, value))


def has(optional=(), **checks):
    """Return a check of dicts that have these entries, each with a check of its own."""
    return lambda value: (
        isinstance(value, dict)
        and value.keys() - set(optional) == checks.keys() - set(optional)
        and all(check(value[name]) for name, check in checks.items() if name in value)
    )


def is_name(value):
    """Return whether a value is a string."""
    return isinstance(value, str)


def is_classes(value):
    """Return whether a value is an array of increasing labels."""
    return (
        isinstance(value, np.ndarray)
        and value.ndim == 1
        and len(value) > 0
        and (value.dtype.kind != "f" or bool(np.isfinite(value).all()))
        and bool((value[:-1] < value[1:]).all())
    )


def or_none(check):
    """Return a check that None passes as well."""
    return lambda value: value is None or check(value)


def vector(value):
    """Return whether a value is a vector of finite floats."""
    return is_float_array(value, 1)


def matrix(value):
    """Return whether a value is a matrix of finite floats."""
    return is_float_array(value, 2)
