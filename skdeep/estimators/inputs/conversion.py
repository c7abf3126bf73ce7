"""Features as the engine takes them."""

import numpy as np
from scipy.sparse import issparse


def as_rows(X, dtype):
    """Return features as the engine takes them: C-ordered, or sparse by rows.

    Parameters
    ----------
    X : {array, sparse matrix} of shape (n_rows, n_features)
    dtype : numpy dtype

    Returns
    -------
    X : C-ordered array or CSR matrix of shape (n_rows, n_features)
        Not copied where it is so already.
    """
    X = X.tocsr() if issparse(X) else X
    return X.astype(dtype, copy=False) if issparse(X) else np.ascontiguousarray(X, dtype=dtype)
