"""What training does beside minimising the loss, for every engine."""

from typing import NamedTuple

import numpy as np


class Regularisation(NamedTuple):
    """How training is kept from fitting the data too closely.

    Attributes
    ----------
    seed : int
        Of everything that is drawn at random while training.
    noise : float
        Standard deviation of the noise on the features.
    dropout : tuple of float
        Rates of the features and of the units of every hidden layer; empty for none.
    dropconnect : tuple of float
        Rates of the weights of every layer; empty for none.
    clip_norm, max_norm : float
        Largest norm of the gradient, and of the weights into a unit; 0 for any.
    weight_norm : bool
        Whether the weights into a unit are trained as a direction and a gain.
    masks : array of shape (n_parameters,) or None
        0 for weights that are no connections, 1 for all other parameters of the network; the former
        are 0 and stay so.
    head_weight : float
        Of the losses of auxiliary outputs.
    """

    seed: int = 0
    noise: float = 0.0
    dropout: tuple = ()
    dropconnect: tuple = ()
    clip_norm: float = 0.0
    max_norm: float = 0.0
    weight_norm: bool = False
    masks: np.ndarray | None = None
    head_weight: float = 0.0

    @property
    def disturbs_features(self):
        """Whether the features of a batch are changed."""
        return self.noise > 0 or any(self.dropout[:1])

    @property
    def drops_units(self):
        """Whether units of hidden layers are dropped."""
        return any(self.dropout[1:])

    @property
    def is_random(self):
        """Whether anything is drawn at random."""
        return self.noise > 0 or any(self.dropout) or any(self.dropconnect)

    @property
    def limits_norms(self):
        """Whether the gradient of all weights is needed before any is changed."""
        return self.clip_norm > 0 or self.max_norm > 0


#: Nothing of it.
PLAIN = Regularisation()
