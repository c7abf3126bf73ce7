"""How the members of an ensemble encode a table, each kind in a way of its own."""

import functools
import threading
from typing import NamedTuple

import numpy as np

from skdeep.engines.cpu.tabular.encoding import expand
from skdeep.engines.encoded_table import rows_of
from skdeep.layers import EncodedDense, TableFeatures
from skdeep.tabular.compact import encode_in_groups
from skdeep.tabular.encoder import TabularEncoder
from skdeep.tabular.ensemble.samples import of_validation_set

#: Encoded rows that exist at a time when a fitted ensemble predicts.
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
#: What codes of categories of two levels stand for.
SIGNS = np.array([0, 1, -1], dtype=np.float32)
#: Standard deviation of the frequencies of cosines.
FREQUENCY = 0.2


class MemberEncoding:
    """A fitted encoder, and cosines of the numbers that it scales.

    The cosines are ``cos(2 pi w z + c)`` for a scaled number z, with w drawn from a normal
    distribution and c uniformly from -pi to pi.

    Members read rows in a compact form, which is the same in all encodings: scores, indicators of
    missing numbers, categories of two levels as 1, -1 and 0, and the codes of the other categories.
    Their first layer, `TableFeatures`, adds the cosines and the positions in bins. Or they read
    dense rows: the encoding of `TabularEncoder`, and the cosines behind.

    Parameters
    ----------
    encoder : TabularEncoder
    way : Way
    seed : int
        Of the cosines.
    compact : bool, default=True
        Whether rows are in the compact form.
    """

    def __init__(self, encoder, way, seed, compact=True):
        self.encoder, self.way, self.seed, self.compact = encoder, way, seed, compact

    def fit(self, X, y):
        """Fit, and return a function that makes the rows that members train on.

        Parameters
        ----------
        X : frame or array of shape (n_rows, n_columns)
        y : array of shape (n_rows,) or (n_rows, n_outputs)

        Returns
        -------
        make_rows : callable
            ``make_rows()`` returns an array of float32 of shape (n_rows, n_inputs).
        """
        self.encoder._validate_params()
        table, means = self.encoder._fit(X, y)
        n_numbers = self.encoder._plan.layout.n_numbers
        random = np.random.RandomState(self.seed)
        shape = n_numbers, self.way.n_cosines
        self.frequencies = random.normal(0.0, FREQUENCY, shape).astype(np.float32)
        self.phases = random.uniform(-np.pi, np.pi, shape).astype(np.float32)
        return functools.partial(self._all_rows, table, means)

    def to_plain(self):
        """Return what is fitted as a dict of the encoder, arrays and numbers."""
        return {**vars(self), "way": self.way._asdict()}

    @classmethod
    def from_plain(cls, plain):
        """Return the encoding that a dict of `to_plain` stands for."""
        encoding = cls.__new__(cls)
        vars(encoding).update(plain, way=Way(**plain["way"]))
        return encoding

    def transform(self, X):
        """Return all rows of a table as a member reads them.

        Parameters
        ----------
        X : frame or array of shape (n_rows, n_columns)

        Returns
        -------
        rows : array of float32 of shape (n_rows, n_inputs)
        """
        return self._all_rows(self.encoder._read(X))

    def chunks(self, X):
        """Yield the rows of a table, some at a time, each time in the same memory.

        Parameters
        ----------
        X : frame or array of shape (n_rows, n_columns)

        Yields
        ------
        rows : array of float32 of shape (n_some_rows, n_inputs)
        """
        table = self.encoder._read(X)
        room = self._empty(min(table.n_rows, ROWS_AT_A_TIME))
        for _, _, group in self._groups(table):
            for start, stop in _ranges(group.n_rows):
                rows = room[: stop - start]
                self._write(rows_of(group, start, stop), rows)
                yield rows

    @property
    def n_scores(self):
        """Number of columns of the rows that are scores and indicators of missing numbers."""
        layout = self.encoder._plan.layout
        return layout.n_numbers + layout.n_indicators

    def first_layers(self, units, activation, dropout, n_leaves=()):
        """Return the first layers of a member, which reads rows in the compact form.

        Parameters
        ----------
        units : int
        activation : str
        dropout : float
        n_leaves : tuple of int, default=()
            Leaves of trees, which are further categories, behind the others.

        Returns
        -------
        layers : list of TableFeatures and EncodedDense
        """
        layout, scaling = self.encoder._plan.layout, self.encoder._plan.scaling
        two = layout.n_levels == 2
        edges = np.split(scaling.edges, layout.starts[1:-1] + np.arange(1, len(layout.binned)))
        cosines = {"frequencies": self.frequencies, "phases": self.phases}
        features = TableFeatures(
            self.n_scores,
            **(cosines if self.frequencies.size else {}),
            binned=tuple(layout.binned.tolist()),
            # As scores are of float32, a score that is an edge is one of its edges then.
            edges=tuple(_distinct(own) for own in edges[: len(layout.binned)]),
        )
        n_bins = [len(own) - 1 for own in features.edges]
        dense = EncodedDense(
            units,
            activation,
            n_numbers=int(self.n_scores + self.frequencies.size + two.sum()),
            n_levels=(*layout.n_levels[~two].tolist(), *n_leaves),
            n_bins=tuple(n_bins),
            bin_means=np.clip(layout.means, 0.0, 1.0),
            dropout=dropout,
        )
        return [features, dense]

    def _groups(self, table, means=None):
        encoder = self.encoder
        return encode_in_groups(encoder._plan, table, encoder.dtype, encoder.n_threads, means)

    def _all_rows(self, table, means=None):
        rows = self._empty(table.n_rows)
        for start, stop, group in self._groups(table, means):
            self._write(group, rows[start:stop])
        return rows

    @property
    def n_inputs(self):
        """Number of columns of the rows that members read."""
        layout = self.encoder._plan.layout
        if self.compact:
            return self.n_scores + len(layout.n_levels)
        return layout.width + self.frequencies.size

    def _empty(self, n_rows):
        return np.empty((n_rows, self.n_inputs), dtype=np.float32)

    def _write(self, encoded, rows):
        """Write some rows of a table as members read them."""
        if self.compact:
            self._write_compact(encoded, rows)
        elif self.way.n_cosines:
            width = self.encoder._plan.layout.width
            dense = np.empty((len(rows), width), np.float32)
            expand(encoded, self.encoder._plan.layout, dense, self.encoder.n_threads)
            rows[:, :width], rows[:, width:] = dense, self._cosines(encoded)
        else:
            expand(encoded, self.encoder._plan.layout, rows, self.encoder.n_threads)

    def _write_compact(self, encoded, rows):
        two = self.encoder._plan.layout.n_levels == 2
        codes = encoded.codes
        parts = [encoded.numbers, encoded.indicators, SIGNS[codes[:, two]], codes[:, ~two]]
        end = 0
        for part in parts:
            start, end = end, end + part.shape[1]
            rows[:, start:end] = part

    def _cosines(self, encoded):
        turns = encoded.numbers[:, :, None] * self.frequencies
        cosines = np.cos(np.float32(2 * np.pi) * turns + self.phases)
        return cosines.reshape(len(cosines), self.frequencies.size)


