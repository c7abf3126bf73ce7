"""Dense features: where they are, and the routines that gather the rows of a block."""

from skdeep.engines.cpu.compiling.jit import device
from skdeep.engines.cpu.compiling.views import as_doubles, row_of, section
from skdeep.engines.cpu.products.product import Matrix
from skdeep.engines.cpu.rows.dropout import disturb_features
from skdeep.engines.cpu.rows.matrices import copy, source_outputs


@device
def source_row(task, position):
    """Return the row of the data at a place in the order of training."""
    return task.order[position] if task.plan.gathers == 1 else position


@device
def dense_input(task, block):
    """Return the dense features of a block: gathered, or where they are if rows come in order."""
    layer = row_of(task.operations, 0)
    if task.plan.gathers == 1:
        stride = layer.input_stride
        return Matrix(task.memory, block.slot + layer.input + block.row * stride, stride, 1, 0)
    width = layer.n_inputs
    return Matrix(task.values, block.position * width, width, 1, 0)


@device
def source_input(task, block, source):
    """Return what a source gives for the rows of a block, where features are dense."""
    return dense_input(task, block) if source == 0 else source_outputs(task, block, source)


@device
def layer_input(task, block, layer):
    """Return what the only source of a layer gives for the rows of a block."""
    return source_input(task, block, layer.first_source)


@device
def _gather(task, block):
    """Copy the dense rows of a block together."""
    width = row_of(task.operations, 0).n_inputs
    inputs = dense_input(task, block)
    for r in range(block.rows):
        start = source_row(task, block.position + r) * width
        place = inputs.offset + r * inputs.row
        copy(section(inputs.data, place, width), section(task.values, start, width))


@device
def _gather_doubles(task, block):
    """Copy the dense rows of a block, which are of float64, together in another precision."""
    width = row_of(task.operations, 0).n_inputs
    inputs, values = dense_input(task, block), as_doubles(task.values)
    for r in range(block.rows):
        start = source_row(task, block.position + r) * width
        place = inputs.offset + r * inputs.row
        copy(section(inputs.data, place, width), section(values, start, width))


def gather(task, _index, _a, _b, block):
    """Copy the dense rows of a block together."""
    _gather(task, block)


def gather_and_disturb(task, _index, _a, _b, block):
    """Copy the dense rows of a block together; add noise to the features, and drop some."""
    _gather(task, block)
    disturb_features(task, block, dense_input(task, block))


def gather_doubles(task, _index, _a, _b, block):
    """Copy the dense rows of a block, which are of float64, together in another precision."""
    _gather_doubles(task, block)


def gather_doubles_and_disturb(task, _index, _a, _b, block):
    """Do so; add noise to the features, and drop some."""
    _gather_doubles(task, block)
    disturb_features(task, block, dense_input(task, block))
