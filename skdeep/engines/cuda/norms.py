"""Norms of the weights into a unit: max-norm, and weight normalisation.

Max-norm scales the weights back where their norm has become too large (Srebro & Shraibman, COLT
2005). With weight normalisation the weights are ``w = g v / ||v||`` (Salimans & Kingma, NeurIPS
2016); the rule changes directions ``v``, in the place of the weights, and gains ``g``; products
read ``w``, a copy. With the gradient ``dw``,

    dg = dw . v / ||v||,    dv = g / ||v|| (dw - dg v / ||v||).

Every lane has units of its own.
"""

import math

from skdeep.engines.cuda.shim import device
from skdeep.engines.cuda.structures import (
    CONSTANTS,
    FROZEN,
    GAINS,
    GRADIENT,
    MAX_NORM,
    N_LAYERS,
    USED,
)
from skdeep.engines.table import FAN_IN, FAN_OUT, WEIGHTS


@device
def _square(task, layer, j):
    """Return the squared norm of the weights, or the direction, into a unit."""
    begin, width = layer[WEIGHTS] + j, layer[FAN_OUT]
    square = task.memory[begin] * task.memory[begin]
    for i in range(1, layer[FAN_IN]):
        w = task.memory[begin + i * width]
        square += w * w
    return square


@device
def limit_norms(task, who):
    """Scale the weights into units back to the largest norm."""
    most = task.memory[task.plan[CONSTANTS] + MAX_NORM]
    for index in range(task.plan[FROZEN], task.plan[N_LAYERS]):
        layer = task.layers[index]
        for j in range(who.lane, layer[FAN_OUT], who.lanes):
            norm = math.sqrt(_square(task, layer, j))
            if norm > most:
                for i in range(layer[FAN_IN]):
                    task.memory[layer[WEIGHTS] + i * layer[FAN_OUT] + j] *= most / norm


@device
def _inverse(square):
    """Return one over a root, 0 for 0."""
    one = square / square if square > 0 else square
    return one / math.sqrt(square) if square > 0 else square


@device
def carry_to_directions(task, who):
    """Turn the gradient of the weights into that of directions and gains."""
    memory, store, gradient = task.memory, task.store, task.plan[GRADIENT]
    for index in range(task.plan[FROZEN], task.plan[N_LAYERS]):
        layer = task.layers[index]
        width = layer[FAN_OUT]
        for j in range(who.lane, width, who.lanes):
            square, begin = _square(task, layer, j), layer[WEIGHTS] + j
            dot = square - square
            for i in range(layer[FAN_IN]):
                dot += store[gradient + begin + i * width] * memory[begin + i * width]
            inverse = _inverse(square)
            store[gradient + layer[GAINS] + j] = dot * inverse
            factor = memory[layer[GAINS] + j] * inverse
            for i in range(layer[FAN_IN]):
                place = begin + i * width
                along = dot * inverse * inverse * memory[place]
                store[gradient + place] = factor * (store[gradient + place] - along)


@device
def write_weights(task, who):
    """Write the weights from their directions and gains."""
    memory = task.memory
    for index in range(task.plan[FROZEN], task.plan[N_LAYERS]):
        layer = task.layers[index]
        for j in range(who.lane, layer[FAN_OUT], who.lanes):
            factor = memory[layer[GAINS] + j] * _inverse(_square(task, layer, j))
            for i in range(layer[FAN_IN]):
                place = i * layer[FAN_OUT] + j
                memory[layer[USED] + place] = factor * memory[layer[WEIGHTS] + place]