def _distinct(edges):
    """Return edges in float32, which still increase."""
    found = edges.astype(np.float32)
    for k in range(1, len(found)):
        found[k] = max(found[k], np.nextafter(found[k - 1], np.float32(np.inf)))
    return found.astype(np.float64)


class _SharedRows:
    """Rows that all encodings have in common, made when they are first asked for."""

    def __init__(self, make):
        self._make, self._rows, self._lock = make, None, threading.Lock()

    def __call__(self):
        with self._lock:
            if self._rows is None:
                self._rows, self._make = self._make(), None
            return self._rows


def _ranges(n_rows):
    for start in range(0, n_rows, ROWS_AT_A_TIME):
        yield start, min(start + ROWS_AT_A_TIME, n_rows)


def fit_encodings(X, y, n_ways, seed, X_val=None, limit=None, compact=True, **parameters):
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
    limit : TimeLimit, default=None
        Of the fit: there are fewer encodings if they take too much of it.
    compact : bool, default=True
        Whether rows are in the compact form.
    **parameters
        Of the encoders.

    Returns
    -------
    encodings : list of MemberEncoding
    makers : list of callable
        For each, a function that makes the rows that its members train on.
    validation_rows : list of arrays of float32 of shape (n_val, n_inputs), or None
        The validation set in each encoding.

    Raises
    ------
    TypeError, ValueError
        If a table cannot be encoded.
    """
    encodings, makers, validation_rows = [], [], None if X_val is None else []
    for place, way in enumerate(WAYS[:n_ways]):
        if limit is not None and not limit.allows_encoding(place):
            break
        encoder = TabularEncoder(**parameters, strategy=way.strategy, random_state=seed)
        if place > 0:  # bins of the first encoding, which is asked for "auto"
            n_bins = int(encodings[0].encoder.n_bins_ * way.factor)
            encoder.set_params(n_bins=min(MOST_BINS, max(FEWEST_BINS, n_bins)))
        encodings.append(MemberEncoding(encoder, way, seed + place, compact))
        make = encodings[-1].fit(X, y)
        if not compact:
            makers.append(make)
        else:
            makers.append(makers[0] if makers else _SharedRows(make))
        if X_val is not None:
            with of_validation_set():
                rows = None if compact and validation_rows else encodings[-1].transform(X_val)
                validation_rows.append(validation_rows[0] if rows is None else rows)
    return encodings, makers, validation_rows
