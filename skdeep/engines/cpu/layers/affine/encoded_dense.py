"""Dense layers of an encoded table that is never made dense: ``h = f(e(x) W + b)``.

The numbers of a row are multiplied by their weights, and the weights of levels are looked up. A
position in bins stands for ones up to its bin and a fraction in it, so it adds the first rows of
its weights and a part of the next. For a block of rows these partial sums are formed once; what a
position adds then lies between two of them:

    sum_(t < bin) W_t + f W_bin = (1 - f) S_bin + f S_(bin + 1),   S_t = W_0 + ... + W_(t - 1).

The means that are subtracted from the encoding are the same for all rows. The gradient of the
weights of a bin is the sum of the gradients of all later partial sums, which each row has two of.
A code or a position that is out of range, which the estimators refuse, gives outputs that are NaN.
"""

import math

import numpy as np

from skdeep.engines.cpu.compiling.jit import device, merged
from skdeep.engines.cpu.compiling.routines import NOTHING, call
from skdeep.engines.cpu.compiling.tasks import as_float
from skdeep.engines.cpu.compiling.views import row_of, section
from skdeep.engines.cpu.memory.fields import OF_BIASES
from skdeep.engines.cpu.products.product import Matrix, product
from skdeep.engines.cpu.products.row_sums import (
    add_later_sums,
    add_row,
    add_rows_together,
    add_to_two_rows,
    add_two_rows,
    partial_sums,
)
from skdeep.engines.cpu.rows.activation import activate_block, activate_rows, chain_rule_of_block
from skdeep.engines.cpu.rows.features import layer_input
from skdeep.engines.cpu.rows.matrices import (
    add_rows,
    contents,
    copy,
    fill,
    layer_deltas,
    layer_output,
    layer_scratch,
    layer_weights,
)
from skdeep.engines.cpu.threads.member_phases import (
    ACTIVATING,
    FORWARD_PRODUCT,
    GRADIENT_PRODUCT,
    mark,
)

#: Every input costs about one multiplication for each output, however many weights it has.
BY_INPUT = True
#: Columns of the weights that are worked on together, so that what belongs to them of the rows of a
#: block and of a position stays in the first-level cache.
STRIP = 64
#: Scratch memory: rows of so many numbers, a sum over all rows or bins, then the partial sums of
#: the bins of a position.
SCRATCH = 258 * STRIP

#: Settings: how many numbers, categories and positions there are, and the first row of the weights
#: that is of a bin; then of every category and of every position its first row of the weights, and
#: how many levels or bins it has; then the means of all bins, as integers (`row_sums.UNIT`).
N_NUMBERS, N_CATEGORIES, N_POSITIONS, FIRST_BIN, FIRST = range(5)
FIRST_ROW, SIZE = range(2)
STEP = 2
#: In place of a row of the weights: a code that stands for no level, and one that is out of range.
NO_LEVEL, NO_CODE = -1, -2


def multiplications(operation, _settings):
    """Return the multiplications of a row on the way forward: about one for each input."""
    return int(operation.n_inputs) * int(operation.n_outputs)


def scratch(_operation, _settings):
    """Return the numbers of scratch memory that a block needs."""
    return SCRATCH


@device
def _setting(task, layer, which):
    return task.settings[layer.settings + which]


@device
def _of_cell(task, layer, cell, which):
    """Return the first row or the size of a category, or of a position behind all of these."""
    return _setting(task, layer, FIRST + cell * STEP + which)


@device
def _place_of_mean(task, layer, row):
    """Return the place of the mean that is subtracted from the encoding of a bin, by its row."""
    n_cells = _setting(task, layer, N_CATEGORIES) + _setting(task, layer, N_POSITIONS)
    # Those of all bins, the last rows of the weights, are the last settings.
    return layer.settings + FIRST + n_cells * STEP + row - _setting(task, layer, FIRST_BIN)


@merged
def _level(code, first, n_levels, last, one):
    """Return the row of the weights that a code stands for, and its factor."""
    # As a number first: what is none has no defined integer.
    if not (code >= 0 and code <= last):
        return NO_CODE, one
    level = int(code)
    if level == 0:
        return NO_LEVEL, one
    if n_levels == 2:
        return first, one if level == 1 else -one
    return first + level - 1, one


