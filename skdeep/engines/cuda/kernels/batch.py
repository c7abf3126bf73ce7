"""A mini-batch from beginning to end, by the threads of one block."""

from skdeep.engines.cuda.hardware.shim import device, sync
from skdeep.engines.cuda.kernels.bookkeeping import (
    add_loss,
    end_batch,
    limit_step,
    prepare,
    set_scale,
)
from skdeep.engines.cuda.kernels.sums import fold, lanes_of
from skdeep.engines.cuda.layers.batch_norm import (
    denormalise,
    end_moments,
    end_sums,
    normalise,
    take_moments,
    take_sums,
)
from skdeep.engines.cuda.layers.dense import (
    affine,
    backward,
    form_gradient,
    loss_gradient,
)
from skdeep.engines.cuda.memory.structures import (
    LAYER_SQUARES,
    LOSSES,
    PENALTIES,
    WEIGHTS,
)
from skdeep.engines.cuda.parameters.norms_of_units import (
    gradient_of_directions,
    limit_norms,
    write_weights,
)
from skdeep.engines.cuda.parameters.steps import complete_gradient, refresh, step, watch


@device
def fold_losses(task, batch, who):
    """Fold the losses and the sample weights of a batch."""
    fold(task, LOSSES, task.plan.row_losses, batch.count, who)
    if task.plan.weighted == 1:
        fold(task, WEIGHTS, task.plan.row_weights, batch.count, who)


@device
def fold_squares(task, who):
    """Fold the squares of the gradient of every layer."""
    for index in range(task.plan.frozen, task.plan.n_layers):
        which = LAYER_SQUARES + index
        fold(task, which, lanes_of(task, which), task.plan.sum_lanes, who)


@device
def fold_penalties(task, who):
    """Fold the penalties of the weights, if there are any."""
    if task.plan.penalised == 0:
        return
    fold(task, PENALTIES, lanes_of(task, PENALTIES), task.plan.sum_lanes, who)


@device
def _forward(code, task, batch, who):
    """Carry the rows through all layers."""
    for index in range(task.plan.n_layers):
        affine(code, task, batch, index, who)
        sync()
        if task.layers[index].scales >= 0:
            take_moments(task, batch, index, who)
            sync()
            end_moments(task, batch, index, who)
            sync()
            normalise(code, task, batch, index, who)
            sync()


@device
def _backward(code, task, batch, who):
    """Carry the deltas back to the first layer that is trained."""
    for index in range(task.plan.n_layers - 1, task.plan.frozen - 1, -1):
        if task.layers[index].scales >= 0:
            take_sums(task, batch, index, who)
            sync()
            end_sums(task, batch, index, who)
            sync()
            denormalise(task, batch, index, who)
            sync()
        backward(code, task, batch, index, who)
        sync()


@device
def _limit_gradient(code, task, batch, who):
    """Complete the gradient of all weights, and see to norms, before any weight is changed."""
    complete_gradient(code, task, batch, who)
    sync()
    if task.plan.by_directions == 1:
        gradient_of_directions(task, who)
        sync()
    if task.plan.watched == 1:
        watch(task, who)
        sync()
        fold_squares(task, who)
        sync()
        if who.lane == 0:
            limit_step(task)
        sync()


@device
def refresh_all(code, task, update, who):
    """Bring everything up to date that depends on the weights."""
    if task.plan.by_directions == 1:
        write_weights(task, who)
        sync()
    refresh(code, task, update, who)
    sync()


@device
def train_batch(code, task, batch, who):
    """Carry a batch through the network and back, and let the rule change the weights."""
    if who.lane == who.lanes - 1:
        prepare(code, task, batch)
    code.features.gather(code, task, batch, who)
    sync()
    _forward(code, task, batch, who)
    loss_gradient(code, task, batch, who)
    sync()
    fold_losses(task, batch, who)
    _backward(code, task, batch, who)
    if who.lane == 0:
        set_scale(task, batch)
        add_loss(task, batch)
    for index in range(task.plan.frozen, task.plan.n_layers):
        form_gradient(code, task, batch, index, who)
    sync()
    if task.plan.in_two == 1:
        _limit_gradient(code, task, batch, who)
    step(code, task, batch, who)
    sync()
    if task.plan.limited == 1:
        limit_norms(task, who)
        sync()
    if task.plan.in_two == 1:
        refresh_all(code, task, batch.update + 1, who)
    fold_penalties(task, who)
    sync()
    if who.lane == 0:
        end_batch(code, task, batch)
    sync()
