"""Cosines of numbers, and positions of numbers in bins, beside the columns that they are made of.

The position of a number between the edges ``e_k`` and ``e_(k + 1)`` is ``k`` and the part of the
way from one to the other. Frequencies, phases and edges are among the settings, as integers that
have the bits of float64.
"""

import math

import numpy as np

from skdeep.engines.cpu.compiling.jit import device, merged
from skdeep.engines.cpu.compiling.tasks import as_float
from skdeep.engines.cpu.compiling.views import row_of, section
from skdeep.engines.cpu.rows.features import layer_input
from skdeep.engines.cpu.rows.matrices import copy, layer_output

#: Settings: columns in front of the cosines; columns that have cosines, and how many each; columns
#: that have positions. Then the frequencies, the phases, and for every column with positions its
#: place, the number of its bins, and their edges.
PLACE, COLUMNS, COSINES, BINNED, FIRST = range(5)
#: Coefficients of the series of the sine, of x^3, x^5 and so on.
S3, S5, S7, S9, S11, S13, S15, S17 = ((-1.0) ** k / math.factorial(2 * k + 1) for k in range(1, 9))


def multiplications(operation, settings):
    """Return about how much work a row is on the way forward, as a number of multiplications."""
    return 20 * int(settings[COLUMNS] * settings[COSINES] + settings[BINNED])


@merged
def _cosine_of_turns(task, t):
    """Return ``cos(2 pi t)``: ``1 - 2 sin(x)^2`` with x from -pi / 2 to pi / 2, by its series."""
    x = as_float(task, math.pi) * (t - np.floor(t + as_float(task, 0.5)))
    square, one = x * x, as_float(task, 1)
    p = as_float(task, S17)
    p = p * square + as_float(task, S15)
    p = p * square + as_float(task, S13)
    p = p * square + as_float(task, S11)
    p = p * square + as_float(task, S9)
    p = p * square + as_float(task, S7)
    p = p * square + as_float(task, S5)
    p = p * square + as_float(task, S3)
    sine = x * (p * square + one)
    return one - (sine + sine) * sine


@merged
def _number(task, place):
    """Return the float64 whose bits are a setting."""
    return np.int64(task.settings[place]).view(np.float64)


@device
def _write_cosines(task, layer, row, out):
    """Write the cosines of a row of features: first its numbers, then what becomes of them."""
    settings = layer.settings
    n_columns, n_cosines = task.settings[settings + COLUMNS], task.settings[settings + COSINES]
    for k in range(n_columns):
        for j in range(n_cosines):
            out[k * n_cosines + j] = row[k]
    n = n_columns * n_cosines
    frequencies = section(task.settings, settings + FIRST, n)
    phases = section(task.settings, settings + FIRST + n, n)
    turn = as_float(task, 1 / (2 * math.pi))
    for j in range(n):
        w = as_float(task, np.int64(frequencies[j]).view(np.float64))
        c = as_float(task, np.int64(phases[j]).view(np.float64))
        out[j] = out[j] * w + c * turn
    for j in range(n):
        out[j] = _cosine_of_turns(task, out[j])


@merged
def _bin_of(task, z, edges, n_bins):
    """Return the last bin that begins at or below a number, the first one if there is none."""
    found, length = 0, n_bins
    while length > 1:
        half = length // 2
        # A product, as it is not known before which way it goes.
        found += half * int(_number(task, edges + found + half) <= z)
        length -= half
    return found


@device
def _write_positions(task, block, layer):
    """Write the positions of the numbers of a block."""
    inputs, outputs = layer_input(task, block, layer), layer_output(task, block, layer)
    settings = layer.settings
    n = task.settings[settings + COLUMNS] * task.settings[settings + COSINES]
    place, out = settings + FIRST + 2 * n, outputs.offset + layer.n_inputs + n
    for k in range(task.settings[settings + BINNED]):
        cell, n_bins = inputs.offset + task.settings[place], task.settings[place + 1]
        edges, last = place + 2, float(n_bins)
        for r in range(block.rows):
            z = float(inputs.data[cell + r * inputs.row])
            found = _bin_of(task, z, edges, n_bins)
            low, high = _number(task, edges + found), _number(task, edges + found + 1)
            position = found + (z - low) / (high - low)
            outputs.data[out + k + r * outputs.row] = min(max(position, 0.0), last)
        place += n_bins + 3


@device
def _write(task, block, index):
    """Compute the outputs of a layer for the rows of a block."""
    layer = row_of(task.operations, index)
    inputs, outputs = layer_input(task, block, layer), layer_output(task, block, layer)
    settings, n_inputs = layer.settings, layer.n_inputs
    place = task.settings[settings + PLACE]
    n = task.settings[settings + COLUMNS] * task.settings[settings + COSINES]
    for r in range(block.rows):
        row = section(inputs.data, inputs.offset + r * inputs.row, n_inputs)
        out = section(outputs.data, outputs.offset + r * outputs.row, layer.n_outputs)
        copy(section(out, 0, place), section(row, 0, place))
        _write_cosines(task, layer, row, section(out, place, n))
        copy(section(out, place + n, n_inputs - place), section(row, place, n_inputs - place))
    _write_positions(task, block, layer)


def forward(task, index, _a, _b, block):
    """Compute the outputs of a layer for the rows of a block; there is no way back."""
    _write(task, block, index)


def predict(task, index, _a, _b, block):
    """Compute the outputs of a layer for the rows of a block."""
    _write(task, block, index)


def backward(_task, _index, _hidden, _b, _block):
    """Do nothing: features get no gradients."""


def gradient(_task, _index, _place, _fresh, _block):
    """Do nothing: there are no parameters."""


def tile_gradient(_task, _index, _piece, _place, _block):
    """Do nothing: there are no parameters."""
