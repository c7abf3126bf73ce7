"""Several quantiles of one target: outputs of one network, which do not cross in predictions."""

from typing import NamedTuple

import numpy as np
from sklearn.metrics import d2_pinball_score
from sklearn.utils import check_array


class QuantileTargets(NamedTuple):
    """The targets of a regressor that predicts several quantiles.

    Every output has the same target. Predictions are the outputs in ascending order, which are at
    least as close to the quantiles [1]_.

    Attributes
    ----------
    quantiles : tuple of float
        Increasing.

    References
    ----------
    .. [1] V. Chernozhukov, I. Fernandez-Val, A. Galichon, "Quantile and probability curves without
       crossing", Econometrica 78, 2010.
    """

    quantiles: tuple

    #: Whether exactly one output of a sample is true.
    exclusive = False
    #: Name of the output activation that suits numbers.
    natural_output = "identity"

    def repeated(self, y):
        """Return targets as those of all outputs.

        Parameters
        ----------
        y : array of shape (n_samples,)

        Returns
        -------
        y : array of shape (n_samples, n_quantiles)
            A read-only view.

        Raises
        ------
        ValueError
            If there are several targets already.
        """
        if y.ndim != 1:
            raise ValueError(
                f"Several quantiles are predicted of one target, but y has the shape {y.shape}."
            )
        return np.broadcast_to(y[:, np.newaxis], (len(y), len(self.quantiles)))

    def encode(self, y):
        """Return targets that follow those of the fit as numbers.

        Parameters
        ----------
        y : array-like of shape (n_samples,)

        Returns
        -------
        y : array of float64 of shape (n_samples, n_quantiles)

        Raises
        ------
        ValueError
            If they are no finite numbers.
        """
        return self.repeated(check_array(y, ensure_2d=False, dtype=np.float64, input_name="y"))

    def code(self, y):
        """Return targets as the loss takes them: as they are.

        Parameters
        ----------
        y : array of shape (n_samples, n_quantiles)

        Returns
        -------
        y : array of shape (n_samples, n_quantiles)
        """
        return y

    def weigh(self, y, sample_weight):
        """Return the weights of the samples as they are.

        Parameters
        ----------
        y : array of shape (n_samples, n_quantiles)
        sample_weight : array of shape (n_samples,) or None

        Returns
        -------
        sample_weight : array of shape (n_samples,) or None
        """
        return sample_weight

    def labels(self, outputs):
        """Return the quantiles that the outputs of the network stand for.

        Parameters
        ----------
        outputs : array of shape (n_samples, n_quantiles)

        Returns
        -------
        predictions : array of shape (n_samples, n_quantiles)
            Ascending along every row.
        """
        return np.sort(outputs, axis=1)

    def score(self, y, outputs, sample_weight):
        """Return the score of outputs, see `score_of_predictions`.

        Parameters
        ----------
        y, outputs : array of shape (n_samples, n_quantiles)
        sample_weight : array of shape (n_samples,) or None

        Returns
        -------
        score : float
        """
        if not np.isfinite(outputs).all():
            return np.nan
        return self.score_of_predictions(y[:, 0], self.labels(outputs), sample_weight)

    def score_of_predictions(self, y, predictions, sample_weight=None):
        """Return the mean of `sklearn.metrics.d2_pinball_score` over the quantiles.

        Parameters
        ----------
        y : array of shape (n_samples,)
        predictions : array of shape (n_samples, n_quantiles)
        sample_weight : array of shape (n_samples,), default=None

        Returns
        -------
        score : float
            1 for perfect predictions, 0 for those of constant quantiles.
        """
        scores = [
            d2_pinball_score(y, own, sample_weight=sample_weight, alpha=quantile)
            for quantile, own in zip(self.quantiles, predictions.T, strict=True)
        ]
        return float(np.mean(scores))