@merged
def _bin(position, last):
    """Return the bin of a position, -1 if it is out of range; `last` is the number of bins."""
    return int(position) if position >= 0 and position <= last else -1


@device
def _add_numbers(task, block, layer):
    """Set the outputs of a block to ``x W + b`` for the numbers x."""
    out, width = layer_output(task, block, layer), layer.fan_out
    n_numbers = _setting(task, layer, N_NUMBERS)
    if n_numbers == 0:
        biases = section(task.parameters, layer.biases, width)
        for r in range(block.rows):
            copy(section(out.data, out.offset + r * out.row, width), biases)
        return
    start, shape = (
        Matrix(task.parameters, layer.biases, 0, 1, 0),
        (
            block.rows,
            layer.fan_out,
            n_numbers,
        ),
    )
    inputs = layer_input(task, block, layer)
    product(task, out, inputs, layer_weights(task, layer), start, shape)


@device
def _add_levels(task, block, layer):
    """Add the weights of the levels of a block to its outputs."""
    inputs, outputs = layer_input(task, block, layer), layer_output(task, block, layer)
    width, one, n_numbers = layer.fan_out, as_float(task, 1), _setting(task, layer, N_NUMBERS)
    for c in range(_setting(task, layer, N_CATEGORIES)):
        first, n_levels = _of_cell(task, layer, c, FIRST_ROW), _of_cell(task, layer, c, SIZE)
        cell, last = inputs.offset + n_numbers + c, as_float(task, n_levels)
        for r in range(block.rows):
            row, factor = _level(inputs.data[cell + r * inputs.row], first, n_levels, last, one)
            out = section(outputs.data, outputs.offset + r * outputs.row, width)
            if row >= 0:
                place = layer.used + row * layer.stride
                add_row(out, factor, section(task.parameters, place, width))
            elif row == NO_CODE:
                fill(out, as_float(task, math.nan))


@device
def _add_positions(task, block, layer, begin, width):
    """Add what the positions of a block stand for to some columns of its outputs."""
    inputs, outputs = layer_input(task, block, layer), layer_output(task, block, layer)
    step, sums = layer.stride, layer_scratch(task, block.member)
    one, n_categories = as_float(task, 1), _setting(task, layer, N_CATEGORIES)
    shift, start = section(task.memory, sums, width), outputs.offset + begin
    fill(shift, 0)
    for p in range(_setting(task, layer, N_POSITIONS)):
        first = _of_cell(task, layer, n_categories + p, FIRST_ROW)
        n_bins = _of_cell(task, layer, n_categories + p, SIZE)
        rows = section(task.parameters, layer.used + begin + first * step, n_bins * step)
        of_bins = section(task.memory, sums + STRIP, (n_bins + 1) * STRIP)
        means = section(task.settings, _place_of_mean(task, layer, first), n_bins)
        partial_sums(shift, of_bins, STRIP, rows, step, means, n_bins)
        cell = inputs.offset + _setting(task, layer, N_NUMBERS) + n_categories + p
        last = as_float(task, n_bins)
        for r in range(block.rows):
            position = inputs.data[cell + r * inputs.row]
            found = _bin(position, last)
            out = section(outputs.data, start + r * outputs.row, width)
            if found >= 0:
                share = position - np.floor(position)
                low = section(of_bins, found * STRIP, width)
                high = section(of_bins, min(found + 1, n_bins) * STRIP, width)
                add_two_rows(out, one - share, low, share, high)
            else:
                fill(out, as_float(task, math.nan))
    for r in range(block.rows):
        add_row(section(outputs.data, start + r * outputs.row, width), one, shift)


@merged
def _affine_of_block(task, block, index):
    """Compute the weighted inputs of a layer for the rows of a block."""
    layer = row_of(task.operations, index)
    mark(task.plan, block.member, FORWARD_PRODUCT)
    _add_numbers(task, block, layer)
    _add_levels(task, block, layer)
    if _setting(task, layer, N_POSITIONS) > 0:
        for begin in range(0, layer.fan_out, STRIP):
            _add_positions(task, block, layer, begin, min(STRIP, layer.fan_out - begin))
    mark(task.plan, block.member, ACTIVATING)


