"""What layers of attention have in common: the operation between projections, and its shares."""

import math

import numpy as np

from skdeep.layers.operation import Operation

#: Name of the kind of the operation.
KIND = "attention"


def check_heads(heads, dim):
    """Check that heads have the same size.

    Parameters
    ----------
    heads, dim : int

    Raises
    ------
    ValueError
        If the number of heads does not divide that of the numbers of a step.
    """
    if dim % int(heads):
        raise ValueError(f"heads={heads} does not divide dim, which is {dim}.")


def attention_operation(sources, steps, dim, heads, causal=False, mask=None):
    """Return the operation between the projections, which has no parameters.

    Parameters
    ----------
    sources : tuple of int
        Of the queries, and of the keys and values. One that is both has all three side by side.
    steps : tuple of int
        Steps that read, and steps that are read.
    dim : int
        Numbers of a step over all heads.
    heads : int
    causal : bool, default=False
        Whether a step sees no later ones.
    mask : tuple of int or None, default=None
        Source of the mask of the steps that are read, and the place of its first value.

    Returns
    -------
    operation : Operation
    """
    read = tuple(dict.fromkeys(sources))
    if mask is not None and mask[0] not in read:
        read = (*read, mask[0])
    readers, n_steps = steps
    place_of_mask = (-1, -1) if mask is None else mask
    settings = (readers, n_steps, dim, heads, int(bool(causal)), *place_of_mask, *sources)
    n_inputs = readers * dim + 2 * n_steps * dim
    return Operation(KIND, read, n_inputs, (readers, dim), None, None, "identity", settings)


def shares_of(queries, keys, heads, mask=None, causal=False):
    """Return how much every step reads every other.

    Parameters
    ----------
    queries : ndarray of shape (n_samples, readers, dim)
    keys : ndarray of shape (n_samples, steps, dim)
    heads : int
    mask : ndarray of bool of shape (n_samples, steps), default=None
        Which of the steps that are read are seen; None for all.
    causal : bool, default=False
        Whether a step sees no later ones.

    Returns
    -------
    shares : ndarray of shape (n_samples, heads, readers, steps)
        Rows are the steps that read; each sums to 1, or to 0 where it can read none.
    """
    readers, n_steps, found = queries.shape[1], keys.shape[1], []
    seen = np.ones((len(keys), n_steps), bool) if mask is None else mask
    seen = np.repeat(seen[:, np.newaxis], readers, axis=1)
    if causal:
        seen &= np.tri(readers, n_steps, dtype=bool)
    parts = (np.split(part, heads, axis=-1) for part in (queries, keys))
    for q, k in zip(*parts, strict=True):
        scores = np.einsum("nid,njd->nij", q, k) / math.sqrt(q.shape[-1])
        largest = np.where(seen, scores, -np.inf).max(axis=-1, keepdims=True)
        scores = np.where(seen, scores - largest, 0)
        shares = np.where(seen, np.exp(scores), 0)
        total = shares.sum(axis=-1, keepdims=True)
        found.append(shares / np.where(total > 0, total, 1))
    return np.stack(found, axis=1)
