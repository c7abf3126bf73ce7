"""Dense layers in predictions: units are normalised by running statistics, no slopes are kept."""

from skdeep.engines.cpu.compiling.routines import NOTHING, call
from skdeep.engines.cpu.compiling.views import row_of
from skdeep.engines.cpu.layers.activation import activate_rows
from skdeep.engines.cpu.layers.dense import affine_of_block
from skdeep.engines.cpu.layers.matrices import contents, layer_output


def forward(task, index, _a, _b, block):
    """Compute the outputs of a layer for the rows of a block."""
    affine_of_block(task, block, index)
    layer = row_of(task.operations, index)
    if task.plan.normalise_by_running != NOTHING and layer.scales >= 0:
        call(task.plan.normalise_by_running, task, index, 0, 0, block)
    found = layer_output(task, block, layer)
    activate_rows(task, layer, contents(found, block.rows), found.row)
