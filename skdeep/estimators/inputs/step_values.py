"""Targets for every step of sequences, as users give them."""

from typing import NamedTuple

import numpy as np
from scipy.sparse import issparse
from sklearn.utils import check_consistent_length
from sklearn.utils._missing import is_pandas_na, is_scalar_nan


class StepValues(NamedTuple):
    """The targets of all steps that have one.

    Attributes
    ----------
    values : array of shape (n_known,) or (n_known, n_outputs)
        Sample by sample, step by step.
    known : array of bool of shape (n_samples, n_steps)
        Which steps these are.
    """

    values: np.ndarray
    known: np.ndarray

    def in_place(self, rows):
        """Return numbers for all steps that have targets as an array with all steps.

        Parameters
        ----------
        rows : array of shape (n_known,) or (n_known, n_outputs)

        Returns
        -------
        y : masked array of shape (n_samples, n_steps, n_outputs)
        """
        rows = rows.reshape(len(rows), -1)
        y = np.zeros((*self.known.shape, rows.shape[1]), dtype=rows.dtype)
        y[self.known] = rows
        mask = np.repeat(~self.known[:, :, np.newaxis], rows.shape[1], axis=2)
        return np.ma.MaskedArray(y, mask)


def values_of(y):
    """Return targets as a vector or matrix: those of steps with a row for each that has one.

    Parameters
    ----------
    y : array or StepValues

    Returns
    -------
    values : array
    """
    return y.values if isinstance(y, StepValues) else y


def in_place(y, numbers):
    """Return the numbers that targets have become, at the places of the targets.

    Parameters
    ----------
    y : array or StepValues
    numbers : array
        What became of ``values_of(y)``.

    Returns
    -------
    y : array of shape (n_samples,) or (n_samples, n_outputs), or masked array
        A masked array has an axis for steps.
    """
    return y.in_place(numbers) if isinstance(y, StepValues) else numbers


def read_steps(y, n_samples, n_steps, seen=None, lengths=None):
    """Return the targets of all steps that have one.

    Parameters
    ----------
    y : array-like of shape (n_samples, n_steps) or (n_samples, n_steps, n_outputs), or list
        NaN, and in arrays of objects None, stands for a step without a target. A list has a
        sequence for every sample, as long as the sample.
    n_samples, n_steps : int
        Samples, and steps that the network gives.
    seen : array of bool of shape (n_samples, n_steps) or None, default=None
        Which steps are not masked; None for all. The targets of others are not looked at.
    lengths : array of int of shape (n_samples,) or None, default=None
        Steps of every sample, without those that were put behind it; None for `n_steps`.

    Returns
    -------
    values : StepValues

    Raises
    ------
    ValueError
        If it is anything else, or no step has a target.
    """
    if issparse(y):
        raise ValueError("y must be dense where it has a target for every step.")
    check_consistent_length(np.empty(n_samples), y)
    lengths = np.full(n_samples, n_steps) if lengths is None else lengths
    targets, counts = _flat(y, n_steps, lengths)
    given = np.arange(n_steps) < counts[:, np.newaxis]
    known = given & (np.arange(n_steps) < lengths[:, np.newaxis])
    known &= True if seen is None else seen
    targets = targets[known[given]]
    missing = _missing(targets)
    known[known] = ~missing
    if missing.all():
        raise ValueError("y has no target: all steps are masked, or have NaN or None.")
    return StepValues(_of_one_type(targets[~missing]), known)


def _flat(y, n_steps, lengths):
    """Return the targets of all samples one behind the other, and how many each sample has."""
    array = _as_array(y)
    if array is not None and (array.ndim < 2 or array.ndim > 3):
        raise ValueError(
            "The last layer gives a sequence, so y must have a target for every step: an array of "
            f"shape (n_samples, {n_steps}), or a list of sequences, got the shape {array.shape}. "
            "For one target per sample put Flatten() or GlobalAveragePool() at the end of layers."
        )
    if array is not None:
        counts = np.full(len(array), array.shape[1])
        if array.shape[1] != n_steps:
            _check_lengths(counts, lengths)
        return array.reshape(-1, *array.shape[2:]), counts
    parts = [np.asarray(each) for each in y]
    counts = np.array([len(part) if part.ndim else 0 for part in parts])
    _check_lengths(counts, lengths)
    if len({part.shape[1:] for part in parts}) > 1 or parts[0].ndim > 2:
        raise ValueError("The sequences of y must hold one target, or as many outputs, per step.")
    return np.concatenate(parts), counts


def _as_array(y):
    """Return targets as an array; None if they are sequences of different lengths."""
    if isinstance(y, np.ndarray) and y.dtype == object and y.ndim == 1:
        y = y.tolist()
    try:
        return np.asarray(y)
    except ValueError:
        return None


def _check_lengths(counts, lengths):
    """Check that every sample has as many targets as steps."""
    if not np.array_equal(counts, lengths):
        place = int(np.argmax(counts != lengths))
        raise ValueError(
            f"y[{place}] has targets for {counts[place]} steps, but there are {lengths[place]} "
            f"steps of X[{place}] to have some."
        )


def _missing(targets):
    """Return which of the targets are missing."""
    if targets.dtype.kind == "f":
        missing = np.isnan(targets)
    elif targets.dtype.kind == "O":
        found = [_is_missing(each) for each in targets.reshape(-1)]
        missing = np.array(found, dtype=bool).reshape(targets.shape)
    else:
        return np.zeros(len(targets), dtype=bool)
    missing = missing.reshape(len(targets), -1)
    if missing.shape[1] and (missing.any(axis=1) != missing.all(axis=1)).any():
        raise ValueError("y has steps with NaN in some of the outputs: all or none must be NaN.")
    return missing.any(axis=1)


def _is_missing(value):
    return value is None or is_scalar_nan(value) or is_pandas_na(value)


def _of_one_type(targets):
    """Return targets that are objects as numbers, where they all are."""
    if targets.dtype.kind != "O":
        return targets
    converted = np.array(targets.tolist())
    return converted if converted.dtype.kind in "biuf" else targets
