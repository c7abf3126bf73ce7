"""Sequences as networks read them: of one length, with a mask that says which steps are there."""

import math
from numbers import Integral

import numpy as np
from scipy.sparse import issparse
from sklearn.utils import check_array


def as_sequences(X):
    """Return sequences as arrays, if their lengths differ.

    Parameters
    ----------
    X : object
        What a user passes as features.

    Returns
    -------
    sequences : list of ndarray or None
        Of shape (steps,) or (steps, channels); None if X is no list of sequences, or all are of
        one length.

    Raises
    ------
    ValueError
        If X is a list of sequences that do not go together.
    """
    is_list = isinstance(X, (list, tuple))
    if not is_list and not (isinstance(X, np.ndarray) and X.dtype == object and X.ndim == 1):
        return None
    if not len(X) or not all(_is_sequence(each) for each in X):
        _check_shapes(X)
        return None
    if is_list and len({len(each) for each in X}) == 1:
        _check_shapes(X)
        return None
    sequences = [_as_array(each, place) for place, each in enumerate(X)]
    channels = {each.shape[1:] for each in sequences}
    if len(channels) > 1:
        shapes = [each.shape[1:] for each in sequences]
        other = next(place for place, shape in enumerate(shapes) if shape != shapes[0])
        raise ValueError(
            f"The sequences of X must have the same channels: X[0] has steps of shape {shapes[0]}, "
            f"and X[{other}] of shape {shapes[other]}."
        )
    return sequences


def _check_shapes(X):
    """Check that samples that are arrays, or nested lists, have the same shape."""
    if not any(_is_nested(each) for each in X):
        return
    shapes = [_shape(each, place) for place, each in enumerate(X)]
    other = next((place for place, shape in enumerate(shapes) if shape != shapes[0]), None)
    if other is not None:
        raise ValueError(
            "The samples of X must have the same shape, or be sequences whose steps have the same "
            f"shape: X[0] has the shape {shapes[0]}, and X[{other}] the shape {shapes[other]}."
        )


def _is_nested(each):
    if isinstance(each, (list, tuple)):
        return len(each) > 0 and isinstance(each[0], (list, tuple, np.ndarray))
    return isinstance(each, np.ndarray) and each.ndim > 1


def _shape(each, place):
    try:
        return np.shape(each)
    except ValueError as error:
        raise ValueError(f"The steps of X[{place}] have different numbers of channels.") from error


def _is_sequence(each):
    return isinstance(each, (list, tuple)) or (isinstance(each, np.ndarray) and each.ndim in (1, 2))


def _as_array(each, place):
    if not len(each):
        raise ValueError(f"X[{place}] is an empty sequence: sequences must have at least one step.")
    try:
        array = np.asarray(each)
    except ValueError as error:
        raise ValueError(f"The steps of X[{place}] have different numbers of channels.") from error
    if array.dtype.kind not in "biuf" or array.ndim > 2:
        raise ValueError(
            f"X[{place}] must be a sequence of numbers or of vectors of numbers, got an array of "
            f"type {array.dtype} and shape {array.shape}."
        )
    return array


def has_mask(X, shape):
    """Return whether features are rows as `masked_rows` returns them.

    Parameters
    ----------
    X : object
    shape : tuple of int
        Of a sample: steps come first.

    Returns
    -------
    has : bool
    """
    if getattr(X, "ndim", 0) != 2 or X.shape[1] != math.prod(shape) + shape[0]:
        return False
    masks = np.asarray(X[:, -shape[0] :])
    if masks.dtype.kind not in "biuf" or not np.isin(masks, (0, 1)).all():
        return False
    return bool((masks != 0).any(axis=1).all())


def lengths_given(X, shape):
    """Return how many steps the samples of X have, as they were given.

    Parameters
    ----------
    X : object
        What a user passes as features, which has been validated.
    shape : tuple of int
        Of a sample as the network reads it: steps come first.

    Returns
    -------
    lengths : ndarray of int of shape (n_samples,)
    """
    sequences = as_sequences(X)
    if sequences is not None:
        return np.array([len(each) for each in sequences])
    size = np.shape(X)
    whole = size[1:] == (math.prod(shape),) and len(shape) > 1
    as_vectors = len(size) == 2 and (whole or has_mask(X, shape))
    return np.full(size[0], shape[0] if as_vectors else size[1])


