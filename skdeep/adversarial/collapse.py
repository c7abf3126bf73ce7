"""Detection of collapse: the loss of one of the two networks stays at its bound."""

import math

import numpy as np

#: What `stop_reason_` says.
COLLAPSE = "collapse"


class Bounds:
    """The losses at which one of the networks learns nothing from the other any more.

    Parameters
    ----------
    loss : {"non_saturating", "wasserstein"}
    label_smoothing : float
    tolerance : float
        How near to its bound a loss has to be.
    patience : int or float
        Epochs in a row.
    dtype : numpy dtype
        Precision of the networks.
    """

    def __init__(self, loss, label_smoothing, tolerance, patience, dtype):
        self.loss, self.tolerance, self.patience = loss, tolerance, patience
        self.precision = float(np.finfo(dtype).eps)
        s = float(label_smoothing)
        entropy = -(s * math.log(s) + (1 - s) * math.log1p(-s)) if s > 0 else 0.0
        #: Least loss of a discriminator: half of the entropy of the targets of real samples.
        self.least = 0.5 * entropy

    def why(self, generator_losses, discriminator_losses):
        """Return what has happened, or None if training can go on.

        Parameters
        ----------
        generator_losses, discriminator_losses : list of float
            Of all epochs.

        Returns
        -------
        message : str or None
        """
        if self.loss == "wasserstein":
            if self._at(discriminator_losses, 0.0, self.precision, both=True):
                return (
                    f"the loss of the critic has been 0 for {self.patience} epochs: it gives the "
                    "same output for all samples, and the generator learns nothing from it. Likely "
                    "remedies: a larger clip_value, other activations than 'relu', a lower "
                    "discriminator_learning_rate_init."
                )
            return None
        where = f"for {self.patience} epochs within collapse_tol={self.tolerance:g} of"
        if self._at(discriminator_losses, self.least, self.tolerance):
            return (
                f"the loss of the discriminator has been {where} its bound {self.least:.3g}: it "
                "tells all generated samples from those of the data, and the generator learns "
                "little from it. Likely remedies: a smaller discriminator, a lower "
                "discriminator_learning_rate_init, label_smoothing, features that are scaled."
            )
        if self._at(generator_losses, 0.0, self.tolerance):
            return (
                f"the loss of the generator has been {where} its bound 0: the discriminator takes "
                "all generated samples for those of the data, and the generator learns nothing "
                "more. Likely remedies: a larger discriminator, a higher "
                "discriminator_learning_rate_init or n_critic."
            )
        return None

    def _at(self, losses, bound, tolerance, both=False):
        """Return whether the last losses are all at a bound."""
        if not math.isfinite(self.patience) or len(losses) < self.patience:
            return False
        last = np.asarray(losses[-int(self.patience) :]) - bound
        return bool(np.all((np.abs(last) if both else last) <= tolerance))
