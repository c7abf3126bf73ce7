"""Graphs: the adjacency of nodes, checked and normalised."""

import numpy as np
import scipy.sparse as sp
from sklearn.utils import check_array

from skdeep.estimators.inputs.sparse_structure import check_sparse_structure

#: Weights are multiples of one over this.
UNITS = 2.0**62


def check_adjacency(adjacency, n_nodes):
    """Return the adjacency of a graph.

    Parameters
    ----------
    adjacency : {sparse matrix, array-like} of shape (n_nodes, n_nodes)
        Weights of the edges, at least 0. Edges count in both directions, with the larger weight.
    n_nodes : int
        Rows of the features.

    Returns
    -------
    adjacency : csr_array of float64
        Symmetric.

    Raises
    ------
    ValueError, TypeError
        If it has another shape, or holds weights that are negative or not finite.
    """
    check_sparse_structure(adjacency, "adjacency")
    adjacency = check_array(
        adjacency, accept_sparse=["csr"], dtype=np.float64, input_name="adjacency"
    )
    if adjacency.shape != (n_nodes, n_nodes):
        raise ValueError(
            f"adjacency has the shape {adjacency.shape}, but X has {n_nodes} rows, which are the "
            f"nodes: ({n_nodes}, {n_nodes}) is expected."
        )
    adjacency = sp.csr_array(adjacency)
    if adjacency.nnz and adjacency.data.min() < 0:
        raise ValueError(f"adjacency has negative weights, the least is {adjacency.data.min():g}.")
    adjacency = sp.csr_array(adjacency.maximum(adjacency.T))
    adjacency.eliminate_zeros()
    adjacency.sort_indices()
    return adjacency


def normalised_table(adjacency):
    """Return the normalised adjacency as kernels read it.

    ``D^(-1/2) (adjacency + I) D^(-1/2)``, where ``D`` holds the sums of the rows.

    Parameters
    ----------
    adjacency : csr_array of shape (n_nodes, n_nodes)
        Symmetric.

    Returns
    -------
    table : bytes
        Of integers of 64 bits: where rows begin, the neighbours, and their weights in units.
    """
    looped = sp.csr_array(adjacency + sp.eye_array(adjacency.shape[0], format="csr"))
    looped.sort_indices()
    root = 1.0 / np.sqrt(looped.sum(axis=1))
    rows = np.repeat(np.arange(len(root)), np.diff(looped.indptr))
    weights = looped.data * root[rows] * root[looped.indices]
    parts = looped.indptr, looped.indices, np.rint(weights * UNITS)
    return np.concatenate([part.astype(np.int64) for part in parts]).tobytes()
