"""The shape of the work on some data."""

import numpy as np
from scipy.sparse import issparse

from skdeep.engines.cpu.planning.shape import Shape
from skdeep.engines.cpu.threads import team


def shape_of(X, batch_rows, gather, regularisation, dtype=None):
    """Return the shape of the work on some rows.

    Parameters
    ----------
    X : array or CSR matrix of shape (n_rows, n_features)
    batch_rows : int
        Most rows of a batch.
    gather : bool
        Whether rows come in another order than that of the data.
    regularisation : Regularisation
    dtype : numpy dtype, default=None
        Precision of the work; None for that of X. Rows of float64 may be dense and gathered for
        work of float32.

    Returns
    -------
    shape : Shape
    """
    dtype = X.dtype if dtype is None else dtype
    itemsize = dtype.itemsize
    if issparse(X):
        entries = X.nnz / max(1, X.shape[0])
        indices = np.promote_types(X.indices.dtype, X.indptr.dtype).char
        return Shape(batch_rows, itemsize, entries, False, regularisation, indices)
    converts = dtype != X.dtype
    gather = bool(gather or converts or regularisation.disturbs_features)
    return Shape(batch_rows, itemsize, None, gather, regularisation, converts=converts)


def n_members(n_threads):
    """Return the most members of a team: as many as `n_threads`, or as may be used if None."""
    return team.available_threads() if n_threads is None else n_threads
