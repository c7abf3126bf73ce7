"""Where the weights, inputs, outputs and gradients of a layer are: matrices in a task's memory."""

from skdeep.engines.cpu.compiling.jit import device, inlined, merged
from skdeep.engines.cpu.compiling.views import row_of, section
from skdeep.engines.cpu.products.product import Matrix


@device
def copy(out, source):
    """Copy one vector over another."""
    for i in range(out.size):
        out[i] = source[i]


@device
def fill(out, value):
    """Set every element of a vector."""
    for i in range(out.size):
        out[i] = value


@device
def add_scaled(out, factor, row):
    """Add a multiple of one vector to another."""
    for j in range(out.size):
        out[j] += factor * row[j]


@device
def add_rows(total, matrix, rows):
    """Add the rows of a matrix to a vector."""
    for r in range(rows):
        start = matrix.offset + r * matrix.row
        row = section(matrix.data, start, total.size)
        for j in range(total.size):
            total[j] += row[j]


@device
def copy_columns(out, matrix, rows, columns):
    """Copy the first columns of some rows of a matrix together, row by row."""
    for r in range(rows):
        start = matrix.offset + r * matrix.row
        copy(section(out, r * columns, columns), section(matrix.data, start, columns))


@device
def layer_weights(task, layer):
    """Return the weights of a layer, as products use them."""
    return Matrix(task.parameters, layer.used, layer.stride, 1, layer.gap)


@device
def layer_deltas(task, block, layer):
    """Return the gradients with respect to the weighted inputs of a layer, of a block of rows."""
    stride = layer.output_stride
    return Matrix(task.memory, block.slot + layer.delta + block.row * stride, stride, 1, 0)


@device
def layer_output(task, block, layer):
    """Return the outputs of a layer for the rows of a block."""
    stride = layer.output_stride
    return Matrix(task.memory, block.slot + layer.output + block.row * stride, stride, 1, 0)


@device
def layer_kept(task, block, layer):
    """Return what a layer keeps of the rows of a block beside their outputs."""
    stride = layer.kept_stride
    return Matrix(task.memory, block.slot + layer.kept + block.row * stride, stride, 1, 0)


@device
def delta_panels(task, block, layer):
    """Return the copy, in panels, of the gradients that `layer_deltas` returns."""
    width = layer.stride
    place = block.slot + layer.panels + block.row * width
    return Matrix(task.memory, place, width, 1, layer.panels_gap)


@inlined
def layer_slopes(task, block, layer):
    """Return the derivatives of a layer's activation for the rows of a block."""
    stride = layer.output_stride
    start = block.slot + layer.slope + block.row * stride
    return section(task.memory, start, block.rows * stride)


@merged
def source_outputs(task, block, source):
    """Return the outputs that a source other than the features has for the rows of a block."""
    return layer_output(task, block, row_of(task.operations, source - 1))


@inlined
def contents(matrix, rows):
    """Return the contiguous memory of the rows of a matrix."""
    return section(matrix.data, matrix.offset, rows * matrix.row)


@merged
def is_reached(task, source):
    """Return whether gradients are propagated back to a source."""
    return source > 0 and row_of(task.operations, source - 1).reached == 1


@merged
def begin_deltas(task, block, index, source):
    """Set the gradients with respect to a source to 0, if a layer is the first to carry some."""
    if is_reached(task, source):
        reached = row_of(task.operations, source - 1)
        if index == reached.last_reader:
            fill(contents(layer_deltas(task, block, reached), block.rows), 0)


@merged
def source_width(task, source):
    """Return the inputs that a source gives."""
    if source == 0:
        return row_of(task.operations, 0).n_inputs
    return row_of(task.operations, source - 1).n_outputs


@merged
def rows_from(matrix, first):
    """Return a matrix without its first rows."""
    offset = matrix.offset + first * matrix.row
    return Matrix(matrix.data, offset, matrix.row, matrix.column, matrix.gap)


@device
def layer_scratch(task, member):
    """Return the place of the scratch memory that layers of some kinds use for a block of rows."""
    return task.plan.scratch + member * task.plan.scratch_step + task.plan.scratch_layers


@device
def inputs_across(task, member, rows):
    """Return the place of the copy of some inputs of a wide layer, with a row for every input."""
    place = task.plan.scratch + member * task.plan.scratch_step + task.plan.scratch_inputs
    return Matrix(task.memory, place, 1, rows, 0)
