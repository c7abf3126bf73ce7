"""Long short-term memory."""

import numpy as np

from skdeep.layers.recurrent.base import OF_RECURRENT_LAYERS, Recurrent


class LSTM(Recurrent):
    """Long short-term memory (LSTM) layer with forget gates.

    ``i, f, o = s(x_t W + h_(t-1) U + b)`` and ``g = tanh(x_t W_g + h_(t-1) U_g + b_g)``, with the
    logistic function ``s`` and separate weights and biases for the input gate ``i``, the forget
    gate ``f``, the output gate ``o`` and the candidate ``g``; then ``c_t = f c_(t-1) + i g`` and
    ``h_t = o tanh(c_t)``, element by element.

    The input shape of a sample is (steps, channels), the output shape (units,), or (steps, units)
    with `return_sequences`. As the first layer it also accepts a matrix of features, whose columns
    are the steps of one channel unless `input_shape` of the network is given. Masked steps do not
    change the state: their outputs are those of the previous step.

    Parameters
    ----------
    units : int
        Number of cells.
    return_sequences : bool, default=False
        Whether to return the outputs of all steps, with shape (steps, units), or of the last step
        only, with shape (units,).
    bidirectional : bool, default=False
        Whether a second set of units processes the steps in reverse order. Its outputs are
        concatenated with those of the first, so the layer has ``2 * units`` outputs. With
        `return_sequences` both are of the same step; otherwise each is of the last step that the
        units have processed.
    truncation : int or None, default=None
        Number of steps for truncated back-propagation through time. The sequence is divided into
        segments of this length, counted from its end, so that the first segment may be shorter.
        States are passed from one segment to the next, gradients are not. If None, gradients pass
        through all steps. Solvers that need the exact gradient, such as "lbfgs", may stop early.
    dropout : float in [0, 1), default=0.0
        Dropout rate of the outputs, as in `Dense`. The states passed to the next step are not
        dropped.
    dropconnect : float in [0, 1) or None, default=None
        Probability with which weights are set to 0 in an update, as in `Dense`; all steps use the
        same mask. If None, `dropconnect` of the network.
    trainable : bool, default=True
        Whether the weights and biases are trained. If False, they keep their initial values or,
        with `warm_start` and `partial_fit`, those of the previous call.
    learning_rate_factor : float, default=1.0
        Factor of the learning rate for this layer.
    alpha_factor : float, default=1.0
        Factor of the network's `alpha` (the strength of the penalty) for the weights of this layer;
        0 disables the penalty.
    weights_of : str or None, default=None
        Name of an earlier layer of the same kind with which this layer shares its weights and
        biases. The name of a layer without one is its position in the list, as in ``"0"``. If None,
        the layer has its own parameters.
    auxiliary_output : bool, default=False
        Whether to add an auxiliary output layer after this layer, as in `Dense`.
    inputs : str, list of str or None, default=None
        Name of an earlier layer whose output is the input of this layer, or names of several, whose
        outputs are concatenated; "features" stands for the features. If None, the previous layer.

    See Also
    --------
    GRU : Gated recurrent units, which have one gate less and no separate cell state.
    SimpleRNN : Recurrent layer without gates.

    Notes
    -----
    The weights and biases in `coefs_` and `intercepts_` are one array each, of shapes (channels +
    units, 4 * units) and (4 * units,): the first rows of the weights belong to the inputs and the
    others to the previous state; the columns belong to i, f, o and g, in this order. A
    bidirectional layer has two arrays of each, the first for the forward direction. The initial
    weights of each gate are drawn as for two dense layers, one for the inputs and one for the
    previous state. Initial biases are 1 for forget gates and 0 otherwise.

    References
    ----------
    .. [1] S. Hochreiter and J. Schmidhuber, "Long short-term memory", Neural Computation 9, 1997.
    .. [2] F. Gers, J. Schmidhuber and F. Cummins, "Learning to forget: continual prediction with
       LSTM", Neural Computation 12, 2000.
    .. [3] R. Jozefowicz, W. Zaremba and I. Sutskever, "An empirical exploration of recurrent
       network architectures", ICML 2015.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep import NetworkRegressor
    >>> from skdeep.layers import LSTM
    >>> X = np.random.default_rng(0).normal(size=(200, 12, 2))
    >>> y = X[:, 0, 0]
    >>> reg = NetworkRegressor([LSTM(8)], tol=0.01, random_state=0).fit(X, y)
    >>> [coef.shape for coef in reg.coefs_]
    [(10, 32), (8, 1)]
    """

    _parameter_constraints: dict = {**OF_RECURRENT_LAYERS}
    kind = "lstm"
    activation = "tanh"  # of what the outputs are made of; no parameter
    n_gates = 4
    first_biases = (0.0, 1.0, 0.0, 0.0)

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

    def _first_state(self, zeros):
        return zeros, zeros

    def _next_state(self, x, state, weights, biases):
        h, c = state
        i, f, o, g = np.split(np.hstack([x, h]) @ weights + biases, 4, axis=1)
        i, f, o = (1 / (1 + np.exp(-a)) for a in (i, f, o))
        c = f * c + i * np.tanh(g)
        return o * np.tanh(c), c