def trimmed(values, lengths):
    """Return what samples have for every step without the steps behind shorter samples.

    Parameters
    ----------
    values : ndarray of shape (n_samples, n_steps) or (n_samples, n_steps, n_outputs)
    lengths : ndarray of int of shape (n_samples,)

    Returns
    -------
    values : ndarray, or list of ndarray where lengths differ
    """
    if len(set(lengths.tolist())) == 1:
        return values[:, : lengths[0]]
    return [row[:length] for row, length in zip(values, lengths, strict=True)]


def masked_rows(X, sequences, mask_value, known):
    """Return samples as rows, with a column for every step that says whether it is seen.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_steps) or (n_samples, n_steps, n_channels)
        Not looked at where there are `sequences`.
    sequences : list of ndarray or None
        Of different lengths.
    mask_value : float or None
        A step all of whose numbers are this value is masked; None masks none.
    known : tuple of int or None
        Shape of a sample, steps first; None if it follows from the samples.

    Returns
    -------
    rows : ndarray of shape (n_samples, n_features + n_steps)
        Masked steps, and those behind a shorter sequence, are 0. The values behind the features are
        1 for steps that are seen.
    shape : tuple of int
        Of a sample.

    Raises
    ------
    ValueError
        If a sequence is too long, has channels of another number, or all its steps are masked.
    """
    if sequences is None:
        X = _as_samples(X, known)
        lengths = np.full(len(X), X.shape[1])
    else:
        lengths = np.array([len(each) for each in sequences])
    n_steps = lengths.max() if known is None else known[0]
    if lengths.max() > n_steps:
        raise ValueError(
            f"X[{lengths.argmax()}] has {lengths.max()} steps, but the network reads at most "
            f"{n_steps}: input_shape=(steps, channels) of a fit says how many it can read."
        )
    X = _padded(X if sequences is None else sequences, n_steps)
    seen = np.arange(n_steps) < lengths[:, np.newaxis]
    if mask_value is not None:
        masked = np.isnan(X) if mask_value != mask_value else X == _of_type(mask_value, X.dtype)
        seen &= ~masked.reshape(*seen.shape, -1).all(axis=2)
    if not seen.any(axis=1).all():
        raise ValueError(
            f"All steps of X[{seen.any(axis=1).argmin()}] are masked: a sample must have at least "
            "one step that is not."
        )
    X[~seen] = 0
    return np.hstack([X.reshape(len(X), -1), seen.astype(X.dtype)]), X.shape[1:]


def _as_samples(X, known):
    """Return an array of numbers with an axis for the steps."""
    X = check_array(X, dtype=None, allow_nd=True, ensure_all_finite=False, input_name="X")
    if X.dtype.kind not in "biuf":
        X = X.astype(np.float64)
    if 0 in X.shape[1:]:
        raise ValueError(f"X has samples of shape {X.shape[1:]}: there must be at least one step.")
    if known is not None and X.ndim == 2 and len(known) > 1 and X.shape[1] == math.prod(known):
        X = X.reshape(len(X), *known)
    return X


def _of_type(value, dtype):
    """Return a value as numbers of a type are that were given as this value."""
    return dtype.type(value) if dtype.kind == "f" else value


def _padded(sequences, n_steps):
    """Return a copy of sequences as one array, with zeros behind those that are shorter."""
    dtype = np.result_type(*{each.dtype for each in sequences})
    X = np.zeros((len(sequences), n_steps, *sequences[0].shape[1:]), dtype)
    for row, each in zip(X, sequences, strict=True):
        row[: len(each)] = each
    return X


def as_matrix(X):
    """Return features of more than two dimensions with a row for each sample, and its shape.

    Parameters
    ----------
    X : object

    Returns
    -------
    X : object
        A matrix where it has more dimensions; others are for scikit-learn to look at.
    shape : tuple of int or None
        Of a sample; None where X has two dimensions.
    """
    array = X
    if isinstance(X, (list, tuple)):
        try:
            array = np.asarray(X)
        except ValueError:  # rows of different lengths
            return X, None
    if issparse(X) or getattr(array, "ndim", 2) < 3:
        return X, None
    array = np.asarray(array)
    shape = tuple(map(int, array.shape[1:]))
    return array.reshape(len(array), math.prod(shape)), shape


def as_shape(value):
    """Return the shape of a sample as a tuple.

    Parameters
    ----------
    value : int or sequence of int

    Returns
    -------
    shape : tuple of int

    Raises
    ------
    ValueError
        If it is no shape.
    """
    shape = (value,) if isinstance(value, Integral) else tuple(value)
    for size in shape:
        if not isinstance(size, Integral) or isinstance(size, bool | np.bool_) or size < 1:
            raise ValueError(f"input_shape must hold integers >= 1, got {value!r}.")
    return tuple(map(int, shape))
