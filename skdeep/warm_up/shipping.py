"""Compile the kernels that a wheel carries: ``python -m skdeep.warm_up.shipping FOLDER``.

``hatch_build.py`` starts it for a level of processors, which the environment variables
``NUMBA_CPU_NAME`` and ``NUMBA_CPU_FEATURES`` tell Numba, and for each precision; ``--list`` prints
both for the level of this processor, with ``--all`` for every level of this kind of machine.
Nothing that is compiled is run: the processor of this machine may not have the features. Estimators
go through all their steps, but kernels return at once, and training passes for done.
"""

import argparse
import ctypes
import gc
import itertools
import pathlib
import sys

import numpy as np
from numba.core.bytecode import FunctionIdentity
from numba.core.ccallback import CFunc
from numba.core.dispatcher import Dispatcher
from numba.core.registry import cpu_target

from skdeep.engines.cpu import engine
from skdeep.engines.cpu.compiling.shipped import ShippedCache, level_of, levels_of_machine
from skdeep.engines.cpu.memory.fields import PLAN_AT
from skdeep.engines.cpu.runs import training as of_training
from skdeep.engines.cpu.runs import validation as of_validation
from skdeep.engines.cpu.runs.prediction import predict
from skdeep.warm_up import PRECISIONS
from skdeep.warm_up.cases import make_cases, run

#: Functions get numbers, of which the names of their symbols are made. Those of a wheel are far
#: from the ones that a process gives by itself, and those of processes that compile for one wheel
#: far from one another: one process loads the code of all.
FIRST_NUMBER = {"float32": 1_000_000_000, "float64": 2_000_000_000}


_true_losses = of_validation.output_losses

#: What is called in the place of loops and routines.
_NOTHING = ctypes.CFUNCTYPE(None)(lambda: None)


def _do_nothing(*arguments):
    return 1


def _run_nothing(dispatcher):
    """Have a kernel compile when it is called, and do no more."""
    compile_for = dispatcher._compile_for_args

    def add_overload(compiled):
        dispatcher.overloads[tuple(compiled.signature.args)] = compiled

    def compile_only(*arguments, **keywords):
        compile_for(*arguments, **keywords)
        return _do_nothing

    dispatcher.add_overload, dispatcher._compile_for_args = add_overload, compile_only


def _advance(training, max_batches, meanwhile=None):
    """Pass all epochs that were set as trained, with losses of 0."""
    training.plan[PLAN_AT.epoch] = training.plan[PLAN_AT.n_epochs]


def _predict(*arguments, **keywords):
    """Return outputs of 0, or the first place for every row."""
    return np.zeros_like(predict(*arguments, **keywords))


def _losses(*arguments):
    """Return losses of 0."""
    return np.zeros_like(_true_losses(*arguments))


def _kernels():
    """Return all functions of the package that Python calls."""
    modules = [module for name, module in sys.modules.items() if name.startswith("skdeep.")]
    values = {id(value): value for module in modules for value in vars(module).values()}.values()
    return [
        value
        for value in values
        if isinstance(value, Dispatcher) and isinstance(value._cache, ShippedCache)
    ]


def _ship_to(folder):
    """Have what is compiled from now on written to a folder, and nothing loaded."""

    def save(cache, signature, compiled):
        cache.ship(folder, signature, compiled)

    ShippedCache.save_overload = save
    ShippedCache.load_overload = lambda cache, signature, target_context: None


def compile_level(folder, precisions=PRECISIONS):
    """Compile for the level that ``NUMBA_CPU_NAME`` and ``NUMBA_CPU_FEATURES`` name.

    Parameters
    ----------
    folder : path
        Where the kernels go, into a folder of the level's name.
    precisions : sequence of str, default=PRECISIONS
    """
    # Numba makes many objects, most of which live to the end: looking for garbage takes time.
    gc.freeze()
    gc.set_threshold(200_000, 50, 50)
    FunctionIdentity._unique_ids = itertools.count(FIRST_NUMBER[precisions[0]])
    for kernel in _kernels():
        _run_nothing(kernel)
    CFunc.address = ctypes.cast(_NOTHING, ctypes.c_void_p).value
    of_training.Training.advance = _advance
    engine.predict = of_training.predict = of_validation.predict = _predict
    of_validation.output_losses = _losses
    _ship_to(folder)
    for case in make_cases(precisions, sparse=True, regularised=True):
        run(case)


def _levels(with_others):
    """Return the level of this processor, if it has one, or those of all like machines."""
    if with_others:
        return levels_of_machine()
    own = level_of(cpu_target.target_context.codegen().magic_tuple()[2])
    return [] if own is None else [own]


def main(arguments=None):
    """Read the command line.

    Parameters
    ----------
    arguments : list of str, default=None
        None for those of the process.
    """
    parser = argparse.ArgumentParser(prog="python -m skdeep.warm_up.shipping")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--list", action="store_true", help="print levels and their features")
    parser.add_argument("--all", action="store_true", help="those of other processors, too")
    parser.add_argument("--precision", choices=PRECISIONS, help="both by default")
    options = parser.parse_args(arguments)
    if options.list:
        for level in _levels(options.all):
            print(level.name, ",".join(f"+{name}" for name in sorted(level.features)))
        return
    compile_level(options.folder, [options.precision] if options.precision else PRECISIONS)


if __name__ == "__main__":
    main()
