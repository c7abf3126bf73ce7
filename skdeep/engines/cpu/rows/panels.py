"""Wide layers, whose weights and gradients are kept in panels of some columns."""

from skdeep.engines.cpu.compiling.jit import merged
from skdeep.engines.cpu.compiling.views import row_of, section
from skdeep.engines.cpu.rows.matrices import copy, delta_panels, layer_deltas


@merged
def piece_columns(layer, piece):
    """Return the units whose weights are in a piece of a tile."""
    if layer.gap == 0:
        return layer.fan_out
    return min(layer.stride, layer.fan_out - piece * layer.stride)


def copy_into_panels(task, _index, _a, _b, block):
    """Copy the gradients of wide layers into panels, for the products that form the gradient."""
    for index in range(task.plan.n_operations):
        layer = row_of(task.operations, index)
        if layer.gap == 0 or layer.trains_weights == 0:
            continue
        deltas, panels = layer_deltas(task, block, layer), delta_panels(task, block, layer)
        for first in range(0, layer.fan_out, panels.row):
            width = min(panels.row, layer.fan_out - first)
            place = panels.offset + first // panels.row * (panels.row + panels.gap)
            for r in range(block.rows):
                source = deltas.offset + r * deltas.row + first
                copy(
                    section(task.memory, place + r * panels.row, width),
                    section(task.memory, source, width),
                )
