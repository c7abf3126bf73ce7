"""Means of the pixels of a window, channel by channel."""

from skdeep.engines.cpu.compiling.jit import device
from skdeep.engines.cpu.compiling.tasks import as_float
from skdeep.engines.cpu.compiling.views import row_of, section
from skdeep.engines.cpu.rows.activation import activate_block, chain_rule_of_block
from skdeep.engines.cpu.rows.features import layer_input
from skdeep.engines.cpu.rows.matrices import (
    begin_deltas,
    copy,
    fill,
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
def _add(out, values):
    for i in range(out.size):
        out[i] += values[i]


@device
def _share(task, layer):
    """Return one over the pixels of a window."""
    return as_float(task, 1.0 / (setting(task, layer, HIGH) * setting(task, layer, WIDE)))


@device
def _pool(task, block, index):
    """Write the means of the windows of the rows of a block."""
    layer = row_of(task.operations, index)
    inputs, outputs = layer_input(task, block, layer), layer_output(task, block, layer)
    channels, row = setting(task, layer, CHANNELS), row_step(task, layer)
    across, share = step_across(task, layer), _share(task, layer)
    sums = section(task.memory, layer_scratch(task, block.member), row)
    for r in range(block.rows):
        start, out = inputs.offset + r * inputs.row, outputs.offset + r * outputs.row
        for _ in range(setting(task, layer, ROWS_OUT)):
            copy(sums, section(inputs.data, start, row))
            for i in range(1, setting(task, layer, HIGH)):
                _add(sums, section(inputs.data, start + i * row, row))
            for x in range(setting(task, layer, COLUMNS_OUT)):
                mean = section(outputs.data, out, channels)
                copy(mean, section(sums, x * across, channels))
                for j in range(1, setting(task, layer, WIDE)):
                    _add(mean, section(sums, x * across + j * channels, channels))
                for c in range(channels):
                    mean[c] *= share
                out += channels
            start += step_down(task, layer)


@device
def _to_source(task, block, index):
    """Carry gradients from the outputs of a layer to the windows."""
    layer = row_of(task.operations, index)
    reached = row_of(task.operations, layer.first_source - 1)
    deltas, found = layer_deltas(task, block, layer), layer_deltas(task, block, reached)
    begin_deltas(task, block, index, layer.first_source)
    channels, row = setting(task, layer, CHANNELS), row_step(task, layer)
    across, share = step_across(task, layer), _share(task, layer)
    sums = section(task.memory, layer_scratch(task, block.member), row)
    for r in range(block.rows):
        start, delta = found.offset + r * found.row, deltas.offset + r * deltas.row
        for _ in range(setting(task, layer, ROWS_OUT)):
            fill(sums, 0)
            for x in range(setting(task, layer, COLUMNS_OUT)):
                for j in range(setting(task, layer, WIDE)):
                    place = x * across + j * channels
                    for c in range(channels):
                        sums[place + c] += deltas.data[delta + c] * share
                delta += channels
            for i in range(setting(task, layer, HIGH)):
                _add(section(found.data, start + i * row, row), sums)
            start += step_down(task, layer)


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
