"""Norms of the weights into a unit: max-norm, and weight normalisation.

Max-norm scales the weights back where their norm has become too large (Srebro & Shraibman, COLT
2005). With weight normalisation the weights are ``w = g v / ||v||`` (Salimans & Kingma, NeurIPS
2016); the rule changes directions ``v``, in the place of the weights, and gains ``g``; products
read ``w``, a copy. With the gradient ``dw``,

    dg = dw . v / ||v||,    dv = g / ||v|| (dw - dg v / ||v||).

Every lane has units of its own.
"""

import math
from typing import NamedTuple

import numpy as np

from skdeep.engines.cuda.hardware.shim import device
from skdeep.engines.cuda.memory.structures import (
    MAX_NORM,
)


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
            norm, place = math.sqrt(_square(memory, column)), column.begin
            if norm > most:
                for _ in range(column.count):
                    memory[place] *= most / norm
                    place += column.step


@device
def _inverse(square):
    """Return one over a root, 0 for 0."""
    one = square / square if square > 0 else square
    return one / math.sqrt(square) if square > 0 else square


@device
def _unit_to_direction(task, column, gradient, gain):
    """Turn the gradient of a unit's weights into that of its direction; return that of its gain."""
    memory, store = task.memory, task.store
    square, place = _square(memory, column), column.begin
    dot, inverse = square - square, _inverse(square)
    for _ in range(column.count):
        dot += store[gradient + place] * memory[place]
        place += column.step
    factor, place = gain * inverse, column.begin
    for _ in range(column.count):
        along = dot * inverse * inverse * memory[place]
        store[gradient + place] = factor * (store[gradient + place] - along)
        place += column.step
    return dot * inverse


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
            factor = memory[layer.gains + j] * _inverse(_square(memory, column))
            place = column.begin
            for _ in range(column.count):
                memory[used] = factor * memory[place]
                place += column.step
                used += column.step
