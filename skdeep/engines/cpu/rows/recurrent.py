"""What recurrent layers have in common: where the steps of a block are, and their products.

A layer keeps of every row and step what its gates and cells are, and behind that the inputs and the
state before, side by side as the rows of the weights are. So all weights of a step are one product,
and the gradient of the weights is one product over all rows and steps. Rows of a block go through
all steps in groups, whose states and gradients with respect to these are in the scratch memory.

Where a block is one row, a product reads all weights for that row alone, and takes as long as they
take to come from memory. Products with the inputs, which need no state, are then formed for several
steps at once: the same chains of multiply-adds, of which the part of the states is the second half.

Steps are counted in the order in which they are read; `time_of` says which one of the inputs that
is. Predictions keep two steps, which take turns.
"""

from typing import NamedTuple

from skdeep.engines.cpu.compiling.jit import device, merged, widen
from skdeep.engines.cpu.compiling.views import row_of, section
from skdeep.engines.cpu.products.product import Matrix, product, product_by_dots
from skdeep.engines.cpu.products.row_sums import add_rows_together
from skdeep.engines.cpu.rows.features import layer_input, source_input
from skdeep.engines.cpu.rows.matrices import (
    begin_deltas,
    copy,
    fill,
    layer_deltas,
    layer_kept,
    layer_output,
    layer_scratch,
)
from skdeep.formulas.elementary import logistic, tanh

#: Settings: steps and channels of the inputs, units; whether the outputs of all steps are given,
#: and whether steps are read from the last to the first; steps of a segment within which gradients
#: are carried back; source and place of the mask, -1 without any; then what a kind adds.
STEPS, CHANNELS, UNITS, SEQUENCES, REVERSED, SEGMENT, MASK_SOURCE, MASK_PLACE, OWN = range(9)
#: Most rows that go through the steps together.
ROWS_TOGETHER = 72
#: Numbers of a step are so many times an odd number: rows then seldom need padding.
ROUNDED = 16
#: Steps of a single row whose products with the inputs are formed at once.
STEPS_AHEAD = 12
#: Rows and steps that a product for the gradient takes together, if rows are next to each other.
DEPTH = 128


