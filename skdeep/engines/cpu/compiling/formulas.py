"""Compile the formulas for the processor."""

import importlib
import pkgutil
from types import FunctionType

import numba
from numba import types
from numba.extending import overload

import skdeep.formulas
from skdeep.engines.cpu.compiling.jit import FORMULA_OPTIONS
from skdeep.formulas.elementary import FUNCTIONS


def _register(function):
    """Let compiled code call a plain Python function."""

    def implementation(*arguments):
        return function

    overload(function, jit_options=FORMULA_OPTIONS, strict=False)(implementation)


def _register_by_precision(function):
    """Let compiled code call a function that has one form per precision."""

    def implementation(x):
        return function.float32 if x == types.float32 else function.float64

    overload(function, jit_options=FORMULA_OPTIONS, strict=False)(implementation)


def register_formulas():
    """Make every function of `skdeep.formulas` callable from compiled code."""
    prefix = skdeep.formulas.__name__ + "."
    packages = list(pkgutil.walk_packages(skdeep.formulas.__path__, prefix))
    modules = [importlib.import_module(info.name) for info in packages if not info.ispkg]
    for function in FUNCTIONS:
        _register_by_precision(function)
    by_precision = set(map(id, FUNCTIONS))
    for module in modules:
        for item in list(vars(module).values()):
            own = isinstance(item, FunctionType) and item.__module__ == module.__name__
            if own and id(item) not in by_precision:
                _register(item)


if not numba.config.DISABLE_JIT:
    register_formulas()
