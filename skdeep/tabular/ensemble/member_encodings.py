"""How the members of an ensemble encode a table, each kind in a way of its own."""

from typing import NamedTuple

import numpy as np

from skdeep.engines.cpu.tabular.encoding import expand
from skdeep.engines.encoded_table import rows_of
from skdeep.tabular.encoder import TabularEncoder
from skdeep.tabular.ensemble.samples import of_validation_set

#: Dense rows that exist at a time when a fitted ensemble predicts.
ROWS_AT_A_TIME = 8192
#: Bins of a number that a factor leads to, at least and at most.
FEWEST_BINS, MOST_BINS = 6, 250


class Way(NamedTuple):
    """A way to encode numbers.

    Attributes
    ----------
    strategy : {"quantile", "tree"}
        Of the edges.
    factor : float
        By which the number of bins is multiplied.
    n_cosines : int
        Random cosines of every number.
    """

    strategy: str = "quantile"
    factor: float = 1.0
    n_cosines: int = 0


#: The members take turns.
WAYS = (Way(), Way("tree"), Way(factor=0.4, n_cosines=4), Way(factor=1.25))
#: Standard deviation of the frequencies of cosines.
FREQUENCY = 0.2


class MemberEncoding:
    """A fitted encoder, and cosines of the numbers that it scales.

    The cosines are ``cos(2 pi w z + c)`` for a scaled number z, with w drawn from a normal
    distribution and c uniformly from -pi to pi.

    Parameters
    ----------
    encoder : TabularEncoder
    way : Way
    seed : int
        Of the cosines.
    """

    def __init__(self, encoder, way, seed):
        self.encoder, self.way, self.seed = encoder, way, seed

    def fit_transform(self, X, y):
        """Fit, and return the dense rows that a member trains on.

        Parameters
        ----------
        X : frame or array of shape (n_rows, n_columns)
        y : array of shape (n_rows,) or (n_rows, n_outputs)

        Returns
        -------
        rows : array of float32 of shape (n_rows, width)
        """
        encoded = self.encoder._fit_encode(X, y)
        n_numbers = self.encoder._plan.layout.n_numbers
        random = np.random.RandomState(self.seed)
        shape = n_numbers, self.way.n_cosines
        self.frequencies = random.normal(0.0, FREQUENCY, shape).astype(np.float32)
        self.phases = random.uniform(-np.pi, np.pi, shape).astype(np.float32)
        return self._dense(encoded)

    def transform(self, X):
        """Return all dense rows of a table.

        Parameters
        ----------
        X : frame or array of shape (n_rows, n_columns)

        Returns
        -------
        rows : array of float32 of shape (n_rows, width)
        """
        return self._dense(self.encoder._encode(X))

    def chunks(self, X):
        """Yield the dense rows of a table, some at a time, each time in the same memory.

        Parameters
        ----------
        X : frame or array of shape (n_rows, n_columns)

        Yields
        ------
        rows : array of float32 of shape (n_some_rows, width)
        """
        encoded = self.encoder._encode(X)
        n_rows = len(encoded.numbers)
        rows = self._empty(min(n_rows, ROWS_AT_A_TIME))
        for start, stop in _ranges(n_rows):
            self._write(encoded, start, stop, rows[: stop - start])
            yield rows[: stop - start]

    def _dense(self, encoded):
        rows = self._empty(len(encoded.numbers))
        for start, stop in _ranges(len(rows)):
            self._write(encoded, start, stop, rows[start:stop])
        return rows

    def _empty(self, n_rows):
        width = self.encoder._plan.layout.width + self.frequencies.size
        return np.empty((n_rows, width), dtype=np.float32)

    def _write(self, encoded, start, stop, rows):
        layout = self.encoder._plan.layout
        dense = np.empty((stop - start, layout.width), np.float32) if self.way.n_cosines else rows
        expand(rows_of(encoded, start, stop), layout, dense, self.encoder.n_threads)
        if self.way.n_cosines:
            rows[:, : layout.width] = dense
            turns = dense[:, : layout.n_numbers, None] * self.frequencies
            cosines = np.cos(np.float32(2 * np.pi) * turns + self.phases)
            rows[:, layout.width :] = cosines.reshape(len(rows), -1)


def _ranges(n_rows):
    for start in range(0, n_rows, ROWS_AT_A_TIME):
        yield start, min(start + ROWS_AT_A_TIME, n_rows)


def fit_encodings(X, y, n_ways, seed, X_val=None, **parameters):
    """Fit the encodings of an ensemble.

    Parameters
    ----------
    X : frame or array of shape (n_rows, n_columns)
    y : array of shape (n_rows,) or (n_rows, n_outputs)
    n_ways : int
        How many of `WAYS` there are members for.
    seed : int
    X_val : frame or array of shape (n_val, n_columns), default=None
        The table of a validation set.
    **parameters
        Of the encoders.

    Returns
    -------
    encodings : list of MemberEncoding
    rows : list of arrays of float32 of shape (n_rows, width)
        What members of each train on.
    validation_rows : list of arrays of float32 of shape (n_val, width), or None
        The validation set in each encoding.

    Raises
    ------
    TypeError, ValueError
        If a table cannot be encoded.
    """
    encodings, rows, validation_rows = [], [], None if X_val is None else []
    for place, way in enumerate(WAYS[:n_ways]):
        encoder = TabularEncoder(**parameters, strategy=way.strategy, random_state=seed)
        if place > 0:  # bins of the first encoding, which is asked for "auto"
            n_bins = int(encodings[0].encoder.n_bins_ * way.factor)
            encoder.set_params(n_bins=min(MOST_BINS, max(FEWEST_BINS, n_bins)))
        encodings.append(MemberEncoding(encoder, way, seed + place))
        rows.append(encodings[-1].fit_transform(X, y))
        if X_val is not None:
            with of_validation_set():
                validation_rows.append(encodings[-1].transform(X_val))
    return encodings, rows, validation_rows
