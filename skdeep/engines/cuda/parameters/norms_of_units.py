"""Norms of the weights into a unit: max-norm, and weight normalisation.

The formulas are those of `skdeep.formulas.norms`. With weight normalisation the rule changes
directions, in the place of the weights, and gains; products read the weights, which are a copy.
Every lane has units of its own.
"""

from typing import NamedTuple

import numpy as np

from skdeep.engines.cuda.hardware.shim import device
from skdeep.engines.cuda.kernels.formulas import compiled
from skdeep.engines.cuda.memory.structures import (
    MAX_NORM,
)
from skdeep.formulas import norms

ONE = norms.ONE
along_direction = compiled(norms.along_direction, np.float64)
direction_derivative = compiled(norms.direction_derivative, np.float64)
gain_derivative = compiled(norms.gain_derivative, np.float64)
inverse_norm = compiled(norms.inverse_norm, np.float64)
limiting_factor = compiled(norms.limiting_factor, np.float64)
weight_per_direction = compiled(norms.weight_per_direction, np.float64)


class Column(NamedTuple):
    """Weights into a unit: place of the first, step to the next, and how many there are."""

    begin: int
    step: int
    count: int


@device
def _column(layer, j):
    """Return the weights, or the direction, into a unit."""
    return Column(np.uint64(layer.weights + j), np.uint64(layer.fan_out), layer.fan_in)


@device
def _square(memory, column):
    """Return the squared norm of some weights."""
    place, w = column.begin, memory[column.begin]
    square = w * w
    for _ in range(1, column.count):
        place += column.step
        w = memory[place]
        square += w * w
    return square


@device
def limit_norms(task, who):
    """Scale the weights into units back to the largest norm."""
    memory, most = task.memory, task.memory[task.plan.constants + MAX_NORM]
    for index in range(task.plan.frozen, task.plan.n_layers):
        layer = task.layers[index]
        for j in range(who.lane, layer.fan_out, who.lanes):
            column = _column(layer, j)
            factor, place = limiting_factor(_square(memory, column), most), column.begin
            if factor != ONE:
                for _ in range(column.count):
                    memory[place] *= factor
                    place += column.step


@device
def _unit_to_direction(task, column, gradient, gain):
    """Turn the gradient of a unit's weights into that of its direction; return that of its gain."""
    memory, store = task.memory, task.store
    square, place = _square(memory, column), column.begin
    dot, inverse = square - square, inverse_norm(square)
    for _ in range(column.count):
        dot += store[gradient + place] * memory[place]
        place += column.step
    slope, along, place = gain * inverse, along_direction(dot, inverse), column.begin
    for _ in range(column.count):
        d, v = store[gradient + place], memory[place]
        store[gradient + place] = direction_derivative(d, v, slope, along)
        place += column.step
    return gain_derivative(dot, inverse)


@device
def gradient_of_directions(task, who):
    """Turn the gradient of the weights into that of directions and gains."""
    gradient = np.uint64(task.plan.gradient)
    for index in range(task.plan.frozen, task.plan.n_layers):
        layer = task.layers[index]
        for j in range(who.lane, layer.fan_out, who.lanes):
            place = np.uint64(layer.gains + j)
            slope = _unit_to_direction(task, _column(layer, j), gradient, task.memory[place])
            task.store[gradient + place] = slope


@device
def write_weights(task, who):
    """Write the weights from their directions and gains."""
    memory = task.memory
    for index in range(task.plan.frozen, task.plan.n_layers):
        layer = task.layers[index]
        for j in range(who.lane, layer.fan_out, who.lanes):
            column, used = _column(layer, j), np.uint64(layer.used + j)
            factor = weight_per_direction(memory[layer.gains + j], _square(memory, column))
            place = column.begin
            for _ in range(column.count):
                memory[used] = factor * memory[place]
                place += column.step
                used += column.step
