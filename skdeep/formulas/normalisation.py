"""Batch normalisation: weighted inputs ``a`` of a unit with mean 0 and variance 1 over a batch.

``x = (a - mean) / sqrt(variance + epsilon)``, and ``scale x + shift`` goes into the activation.
Ioffe & Szegedy, "Batch normalization: accelerating deep network training by reducing internal
covariate shift", ICML 2015; the constants are those of PyTorch.

Engines add up means, squared deviations from the mean (`squares`) and sums of derivatives over the
rows of a batch, part by part, and combine those of the parts.
"""

import math

#: Added to the variance of a unit before its root is taken.
BATCH_EPSILON = 1e-5
#: Share of a batch in the running statistics.
BATCH_SHARE = 0.1


def combined_mean(mean, apart, share):
    """Return the mean of all parts so far, after one more.

    The mean of that part is `apart` from `mean`, and it has this `share` of their rows. Chan, Golub
    & LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances", 1979.
    """
    return mean + apart * share


def combined_squares(squares, of_part, apart, cross):
    """Return the squared deviations of all parts so far, after one more.

    `cross` is the share of that part in their rows times the rows before it. Chan et al., 1979.
    """
    return squares + (of_part + apart * apart * cross)


def inverse_deviation(squares, n_rows, epsilon):
    """Return ``1 / sqrt(variance + epsilon)`` for the variance ``squares / n_rows``."""
    one = n_rows / n_rows  # in their precision
    return one / math.sqrt(squares / n_rows + epsilon)


def running(value, of_batch, share):
    """Return a running statistic after a batch: an exponential moving average."""
    return value + share * (of_batch - value)


def standardised(a, mean, inverse):
    """Return ``x = (a - mean) * inverse``, where `inverse` is one over the deviation."""
    return (a - mean) * inverse


def scaled(x, scale, shift):
    """Return ``scale x + shift``."""
    return scale * x + shift


def normalised_by(a, mean, variance, scale, shift, epsilon):
    """Return ``scale x + shift`` for the running mean and variance, as predictions do."""
    return scale / math.sqrt(variance + epsilon) * (a - mean) + shift


def derivative(d, x, slope, mean, product, share):
    """Return ``dE/da`` of ``d = dE/d(scale x + shift)``: ``slope (d - mean(d) - x mean(d x))``.

    ``slope = scale / sqrt(variance + epsilon)``; `product` is the sum of ``d x`` over the rows, and
    `share` one over their number. The derivatives of the shift and the scale are the sums of ``d``
    and of ``d x``.
    """
    return slope * (d - mean - x * product * share)
