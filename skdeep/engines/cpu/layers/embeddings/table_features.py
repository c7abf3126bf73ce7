"""Cosines of numbers, and positions of numbers in bins, beside the columns that they are made of.

The position of a number between the edges ``e_k`` and ``e_(k + 1)`` is ``k`` and the part of the
way from one to the other. Frequencies, phases and edges are among the settings, as integers that
have the bits of float64.
"""

import math

import numpy as np

from skdeep.engines.cpu.compiling.jit import device
from skdeep.engines.cpu.compiling.tasks import as_float
from skdeep.engines.cpu.compiling.views import row_of, section
from skdeep.engines.cpu.rows.activation import activate_block
from skdeep.engines.cpu.rows.features import layer_input
from skdeep.engines.cpu.rows.matrices import copy, layer_output

#: Settings: columns in front of the cosines; columns that have cosines, and how many each; columns
#: that have positions. Then the frequencies, the phases, and for every column with positions its
#: place, the number of its bins, and their edges.
PLACE, COLUMNS, COSINES, BINNED, FIRST = range(5)


def multiplications(operation, settings):
    """Return about how much work a row is on the way forward, as a number of multiplications."""
    return 20 * int(settings[COLUMNS] * settings[COSINES] + settings[BINNED])


@device
def _number(task, place):
    """Return the float64 whose bits are a setting."""
    return np.int64(task.settings[place]).view(np.float64)


@device
def _write_cosines(task, settings, row, out):
    """Write the cosines of a row of features."""
    n_columns, n_cosines = task.settings[settings + COLUMNS], task.settings[settings + COSINES]
    first, n = settings + FIRST, n_columns * n_cosines
    turn = as_float(task, 2 * math.pi)
    for k in range(n_columns):
        z = row[k]
        for j in range(k * n_cosines, (k + 1) * n_cosines):
            w, c = as_float(task, _number(task, first + j)), _number(task, first + n + j)
            out[j] = math.cos(turn * (z * w) + as_float(task, c))


@device
def _position(task, z, edges, n_bins):
    """Return the position of a number in bins, whose edges begin at a setting."""
    if not z > _number(task, edges):  # NaN as well
        return 0.0
    if z >= _number(task, edges + n_bins):
        return float(n_bins)
    found, length = 0, n_bins
    while length > 1:
        half = length // 2
        if _number(task, edges + found + half) <= z:
            found += half
        length -= half
    low, high = _number(task, edges + found), _number(task, edges + found + 1)
    return found + (z - low) / (high - low)


@device
def _write_positions(task, settings, row, out):
    """Write the positions of the numbers of a row of features."""
    n = task.settings[settings + COLUMNS] * task.settings[settings + COSINES]
    place = settings + FIRST + 2 * n
    for k in range(task.settings[settings + BINNED]):
        column, n_bins = task.settings[place], task.settings[place + 1]
        out[k] = _position(task, float(row[column]), place + 2, n_bins)
        place += n_bins + 3


@device
def _write(task, block, index):
    """Compute the outputs of a layer for the rows of a block."""
    layer = row_of(task.operations, index)
    inputs, outputs = layer_input(task, block, layer), layer_output(task, block, layer)
    settings, n_inputs = layer.settings, layer.n_inputs
    place = task.settings[settings + PLACE]
    n = task.settings[settings + COLUMNS] * task.settings[settings + COSINES]
    n_binned = task.settings[settings + BINNED]
    for r in range(block.rows):
        row = section(inputs.data, inputs.offset + r * inputs.row, n_inputs)
        out = section(outputs.data, outputs.offset + r * outputs.row, layer.n_outputs)
        copy(section(out, 0, place), section(row, 0, place))
        _write_cosines(task, settings, row, section(out, place, n))
        copy(section(out, place + n, n_inputs - place), section(row, place, n_inputs - place))
        _write_positions(task, settings, row, section(out, n_inputs + n, n_binned))


def forward(task, index, _a, _b, block):
    """Compute the outputs of a layer for the rows of a block, and what the way back needs."""
    _write(task, block, index)
    activate_block(task, block, index)


def predict(task, index, _a, _b, block):
    """Compute the outputs of a layer for the rows of a block."""
    _write(task, block, index)


def backward(_task, _index, _hidden, _b, _block):
    """Do nothing: features get no gradients."""


def gradient(_task, _index, _place, _fresh, _block):
    """Do nothing: there are no parameters."""


def tile_gradient(_task, _index, _piece, _place, _block):
    """Do nothing: there are no parameters."""
