"""Gated recurrent units."""

import numpy as np

from skdeep.layers.recurrent.base import OF_RECURRENT_LAYERS, Recurrent


class GRU(Recurrent):
    """Gated recurrent units: gates say how much of the state is kept and how much is new.

    ``r, z = s(x_t W + h_(t-1) U + b)``, with the logistic function ``s`` and weights and biases of
    their own for the reset gate ``r`` and the update gate ``z``; then the candidate ``n = tanh(x_t
    W_n + b_n + r (h_(t-1) U_n))`` and ``h_t = (1 - z) n + z h_(t-1)``, element by element.

    It takes samples of shape (steps, channels), step by step, and gives samples of shape (units,),
    or (steps, units) with `return_sequences`. Features of two dimensions that meet it first are
    sequences of one channel, unless the network's `input_shape` says otherwise. A step that is
    masked leaves the state as it is, so that the outputs of the step before are repeated.

    Parameters
    ----------
    units : int
        Number of units.
    return_sequences : bool, default=False
        Whether the outputs of all steps are given, in samples of shape (steps, units), or those of
        the last step that is read, in samples of shape (units,).
    bidirectional : bool, default=False
        Whether a second set of units reads the steps from the last to the first. Its outputs are
        put behind those of the first, so that there are ``2 * units``: of the same step with
        `return_sequences`, otherwise of the last step that each has read.
    truncation : int or None, default=None
        Most steps that gradients are carried back: truncated back-propagation through time. The
        steps are divided into segments of so many, from the last that is read to the first, of
        which the first segment may be shorter. States are carried from one segment to the next, and
        gradients are not. None for all steps. Solvers that need the exact gradient, as "lbfgs"
        does, may end early with it.
    dropout : float in [0, 1), default=0.0
        Rate at which outputs are dropped in every update, as in `Dense`. The states that are
        carried to the next step are not dropped.
    dropconnect : float in [0, 1) or None, default=None
        Rate at which weights are dropped in every update, as in `Dense`; the same ones at all
        steps. None takes `dropconnect` of the network.
    trainable : bool, default=True
        Whether training changes the weights and biases. Otherwise they stay as they are: as drawn,
        or as they were when training goes on with `warm_start` or `partial_fit`.
    learning_rate_factor : float, default=1.0
        What the learning rate is multiplied by in the updates of this layer.
    alpha_factor : float, default=1.0
        What `alpha` of the network, the strength of the penalty, is multiplied by for the weights
        of this layer; 0 for no penalty.
    weights_of : str or None, default=None
        Name of an earlier layer of the same kind, whose weights and biases this layer uses: they
        are one set of parameters, trained for both layers. A layer without a name is called by its
        place in the list, as in ``"0"``. None for a layer with parameters of its own.
    auxiliary_output : bool, default=False
        Whether outputs of the network are also computed from this layer alone, in training only,
        as in `Dense`.
    inputs : str, list of str or None, default=None
        Name of the earlier layer that it reads, or names of several, whose outputs are put side by
        side; "features" are the features. None for the layer before.

    See Also
    --------
    LSTM : Cells beside the outputs, and one gate more.
    SimpleRNN : No gates.

    Notes
    -----
    The reset gate is applied behind the product with the weights, as PyTorch, cuDNN and ONNX
    (``linear_before_reset=1``) have it, and not before as in [1]_, so that all products of a step
    are formed at once. There is one bias for each gate: PyTorch's second one is 0.

    The weights and biases in `coefs_` and `intercepts_` are one array each, of shapes (channels +
    units, 3 * units) and (3 * units,): the first rows of the weights are those of the inputs, the
    others those of the state before;
    the columns are those of r, z and n, in this order. A bidirectional layer has two of
    each, the first of which reads from the first step on.
    First weights of each gate are drawn as those of two dense layers, of which one reads the inputs
    and the other the state before; biases begin with 0.

    References
    ----------
    .. [1] K. Cho et al., "Learning phrase representations using RNN encoder-decoder for statistical
       machine translation", EMNLP 2014.
    .. [2] J. Chung, C. Gulcehre, K. Cho and Y. Bengio, "Empirical evaluation of gated recurrent
       neural networks on sequence modeling", NIPS 2014 workshop on deep learning.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep import NetworkRegressor
    >>> from skdeep.layers import GRU
    >>> X = np.random.default_rng(0).normal(size=(200, 12, 2))
    >>> y = X[:, 0, 0]
    >>> reg = NetworkRegressor([GRU(8)], tol=0.01, random_state=0).fit(X, y)
    >>> [coef.shape for coef in reg.coefs_]
    [(10, 24), (8, 1)]
    """

    _parameter_constraints: dict = {**OF_RECURRENT_LAYERS}
    kind = "gru"
    activation = "tanh"  # of what the outputs are made of; no parameter
    n_gates = 3

    def __init__(
        self,
        units,
        *,
        return_sequences=False,
        bidirectional=False,
        truncation=None,
        dropout=0.0,
        dropconnect=None,
        trainable=True,
        learning_rate_factor=1.0,
        alpha_factor=1.0,
        weights_of=None,
        auxiliary_output=False,
        inputs=None,
    ):
        self.units = units
        self.return_sequences = return_sequences
        self.bidirectional = bidirectional
        self.truncation = truncation
        self.dropout = dropout
        self.dropconnect = dropconnect
        self.trainable = trainable
        self.learning_rate_factor = learning_rate_factor
        self.alpha_factor = alpha_factor
        self.weights_of = weights_of
        self.auxiliary_output = auxiliary_output
        self.inputs = inputs

    def _next_state(self, x, state, weights, biases):
        (h,), units, channels = state, int(self.units), x.shape[1]
        of_inputs, of_states = x @ weights[:channels] + biases, h @ weights[channels:]
        r, z = (
            1 / (1 + np.exp(-of_inputs[:, part] - of_states[:, part]))
            for part in (slice(units), slice(units, 2 * units))
        )
        n = np.tanh(of_inputs[:, 2 * units :] + r * of_states[:, 2 * units :])
        return ((1 - z) * n + z * h,)
