"""The largest of the pixels of a window, channel by channel; the first of several."""

from skdeep.engines.cpu.compiling.jit import device
from skdeep.engines.cpu.compiling.views import row_of, section
from skdeep.engines.cpu.rows.activation import activate_block, chain_rule_of_block
from skdeep.engines.cpu.rows.features import layer_input
from skdeep.engines.cpu.rows.matrices import (
    begin_deltas,
    copy,
    is_reached,
    layer_deltas,
    layer_output,
    layer_scratch,
)
from skdeep.engines.cpu.rows.pools import (
    CHANNELS,
    COLUMNS_OUT,
    HIGH,
    ROWS_OUT,
    WIDE,
    row_step,
    setting,
    step_across,
    step_down,
)
from skdeep.engines.cpu.rows.pools import scratch as scratch


@device
def _larger(out, values):
    """Replace numbers by larger ones, and by those that are no numbers."""
    for i in range(out.size):
        best, value = out[i], values[i]
        # Not smaller or equal: larger, or no number. What is no number stays.
        out[i] = best if value <= best or best != best else value


@device
def _pool_row(task, layer, data, start, out):
    """Write the largest values of a row of windows.

    Parameters
    ----------
    task : Task
    layer : record
    data : array
        With the inputs from `start` on.
    start : int
    out : array
    """
    channels = setting(task, layer, CHANNELS)
    across = step_across(task, layer)
    for x in range(setting(task, layer, COLUMNS_OUT)):
        best = section(out, x * channels, channels)
        copy(best, section(data, start + x * across, channels))
        for j in range(1, setting(task, layer, WIDE)):
            _larger(best, section(data, start + x * across + j * channels, channels))


@device
def _pool(task, block, index):
    """Write the largest values of the windows of the rows of a block."""
    layer = row_of(task.operations, index)
    inputs, outputs = layer_input(task, block, layer), layer_output(task, block, layer)
    width, row = (
        setting(task, layer, COLUMNS_OUT) * setting(task, layer, CHANNELS),
        row_step(task, layer),
    )
    place = layer_scratch(task, block.member)
    largest = section(task.memory, place, row)
    for r in range(block.rows):
        start, out = inputs.offset + r * inputs.row, outputs.offset + r * outputs.row
        for _ in range(setting(task, layer, ROWS_OUT)):
            copy(largest, section(inputs.data, start, row))
            for i in range(1, setting(task, layer, HIGH)):
                _larger(largest, section(inputs.data, start + i * row, row))
            _pool_row(task, layer, task.memory, place, section(outputs.data, out, width))
            start, out = start + step_down(task, layer), out + width


@device
def _place_of_largest(task, layer, inputs, start):
    """Return the place of the largest value of a window and channel, or of the first NaN."""
    channels, row = setting(task, layer, CHANNELS), row_step(task, layer)
    best, place = inputs.data[start], start
    for i in range(setting(task, layer, HIGH)):
        for j in range(setting(task, layer, WIDE)):
            here = start + i * row + j * channels
            value = inputs.data[here]
            kept = value <= best or best != best
            best, place = best if kept else value, place if kept else here
    return place


@device
def _to_source(task, block, index):
    """Carry gradients from the outputs of a layer to the values that were the largest."""
    layer = row_of(task.operations, index)
    reached = row_of(task.operations, layer.first_source - 1)
    inputs, deltas = layer_input(task, block, layer), layer_deltas(task, block, layer)
    found = layer_deltas(task, block, reached)
    begin_deltas(task, block, index, layer.first_source)
    channels, windows = setting(task, layer, CHANNELS), setting(task, layer, COLUMNS_OUT)
    for r in range(block.rows):
        read, carried = inputs.offset + r * inputs.row, found.offset + r * found.row
        for y in range(setting(task, layer, ROWS_OUT)):
            for x in range(windows):
                start = read + y * step_down(task, layer) + x * step_across(task, layer)
                delta = deltas.offset + r * deltas.row + (y * windows + x) * channels
                for c in range(channels):
                    place = _place_of_largest(task, layer, inputs, start + c) - read
                    found.data[carried + place] += deltas.data[delta + c]


def forward(task, index, _a, _b, block):
    """Compute the outputs of a layer for the rows of a block, and what the way back needs."""
    _pool(task, block, index)
    activate_block(task, block, index)


def predict(task, index, _a, _b, block):
    """Compute the outputs of a layer for the rows of a block."""
    _pool(task, block, index)


def backward(task, index, hidden, _b, block):
    """Carry the gradients of a block from the outputs of a layer to those that it reads."""
    layer = row_of(task.operations, index)
    if hidden == 1:
        chain_rule_of_block(task, block, layer)
    if is_reached(task, layer.first_source):
        _to_source(task, block, index)


def gradient(task, index, _place, _fresh, _block):
    """Do nothing: there are no parameters."""


def tile_gradient(task, index, _piece, _place, _block):
    """Do nothing: there are no parameters."""
