"""Numbers to predict: as the targets of a network, and back from its outputs."""

from typing import NamedTuple

import numpy as np
from sklearn.utils import assert_all_finite, check_array

from skdeep.estimators.targets.scores import r2
from skdeep.formulas import losses


class NumberTargets(NamedTuple):
    """The targets of a regressor.

    Attributes
    ----------
    loss : str
        Public name of the loss.
    """

    loss: str

    #: Whether exactly one output of a sample is true.
    exclusive = False
    #: Name of the output activation that suits numbers.
    natural_output = "identity"

    def check(self, y):
        """Check that the loss can take the targets.

        Parameters
        ----------
        y : array of shape (n_samples,) or (n_samples, n_outputs)

        Raises
        ------
        ValueError
            If it cannot.
        """
        targets = losses.find(self.loss, False).targets
        if not targets.holds(y):
            assert_all_finite(y, input_name="y")  # None among objects has become NaN
            raise ValueError(
                f"loss={self.loss!r} needs y in {targets}, but y has values from {np.min(y):g} to "
                f"{np.max(y):g}."
            )

    def encode(self, y):
        """Return targets that follow those of the fit as numbers.

        Parameters
        ----------
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)

        Returns
        -------
        y : array of float64 of the same shape

        Raises
        ------
        ValueError
            If the loss cannot take them.
        """
        y = check_array(y, ensure_2d=False, dtype=np.float64, input_name="y")
        self.check(y)
        return y

    def code(self, y):
        """Return targets as the loss takes them: as they are.

        Parameters
        ----------
        y : array of shape (n_samples, n_outputs)

        Returns
        -------
        y : array of shape (n_samples, n_outputs)
        """
        return y

    def weigh(self, y, sample_weight):
        """Return the weights of the samples as they are.

        Parameters
        ----------
        y : array of shape (n_samples, n_outputs)
        sample_weight : array of shape (n_samples,) or None

        Returns
        -------
        sample_weight : array of shape (n_samples,) or None
        """
        return sample_weight

    def labels(self, outputs):
        """Return the predictions that the outputs of the network stand for.

        Parameters
        ----------
        outputs : array of shape (n_samples, n_outputs)

        Returns
        -------
        predictions : array of shape (n_samples,) or (n_samples, n_outputs)
        """
        return outputs.ravel() if outputs.shape[1] == 1 else outputs

    def score(self, y, outputs, sample_weight):
        """Return the coefficient of determination of the outputs.

        Parameters
        ----------
        y, outputs : array of shape (n_samples, n_outputs)
        sample_weight : array of shape (n_samples,) or None

        Returns
        -------
        score : float
        """
        if not np.isfinite(outputs).all():
            return np.nan
        return r2(y, outputs, sample_weight)


def check_precision(y, dtype):
    """Check that targets do not become infinite in the precision of the network, that of X.

    Parameters
    ----------
    y : array of shape (n_samples,) or (n_samples, n_outputs)
    dtype : numpy dtype

    Raises
    ------
    ValueError
        If they do.
    """
    if y.dtype.kind != "f" or y.dtype.itemsize <= dtype.itemsize:
        return
    largest, most = np.abs(y).max(initial=0.0), np.finfo(dtype).max
    if largest > most:
        raise ValueError(
            f"y has values up to {largest:g}, more than {dtype}, the precision of X, can hold "
            f"({most:g}). Give X as float64, or scale y."
        )
