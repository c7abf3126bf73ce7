"""Max-norm: the weights into a unit are scaled back where their norm has become too large.

The formula is in `skdeep.formulas.norms`.
"""

from skdeep.engines.cpu.compiling.jit import device
from skdeep.engines.cpu.compiling.tasks import as_float
from skdeep.engines.cpu.compiling.views import row_of, section
from skdeep.engines.cpu.rows.matrices import fill
from skdeep.formulas.norms import limiting_factor

#: Units whose weights a member scales at a time.
UNITS = 16


@device
def _scale_units(task, layer, first, count, member):
    """Scale the weights into some units back to the largest norm."""
    start = task.plan.scratch + member * task.plan.scratch_step
    factor = section(task.memory, start, count)
    panel = first // layer.stride * layer.gap if layer.gap > 0 else 0
    begin, stride = layer.weights + first + panel, layer.stride
    fill(factor, 0)
    for i in range(layer.fan_in):
        row = section(task.memory, begin + i * stride, count)
        for j in range(count):
            factor[j] += row[j] * row[j]
    most = as_float(task, task.scalars.max_norm)
    for j in range(count):
        factor[j] = limiting_factor(factor[j], most)
    for i in range(layer.fan_in):
        row = section(task.memory, begin + i * stride, count)
        for j in range(count):
            row[j] *= factor[j]


@device
def units_at_a_time(layer, first):
    """Return how many units from `first` on are scaled together: at most those of one panel."""
    width = layer.stride if layer.gap > 0 else layer.fan_out
    end = min((first // width + 1) * width, layer.fan_out)
    return min(UNITS, end - first)


def limit_norms(task, _index, members, _b, block):
    """Do a member's share of limiting the norms of the weights into every unit."""
    turn = 0
    for index in range(task.plan.n_operations):
        layer = row_of(task.operations, index)
        first = 0 if layer.trains_weights == 1 else layer.fan_out
        while first < layer.fan_out:
            count = units_at_a_time(layer, first)
            if turn % members == block.member:
                _scale_units(task, layer, first, count, block.member)
            first += count
            turn += 1
