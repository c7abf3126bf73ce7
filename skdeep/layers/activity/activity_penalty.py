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
    """A penalty on the outputs of the layer before, which makes few units active at a time.

    The layer passes on what it reads, and adds to the loss ``strength`` times

    - ``penalty="l1"``: the sum of the magnitudes of what a sample makes the units give, as the loss
      averaged over the samples;
    - ``penalty="kl"``: the sum over the units of the divergence of their mean activation in the
      batch, ``q``, from ``target``, ``p log(p / q) + (1 - p) log((1 - p) / (1 - q))`` [1]_.

    Samples count by their weights. It takes samples of any shape. There are no parameters, and
    predictions do not depend on it. Where what it reads is not trained, nothing is added.

    Parameters
    ----------
    penalty : {'l1', 'kl'}, default='l1'
        The penalty. 'kl' is for outputs between 0 and 1, as those of 'logistic'.
    strength : float, default=0.001
        What the penalty is multiplied by.
    target : float in (0, 1), default=0.05
        Mean activation that 'kl' asks for. Not used by 'l1'.
    inputs : str, list of str or None, default=None
        Name of the earlier layer that it reads, or names of several, whose outputs are put side by
        side; "features" are the features. None for the layer before.

    See Also
    --------
    Autoencoder : Its `sparsity` is this penalty on the code.

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