@device
def _add_gradient_of_numbers(task, block, layer, place, first, n_rows):
    """Add the gradient of the weights of some numbers, of which `first` is at `place`."""
    inputs = layer_input(task, block, layer)
    across = Matrix(inputs.data, inputs.offset + first, 1, inputs.row, 0)
    out, shape = Matrix(task.memory, place, layer.stride, 1, 0), (n_rows, layer.fan_out, block.rows)
    product(task, out, across, layer_deltas(task, block, layer), out, shape)


@device
def _add_gradient_of_levels(task, block, layer, place, rows, columns, c):
    """Add the gradient of some columns of the weights of a category, where they are among rows."""
    inputs, deltas = layer_input(task, block, layer), layer_deltas(task, block, layer)
    (first, end), (begin, width), one = rows, columns, as_float(task, 1)
    own, n_levels = _of_cell(task, layer, c, FIRST_ROW), _of_cell(task, layer, c, SIZE)
    cell, last = inputs.offset + _setting(task, layer, N_NUMBERS) + c, as_float(task, n_levels)
    for r in range(block.rows):
        row, factor = _level(inputs.data[cell + r * inputs.row], own, n_levels, last, one)
        if row >= first and row < end:
            out = section(task.memory, place + begin + (row - first) * layer.stride, width)
            delta = section(deltas.data, deltas.offset + begin + r * deltas.row, width)
            add_row(out, factor, delta)


@device
def _add_gradient_of_bins(task, block, layer, place, rows, columns, p):
    """Add the gradient of some columns of the weights of a position, where they are among rows.

    The gradients of the partial sums come first, in the scratch memory, where there are zeros
    before and after.
    """
    inputs, deltas = layer_input(task, block, layer), layer_deltas(task, block, layer)
    (begin, width), step, one = columns, layer.stride, as_float(task, 1)
    cell = _setting(task, layer, N_CATEGORIES) + p
    own, size = _of_cell(task, layer, cell, FIRST_ROW), _of_cell(task, layer, cell, SIZE)
    first, end = max(rows[0] - own, 0), min(rows[1] - own, size)
    sums, start = layer_scratch(task, block.member), deltas.offset + begin
    of_bins = section(task.memory, sums + STRIP, (end - first + 1) * STRIP)
    at, last = inputs.offset + _setting(task, layer, N_NUMBERS) + cell, as_float(task, size)
    for r in range(block.rows):
        position = inputs.data[at + r * inputs.row]
        found = _bin(position, last)
        delta = section(deltas.data, start + r * deltas.row, width)
        if found >= end:
            add_row(section(of_bins, (end - first) * STRIP, width), one, delta)
        elif found >= first:
            share, low = position - np.floor(position), (found - first) * STRIP
            high = section(of_bins, low + STRIP, width)
            add_to_two_rows(section(of_bins, low, width), one - share, high, share, delta)
    out = section(task.memory, place + begin + (own + first - rows[0]) * step, (end - first) * step)
    means = section(task.settings, _place_of_mean(task, layer, own + first), end - first)
    of_all = section(task.memory, sums, width)
    add_later_sums(of_all, out, step, of_bins, STRIP, means, end - first)


@device
def _overlaps(task, layer, cell, rows):
    """Return whether any of the weights of a category or position are among some rows."""
    first, size = _of_cell(task, layer, cell, FIRST_ROW), _of_cell(task, layer, cell, SIZE)
    if cell < _setting(task, layer, N_CATEGORIES) and size == 2:
        size = 1
    return first < rows[1] and first + size > rows[0]


@device
def _clear_scratch(task, block, layer, rows):
    """Write zeros to where the gradients of partial sums are formed; return whether there are."""
    n_categories, most = _setting(task, layer, N_CATEGORIES), 0
    for p in range(_setting(task, layer, N_POSITIONS)):
        if _overlaps(task, layer, n_categories + p, rows):
            most = max(most, _of_cell(task, layer, n_categories + p, SIZE) + 2)
    fill(section(task.memory, layer_scratch(task, block.member), most * STRIP), 0)
    return most > 0


