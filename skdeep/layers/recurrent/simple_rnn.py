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
    """A recurrent layer without gates, ``h_t = f(x_t W + h_(t-1) U + b)``, with ``h_0 = 0``.

    It takes samples of shape (steps, channels), step by step, and gives samples of shape (units,),
    or (steps, units) with `return_sequences`. Features of two dimensions that meet it first are
    sequences of one channel, unless the network's `input_shape` says otherwise. A step that is
    masked leaves the state as it is, so that the outputs of the step before are repeated.

    Parameters
    ----------
    units : int
        Number of units.
    activation : {'tanh', 'relu', 'logistic', 'identity'}, default='tanh'
        Name of the activation ``f``.
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
    LSTM, GRU : Units with gates, which remember over many steps.

    Notes
    -----
    Gradients that are carried back over many steps vanish, or explode, as they are multiplied by
    the weights and the derivatives of ``f`` at every step [2]_. `clip_norm` of the network helps
    against the latter.

    The weights and biases in `coefs_` and `intercepts_` are one array each, of shapes (channels +
    units, units) and (units,): the first rows of the weights are those of the inputs, the
    others those of the state before. A bidirectional layer has two of
    each, the first of which reads from the first step on.
    First weights are drawn as those of two dense layers, of which one reads the inputs and the
    other the state before; biases begin with 0.

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
