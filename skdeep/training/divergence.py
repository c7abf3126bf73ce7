"""Whether training has diverged: its loss is not finite, or far above that of the beginning."""

import functools

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from skdeep.engines.problem import Data
from skdeep.network.guard import check_data, check_vector
from skdeep.network.layout import are_finite
from skdeep.training.user_warnings import warn_user

#: How many times the loss of the beginning is too much.
FACTOR = 1000.0
#: How many times the largest weight of the beginning is too much, where the loss is no good.
WEIGHT_FACTOR = 1e5
#: Networks are only looked at where their loss or weights have grown so many times.
SUSPICIOUS = 10.0
#: Weights that have grown by less are no reason to look at the network after several batches.
MILD = 2.0
#: How many of the losses of earlier calls of ``partial_fit`` count as those of the beginning.
FIRST_LOSSES = 5
#: Most rows on which networks are compared.
MOST_ROWS = 1000


NOT_FINITE = (
    "Solver produced non-finite parameter weights. The input data may contain large values and "
    "need to be preprocessed."
)


def check_result(recipe, result):
    """Check the network that training has led to, and warn if training has diverged.

    Parameters
    ----------
    recipe : Recipe
    result : Result

    Raises
    ------
    ValueError
        If its parameters are not finite.
    """
    if not are_finite(result.vector):
        raise ValueError(NOT_FINITE)
    if result.stop_reason != "diverged":
        return
    optimizer = recipe.optimizer
    what = f"{'epoch' if optimizer.by_updates else 'iteration'} {result.n_iter}"
    if np.isfinite(result.loss):
        what = f"after {what} (loss_={result.loss:.6g}) the network is far worse than before"
    else:
        what = f"the loss of {what} is {result.loss}"
    if recipe.validation.early_stopping and optimizer.by_updates:
        what += "; the one of the best validation score is kept"
    reasons = "features X or targets y that are not scaled"
    rate = optimizer.solver.get_params(deep=False).get("learning_rate_init")
    if rate is not None:
        reasons += f", or a learning rate that is too large (learning_rate_init={rate})"
    warn_user(
        f"Training diverged: {what}. Likely causes: {reasons}.",
        ConvergenceWarning,
    )


def are_finite_losses(losses):
    """Return whether all losses are finite.

    Parameters
    ----------
    losses : list of float

    Returns
    -------
    finite : bool
    """
    return bool(np.isfinite(losses).all())


