"""Recurrent layers without gates."""

import numpy as np
from sklearn.utils._param_validation import StrOptions

from skdeep.formulas.activations import NAMES
from skdeep.layers._base import activated
from skdeep.layers.recurrent.base import OF_RECURRENT_LAYERS, Recurrent

#: The activations that it may have, in the order of their codes in the settings.
CELL_ACTIVATIONS = ("tanh", "relu", "logistic", "identity")
#: All names of these.
_NAMES = {name for name in NAMES if NAMES[name] in CELL_ACTIVATIONS}


class SimpleRNN(Recurrent):
    """Recurrent layer without gates, ``h_t = f(x_t W + h_(t-1) U + b)`` with ``h_0 = 0``.

    The input shape of a sample is (steps, channels), the output shape (units,), or (steps, units)
    with `return_sequences`. As the first layer it also accepts a matrix of features, whose columns
    are the steps of one channel unless `input_shape` of the network is given. Masked steps do not
    change the state: their outputs are those of the previous step.

    Parameters
    ----------
    units : int
        Number of units.
    activation : {'tanh', 'relu', 'logistic', 'identity'}, default='tanh'
        Activation function ``f``.
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
    LSTM, GRU : Layers with gates, which can learn long-term dependencies.

    Notes
    -----
    Gradients are multiplied by the weights and the derivative of ``f`` at each step, so that they
    vanish or explode over many steps [2]_. `clip_norm` of the network limits exploding gradients.

    The weights and biases in `coefs_` and `intercepts_` are one array each, of shapes (channels +
    units, units) and (units,): the first rows of the weights are those of the inputs, the others
    those of the state before. A bidirectional layer has two arrays of each, the first for the
    forward direction. The initial weights are drawn as for two dense layers, one for the inputs and
    one for the previous state. Initial biases are 0.

    References
    ----------
    .. [1] J. Elman, "Finding structure in time", Cognitive Science 14, 1990.
    .. [2] Y. Bengio, P. Simard and P. Frasconi, "Learning long-term dependencies with gradient
       descent is difficult", IEEE Transactions on Neural Networks 5, 1994.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep import NetworkRegressor
    >>> from skdeep.layers import SimpleRNN
    >>> X = np.random.default_rng(0).normal(size=(200, 6, 2))
    >>> y = X[:, 2, 0]
    >>> reg = NetworkRegressor([SimpleRNN(8)], tol=0.01, random_state=0).fit(X, y)
    >>> [coef.shape for coef in reg.coefs_]
    [(10, 8), (8, 1)]
    """

    _parameter_constraints: dict = {
        **OF_RECURRENT_LAYERS,
        "activation": [StrOptions(_NAMES)],
    }
    kind = "simple_rnn"

    def __init__(
        self,
        units,
        *,
        activation="tanh",
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
        self.activation = activation
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

    def _settings(self):
        return (CELL_ACTIVATIONS.index(NAMES[self.activation]),)

    def _next_state(self, x, state, weights, biases):
        return (activated(self.activation, np.hstack([x, state[0]]) @ weights + biases),)
