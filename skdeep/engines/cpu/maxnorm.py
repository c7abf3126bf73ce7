"""Max-norm: the weights into a unit are scaled back where their norm has become too large.

Srebro & Shraibman, "Rank, trace-norm and max-norm", COLT 2005; Srivastava et al., "Dropout", JMLR
15, 2014.
"""

import math

import numpy as np

from skdeep.engines.cpu.features import fill
from skdeep.engines.cpu.jit import device
from skdeep.engines.cpu.layers import GAP, STRIDE
from skdeep.engines.cpu.sections import section, table_row
from skdeep.engines.cpu.structures import FROZEN, MAX_NORM, SCRATCH, SCRATCH_STEP
from skdeep.engines.table import FAN_IN, FAN_OUT, WEIGHTS

#: Units whose weights a member scales at a time.
UNITS = 16
ONE = np.float32(1)


@device
def _scale_units(task, layer, first, count, member):
    """Scale the weights into some units back to the largest norm."""
    start = task.plan[SCRATCH] + member * task.plan[SCRATCH_STEP]
    factor = section(task.memory, start, count)
    panel = first // layer[STRIDE] * layer[GAP] if layer[GAP] > 0 else 0
    begin, stride = layer[WEIGHTS] + first + panel, layer[STRIDE]
    fill(factor, 0)
    for i in range(layer[FAN_IN]):
        row = section(task.memory, begin + i * stride, count)
        for j in range(count):
            factor[j] += row[j] * row[j]
    most = task.memory.dtype.type(task.numbers[MAX_NORM])
    for j in range(count):
        norm = math.sqrt(factor[j])
        factor[j] = most / norm if norm > most else ONE
    for i in range(layer[FAN_IN]):
        row = section(task.memory, begin + i * stride, count)
        for j in range(count):
            row[j] *= factor[j]


@device
def units_at_a_time(layer, first):
    """Return how many units from `first` on are scaled together: at most those of one panel."""
    width = layer[STRIDE] if layer[GAP] > 0 else layer[FAN_OUT]
    end = min((first // width + 1) * width, layer[FAN_OUT])
    return min(UNITS, end - first)


@device
def limit_norms(task, member, members):
    """Do a member's share of limiting the norms of the weights into every unit."""
    turn = 0
    for index in range(task.plan[FROZEN], len(task.layers)):
        layer = table_row(task.layers, index)
        first = 0
        while first < layer[FAN_OUT]:
            count = units_at_a_time(layer, first)
            if turn % members == member:
                _scale_units(task, layer, first, count, member)
            first += count
            turn += 1