class Divergence:
    """Tells whether stochastic training that has ended has diverged.

    It has if the loss of an epoch, or the network reached, is not finite. It has also if the
    network reached does far worse than the network that training began with and than one whose
    weights are all 0: its loss, without the penalty, is `FACTOR` times theirs; or it is above that
    of weights of 0, and the largest weight has grown by `WEIGHT_FACTOR`. The second is for losses
    that do not grow beyond bounds, such as the cross-entropy of probabilities that are kept from 0.
    Where the largest weight has grown by that much, the loss of the last epoch, with the penalty,
    is compared as well: units that are no longer active predict a constant from huge weights.

    Parameters
    ----------
    layout : Layout
    vector : array of shape (n_parameters,)
        What training begins with.
    data : Data
        Where the rows are not all in this process, an object whose ``sample(n_rows)`` returns those
        of some of them.
    rows : array of int64
        Rows to train on.
    batch_size : int
    objective : Objective
    mean_loss : callable
        ``mean_loss(layout, vector, data, objective, constant=)`` returns the loss of a network, see
        `skdeep.engines.interface.Engine`.
    earlier_losses : list of float or None, default=None
        Losses of earlier calls of ``partial_fit``, where training goes on from them. The largest of
        the first of them takes the place of the loss of the network that training begins with, and
        the loss alone is no evidence: a call may see a single row, and weights have to grow, too.
    diverged_before : bool, default=False
        Whether the last call of ``partial_fit`` diverged. Then training has diverged for as long as
        its loss is `FACTOR` times that of weights that are all 0.
    """

    def __init__(
        self,
        layout,
        vector,
        data,
        rows,
        batch_size,
        objective,
        mean_loss,
        earlier_losses=None,
        diverged_before=False,
    ):
        self.layout, self.vector, self.data, self.rows = layout, vector, data, rows
        self.batch_size, self.objective, self.mean_loss = batch_size, objective, mean_loss
        self.earlier_losses, self.diverged_before = earlier_losses, diverged_before

    def __call__(self, losses, vector):
        """Judge a training.

        Parameters
        ----------
        losses : list of float
            Training losses of all epochs, at least one.
        vector : array of shape (n_parameters,)
            The network reached.

        Yields
        ------
        call : callable
            Evaluations of networks that are needed, see `skdeep.training.calls`.

        Returns
        -------
        diverged : bool
        """
        largest = _largest(vector)
        if not (are_finite_losses(losses) and np.isfinite(largest)):
            return True
        if self.diverged_before:
            with np.errstate(all="ignore"):
                sample = _Sample(self)
                reached = yield from sample.loss(vector)
                constant = yield from sample.constant_loss()
                if largest > WEIGHT_FACTOR:
                    reached = np.fmax(reached, losses[-1])
                return not reached <= FACTOR * constant
        growth = largest  # an upper bound, which is enough where it is small
        if self.earlier_losses is None and largest >= MILD:
            growth /= max(_largest(self.vector), 1.0)
        if growth < SUSPICIOUS and self._is_plain(losses, growth):
            return False
        with np.errstate(all="ignore"):
            return (yield from self._judge(losses[-1], vector, growth))

    def _is_plain(self, losses, growth):
        """Return whether losses and weights show without a computation that nothing diverged."""
        if self.earlier_losses is not None:
            return True
        # A first epoch of several batches may itself have diverged, in weights that grow by much.
        is_known = self.batch_size >= len(self.rows) or growth < MILD
        return is_known and losses[-1] <= losses[0]

    def _judge(self, loss, vector, growth):
        sample = _Sample(self)
        constant = yield from sample.constant_loss()
        if growth < SUSPICIOUS and loss < SUSPICIOUS * constant:
            return False
        reached = yield from sample.loss(vector)
        if self.earlier_losses is None:
            first = yield from sample.loss(self.vector)
        else:
            first = np.fmax.reduce(self.earlier_losses[:FIRST_LOSSES], initial=0.0)
        if growth > WEIGHT_FACTOR:
            reached = np.fmax(reached, loss)
        if not reached <= FACTOR * np.fmax(constant, first):
            return True
        return growth > WEIGHT_FACTOR and reached > constant


class _Sample:
    """Rows that have a weight, spread over all, on which networks are compared."""

    def __init__(self, check):
        self._check = check
        if hasattr(check.data, "sample"):  # rows that are not all in this process
            self._data = check.data.sample(MOST_ROWS)
        else:
            self._data = self._spread()
        check_data(check.layout, self._data)

    def _spread(self):
        (X, targets, weights), rows = self._check.data, self._check.rows
        if weights is not None:
            weighted = np.asarray(weights)[rows] != 0
            rows = rows[weighted.any(axis=tuple(range(1, weighted.ndim)))]  # of rows or steps
        rows = rows[:: 1 + (len(rows) - 1) // MOST_ROWS]
        weights = None if weights is None else np.abs(weights[rows])
        X = X[rows].astype(self._check.vector.dtype, copy=False)
        return Data(X, targets[rows], weights)

    def loss(self, vector, constant=False):
        """Return the loss of a network, without the penalty; `constant` if its outputs are."""
        check = self._check
        check_vector(check.layout, vector)
        form = check.layout, vector, self._data, check.objective
        return (yield functools.partial(check.mean_loss, *form, constant=constant))

    def constant_loss(self):
        """Return the loss of weights that are all 0: the outputs of all rows are the same."""
        return self.loss(np.zeros_like(self._check.vector), constant=True)


def _largest(vector):
    return float(max(vector.max(initial=0.0), -vector.min(initial=0.0)))
