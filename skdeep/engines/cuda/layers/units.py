"""The units of a layer: what they have in common, and how each of them is ended.

What is in the tables of a model is read once by every thread, and not once for every element: to
the compiler, anything that is written may change it.
"""

from typing import NamedTuple

import numpy as np

from skdeep.engines.cuda.hardware.shim import device
from skdeep.engines.cuda.layers.dropout import keep, mask_of, of_units
from skdeep.engines.randomness import UNITS


class Units(NamedTuple):
    """What the units of a layer have in common.

    Attributes
    ----------
    activation : int
        Code of the activation.
    width, stride : uint32
        How many there are, and the step from row to row.
    output, delta, slope : uint64
        Places of the first.
    keeps_slope : bool
        Whether slopes are kept.
    mask : Mask
        Which of them are dropped.
    """

    activation: int
    width: int
    stride: int
    output: int
    delta: int
    slope: int
    keeps_slope: bool
    mask: object


@device
def units_of(code, task, batch, index):
    """Return what the units of a layer have in common."""
    layer = task.layers[index]
    return Units(
        layer.activation,
        np.uint32(layer.fan_out),
        np.uint32(layer.stride),
        np.uint64(layer.output),
        np.uint64(max(layer.delta, 0)),
        np.uint64(max(layer.slope, 0)),
        layer.slope >= 0,
        mask_of(code, task, of_units(index), index, UNITS, batch.update),
    )


@device
def waits(layer):
    """Return whether a layer's activation needs more than the unit itself."""
    return layer.scales >= 0 or layer.normalised == 1


@device
def finish_unit(code, task, units, row, column, a):
    """Activate a unit: of a row of the batch, and a column of the layer."""
    element = row * units.stride + column
    h = code.activate(units.activation, a)
    if units.keeps_slope:
        slope = code.slope(units.activation, a, h)
        if units.mask.drops:
            counter = row * units.width + column
            h, slope = keep(code, units.mask, counter, h), keep(code, units.mask, counter, slope)
        task.store[units.slope + element] = slope
    task.memory[units.output + element] = h


@device
def slope_at(code, task, units, element):
    """Return the derivative of the activation of a unit."""
    if units.keeps_slope:
        return task.store[units.slope + element]
    return code.derivative(units.activation, task.memory[units.output + element])
