"""Outputs of several operations side by side, along the last axis of their samples."""

from skdeep.engines.cpu.compiling.jit import device
from skdeep.engines.cpu.compiling.tasks import as_float
from skdeep.engines.cpu.compiling.views import row_of, section
from skdeep.engines.cpu.rows.activation import activate_block, chain_rule_of_block
from skdeep.engines.cpu.rows.features import source_input
from skdeep.engines.cpu.rows.matrices import (
    add_scaled,
    begin_deltas,
    copy,
    is_reached,
    layer_deltas,
    layer_output,
)

#: Settings: how many sources there are, and how many steps the samples have; then the number of
#: every source, and what it has for a step.
N_SOURCES, N_STEPS, FIRST = range(3)
SOURCE, WIDTH = range(2)
STEP = 2


@device
def _join(task, block, index):
    """Copy what every source gives for the rows of a block."""
    layer = row_of(task.operations, index)
    outputs, settings = layer_output(task, block, layer), layer.settings
    n_steps = task.settings[settings + N_STEPS]
    step, begin = layer.n_outputs // n_steps, 0
    for k in range(task.settings[settings + N_SOURCES]):
        place = settings + FIRST + k * STEP
        width = task.settings[place + WIDTH]
        inputs = source_input(task, block, task.settings[place + SOURCE])
        for r in range(block.rows):
            for t in range(n_steps):
                start = outputs.offset + r * outputs.row + t * step + begin
                read = inputs.offset + r * inputs.row + t * width
                copy(section(outputs.data, start, width), section(inputs.data, read, width))
        begin += width


@device
def _to_sources(task, block, index):
    """Carry gradients to every source that is trained, or reads something that is."""
    layer = row_of(task.operations, index)
    deltas, settings = layer_deltas(task, block, layer), layer.settings
    n_sources, n_steps = task.settings[settings + N_SOURCES], task.settings[settings + N_STEPS]
    step, begin = layer.n_outputs // n_steps, 0
    for k in range(n_sources):
        begin_deltas(task, block, index, task.settings[settings + FIRST + k * STEP + SOURCE])
    for k in range(n_sources):
        place = settings + FIRST + k * STEP
        source, width = task.settings[place + SOURCE], task.settings[place + WIDTH]
        if is_reached(task, source):
            found = layer_deltas(task, block, row_of(task.operations, source - 1))
            for r in range(block.rows):
                for t in range(n_steps):
                    start = found.offset + r * found.row + t * width
                    read = deltas.offset + r * deltas.row + t * step + begin
                    delta = section(deltas.data, read, width)
                    add_scaled(section(found.data, start, width), as_float(task, 1), delta)
        begin += width


def forward(task, index, _a, _b, block):
    """Compute the outputs of a layer for the rows of a block, and what the way back needs."""
    _join(task, block, index)
    activate_block(task, block, index)


def predict(task, index, _a, _b, block):
    """Compute the outputs of a layer for the rows of a block."""
    _join(task, block, index)


def backward(task, index, hidden, _b, block):
    """Carry the gradients of a block from the outputs of a layer to those that it reads."""
    if hidden == 1:
        chain_rule_of_block(task, block, row_of(task.operations, index))
    _to_sources(task, block, index)


def gradient(task, index, _place, _fresh, _block):
    """Do nothing: there are no parameters."""


def tile_gradient(task, index, _piece, _place, _block):
    """Do nothing: there are no parameters."""
