"""What an engine is: what training, predictions and gradient checks call of it.

There are two engines, `skdeep.engines.cpu` for processors and `skdeep.engines.cuda` for GPUs, and
`skdeep.engines.choice` makes one of them by the name of a device. Both have the same classes and
functions with the same parameters, apart from the one that says where the work is done
(`n_threads` or `device`), which the choice sets. A test compares their signatures with those here.
"""

from collections.abc import Callable
from typing import NamedTuple, Protocol

import numpy as np


class ValidationOutcome(NamedTuple):
    """What a network makes of a validation set.

    Attributes
    ----------
    outputs : array of shape (n_rows, n_outputs) or None
        A device may leave them out, None, where they were not asked for.
    loss : float
        Mean loss without the penalty; NaN if all weights are 0.
    """

    outputs: np.ndarray | None
    loss: float


class TrainingRun(Protocol):
    """A stochastic training run, which trains for some batches at a time.

    Made by ``engine.Training``. Between two calls of `advance` the trainer reads and writes `plan`
    and `numbers`.

    Attributes
    ----------
    layout : Layout
        Of the network.
    plan, numbers : array of int64, array of float64
        Where training is, at the places that `skdeep.engines.training_position` names.
    operations : float
        Floating-point operations of one batch.
    pace : object or None
        Tells how many batches a call of `advance` is to train: ``pace.batches()``, and
        ``pace.note(n_batches, seconds)`` after each call. None where the time that calls take is
        enough to tell.
    """

    layout: object
    plan: np.ndarray
    numbers: np.ndarray
    operations: float
    pace: object

    def set_epochs(self, order, n_rows, n_epochs, steps=None):
        """Set the epochs that come next.

        Parameters
        ----------
        order : array of int of shape (n_orders * n_rows,) or None
            Row numbers, epoch after epoch, or for all epochs alike; None for the order of the data.
        n_rows, n_epochs : int
        steps : array of float64 of shape (n_updates, 1 + n_rule_parameters), default=None
            The learning rate and the rule's parameters of every update in these epochs; None for
            those set for all of them.
        """

    def set_data(self, data):
        """Set other rows, as many as before and like them, for the epochs that come next.

        Parameters
        ----------
        data : Data
        """

    def advance(self, max_batches, meanwhile=None):
        """Train for some batches of the epochs set.

        Parameters
        ----------
        max_batches : int
            How many; a GPU may train to the end of the epoch instead.
        meanwhile : callable or None, default=None
            What the caller has to do, without arguments: beside the training if possible.
        """

    def history(self):
        """Return what is recorded of every epoch done of those set.

        Returns
        -------
        records : array of float64 of shape (n_epochs, n_recorded)
            See ``skdeep.engines.training_position.RECORD``.
        """

    def parameters(self, vector=None):
        """Return the current parameters.

        Parameters
        ----------
        vector : array of shape (n_parameters,) or None, default=None
            Where they go; None for a new array.

        Returns
        -------
        vector : array of shape (n_parameters,)
        """

    def states(self):
        """Return the rule's states.

        Returns
        -------
        states : array-like of shape (n_states, n_parameters)
        """

    def directions(self):
        """Return the current directions and gains of weight normalisation.

        Returns
        -------
        directions : Directions or None
            None without weight normalisation.
        """

    def validate_on(self, data, needs_outputs):
        """Set the validation set of `validation`. To be called before the first epochs are set.

        Parameters
        ----------
        data : Data
        needs_outputs : bool
            Whether the outputs are wanted beside the loss.
        """

    def validation(self, parameters):
        """Validate the network after the epochs set, by the rows of `validate_on`.

        Parameters
        ----------
        parameters : callable
            ``parameters()`` returns what the method of this name returns, and may remember it.

        Returns
        -------
        outcome : ValidationOutcome
        """


class FullBatchObjective(Protocol):
    """The objective over all rows, as a function of the parameters.

    Made by ``engine.FullBatch``.

    Attributes
    ----------
    layout : Layout
        Of the network.
    """

    layout: object

    def __call__(self, vector):
        """Return the objective and its gradient.

        Parameters
        ----------
        vector : array of shape (n_parameters,)

        Returns
        -------
        value : float
        gradient : array of shape (n_parameters,)
        """

    def settled(self, vector):
        """Return parameters in which the running statistics are those of the data.

        Parameters
        ----------
        vector : array of shape (n_parameters,)

        Returns
        -------
        vector : array of shape (n_parameters,)
        """


class Engine(NamedTuple):
    """What does the work.

    Attributes
    ----------
    Training : callable
        ``Training(layout, vector, states, data, objective, course, gather=, regularisation=PLAIN,
        directions=None)`` returns a `TrainingRun`. ``gather`` says whether rows come in another
        order than that of the data; `vector`, `states` and `directions` are where training begins,
        and are copied.
    FullBatch : callable
        ``FullBatch(layout, data, objective, regularisation=PLAIN)`` returns a `FullBatchObjective`.
    predict : callable
        ``predict(layout, vector, X, largest=False)`` returns the outputs of a network, an array of
        shape (n_rows, n_outputs), or with ``largest`` the place of the largest output of every row.
    mean_loss : callable
        ``mean_loss(layout, vector, data, objective, constant=False)`` returns the mean loss of a
        network on some rows as a float: without the penalty, and NaN if all weights of the rows are
        0. ``constant`` says that the network gives the same outputs for all rows, so that an engine
        need predict only one of them.
    most_fits : int
        Fits that are worth running at the same time.
    reads_doubles : bool, default=False
        Whether ``Training`` takes dense rows of float64 for networks of float32, and converts those
        of a batch when it gathers them.
    loss_by_output : bool, default=False
        Whether it takes objectives with `parameters` of every output.
    """

    Training: Callable[..., TrainingRun]
    FullBatch: Callable[..., FullBatchObjective]
    predict: Callable[..., np.ndarray]
    mean_loss: Callable[..., float]
    most_fits: int
    reads_doubles: bool = False
    loss_by_output: bool = False
