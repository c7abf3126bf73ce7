"""Long short-term memory."""

import numpy as np

from skdeep.layers.recurrent.base import OF_RECURRENT_LAYERS, Recurrent


class LSTM(Recurrent):
    """Long short-term memory with forget gates: a cell whose content is kept over many steps.

    ``i, f, o = s(x_t W + h_(t-1) U + b)`` and ``g = tanh(x_t W_g + h_(t-1) U_g + b_g)``, with the
    logistic function ``s`` and weights and biases of their own for the input gate ``i``, the forget
    gate ``f``, the output gate ``o`` and the candidate ``g``; then ``c_t = f c_(t-1) + i g`` and
    ``h_t = o tanh(c_t)``, element by element.

    It takes samples of shape (steps, channels), step by step, and gives samples of shape (units,),
    or (steps, units) with `return_sequences`. Features of two dimensions that meet it first are
    sequences of one channel, unless the network's `input_shape` says otherwise. A step that is
    masked leaves the state as it is, so that the outputs of the step before are repeated.

    Parameters
    ----------
    units : int
        Number of cells.
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
    GRU : Fewer gates, and no cells beside the outputs.
    SimpleRNN : No gates.

    Notes
    -----
    The weights and biases in `coefs_` and `intercepts_` are one array each, of shapes (channels +
    units, 4 * units) and (4 * units,): the first rows of the weights are those of the inputs, the
    others those of the state before;
    the columns are those of i, f, o and g, in this order. A bidirectional layer has two of
    each, the first of which reads from the first step on.
    First weights of each gate are drawn as those of two dense layers, of which one reads the inputs
    and the other the state before; biases of forget gates begin with 1, others
    with 0.

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
