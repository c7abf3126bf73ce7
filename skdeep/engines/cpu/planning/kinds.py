"""The kinds of layers that this engine has: the modules of `skdeep.engines.cpu.layers`."""

import functools
import importlib
from collections.abc import Callable
from types import ModuleType
from typing import NamedTuple

from skdeep.engines.cpu import layers
from skdeep.engines.cpu.memory.places import row_stride
from skdeep.engines.kind_modules import modules_of_kinds
from skdeep.engines.table import KINDS

#: What a record can hold of them.
MOST_MULTIPLICATIONS = 2**62


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
        Whether it multiplies by `window_product`.
    transposes : bool
        Whether it forms products with its transposed weights although nothing before it is reached.
    mixes_rows : bool
        Whether rows read other rows: those of a batch are then all there are.
    multiplications : callable
        ``multiplications(operation, settings)`` returns how many a row takes on the way forward:
        by default, one for each output and row of the weights.
    scratch : callable
        ``scratch(operation, settings)`` returns the numbers of scratch memory that it needs for a
        block.
    kept : callable
        ``kept(operation, settings, training)`` returns the numbers that it keeps of every row
        beside its outputs: in training, from the way forward until the gradient is formed.
    statistics : callable
        ``statistics(operation, settings)`` returns the numbers that every part of a batch keeps
        until its gradients go back; where there are any, all members of the team meet in between.
    """

    routines: ModuleType
    by_look_up: bool
    by_source: bool
    in_panels: bool
    by_input: bool
    reads_windows: bool
    transposes: bool
    mixes_rows: bool
    multiplications: Callable
    scratch: Callable
    kept: Callable
    statistics: Callable


def _nothing(*_):
    return 0


def _of_products(operation, _settings):
    return int(operation.fan_in) * int(operation.n_outputs)


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
    routines = importlib.import_module(modules_of_kinds(layers)[name])
    flags = (
        "BY_LOOK_UP",
        "BY_SOURCE",
        "IN_PANELS",
        "BY_INPUT",
        "READS_WINDOWS",
        "TRANSPOSES",
        "MIXES_ROWS",
    )
    found = (getattr(routines, flag, False) for flag in flags)
    multiplications = getattr(routines, "multiplications", _of_products)
    needs = (getattr(routines, name, _nothing) for name in ("scratch", "kept", "statistics"))
    return Kind(routines, *found, multiplications, *needs)


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


def read_windows(operations):
    """Return whether any operation multiplies by `window_product`.

    Parameters
    ----------
    operations : array of records

    Returns
    -------
    found : bool
    """
    return any(kind_of(operation).reads_windows for operation in operations)


def scratch_of_layers(operations, settings):
    """Return how many numbers of scratch memory a member needs for a block of rows.

    Parameters
    ----------
    operations : array of records
    settings : array of int64
        Of the network.

    Returns
    -------
    size : int
    """
    return max(kind_of(each).scratch(each, _own(each, settings)) for each in operations)


def set_needs(operations, settings, itemsize, training):
    """Set what operations need for a row: multiplications, and numbers kept beside the outputs.

    Parameters
    ----------
    operations : array of records
        Written to.
    settings : array of int64
        Of the network.
    itemsize : int
        Bytes of a number.
    training : bool
        Whether rows go back, too.
    """
    for each in operations:
        kind, own = kind_of(each), _own(each, settings)
        kept = kind.kept(each, own, training)
        each.multiplications = min(kind.multiplications(each, own), MOST_MULTIPLICATIONS)
        each.kept_stride = row_stride(kept, itemsize) if kept else 0
        each.n_statistics, each.mixes = kind.statistics(each, own), kind.mixes_rows


def _own(operation, settings):
    return settings[operation.settings :]
