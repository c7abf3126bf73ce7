"""The end of a mini-batch and of an epoch: the loss that is reported, progress, and when to stop.

Training has stalled after more than ``patience`` epochs in a row whose loss did not improve on the
best by ``tol``: scikit-learn's rule, with scikit-learn's count. Engines keep the numbers, in
float64, and compile these functions for their device.
"""

#: Why training has ended: it has stalled, or the norm of the gradient or the loss is small enough.
BY_CHANGE, BY_GRADIENT, BY_OBJECTIVE = 1, 2, 3


def loss_of_rows(loss, penalty, weight, n_rows):
    """Return what a batch adds to the loss of an epoch: its mean loss times its rows.

    `loss` is the sum over the rows, times their weights, whose sum is `weight`. A batch without
    weight adds nothing.
    """
    scale = 1.0 / weight if weight != 0.0 else 0.0
    return (loss + penalty) * scale * n_rows


def rate_of_update(given, rate):
    """Return the learning rate of an update: `given`, or `rate`, the schedule's, if below 0."""
    return rate if given < 0.0 else given


def n_batches(n_rows, batch_size):
    """Return how many batches an epoch has."""
    return (n_rows + batch_size - 1) // batch_size


def epochs_without_progress(count, loss, best, tol):
    """Return how many epochs in a row have not improved on the best loss, after one more."""
    return count + 1 if loss > best - tol else 0


def best_loss(loss, best):
    """Return the best loss of all epochs; one that is NaN is not."""
    return loss if loss < best else best


def has_stalled(count, patience):
    """Return whether there have been too many epochs without progress."""
    return float(count) > patience


def rate_after_epoch(epoch_end, plateau, numbers, stalled, p):
    """Return the learning rate after an epoch, and whether training ends.

    Parameters
    ----------
    epoch_end, plateau : callable
        Of the step-wise schedule, see `skdeep.formulas.schedules`.
    numbers : tuple of float
        The learning rate of the epoch and the first one, and the samples seen.
    stalled : bool
    p : tuple of float
        The schedule's parameters.
    """
    rate, ends = epoch_end(numbers[0], numbers[1], numbers[2], p), False
    if stalled:
        rate, ends = plateau(rate, p)
    return rate, ends


def reason_to_stop(reason, loss, norm, tol_objective, tol_gradient):
    """Return why training ends, or the reason that there is already, 0 for none.

    `norm` is the mean norm of the gradients of the epoch, `tol_gradient` 0 where it is not known.
    """
    if loss < tol_objective:
        reason = BY_OBJECTIVE
    if norm < tol_gradient:
        reason = BY_GRADIENT
    return reason
