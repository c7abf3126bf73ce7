"""Penalties on the activations of an operation, which are passed on as they are.

The penalty is added to the loss of the part that a block belongs to, or, where it is one of the
whole batch, to that of the first part. Of the divergence, every part keeps the sums of the
activations of its rows, and behind them that of the weights of its samples. All members of the team
meet before gradients go back; each then adds up all parts, in their order.
"""

from skdeep.engines.cpu.compiling.jit import device, inlined
from skdeep.engines.cpu.compiling.tasks import as_float
from skdeep.engines.cpu.compiling.views import row_of, section
from skdeep.engines.cpu.rows.activation import activate_block, chain_rule_of_block
from skdeep.engines.cpu.rows.features import layer_input
from skdeep.engines.cpu.rows.matrices import (
    add_scaled,
    begin_deltas,
    copy,
    fill,
    is_reached,
    layer_deltas,
    layer_output,
)
from skdeep.engines.cpu.rows.outputs import sample_weight
from skdeep.formulas.sparsity import divergence, divergence_slope, magnitude_slope

#: Settings: which penalty; its strength and target, each as an integer and an exponent of 2.
PENALTY, STRENGTH, STRENGTH_EXPONENT, TARGET, TARGET_EXPONENT = range(5)
L1, KL = range(2)


def statistics(operation, settings):
    """Return the numbers that a part keeps of a batch."""
    return int(operation.n_outputs) + 1 if settings[PENALTY] == KL else 0


@device
def _number(task, layer, which):
    """Return the strength or the target of a penalty."""
    value = float(task.settings[layer.settings + which])
    for _ in range(-task.settings[layer.settings + which + 1]):
        value *= 0.5
    for _ in range(task.settings[layer.settings + which + 1]):
        value *= 2.0
    return value


@inlined
def _sums_of_part(task, layer, part):
    """Return the sums of the activations over the rows of a part, and that of the weights."""
    start = task.plan.part_statistics + part * task.plan.part_statistics_step
    return section(task.memory, start + layer.statistics, layer.n_outputs + 1)


@inlined
def _means_of_batch(task, layer, member):
    """Return a member's mean activations over a batch, and behind them the sum of the weights."""
    start = task.plan.totals + member * task.plan.totals_step
    return section(task.memory, start + layer.statistics, layer.n_outputs + 1)


@device
def _combine(task, layer, member):
    """Combine the sums of all parts into means, for the member that asks."""
    total = _means_of_batch(task, layer, member)
    fill(total, 0)
    for part in range(task.plan.parts):
        add_scaled(total, as_float(task, 1), _sums_of_part(task, layer, part))
    weight = total[layer.n_outputs]
    if weight != 0:
        for j in range(layer.n_outputs):
            total[j] /= weight


@device
def _pass_on(task, block, index):
    """Copy what the operation reads, for the rows of a block."""
    layer = row_of(task.operations, index)
    inputs, outputs = layer_input(task, block, layer), layer_output(task, block, layer)
    for r in range(block.rows):
        out = section(outputs.data, outputs.offset + r * outputs.row, layer.n_outputs)
        copy(out, section(inputs.data, inputs.offset + r * inputs.row, layer.n_outputs))


@device
def _add_magnitudes(task, block, layer, part):
    """Add the magnitudes of the activations of a block to the loss of its part."""
    outputs, loss = layer_output(task, block, layer), 0.0
    for r in range(block.rows):
        row = section(outputs.data, outputs.offset + r * outputs.row, layer.n_outputs)
        total = row[0] - row[0]
        for j in range(layer.n_outputs):
            total += abs(row[j])
        loss += float(total) * float(sample_weight(task, block, r))
    task.numbers[task.plan.part_sums + 2 * part] += loss * _number(task, layer, STRENGTH)


