"""The precision of a network, where the parameter ``precision`` asks for one."""

import numpy as np
from scipy.sparse import issparse

from skdeep.estimators.inputs.conversion import as_rows


def precision_of(estimator, X):
    """Return the precision of a network that is to be fitted to features.

    Parameters
    ----------
    estimator : NeuralNetwork
    X : {array, sparse matrix} of shape (n_rows, n_features)
        Validated, of float32 or float64.

    Returns
    -------
    dtype : numpy dtype
    """
    wanted = getattr(estimator, "precision", None)
    return X.dtype if wanted is None else np.dtype(wanted)


def check_range(X, dtype):
    """Check that features do not become infinite in a precision.

    Parameters
    ----------
    X : {array, sparse matrix} of shape (n_rows, n_features)
    dtype : numpy dtype

    Raises
    ------
    ValueError
        If they do.
    """
    if X.dtype.kind != "f" or X.dtype.itemsize <= dtype.itemsize:
        return
    values = X.data if issparse(X) else X
    largest = max(values.max(initial=0.0), -values.min(initial=0.0))
    most = np.finfo(dtype).max
    if largest > most:
        raise ValueError(
            f"X has values up to {largest:g}, more than {dtype}, the precision of the network, can "
            f"hold ({most:g}). Scale X, or use precision=None with X of float64."
        )


def rows_to_train_on(X, dtype, reads_doubles):
    """Return features as the engine takes them in training.

    Parameters
    ----------
    X : {array, sparse matrix} of shape (n_rows, n_features)
    dtype : numpy dtype
        Precision of the network.
    reads_doubles : bool
        Whether training converts rows of float64 itself, batch by batch.

    Returns
    -------
    X : C-ordered array or CSR matrix of shape (n_rows, n_features)
        Of the precision of the network or, not copied, of float64.
    """
    check_range(X, dtype)
    is_read = reads_doubles and isinstance(X, np.ndarray) and X.dtype == np.float64
    if is_read and dtype == np.float32 and X.flags.c_contiguous and X.flags.aligned:
        return X
    return as_rows(X, dtype)
