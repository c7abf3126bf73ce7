"""Penalties on activations, which become part of the loss."""

import math
from numbers import Real

from sklearn.utils._param_validation import Interval, StrOptions

from skdeep.formulas.activations import REGISTRY as ACTIVATIONS
from skdeep.formulas.interval import UNIT
from skdeep.layers._base import INPUTS, LARGEST_FACTOR, Layer
from skdeep.layers.operation import Operation

#: Penalties by their numbers.
PENALTIES = ("l1", "kl")
#: A number is the quotient of two integers of at most 53 and 62 bits.
DIGITS = 53


class ActivityPenalty(Layer):
    """Penalty on the outputs of the previous layer, which leads to sparse activations.

    The layer passes its input on unchanged, and adds to the loss ``strength`` times

    - ``penalty="l1"``: the sum of the magnitudes of the activations of a sample, averaged over the
      samples;
    - ``penalty="kl"``: the sum over the units of the Kullback-Leibler divergence ``p log(p / q) +
      (1 - p) log((1 - p) / (1 - q))`` between ``p = target`` and the mean activation ``q`` of the
      unit in the batch [1]_.

    Both use the sample weights. Samples can have any shape. The layer has no trainable parameters
    and does not change predictions. It has no effect if the layers before it are not trained.

    Parameters
    ----------
    penalty : {'l1', 'kl'}, default='l1'
        Kind of penalty. 'kl' requires activations between 0 and 1, such as those of 'logistic'.
    strength : float, default=0.001
        Factor of the penalty.
    target : float in (0, 1), default=0.05
        Desired mean activation of a unit for 'kl'. Not used by 'l1'.
    inputs : str, list of str or None, default=None
        Name of an earlier layer whose output is the input of this layer, or names of several, whose
        outputs are concatenated; "features" stands for the features. If None, the previous layer.

    See Also
    --------
    Autoencoder : Has a parameter `sparsity` for this penalty on the code.

    References
    ----------
    .. [1] A. Ng, "Sparse autoencoder", CS294A Lecture notes, Stanford University, 2011.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skdeep import NetworkClassifier
    >>> from skdeep.layers import ActivityPenalty, Dense
    >>> X, y = load_iris(return_X_y=True)
    >>> layers = [Dense(20, "logistic"), ActivityPenalty("kl", strength=0.1)]
    >>> clf = NetworkClassifier(layers, solver="lbfgs", tol=0.01, random_state=0).fit(X, y)
    >>> clf.score(X, y) > 0.9
    True
    """

    _parameter_constraints: dict = {
        "penalty": [StrOptions(set(PENALTIES))],
        "strength": [Interval(Real, 0, LARGEST_FACTOR, closed="both")],
        "target": [Interval(Real, 0, 1, closed="neither")],
        **INPUTS,
    }
    kind = "activity_penalty"

    def __init__(self, penalty="l1", *, strength=0.001, target=0.05, inputs=None):
        self.penalty = penalty
        self.strength = strength
        self.target = target
        self.inputs = inputs

    def check_activations(self, names):
        """Check the activations of what it reads.

        Parameters
        ----------
        names : list of str or None
            None for the features.

        Raises
        ------
        ValueError
            If outputs may lie outside [0, 1], of which means are to be compared with the target.
        """
        unlike = [n for n in names if n is None or not UNIT.holds_all_of(ACTIVATIONS[n].range)]
        if self.penalty == "kl" and unlike:
            found = "the features" if unlike[0] is None else f"outputs of {unlike[0]!r}"
            raise ValueError(
                f"penalty='kl' needs outputs between 0 and 1, as those of activation='logistic', "
                f"but it reads {found}: use penalty='l1'."
            )

    def connect(self, shape, source):
        """Return the operation of the layer and the shape of its outputs."""
        numbers = *_as_integers(self.strength), *_as_integers(self.target)
        settings = PENALTIES.index(self.penalty), *numbers
        n_inputs = math.prod(shape)
        fields = "activity_penalty", (source,), n_inputs, shape, None, None, "identity", settings
        return Operation(*fields), shape

    def reference(self, X, weights=None, biases=None):
        """Compute the outputs in NumPy: what it reads."""
        return X


def _as_integers(number):
    """Return a number as integers, of which the first times ``2 ** second`` is the number."""
    fraction, exponent = math.frexp(float(number))
    return int(fraction * 2**DIGITS), exponent - DIGITS
