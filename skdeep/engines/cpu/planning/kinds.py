"""The kinds of layers that this engine has, and the modules with their routines."""

from types import ModuleType
from typing import NamedTuple

import numpy as np

from skdeep.engines.cpu.layers import (
    add,
    columns,
    concatenate,
    conv1d,
    dense,
    embedding,
    max_pool1d,
)
from skdeep.engines.table import KINDS


class Kind(NamedTuple):
    """A kind of layer.

    Attributes
    ----------
    routines : module
        With the routines `forward`, `backward`, `gradient` and `tile_gradient`; where outputs can
        be normalised over the batch also `affine` and `to_sources`.
    by_look_up : bool
        Whether its weights are looked up instead of multiplied by.
    """

    routines: ModuleType
    by_look_up: bool = False


#: Every kind by its name. What lacks here cannot be trained on a processor.
BY_NAME = {
    "dense": Kind(dense),
    "embedding": Kind(embedding, by_look_up=True),
    "conv1d": Kind(conv1d),
    "max_pool1d": Kind(max_pool1d),
    "concatenate": Kind(concatenate),
    "add": Kind(add),
    "columns": Kind(columns),
}


def kind_of(operation):
    """Return the kind of an operation.

    Parameters
    ----------
    operation : record

    Returns
    -------
    kind : Kind
    """
    return BY_NAME[KINDS[operation.kind]]


def multiplications(operations):
    """Return how many multiplications every operation takes for a sample.

    Parameters
    ----------
    operations : array of records

    Returns
    -------
    numbers : array of float
    """
    each = [1 if kind_of(operation).by_look_up else operation.fan_in for operation in operations]
    return np.array(each, dtype=float) * operations.n_outputs
