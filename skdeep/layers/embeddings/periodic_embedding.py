"""Periodic embeddings of numbers."""

from dataclasses import dataclass
from numbers import Real

import numpy as np
from sklearn.utils._param_validation import Interval

from skdeep.layers._base import (
    INPUTS,
    LARGEST_FACTOR,
    OF_OUTPUTS,
    OF_PARAMETERS,
    SIZE,
    Layer,
    check_one_axis,
)
from skdeep.layers.first_values import Normal, Uniform
from skdeep.layers.operation import Operation, ParameterBlock, Step


@dataclass(frozen=True)
class _FirstValues:
    """First values of frequencies, phases, and the weights and biases of the sums."""

    n_frequencies: int
    width: int
    scale: float

    def set(self, block, random_state, draw):
        """Set a block: see `skdeep.layers.first_values`."""
        k, m = self.n_frequencies, self.width
        bound = 1 / np.sqrt(k)
        Normal(self.scale).set(block[:k], random_state, draw)
        Uniform(np.pi).set(block[k : 2 * k], random_state, draw)
        Normal(bound).set(block[2 * k : (2 + m) * k], random_state, draw)
        Uniform(bound).set(block[(2 + m) * k :], random_state, draw)


class PeriodicEmbedding(Layer):
    """Embed numeric features by sums of cosines with trained frequencies.

    The outputs for a feature ``z`` are ``z`` itself and ``e_j = v_j + sum_k V_kj cos(2 pi w_k z +
    c_k)``, with separate parameters for each feature. They allow a network to learn irregular
    functions of a feature, which are common in tables. The input shape of a sample is (n_inputs,),
    the output shape ``(n_inputs * (1 + dim),)``: the inputs, followed by ``e_0`` of all inputs,
    ``e_1`` and so on.

    Parameters
    ----------
    dim : int, default=3
        Number of outputs ``e_j`` for each input.
    n_frequencies : int, default=16
        Number of cosines for each input.
    scale : float, default=0.1
        Standard deviation of the initial frequencies, for inputs with about unit variance. It is
        the most important parameter to tune.
    dropout : float in [0, 1), default=0.0
        Dropout rate of the outputs, as in `Dense`.
    trainable : bool, default=True
        Whether the parameters are trained. If False, the cosines are random features.
    learning_rate_factor : float, default=0.1
        Factor of the learning rate for this layer.
    alpha_factor : float, default=0.0
        Factor of the network's `alpha` (the strength of the penalty) for the parameters of this
        layer; 0 disables the penalty.
    weights_of : str or None, default=None
        Name of an earlier layer of the same kind with which this layer shares its parameters, as in
        `Dense`.
    auxiliary_output : bool, default=False
        Whether to add an auxiliary output layer after this layer, as in `Dense`.
    inputs : str, list of str or None, default=None
        Name of an earlier layer whose output is the input of this layer, or names of several, whose
        outputs are concatenated; "features" stands for the features. If None, the previous layer.

    See Also
    --------
    EncodedDense : Dense layer for the piecewise-linear encoding of numbers.

    Notes
    -----
    ``coefs_`` has one array for this layer, with a column for each input and rows for ``w``
    (`n_frequencies`), ``c`` (`n_frequencies`), ``V`` (``n_frequencies * dim``, with ``V_kj`` in row
    ``k dim + j``) and ``v`` (`dim`). The initial values are ``w ~ N(0, scale^2)``, ``c ~ U(-pi,
    pi)``, ``V ~ N(0, 1 / n_frequencies)`` and ``v ~ U(-b, b)``, ``b = n_frequencies^(-1/2)``, as in
    [2]_.

    References
    ----------
    .. [1] Y. Gorishniy, I. Rubachev and A. Babenko, "On embeddings for numerical features in
       tabular deep learning", NeurIPS 2022.
    .. [2] D. Holzmueller, L. Grinsztajn and I. Steinwart, "Better by default: strong pre-tuned MLPs
       and boosted trees on tabular data", NeurIPS 2024.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep import NetworkRegressor
    >>> from skdeep.layers import Dense, PeriodicEmbedding
    >>> X = np.random.default_rng(0).normal(size=(400, 2))
    >>> y = np.sin(5 * X[:, 0]) + np.sign(X[:, 1])
    >>> reg = NetworkRegressor([PeriodicEmbedding(scale=0.5), Dense(30)], random_state=0)
    >>> reg.set_params(learning_rate_init=0.02, tol=0.01).fit(X, y).coefs_[0].shape
    (83, 2)
    """

    _parameter_constraints: dict = {
        "dim": SIZE,
        "n_frequencies": SIZE,
        "scale": [Interval(Real, 0, LARGEST_FACTOR, closed="right")],
        **OF_OUTPUTS,
        **OF_PARAMETERS,
        **INPUTS,
    }
    kind = "periodic_embedding"

    def __init__(
        self,
        dim=3,
        n_frequencies=16,
        *,
        scale=0.1,
        dropout=0.0,
        trainable=True,
        learning_rate_factor=0.1,
        alpha_factor=0.0,
        weights_of=None,
        auxiliary_output=False,
        inputs=None,
    ):
        self.dim = dim
        self.n_frequencies = n_frequencies
        self.scale = scale
        self.dropout = dropout
        self.trainable = trainable
        self.learning_rate_factor = learning_rate_factor
        self.alpha_factor = alpha_factor
        self.weights_of = weights_of
        self.auxiliary_output = auxiliary_output
        self.inputs = inputs

    def steps(self):
        """Return what is known of the operation, whose parameters are never dropped."""
        return (Step(self.kind, dropout=float(self.dropout), dropconnect=0.0),)

    def connect(self, shape, source):
        """Return the operation of the layer and the shape of its outputs."""
        check_one_axis(shape)
        n_inputs, k, m = shape[0], int(self.n_frequencies), int(self.dim)
        first_values = _FirstValues(k, m, float(self.scale))
        given = (n_inputs * (1 + m),)
        operation = Operation(
            self.kind,
            (source,),
            n_inputs,
            given,
            ParameterBlock(((2 + m) * k + m, n_inputs), first_values),
            None,
            "identity",
            (k, m),
            float(self.dropout),
        )
        return operation, given

    def reference(self, X, weights, biases=None):
        """Compute the outputs in NumPy, to compare engines with."""
        k, m = int(self.n_frequencies), int(self.dim)
        w, c, v, b = np.split(np.asarray(weights), [k, 2 * k, (2 + m) * k])
        cosines = np.cos(2 * np.pi * w * X[:, np.newaxis] + c)
        sums = np.einsum("nki,kji->nji", cosines, v.reshape(k, m, -1)) + b
        return np.hstack([X, sums.reshape(len(X), -1)])
