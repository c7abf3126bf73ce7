"""Sample weights at the edge: without a mean, or too small or large for a precision."""

import math

import numpy as np


def check_finite(weights):
    """Check weights made of one number, which scikit-learn takes as it is.

    Parameters
    ----------
    weights : array of shape (n_samples,)
        All alike, or known to be finite.

    Raises
    ------
    ValueError
        If they are not finite.
    """
    if len(weights) and not math.isfinite(weights[0]):
        raise ValueError(f"sample_weight must be finite, got {weights[0]}.")


def check_sum(weights, what="sample_weight"):
    """Check that a mean can be taken with weights.

    Parameters
    ----------
    weights : array of shape (n_samples,) or None
    what : str, default="sample_weight"
        Whose sum this is, for the message.

    Raises
    ------
    ValueError
        If they sum to 0, up to rounding.
    """
    if weights is None:
        return
    largest = np.abs(weights).max(initial=0.0)
    if largest > 0:
        relative = np.asarray(weights / largest, dtype=np.float64)
        rounding = len(relative) * np.finfo(np.float64).eps * np.abs(relative).sum()
        if abs(relative.sum()) > rounding:
            return
    raise ValueError(
        f"{what} must not sum to 0 (with class_weight, the products count): the loss is a mean "
        "weighted by it."
    )


def in_range(weights, dtype):
    """Return weights that a precision can hold, and what they are multiples of.

    Parameters
    ----------
    weights : array of shape (n_samples,) or None
    dtype : numpy dtype
        Type of the features, in which the weights are used.

    Returns
    -------
    weights : array of shape (n_samples,) or None
        As they are, unless the largest is so small or large that sums, products with slopes or
        reciprocals might not lie well within the precision.
    unit : float
        A power of 2. The penalty has to be divided by it.
    """
    if weights is None:
        return None, 1.0
    largest, limit = float(np.abs(weights).max()), 2.0 ** (np.finfo(dtype).maxexp // 3)
    if 1.0 / limit <= largest <= limit:
        return weights, 1.0
    exponent = int(np.frexp(largest)[1]) - 1
    weights = np.ldexp(np.asarray(weights, dtype=np.float64), -exponent)
    return weights, float(np.ldexp(1.0, exponent))
