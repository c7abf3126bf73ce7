"""Sums over rows from which the score of all of them is computed, whatever the partitions."""

from typing import NamedTuple

import numpy as np


class ClassSums(NamedTuple):
    """Of classifiers.

    Attributes
    ----------
    correct, weight : float
        Weights of the rows whose labels are all right, and of all rows.
    """

    correct: float
    weight: float

    def __add__(self, other):
        """Return the sums over the rows of both."""
        return ClassSums(self.correct + other.correct, self.weight + other.weight)

    def score(self):
        """Return the accuracy."""
        return self.correct / self.weight if self.weight else np.nan


class NumberSums(NamedTuple):
    """Of regressors: arrays of shape (n_outputs,), but for the weight.

    Attributes
    ----------
    weight : float
    mean : array
        Of the targets.
    varied, left : array
        Sums of the squares of the targets less their mean, and of the targets less the predictions.
    """

    weight: float
    mean: np.ndarray
    varied: np.ndarray
    left: np.ndarray

    def __add__(self, other):
        """Return the sums over the rows of both.

        Means and squares as by Chan, Golub & LeVeque, "Updating formulae and a pairwise algorithm
        for computing sample variances", COMPSTAT 1982.
        """
        weight = self.weight + other.weight
        if weight == 0:
            return self
        apart, share = other.mean - self.mean, other.weight / weight
        varied = self.varied + other.varied + apart**2 * self.weight * share
        return NumberSums(weight, self.mean + share * apart, varied, self.left + other.left)

    def score(self):
        """Return the coefficient of determination, the mean of those of all outputs."""
        scores = (self.left == 0).astype(np.float64)
        varies = self.varied != 0
        scores[varies] = 1.0 - self.left[varies] / self.varied[varies]
        return float(scores.mean())


def sums_of(targets, y, outputs, weights):
    """Return the sums over some rows.

    Parameters
    ----------
    targets : ClassTargets or NumberTargets
    y : array of shape (n_rows, n_outputs)
        Which labels are true, or numbers.
    outputs : array of shape (n_rows, n_outputs)
        Of the network.
    weights : array of shape (n_rows,) or None

    Returns
    -------
    sums : ClassSums or NumberSums
    """
    weights = np.ones(len(y)) if weights is None else np.asarray(weights, np.float64)
    weight = float(weights.sum())
    if hasattr(targets, "indicate"):
        share = targets.score(y, outputs, weights) if weight else 0.0
        return ClassSums(share * weight, weight)
    y, outputs = np.asarray(y, np.float64), np.asarray(outputs, np.float64)
    mean = weights @ y / weight if weight else np.zeros(y.shape[1])
    return NumberSums(weight, mean, weights @ (y - mean) ** 2, weights @ (y - outputs) ** 2)
