"""Compile the formulas for the processor."""

import importlib
import pkgutil
from types import FunctionType

import numba
from numba import types
from numba.extending import overload

import skdeep.formulas
from skdeep.engines.cpu.jit import INNER_OPTIONS, inlined
from skdeep.formulas.elementary import FUNCTIONS


def _register(function):
    """Let compiled code call a plain Python function."""

    def implementation(*arguments):
        return function

    overload(function, jit_options=INNER_OPTIONS, strict=False)(implementation)


def _register_by_precision(function):
    """Let compiled code call a function that has one form per precision."""

    def implementation(x):
        return function.float32 if x == types.float32 else function.float64

    overload(function, jit_options=INNER_OPTIONS, strict=False)(implementation)


def register_formulas():
    """Make every function of `skdeep.formulas` callable from compiled code."""
    by_precision = set(map(id, FUNCTIONS))
    for function in FUNCTIONS:
        _register_by_precision(function)
    prefix = skdeep.formulas.__name__ + "."
    for info in pkgutil.walk_packages(skdeep.formulas.__path__, prefix):
        module = importlib.import_module(info.name)
        for item in list(vars(module).values()):
            own = isinstance(item, FunctionType) and item.__module__ == info.name
            if own and not info.ispkg and id(item) not in by_precision:
                _register(item)


def switch(choices, make):
    """Make one compiled function out of many, chosen by an integer code.

    The choice is made outside the element loop: every formula gets a loop of its own, and all of
    them live in one compiled function.

    Parameters
    ----------
    choices : iterable of (int, object)
        The codes, and what `make` turns into a function.
    make : callable
        ``make(choice)`` returns a function of one tuple of arguments.

    Returns
    -------
    function : callable
        ``function(code, arguments)``; an unknown code does nothing.
    """

    def nothing(code, arguments):
        return None

    chain = inlined(nothing)
    for code, choice in choices:
        chain = _link(code, inlined(make(choice)), chain)
    return chain


def _link(own, apply, otherwise):
    def link(code, arguments):
        if code == own:
            apply(arguments)
        else:
            otherwise(code, arguments)

    return inlined(link)


if not numba.config.DISABLE_JIT:
    register_formulas()
