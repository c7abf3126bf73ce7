"""The phases of a batch as kernels of their own have them: a whole grid shares each.

All have one signature, ``phase(code, task, batch, index, who)``, with the layer's `index` where
they are of one layer. Those of `ALONE` are for a single block.
"""

from skdeep.engines.cuda.hardware.shim import sync
from skdeep.engines.cuda.kernels import batch as of_batch
from skdeep.engines.cuda.kernels import bookkeeping
from skdeep.engines.cuda.layers import batch_norm, block_products, dense
from skdeep.engines.cuda.parameters import norms_of_units, steps


def prepare(code, task, batch, index, who):
    """Let the rule prepare what the step shares."""
    if who.lane == 0:
        bookkeeping.prepare(code, task, batch)


def gather(code, task, batch, index, who):
    """Copy the rows of the batch together."""
    code.features.gather(code, task, batch, who)


def take_moments(code, task, batch, index, who):
    """Compute the statistics of a normalised layer for every part of the batch."""
    batch_norm.take_moments(task, batch, index, who)


def end_moments(code, task, batch, index, who):
    """Compute the statistics of a normalised layer from those of the batch's parts."""
    batch_norm.end_moments(task, batch, index, who)


def loss_gradient(code, task, batch, index, who):
    """Compute losses and deltas of the outputs."""
    dense.loss_gradient(code, task, batch, who)


def take_sums(code, task, batch, index, who):
    """Sum the deltas of a normalised layer over the parts of the batch."""
    batch_norm.take_sums(task, batch, index, who)


def end_sums(code, task, batch, index, who):
    """Form the gradient of a normalised layer's scales and shifts."""
    batch_norm.end_sums(task, batch, index, who)


def denormalise(code, task, batch, index, who):
    """Carry the deltas of a normalised layer back through its statistics."""
    batch_norm.denormalise(task, batch, index, who)


def sum_deltas(code, task, batch, index, who):
    """Sum the deltas of all layers over the parts of the batch."""
    for each in range(task.plan.frozen, task.plan.n_layers):
        dense.sum_deltas(task, batch, each, who)


def add_loss(code, task, batch, index, who):
    """Add the loss of the batch to that of the epoch."""
    of_batch.fold_losses(task, batch, who)
    sync()
    if who.lane == 0:
        bookkeeping.set_scale(task, batch)
        bookkeeping.add_loss(task, batch)


def complete_gradient(code, task, batch, index, who):
    """Complete the gradient of all weights and biases."""
    steps.complete_gradient(code, task, batch, who)


def gradient_of_directions(code, task, batch, index, who):
    """Turn the gradient into that of directions and gains."""
    norms_of_units.gradient_of_directions(task, who)


def watch(code, task, batch, index, who):
    """Sum the squares of the gradient."""
    steps.watch(task, who)


def limit_step(code, task, batch, index, who):
    """Clip the gradient."""
    of_batch.fold_squares(task, who)
    sync()
    if who.lane == 0:
        bookkeeping.limit_step(task)


def step(code, task, batch, index, who):
    """Let the rule change all parameters."""
    steps.step(code, task, batch, who)


def limit_norms(code, task, batch, index, who):
    """Limit the norms of the weights into units."""
    norms_of_units.limit_norms(task, who)


def write_weights(code, task, batch, index, who):
    """Write the weights from directions and gains."""
    norms_of_units.write_weights(task, who)


def refresh(code, task, batch, index, who):
    """Bring what depends on the weights up to date: `index` is 1 once a batch has changed them."""
    steps.refresh(code, task, batch.update + index, who)


def set_penalty(code, task, batch, index, who):
    """Take note of the penalty of the steps."""
    of_batch.fold_penalties(task, who)
    sync()
    if who.lane == 0:
        bookkeeping.set_penalty(task)
        task.plan.ready = 1


def end_batch(code, task, batch, index, who):
    """Close the batch, with the penalty of the new steps."""
    of_batch.fold_penalties(task, who)
    sync()
    if who.lane == 0:
        bookkeeping.end_batch(code, task, batch)


def set_value(code, task, batch, index, who):
    """Take note of the objective."""
    of_batch.fold_losses(task, batch, who)
    sync()
    if who.lane == 0:
        bookkeeping.set_scale(task, batch)
        bookkeeping.set_value(task)


#: Every phase by its name.
PHASES = {
    name: item
    for name, item in list(globals().items())
    if callable(item) and getattr(item, "__module__", None) == __name__
}
PHASES.update(
    affine=dense.affine,
    activate_units=dense.activate_units,
    normalise=batch_norm.normalise,
    normalise_by_running=batch_norm.normalise_by_running,
    normalise_outputs=dense.normalise_outputs,
    backward=dense.backward,
    multiply_by_slopes=dense.multiply_by_slopes,
    form_gradient=dense.form_gradient,
    affine_by_blocks=block_products.affine_by_blocks,
    backward_by_blocks=block_products.backward_by_blocks,
    form_gradient_by_blocks=block_products.form_gradient_by_blocks,
)
#: Phases of a single block, which folds sums, and in which one thread keeps account.
ALONE = ("prepare", "add_loss", "limit_step", "set_penalty", "end_batch", "set_value")
#: Phases that form products in tiles.
TILED = ("affine", "backward", "form_gradient")
