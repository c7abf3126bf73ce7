"""Periodic embeddings of numbers: cosines of frequencies that are trained, and sums of them.

Rows of the weights have a column for every input ``z``: the frequencies ``w_k``, the phases
``c_k``, the weights ``V_kj``, row ``k m + j``, and the biases ``v_j``. The outputs are the inputs,
then ``v_j + sum_k V_kj cos(2 pi w_k z + c_k)`` of all inputs for ``j = 0``, for ``j = 1``, and so
on, so that all loops run over the inputs.
"""

import math

from skdeep.engines.cpu.compiling.jit import device
from skdeep.engines.cpu.compiling.tasks import as_float
from skdeep.engines.cpu.compiling.views import row_of, section
from skdeep.engines.cpu.rows.activation import activate_block, chain_rule_of_block
from skdeep.engines.cpu.rows.features import layer_input
from skdeep.engines.cpu.rows.matrices import (
    add_scaled,
    begin_deltas,
    copy,
    fill,
    is_reached,
    layer_deltas,
    layer_kept,
    layer_output,
)
from skdeep.engines.cpu.threads.member_phases import GRADIENT_PRODUCT, mark
from skdeep.formulas.elementary import cos_of_turns, sin_of_turns

#: Settings: frequencies, and numbers that an input becomes beside itself.
FREQUENCIES, WIDTH = range(2)
TWO_PI = 2 * math.pi


def multiplications(operation, settings):
    """Return about how much work a row is on the way forward, as a number of multiplications."""
    return int(operation.fan_out) * int(settings[FREQUENCIES]) * (20 + int(settings[WIDTH]))


def kept(operation, settings, training):
    """Return the numbers that are kept of a row.

    Cosines and sines of every frequency, in predictions of one at a time; and room for a sum.
    """
    frequencies = int(settings[FREQUENCIES]) if training else 1
    return int(operation.fan_out) * (2 * frequencies + 1)


@device
def _setting(task, layer, which):
    return task.settings[layer.settings + which]


@device
def _row_of_weights(layer, row):
    """Return the place of a row of the weights, in the parameters."""
    return layer.used + row * layer.stride


@device
def _form_cosines(task, layer, z, k, kept, first):
    """Write cosines and sines of a frequency, at `first` of what is kept of a row."""
    n = layer.fan_out
    frequencies = _setting(task, layer, FREQUENCIES)
    w = section(task.parameters, _row_of_weights(layer, k), n)
    c = section(task.parameters, _row_of_weights(layer, frequencies + k), n)
    cosines, sines = section(kept, first, n), section(kept, first + n, n)
    of_turn = as_float(task, 1 / TWO_PI)
    for i in range(n):
        turns = w[i] * z[i] + c[i] * of_turn
        cosines[i] = cos_of_turns(turns)
        sines[i] = sin_of_turns(turns)


@device
def _embed(task, block, index, training):
    """Compute the outputs of the rows of a block."""
    layer = row_of(task.operations, index)
    n, width = layer.fan_out, _setting(task, layer, WIDTH)
    frequencies = _setting(task, layer, FREQUENCIES)
    inputs, outputs = layer_input(task, block, layer), layer_output(task, block, layer)
    of_block = layer_kept(task, block, layer)
    for r in range(block.rows):
        z = section(inputs.data, inputs.offset + r * inputs.row, n)
        out = section(outputs.data, outputs.offset + r * outputs.row, n * (1 + width))
        kept = section(of_block.data, of_block.offset + r * of_block.row, layer.kept_stride)
        copy(section(out, 0, n), z)
        for j in range(width):
            place = _row_of_weights(layer, (2 + width) * frequencies + j)
            copy(section(out, (1 + j) * n, n), section(task.parameters, place, n))
        for k in range(frequencies):
            first = 2 * n * k if training else 0
            _form_cosines(task, layer, z, k, kept, first)
            cosines = section(kept, first, n)
            for j in range(width):
                place = _row_of_weights(layer, 2 * frequencies + k * width + j)
                v, sums = section(task.parameters, place, n), section(out, (1 + j) * n, n)
                for i in range(n):
                    sums[i] += v[i] * cosines[i]


@device
def _form_angle_gradients(task, layer, delta, kept):
    """Replace the sines that are kept of a row by the gradients with respect to the angles."""
    n, width = layer.fan_out, _setting(task, layer, WIDTH)
    frequencies = _setting(task, layer, FREQUENCIES)
    for k in range(frequencies):
        sines = section(kept, 2 * n * k + n, n)
        total = section(kept, 2 * n * frequencies, n)
        fill(total, 0)
        for j in range(width):
            place = _row_of_weights(layer, 2 * frequencies + k * width + j)
            v, d = section(task.parameters, place, n), section(delta, (1 + j) * n, n)
            for i in range(n):
                total[i] += d[i] * v[i]
        for i in range(n):
            sines[i] = -sines[i] * total[i]