@device
def _take_sums(task, block, layer, part):
    """Write down the sums over the rows of a part."""
    outputs, sums = layer_output(task, block, layer), _sums_of_part(task, layer, part)
    fill(sums, 0)
    for r in range(block.rows):
        weight = sample_weight(task, block, r)
        row = section(outputs.data, outputs.offset + r * outputs.row, layer.n_outputs)
        for j in range(layer.n_outputs):
            sums[j] += weight * row[j]
        sums[layer.n_outputs] += weight


@device
def _add_divergence(task, layer, member):
    """Add the divergence of the mean activations to the loss of the first part."""
    means = _means_of_batch(task, layer, member)
    target, total = _number(task, layer, TARGET), 0.0
    for j in range(layer.n_outputs):
        total += divergence(target, float(means[j]))
    total *= float(means[layer.n_outputs]) * _number(task, layer, STRENGTH)
    task.numbers[task.plan.part_sums] += total


@device
def _add_slope_of_magnitudes(task, block, layer):
    """Add the derivatives of the magnitudes to the gradients of a block."""
    outputs, deltas = layer_output(task, block, layer), layer_deltas(task, block, layer)
    strength = _number(task, layer, STRENGTH)
    for r in range(block.rows):
        factor = as_float(task, strength * float(sample_weight(task, block, r)))
        row = section(outputs.data, outputs.offset + r * outputs.row, layer.n_outputs)
        delta = section(deltas.data, deltas.offset + r * deltas.row, layer.n_outputs)
        for j in range(layer.n_outputs):
            delta[j] += factor * magnitude_slope(row[j])


@device
def _add_slope_of_divergence(task, block, layer):
    """Add the derivatives of the divergence to the gradients of a block."""
    means = _means_of_batch(task, layer, block.member)
    deltas = layer_deltas(task, block, layer)
    strength, target = _number(task, layer, STRENGTH), _number(task, layer, TARGET)
    for j in range(layer.n_outputs):
        means[j] = as_float(task, strength * divergence_slope(target, float(means[j])))
    for r in range(block.rows):
        delta = section(deltas.data, deltas.offset + r * deltas.row, layer.n_outputs)
        slopes = section(means, 0, layer.n_outputs)
        add_scaled(delta, sample_weight(task, block, r), slopes)


def forward(task, index, _a, part, block):
    """Pass on the activations for the rows of a block, and take what the penalty needs."""
    layer = row_of(task.operations, index)
    _pass_on(task, block, index)
    activate_block(task, block, index)
    if layer.reached == 1:
        if task.settings[layer.settings + PENALTY] == L1:
            _add_magnitudes(task, block, layer, part)
        else:
            _take_sums(task, block, layer, part)


def predict(task, index, _a, _b, block):
    """Pass on the activations for the rows of a block."""
    _pass_on(task, block, index)


def backward(task, index, hidden, part, block):
    """Carry the gradients of a block back to what is read, with those of the penalty."""
    layer = row_of(task.operations, index)
    if hidden == 1:
        chain_rule_of_block(task, block, layer)
    if task.settings[layer.settings + PENALTY] == L1:
        _add_slope_of_magnitudes(task, block, layer)
    else:
        _combine(task, layer, block.member)
        if part == 0:
            _add_divergence(task, layer, block.member)
        _add_slope_of_divergence(task, block, layer)
    if is_reached(task, layer.first_source):
        begin_deltas(task, block, index, layer.first_source)
        reached = row_of(task.operations, layer.first_source - 1)
        deltas, found = layer_deltas(task, block, layer), layer_deltas(task, block, reached)
        for r in range(block.rows):
            out = section(found.data, found.offset + r * found.row, layer.n_outputs)
            row = section(deltas.data, deltas.offset + r * deltas.row, layer.n_outputs)
            add_scaled(out, as_float(task, 1), row)


def gradient(task, index, _place, _fresh, _block):
    """Do nothing: there are no parameters."""


def tile_gradient(task, index, _piece, _place, _block):
    """Do nothing: there are no parameters."""
