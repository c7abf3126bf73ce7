"""Targets of sequences that have one for every step, and outputs as such targets again."""

from typing import NamedTuple

import numpy as np


class StepTargets(NamedTuple):
    """The targets of a network with outputs for every step of a sequence.

    Targets are masked arrays of shape (n_samples, n_steps, n_outputs): a step that is masked has no
    target.

    Attributes
    ----------
    of_step : ClassTargets or NumberTargets
        The targets of one step.
    n_steps : int
    """

    of_step: object
    n_steps: int

    @property
    def exclusive(self):
        """Whether exactly one output of a step is true."""
        return self.of_step.exclusive

    @property
    def natural_output(self):
        """Name of the output activation that suits the targets."""
        return self.of_step.natural_output

    def _rows(self, values):
        """Return values of all steps as an array with a row for each step."""
        values = np.ma.filled(values, 0)
        n_rows = len(values) * self.n_steps
        return values.reshape(n_rows, -1)

    def _samples(self, rows):
        """Return an array with a row for each step as one with an axis for samples."""
        return rows.reshape(-1, self.n_steps, *rows.shape[1:])

    def encode(self, y):
        """Return targets that are yet to be checked as numbers; none of them is masked.

        Parameters
        ----------
        y : array-like of shape (n_samples, n_steps) or (n_samples, n_steps, n_outputs)

        Returns
        -------
        y : array of shape (n_samples, n_steps, n_outputs)

        Raises
        ------
        ValueError
            If they do not suit those of the fit.
        """
        y = np.asarray(y)
        rows = self.of_step.encode(y.reshape(-1, *y.shape[2:]))
        return self._samples(rows.reshape(len(rows), -1))

    def code(self, y):
        """Return targets as the loss takes them.

        Parameters
        ----------
        y : masked array of shape (n_samples, n_steps, n_outputs)

        Returns
        -------
        targets : array of shape (n_samples, n_steps * n_outputs)
        """
        return self.of_step.code(self._rows(y)).reshape(len(y), -1)

    def weigh(self, y, sample_weight):
        """Return the weights of all steps: those of a sample sum to that of the sample.

        Parameters
        ----------
        y : masked array of shape (n_samples, n_steps, n_outputs)
        sample_weight : array of shape (n_samples,) or None

        Returns
        -------
        weights : array of float64 of shape (n_samples, n_steps)
            0 for steps without a target. With weights of classes, these are factors.
        """
        known = has_target(y)
        weights = known / np.maximum(known.sum(axis=1, keepdims=True), 1)
        if sample_weight is not None:
            weights *= np.asarray(sample_weight)[:, np.newaxis]
        factors = self.of_step.weigh(np.ma.getdata(y)[known], None)
        if factors is not None:
            weights[known] *= factors
        return weights

    def labels(self, outputs):
        """Return the labels, or numbers, that the outputs of the network stand for.

        Parameters
        ----------
        outputs : array of shape (n_samples, n_steps * n_outputs)

        Returns
        -------
        labels : array of shape (n_samples, n_steps) or (n_samples, n_steps, n_outputs)
        """
        return self._samples(self.of_step.labels(self._rows(outputs)))

    def probabilities(self, outputs):
        """Return the probabilities that the outputs of the network stand for.

        Parameters
        ----------
        outputs : array of shape (n_samples, n_steps * n_outputs)

        Returns
        -------
        probabilities : array of shape (n_samples, n_steps, n_classes)
        """
        return self._samples(self.of_step.probabilities(self._rows(outputs)))

    def score(self, y, outputs, sample_weight):
        """Return the accuracy, or the coefficient of determination, over all steps with targets.

        Parameters
        ----------
        y : masked array of shape (n_samples, n_steps, n_outputs)
        outputs : array of shape (n_samples, n_steps * n_outputs)
        sample_weight : array of shape (n_samples, n_steps)
            As `weigh` returns them. A step counts as often as its sample, whatever its length.

        Returns
        -------
        score : float
        """
        known = has_target(y)
        weights = (sample_weight * known.sum(axis=1, keepdims=True))[known]
        outputs = self._samples(self._rows(outputs))[known]
        return self.of_step.score(np.ma.getdata(y)[known], outputs, weights)


def has_target(y):
    """Return which steps have targets.

    Parameters
    ----------
    y : masked array of shape (n_samples, n_steps, n_outputs)

    Returns
    -------
    known : array of bool of shape (n_samples, n_steps)
    """
    return ~np.ma.getmaskarray(y)[:, :, 0]


def of_steps(targets, n_steps):
    """Return targets of samples, or of their steps.

    Parameters
    ----------
    targets : ClassTargets or NumberTargets
    n_steps : int or None
        None where a sample has one target.

    Returns
    -------
    targets : ClassTargets, NumberTargets or StepTargets

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep.estimators.targets.numeric import NumberTargets
    >>> from skdeep.estimators.targets.step_targets import of_steps
    >>> of_steps(NumberTargets("squared_error"), 2).labels(np.array([[1.0, 2.0], [3.0, 4.0]]))
    array([[1., 2.],
           [3., 4.]])
    """
    return targets if n_steps is None else StepTargets(targets, n_steps)