def step_size(channels, units, parts):
    """Return how many numbers are kept of a row and step: `parts` for each unit, and the inputs."""
    return (((parts + 1) * units + channels + ROUNDED - 1) // ROUNDED // 2 * 2 + 1) * ROUNDED


def numbers_kept(settings, training, parts):
    """Return how many numbers are kept of a row.

    Parameters
    ----------
    settings : array of int64
        Of an operation.
    training : bool
    parts : int
        Numbers kept of every unit, beside the state before.

    Returns
    -------
    size : int
    """
    steps, channels, units = (int(each) for each in settings[:SEQUENCES])
    return (steps if training else min(steps, 2)) * step_size(channels, units, parts)


def multiplications_of_steps(operation, settings):
    """Return the multiplications of a row on the way forward."""
    return int(settings[STEPS]) * int(operation.fan_in) * int(operation.fan_out)


def scratch_of_states(operation, settings, per_unit):
    """Return the numbers of scratch memory for some of every unit of a group, and a row of 0.

    Before them are products with the inputs of some steps. Behind them are the numbers of steps of
    `end_segments`, where segments end at steps of their own for every row.
    """
    own_ends = settings[MASK_SOURCE] >= 0 and settings[SEGMENT] < settings[STEPS]
    of_units = (ROWS_TOGETHER * per_unit + 1) * int(settings[UNITS])
    of_steps = STEPS_AHEAD * int(operation.fan_out)
    return of_steps + of_units + ROWS_TOGETHER * int(own_ends)


class Group(NamedTuple):
    """Rows of a block that go through the steps together.

    Attributes
    ----------
    first, rows : int
        The first of them in the block, and how many.
    place : int
        Of what is kept of the first, in the memory.
    row, step : int
        From what is kept of a row, and of a step, to the next.
    steps : int
        How many steps are kept.
    inputs : int
        Place of the inputs in what is kept of a step, behind which the state before is.
    scratch : int
        Place of the scratch memory.
    ahead : int
        Place of products with the inputs of some steps; -1 where steps form theirs.
    """

    first: int
    rows: int
    place: int
    row: int
    step: int
    steps: int
    inputs: int
    scratch: int
    ahead: int


_size_of_step = device(step_size)


@device
def setting(task, layer, which):
    """Return a setting of a layer."""
    return task.settings[layer.settings + which]


@device
def group_of_rows(task, block, layer, first, parts, steps):
    """Return rows of a block from `first` on."""
    kept, units = layer_kept(task, block, layer), setting(task, layer, UNITS)
    step = _size_of_step(setting(task, layer, CHANNELS), units, parts)
    rows, place = min(ROWS_TOGETHER, block.rows - first), kept.offset + first * kept.row
    ahead = layer_scratch(task, block.member)
    scratch = ahead + STEPS_AHEAD * layer.fan_out
    ahead = ahead if block.rows == 1 else -1
    return Group(first, rows, place, kept.row, step, steps, parts * units, scratch, ahead)


@device
def time_of(task, layer, s):
    """Return the step of the inputs that is read at a step."""
    if setting(task, layer, REVERSED) == 1:
        return setting(task, layer, STEPS) - 1 - s
    return s


@device
def is_masked(task, block, layer, row, s):
    """Return whether a step of a row of a block is masked."""
    source = setting(task, layer, MASK_SOURCE)
    if source < 0:
        return False
    mask = source_input(task, block, source)
    place = mask.offset + row * mask.row + setting(task, layer, MASK_PLACE)
    return mask.data[place + time_of(task, layer, s)] == 0


@device
def at_step(task, group, s, column):
    """Return what is kept of a step from some column on, with a row for each of the group."""
    place = group.place + s % group.steps * group.step + column
    return Matrix(task.memory, place, group.row, 1, 0)


@merged
def place_in_row(group, s, r, column):
    """Return the place, in the memory, of what is kept of a row at a step from some column on."""
    return group.place + r * group.row + s % group.steps * group.step + column


@merged
def state_before(task, layer, group, s, r):
    """Return the place of the state that a row has before a step."""
    return place_in_row(group, s, r, group.inputs + setting(task, layer, CHANNELS))


@device
def place_of_outputs(task, block, layer, group, s, r):
    """Return the place of the outputs of a row at a step, or at the last."""
    outputs = layer_output(task, block, layer)
    place = outputs.offset + (group.first + r) * outputs.row
    if setting(task, layer, SEQUENCES) == 1:
        place += time_of(task, layer, s) * setting(task, layer, UNITS)
    return place


@device
def state_after(task, block, layer, group, s, r):
    """Return the place to which the state of a row after a step goes: the next, or the outputs."""
    if s + 1 < setting(task, layer, STEPS):
        return state_before(task, layer, group, s + 1, r)
    return place_of_outputs(task, block, layer, group, s, r)


@device
def begin_states(task, layer, group):
    """Set the states before the first step to 0."""
    units = setting(task, layer, UNITS)
    for r in range(group.rows):
        fill(section(task.memory, state_before(task, layer, group, 0, r), units), 0)


@device
def _look_ahead(task, block, layer, group, s):
    """Compute ``b + x W`` of the next steps of a single row, for all columns of the weights."""
    channels, inputs = setting(task, layer, CHANNELS), layer_input(task, block, layer)
    steps = min(STEPS_AHEAD, setting(task, layer, STEPS) - s)
    step = -channels if setting(task, layer, REVERSED) == 1 else channels
    place = inputs.offset + time_of(task, layer, s) * channels
    read = Matrix(inputs.data, place, step, 1, 0)
    weights = Matrix(task.parameters, layer.used, layer.stride, 1, 0)
    biases = Matrix(task.parameters, layer.biases, 0, 1, 0)
    out = Matrix(task.memory, group.ahead, layer.fan_out, 1, 0)
    product(task, out, read, weights, biases, (steps, layer.fan_out, channels))


@device
def read_inputs(task, block, layer, group, s):
    """Copy the inputs of a step to what is kept of it; those of masked ones are 0."""
    channels, inputs = setting(task, layer, CHANNELS), layer_input(task, block, layer)
    place = inputs.offset + group.first * inputs.row + time_of(task, layer, s) * channels
    for r in range(group.rows):
        out = section(task.memory, place_in_row(group, s, r, group.inputs), channels)
        if is_masked(task, block, layer, group.first + r, s):
            fill(out, 0)
        else:
            copy(out, section(inputs.data, place + r * inputs.row, channels))
    if group.ahead >= 0 and s % STEPS_AHEAD == 0:
        _look_ahead(task, block, layer, group, s)


@device
def give_outputs(task, block, layer, group, s):
    """Copy the states after a step to the outputs, where those of all steps are given."""
    if setting(task, layer, SEQUENCES) == 1 and s + 1 < setting(task, layer, STEPS):
        units = setting(task, layer, UNITS)
        for r in range(group.rows):
            out = section(task.memory, place_of_outputs(task, block, layer, group, s, r), units)
            copy(out, section(task.memory, state_before(task, layer, group, s + 1, r), units))


@device
def weighted_inputs(task, layer, group, s, columns, place):
    """Compute ``b + [x, h] W`` at a step for some columns of the weights.

    Parameters
    ----------
    task : Task
    layer : record
    group : Group
    s : int
    columns : tuple of int
        The first of them, and how many.
    place : int
        Where they go in what is kept of the step.
    """
    first, n_columns = columns
    if group.ahead >= 0:
        channels, units = setting(task, layer, CHANNELS), setting(task, layer, UNITS)
        begun = group.ahead + s % STEPS_AHEAD * layer.fan_out + first
        start = Matrix(task.memory, begun, 0, 1, 0)
        states = at_step(task, group, s, group.inputs + channels)
        used = layer.used + channels * layer.stride + first
        weights = Matrix(task.parameters, used, layer.stride, 1, 0)
        shape = group.rows, n_columns, units
        product(task, at_step(task, group, s, place), states, weights, start, shape)
        return
    weights = Matrix(task.parameters, layer.used + first, layer.stride, 1, 0)
    biases = Matrix(task.parameters, layer.biases + first, 0, 1, 0)
    out, read = at_step(task, group, s, place), at_step(task, group, s, group.inputs)
    product(task, out, read, weights, biases, (group.rows, n_columns, layer.fan_in))


@device
def add_back(task, layer, group, out, deltas, rows, columns):
    """Add gradients with respect to weighted inputs, times weights, to those of what is read.

    Parameters
    ----------
    task : Task
    layer : record
    group : Group
    out, deltas : Matrix
        With a row for each of the group.
    rows, columns : tuple of int
        Of the weights: the first, and how many.
    """
    (first, n_rows), (begin, n_columns) = rows, columns
    shape = group.rows, n_rows, n_columns
    if task.plan.transposed_kept == 1:
        place = layer.transposed + begin * layer.transposed_stride + first
        weights = Matrix(task.memory, place, layer.transposed_stride, 1, 0)
        product(task, out, deltas, weights, out, shape)
    else:
        place = layer.used + first * layer.stride + begin
        weights = Matrix(task.parameters, place, layer.stride, 1, 0)
        product_by_dots(out, deltas, weights, out, shape)


@device
def begin_deltas_of_sources(task, block, index):
    """Set the gradients of what a layer reads to 0, if it is the first to carry some."""
    layer = row_of(task.operations, index)
    begin_deltas(task, block, index, layer.first_source)
    source = setting(task, layer, MASK_SOURCE)
    if source > 0 and source != layer.first_source:
        begin_deltas(task, block, index, source)


@device
def deltas_of_inputs(task, block, layer, group, s):
    """Return the gradients with respect to what a layer reads at a step."""
    reached = row_of(task.operations, layer.first_source - 1)
    found = layer_deltas(task, block, reached)
    place = found.offset + group.first * found.row
    place += time_of(task, layer, s) * setting(task, layer, CHANNELS)
    return Matrix(found.data, place, found.row, 1, 0)


@device
def deltas_of_states(task, layer, group, which):
    """Return gradients with respect to what a group carries from step to step."""
    units = setting(task, layer, UNITS)
    return Matrix(task.memory, group.scratch + which * ROWS_TOGETHER * units, units, 1, 0)


@merged
def delta_of_state(task, layer, group, which, r):
    """Return the place of a row of `deltas_of_states`."""
    return group.scratch + (which * ROWS_TOGETHER + r) * setting(task, layer, UNITS)


@device
def zeros_of_units(task, layer, group, per_unit):
    """Return the place of 0 for every unit, behind `per_unit` states of a group."""
    units = setting(task, layer, UNITS)
    place = group.scratch + per_unit * ROWS_TOGETHER * units
    fill(section(task.memory, place, units), 0)
    return place


@device
def has_own_segments(task, layer):
    """Return whether the segments of a row depend on which of its steps are masked."""
    is_truncated = setting(task, layer, SEGMENT) < setting(task, layer, STEPS)
    return is_truncated and setting(task, layer, MASK_SOURCE) >= 0


@device
def _place_of_steps(task, layer, group, per_unit):
    """Return the place of how many steps of its segment every row of a group has gone back."""
    return group.scratch + (per_unit * ROWS_TOGETHER + 1) * setting(task, layer, UNITS)


@device
def begin_deltas_of_states(task, layer, group, per_unit):
    """Set the gradients with respect to what a group carries from step to step to 0."""
    units = setting(task, layer, UNITS)
    for which in range(per_unit):
        start = group.scratch + which * ROWS_TOGETHER * units
        fill(section(task.memory, start, group.rows * units), 0)
    if has_own_segments(task, layer):
        place = _place_of_steps(task, layer, group, per_unit)
        fill(section(task.memory, place, group.rows), 0)


@device
def take_deltas(task, block, layer, group, s):
    """Add the gradients with respect to the outputs of a step to those of the state after it."""
    units, steps = setting(task, layer, UNITS), setting(task, layer, STEPS)
    sequences = setting(task, layer, SEQUENCES) == 1
    if not sequences and s + 1 < steps:
        return
    deltas = layer_deltas(task, block, layer)
    place = deltas.offset + group.first * deltas.row
    if sequences:
        place += time_of(task, layer, s) * units
    for r in range(group.rows):
        out = section(task.memory, delta_of_state(task, layer, group, 0, r), units)
        add(out, section(task.memory, place + r * deltas.row, units))


@device
def is_cut(task, layer, s):
    """Return whether no row of a group carries gradients from a step to the one before it."""
    if s == 0:
        return True
    ends = (setting(task, layer, STEPS) - s) % setting(task, layer, SEGMENT) == 0
    return ends and not has_own_segments(task, layer)


@device
def end_segments(task, block, layer, group, s, per_unit):
    """Set the gradients of rows to 0 of which a segment ends at a step.

    Masked steps carry gradients unchanged and are not counted: the segments of a row are those that
    it has without its masked steps.
    """
    if not has_own_segments(task, layer):
        return
    units, segment = setting(task, layer, UNITS), setting(task, layer, SEGMENT)
    place = _place_of_steps(task, layer, group, per_unit)
    n_steps = section(task.memory, place, group.rows)
    for r in range(group.rows):
        if is_masked(task, block, layer, group.first + r, s):
            continue
        n_steps[r] += 1
        if n_steps[r] == segment:
            n_steps[r] = 0
            for which in range(per_unit):
                delta = delta_of_state(task, layer, group, which, r)
                fill(section(task.memory, delta, units), 0)


@device
def add_gradient(task, block, layer, place, rows, columns, parts, column):
    """Add the gradient of a block to that of some rows and columns of the weights.

    Parameters
    ----------
    task : Task
    block : Block
    layer : record
    place : int
        Of the gradient of the first of these rows, in the memory.
    rows, columns : tuple of int
        The first, and how many.
    parts : int
        As of `step_size`.
    column : int
        Of the gradients with respect to the weighted inputs, in what is kept of a step.
    """
    (first, n_rows), (begin, n_columns) = rows, columns
    if n_rows <= 0 or block.rows == 0:
        return
    kept, steps = layer_kept(task, block, layer), setting(task, layer, STEPS)
    units = setting(task, layer, UNITS)
    step = _size_of_step(setting(task, layer, CHANNELS), units, parts)
    together = 1
    if kept.row == steps * step:
        together = max(1, DEPTH // steps)
    out = Matrix(task.memory, place + begin, layer.stride, 1, 0)
    for r in range(0, block.rows, together):
        depth = min(together, block.rows - r) * steps
        start = kept.offset + r * kept.row
        across = Matrix(task.memory, start + parts * units + first, 1, step, 0)
        deltas = Matrix(task.memory, start + column, step, 1, 0)
        product(task, out, across, deltas, out, (n_rows, n_columns, depth))


@device
def add_bias_gradient(task, block, layer, place, parts):
    """Add the gradient of the biases over a block, whose columns are the first, to one."""
    kept, steps = layer_kept(task, block, layer), setting(task, layer, STEPS)
    step = _size_of_step(setting(task, layer, CHANNELS), setting(task, layer, UNITS), parts)
    out = section(task.memory, place, layer.fan_out)
    for r in range(block.rows):
        rows = section(task.memory, kept.offset + r * kept.row, steps * step)
        add_rows_together(out, rows, steps, step)


@device
def add(out, row):
    """Add one vector to another."""
    widen()
    for j in range(out.size):
        out[j] += row[j]


@device
def activate_logistic(a):
    """Replace numbers by their logistic function."""
    widen()
    for j in range(a.size):
        a[j] = logistic(a[j])


@device
def activate_tanh(a):
    """Replace numbers by their hyperbolic tangent."""
    widen()
    for j in range(a.size):
        a[j] = tanh(a[j])
