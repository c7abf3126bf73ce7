"""A training run over rows that are read chunk by chunk."""

import numpy as np

from skdeep.engines import training_position as at
from skdeep.engines.interface import ValidationOutcome
from skdeep.engines.problem import Data
from skdeep.training.run_description import digest
from skdeep.training.seeds import seed_from
from skdeep.training.stochastic.python_run import PythonRun
from skdeep.training.stochastic.through_chunks import (
    Reached,
    Terms,
    steps_of,
    train_chunk,
    without_stopping,
)

#: What seeds are drawn for.
CHUNKS, ROWS = range(2)


class ChunkedRows:
    """Stands for all rows of a source, where a fit in memory has arrays.

    Parameters
    ----------
    read : callable
        ``read(dtype, random_state)`` yields the rows as training takes them, `Data` after `Data`.
    weigh : callable
        ``weigh(random_state)`` yields `Rows` and their `Weights`.
    shape : tuple of int
    dtype : numpy dtype
    summaries : list of Summary
        Of the chunks of the first pass.
    """

    ndim = 2

    def __init__(self, read, weigh, shape, dtype, summaries):
        self.read, self.weigh, self.shape = read, weigh, shape
        self.dtype, self.summaries = dtype, summaries


class ChunkedData:
    """Stands for the rows that a network is trained on, in the place of `Data`.

    Parameters
    ----------
    X : ChunkedRows
    seed : int
        Of the orders.
    shuffle : bool
    """

    def __init__(self, X, seed=0, shuffle=True):
        self.X, self.seed, self.shuffle = X, seed, shuffle

    def epoch(self, number):
        """Yield the chunks of an epoch, each with the order of its rows."""
        for place, data in enumerate(self.X.read(self.X.dtype, self._state(CHUNKS, number))):
            order = np.arange(data.X.shape[0])
            if self.shuffle:
                self._state(ROWS, number, place).shuffle(order)
            yield data, order

    def _state(self, *numbers):
        return np.random.RandomState(seed_from(self.seed, *numbers)) if self.shuffle else None

    def sample(self, count):
        """Return rows of the first chunk: for looking whether training has diverged."""
        data = next(self.X.read(self.X.dtype, None))
        rows = np.arange(data.X.shape[0])[:: 1 + (data.X.shape[0] - 1) // count]
        return Data(*(None if each is None else each[rows] for each in data))

    def digest(self):
        """Return a digest of all rows, by a pass over them."""
        chunks = [digest(*data) for data in self.X.read(self.X.dtype, None)]
        return digest(f"{self.seed} {self.shuffle}", *chunks)


class ChunkedRun(PythonRun):
    """Trains through all chunks in every epoch.

    Parameters
    ----------
    engine : Engine
        What trains on a chunk.
    data : ChunkedData
        With the seed of the orders.
    layout, vector, states, objective, course, regularisation
        As of `skdeep.engines.interface.Engine`.
    """

    def __init__(self, engine, data, layout, vector, states, objective, course, regularisation):
        super().__init__(layout, vector, states, course)
        self._engine, self._data, self._objective = engine, data, objective
        self._terms = Terms(layout, objective, without_stopping(course), regularisation)

    def advance(self, max_batches, meanwhile=None):
        """Train for an epoch.

        Parameters
        ----------
        max_batches : int
            Is not looked at.
        meanwhile : callable or None, default=None
        """
        update, steps = int(self.plan[at.UPDATE]), self._steps_of_epoch()
        rate, size = float(self.numbers[at.RATE]), self.course.batch_size
        number = update // self.n_batches
        reached = Reached(self._vector, self._states, update)
        for data, order in self._data.epoch(number):
            count = -(-len(order) // size)
            own = steps_of(steps, reached.n_batches, count, self.n_batches)
            reached = train_chunk(self._engine, self._terms, reached, data, order, rate, own)
        if reached.n_rows != self._n_rows:
            raise ValueError(
                f"The source has given {reached.n_rows} rows in this epoch, but {self._n_rows} "
                "before: it must give the same rows every time."
            )
        self._vector, self._states = reached.vector, reached.states
        self.plan[at.UPDATE] = reached.update
        if steps is not None and steps[-1, 0] >= 0:
            self.numbers[at.RATE] = steps[-1, 0]
        self._end_epoch(*reached.record())
        if meanwhile is not None:
            meanwhile()

    def validate_on(self, data, needs_outputs):
        """Set the validation set of `validation`.

        Parameters
        ----------
        data : Data
        needs_outputs : bool
        """
        self._validator = data

    def validation(self, parameters):
        """Validate the network after the epochs set.

        Parameters
        ----------
        parameters : callable
            ``parameters()`` returns the current parameters.

        Returns
        -------
        outcome : ValidationOutcome
        """
        data, vector = self._validator, parameters()
        outputs = self._engine.predict(self.layout, vector, data.X)
        loss = self._engine.mean_loss(self.layout, vector, data, self._objective)
        return ValidationOutcome(outputs, loss)


def make_run(local, data, layout, vector, states, _data, objective, course, **options):
    """Make a training run as engines do."""
    form = layout, vector, states, objective, course, options["regularisation"]
    return ChunkedRun(local, data, *form)