@device
def _add_gradient_of_cells(task, block, layer, place, rows, columns, of_bins):
    """Add the gradient of some columns of the weights of categories and positions."""
    deltas, (begin, width) = layer_deltas(task, block, layer), columns
    n_categories = _setting(task, layer, N_CATEGORIES)
    for c in range(n_categories):
        if _overlaps(task, layer, c, rows):
            _add_gradient_of_levels(task, block, layer, place, rows, columns, c)
    if of_bins:
        total = section(task.memory, layer_scratch(task, block.member), width)
        fill(total, 0)
        of_rows = section(deltas.data, deltas.offset + begin, block.rows * deltas.row)
        add_rows_together(total, of_rows, block.rows, deltas.row)
        for p in range(_setting(task, layer, N_POSITIONS)):
            if _overlaps(task, layer, n_categories + p, rows):
                _add_gradient_of_bins(task, block, layer, place, rows, columns, p)


@device
def _add_gradient(task, block, layer, place, rows):
    """Add the gradient over a block of some rows of the weights, of which the first is at `place`.

    Parameters
    ----------
    task : Task
    block : Block
    layer : record
    place : int
    rows : tuple of int
        The first of them, and the one behind the last.
    """
    n_numbers = min(rows[1], _setting(task, layer, N_NUMBERS)) - rows[0]
    if n_numbers > 0:
        _add_gradient_of_numbers(task, block, layer, place, rows[0], n_numbers)
    of_bins = _clear_scratch(task, block, layer, rows)
    for begin in range(0, layer.fan_out, STRIP):
        columns = begin, min(STRIP, layer.fan_out - begin)
        _add_gradient_of_cells(task, block, layer, place, rows, columns, of_bins)


def forward(task, index, _a, _b, block):
    """Compute the outputs of a layer for the rows of a block, and what the way back needs."""
    _affine_of_block(task, block, index)
    activate_block(task, block, index)


def predict(task, index, _a, _b, block):
    """Compute the outputs of a layer for the rows of a block, normalised by running statistics."""
    _affine_of_block(task, block, index)
    layer = row_of(task.operations, index)
    if task.plan.normalise_by_running != NOTHING and layer.scales >= 0:
        call(task.plan.normalise_by_running, task, index, 0, 0, block)
    found = layer_output(task, block, layer)
    activate_rows(task, layer, contents(found, block.rows), found.row)


def affine(task, index, _a, _b, block):
    """Compute the weighted inputs of a layer for the rows of a block."""
    _affine_of_block(task, block, index)


def backward(task, index, hidden, _b, block):
    """Carry the gradients of a block back to the weighted inputs; the table gets none."""
    if hidden == 1:
        chain_rule_of_block(task, block, row_of(task.operations, index))


def to_sources(_task, _index, _a, _b, _block):
    """Do nothing: the table gets no gradients."""


def gradient(task, index, place, fresh, block):
    """Add the gradient of a layer over a block to the one at a place, or replace it."""
    layer = row_of(task.operations, index)
    start = place + layer.weights
    bias = section(task.memory, place + layer.biases, layer.fan_out)
    if fresh == 1:
        fill(section(task.memory, start, layer.fan_in * layer.stride), 0)
        fill(bias, 0)
    _add_gradient(task, block, layer, start, (0, layer.fan_in))
    add_rows(bias, layer_deltas(task, block, layer), block.rows)


def tile_gradient(task, index, _piece, place, block):
    """Form the gradient of a tile over a whole batch, at a place in the memory."""
    tile = row_of(task.tiles, index)
    layer = row_of(task.operations, tile.operation)
    if tile.kind == OF_BIASES:
        out = section(task.memory, place, layer.fan_out)
        fill(out, 0)
        add_rows(out, layer_deltas(task, block, layer), block.rows)
        return
    mark(task.plan, block.member, GRADIENT_PRODUCT)
    fill(section(task.memory, place, tile.rows * layer.stride), 0)
    _add_gradient(task, block, layer, place, (tile.first, tile.first + tile.rows))