@device
def _to_source(task, block, layer, r, delta, kept):
    """Carry the gradients of a row to what the layer reads."""
    n = layer.fan_out
    found = layer_deltas(task, block, row_of(task.operations, layer.first_source - 1))
    out = section(found.data, found.offset + r * found.row, n)
    add_scaled(out, as_float(task, 1), section(delta, 0, n))
    two_pi = as_float(task, TWO_PI)
    for k in range(_setting(task, layer, FREQUENCIES)):
        w = section(task.parameters, _row_of_weights(layer, k), n)
        angles = section(kept, 2 * n * k + n, n)
        for i in range(n):
            out[i] += two_pi * w[i] * angles[i]


@device
def _add_row(task, block, layer, out, row):
    """Add the gradient of a block to that of a row of the weights."""
    n, width = layer.fan_out, _setting(task, layer, WIDTH)
    frequencies = _setting(task, layer, FREQUENCIES)
    inputs, deltas = layer_input(task, block, layer), layer_deltas(task, block, layer)
    of_block, two_pi = layer_kept(task, block, layer), as_float(task, TWO_PI)
    k = row if row < frequencies else row - frequencies
    of_weight = row - 2 * frequencies
    for r in range(block.rows):
        kept = of_block.offset + r * of_block.row
        delta = deltas.offset + r * deltas.row + n
        if row < 2 * frequencies:
            angles = section(of_block.data, kept + 2 * n * k + n, n)
            if row < frequencies:
                z = section(inputs.data, inputs.offset + r * inputs.row, n)
                for i in range(n):
                    out[i] += two_pi * z[i] * angles[i]
            else:
                add_scaled(out, as_float(task, 1), angles)
        elif of_weight < frequencies * width:
            cosines = section(of_block.data, kept + 2 * n * (of_weight // width), n)
            d = section(deltas.data, delta + n * (of_weight % width), n)
            for i in range(n):
                out[i] += d[i] * cosines[i]
        else:
            d = section(deltas.data, delta + n * (of_weight - frequencies * width), n)
            add_scaled(out, as_float(task, 1), d)


@device
def _add_gradient(task, block, layer, place, first, n_rows):
    """Add the gradient of a block to that of rows of the weights, which begins at a place."""
    mark(task.plan, block.member, GRADIENT_PRODUCT)
    for row in range(n_rows):
        out = section(task.memory, place + row * layer.stride, layer.fan_out)
        _add_row(task, block, layer, out, first + row)


def forward(task, index, _a, _b, block):
    """Compute the outputs of a layer for the rows of a block, and what the way back needs."""
    _embed(task, block, index, True)
    activate_block(task, block, index)


def predict(task, index, _a, _b, block):
    """Compute the outputs of a layer for the rows of a block."""
    _embed(task, block, index, False)


def backward(task, index, hidden, _b, block):
    """Carry the gradients of a block from the outputs of a layer to those that it reads."""
    layer = row_of(task.operations, index)
    if hidden == 1:
        chain_rule_of_block(task, block, layer)
    begin_deltas(task, block, index, layer.first_source)
    deltas, of_block = layer_deltas(task, block, layer), layer_kept(task, block, layer)
    for r in range(block.rows):
        delta = section(deltas.data, deltas.offset + r * deltas.row, layer.n_outputs)
        kept = section(of_block.data, of_block.offset + r * of_block.row, layer.kept_stride)
        _form_angle_gradients(task, layer, delta, kept)
        if is_reached(task, layer.first_source):
            _to_source(task, block, layer, r, delta, kept)


def gradient(task, index, place, fresh, block):
    """Add the gradient of a layer over a block to the one at a place, or replace it."""
    layer = row_of(task.operations, index)
    weights = place + layer.weights
    if fresh == 1:
        fill(section(task.memory, weights, layer.fan_in * layer.stride), 0)
    _add_gradient(task, block, layer, weights, 0, layer.fan_in)


def tile_gradient(task, index, _piece, place, block):
    """Form the gradient of a tile over a whole batch, at a place in the memory."""
    tile = row_of(task.tiles, index)
    layer = row_of(task.operations, tile.operation)
    fill(section(task.memory, place, tile.rows * layer.stride), 0)
    _add_gradient(task, block, layer, place, tile.first, tile.rows)
