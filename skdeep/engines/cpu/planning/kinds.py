"""The kinds of layers that this engine has: the modules of `skdeep.engines.cpu.layers`."""

import functools
import importlib
from types import ModuleType
from typing import NamedTuple

import numpy as np

from skdeep.engines.cpu import layers
from skdeep.engines.table import KINDS


class Kind(NamedTuple):
    """A kind of layer.

    Attributes
    ----------
    routines : module
        With the routines `forward`, `predict`, `backward`, `gradient` and `tile_gradient`; where
        outputs can be normalised over the batch also `affine` and `to_sources`.
    by_look_up : bool
        Whether its weights are looked up instead of multiplied by.
    by_source : bool
        Whether the rows of its weights are its inputs, source by source.
    in_panels : bool
        Whether wide weights may be kept in panels.
    by_input : bool
        Whether every input costs about one multiplication for each output, however many weights it
        has.
    reads_windows : bool
        Whether its units read windows, and each sample has many outputs of each: a few samples are
        work enough.
    scratch : int or callable
        Numbers of scratch memory that it needs for a block, or a function of an operation that
        returns them.
    """

    routines: ModuleType
    by_look_up: bool
    by_source: bool
    in_panels: bool
    by_input: bool
    reads_windows: bool
    scratch: int


@functools.cache
def kind_named(name):
    """Return a kind, whose module is imported when a network first asks for it.

    Parameters
    ----------
    name : str
        One of `skdeep.engines.table.KINDS`.

    Returns
    -------
    kind : Kind
    """
    routines = importlib.import_module(f"{layers.__name__}.{name}")
    flags = ("BY_LOOK_UP", "BY_SOURCE", "IN_PANELS", "BY_INPUT", "READS_WINDOWS")
    found = (getattr(routines, flag, False) for flag in flags)
    size = getattr(routines, "scratch", getattr(routines, "SCRATCH", 0))
    return Kind(routines, *found, size)


def kind_of(operation):
    """Return the kind of an operation.

    Parameters
    ----------
    operation : record

    Returns
    -------
    kind : Kind
    """
    return kind_named(KINDS[operation.kind])


def multiplications(operations):
    """Return how many multiplications every operation takes for a sample.

    Parameters
    ----------
    operations : array of records

    Returns
    -------
    numbers : array of float
    """
    each = [_multiplications_of_an_output(operation) for operation in operations]
    return np.array(each, dtype=float) * operations.n_outputs


def _multiplications_of_an_output(operation):
    kind = kind_of(operation)
    if kind.by_look_up:
        return 1
    return operation.n_inputs if kind.by_input else operation.fan_in


def scratch_of_layers(operations):
    """Return how many numbers of scratch memory a member needs for a block of rows.

    Parameters
    ----------
    operations : array of records

    Returns
    -------
    size : int
    """
    sizes = [(kind_of(operation).scratch, operation) for operation in operations]
    return int(max(size(each) if callable(size) else size for size, each in sizes))


def read_windows(operations):
    """Return whether units of any operation read windows.

    Parameters
    ----------
    operations : array of records

    Returns
    -------
    found : bool
    """
    return any(kind_of(operation).reads_windows for operation in operations)
