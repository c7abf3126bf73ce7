"""The rows of a fit on the device: all of them, or, of data larger than it, some at a time."""

import warnings
from typing import NamedTuple

import numpy as np


class Place(NamedTuple):
    """Where training is: the epoch and row that come next, of how many rows.

    `order_step` is from the order of one epoch to the next.
    """

    epoch: int
    row: int
    n_rows: int
    order_step: int


class Rows:
    """All rows of a fit, on the device from the beginning.

    Parameters
    ----------
    model : Model
    data : Data
    """

    def __init__(self, model, data):
        self.model, self.n_data_rows = model, data.X.shape[0]
        self.set_data(data)

    def set_data(self, data):
        """Set other rows."""
        self.model.set_features(data.X, targets_of(data))

    def forget(self):
        """Take note that another order begins."""

    def provide(self, order, place, wanted):
        """See to it that rows are on the device.

        Parameters
        ----------
        order : array of int32
            Row numbers in the order of training; empty for that of the data.
        place : Place
        wanted : int
            Rows.

        Returns
        -------
        order : array of int32
            Where the rows of the order are on the device.
        order_step : int
            From the order of one epoch to the next.
        available : int
            Rows that are there.
        """
        return order, place.order_step, wanted


class Chunks:
    """Rows of data that the device has no room for: chunk after chunk is copied to it.

    Parameters
    ----------
    model : Model
    data : Data
    rows : int
        Most rows of a chunk.
    """

    def __init__(self, model, data, rows):
        self.model, self.n_data_rows, self._most = model, rows, rows
        self.set_data(data)
        warnings.warn(
            f"X takes more memory than the CUDA device has to spare: {rows} of its "
            f"{data.X.shape[0]} rows are copied there at a time, again in every epoch.",
            stacklevel=2,
        )

    def set_data(self, data):
        """Set other rows."""
        self._data, self._there = data, None

    def forget(self):
        """Take note that another order begins."""
        self._there = None

    def provide(self, order, place, wanted):
        """See to it that rows are on the device, see `Rows.provide`."""
        epoch, begin, end = self._there or (-1, 0, 0)
        if epoch != place.epoch or not begin <= place.row < end:
            begin, end = place.row, min(place.n_rows, place.row + self._most)
            first = place.epoch * place.order_step
            rows = order[first + begin : first + end] if order.size else slice(begin, end)
            X, targets, weights = self._data
            chunk = self._data._replace(
                X=X[rows],
                targets=targets[rows],
                weights=None if weights is None else weights[rows],
            )
            self.model.set_features(chunk.X, targets_of(chunk, self._most))
            self._there = place.epoch, begin, end
        return (
            np.arange(place.n_rows, dtype=np.int32) - np.int32(begin),
            0,
            min(wanted, end - place.row),
        )


def targets_of(data, n_rows=None):
    """Return targets, and sample weights behind them, in the precision of the features.

    Parameters
    ----------
    data : Data
    n_rows : int or None, default=None
        Room for so many rows of targets is left before the weights.

    Returns
    -------
    targets : 1-D array
    """
    targets = np.zeros((n_rows or len(data.targets), data.targets.shape[1]), data.X.dtype)
    targets[: len(data.targets)] = data.targets
    if data.weights is None:
        return targets.reshape(-1)
    return np.concatenate([targets.reshape(-1), data.weights.astype(data.X.dtype, copy=False)])
