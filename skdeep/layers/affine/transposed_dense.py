"""Dense layers with the transposed weights of another: ``h = f(x W' + b)``."""

from skdeep.formulas.activations import NAMES
from skdeep.layers._base import (
    ACTIVATION,
    INPUTS,
    OF_OUTPUTS,
    SIZE,
    Layer,
    activated,
    check_one_axis,
)
from skdeep.layers.operation import Operation, ParameterBlock, per_unit


class TransposedDense(Layer):
    """A dense layer with the weights of another, transposed: ``h = f(x W' + b)``.

    With tied weights the decoder of an autoencoder has as many parameters as its encoder, but for
    the biases [1]_. The weights are one set of parameters, whose gradient is the sum over both
    layers, and which the penalty counts once. The biases are its own.

    It takes samples of shape (n_inputs,), as many as the other layer has units, and gives samples
    of shape (units,), as many as the other layer has inputs.

    Parameters
    ----------
    units : int
        Number of units.
    activation : str, default='relu'
        Name of the activation ``f``, as `activation` of `MLPClassifier`.
    weights_of : str
        Name of an earlier `Dense` layer, whose weights it uses. A layer without a name is called by
        its place in the list, as in ``"0"``. That layer says whether the weights are trained, at
        what rate and with what penalty.
    dropout : float in [0, 1), default=0.0
        Rate at which units are dropped in every update, as in `Dense`.
    auxiliary_output : bool, default=False
        Whether outputs of the network are also computed from this layer alone, in training only,
        as in `Dense`.
    inputs : str, list of str or None, default=None
        Name of the earlier layer that it reads, or names of several, whose outputs are put side by
        side; "features" are the features. None for the layer before.

    See Also
    --------
    Dense : With weights of its own, or the weights of another as they are.

    References
    ----------
    .. [1] P. Vincent, H. Larochelle, I. Lajoie, Y. Bengio and P.-A. Manzagol, "Stacked denoising
       autoencoders", JMLR 11, 2010.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skdeep import NetworkRegressor
    >>> from skdeep.layers import Dense, TransposedDense
    >>> X, _ = load_iris(return_X_y=True)
    >>> layers = [Dense(6, "tanh"), Dense(2, "tanh"), TransposedDense(6, "tanh", weights_of="1")]
    >>> reg = NetworkRegressor(layers, solver="lbfgs", tol=0.1, max_iter=1000).fit(X, X)
    >>> [coef.shape for coef in reg.coefs_], [intercept.shape for intercept in reg.intercepts_]
    ([(4, 6), (6, 2), (6, 4)], [(6,), (2,), (6,), (4,)])
    """

    _parameter_constraints: dict = {
        "units": SIZE,
        "activation": ACTIVATION,
        "weights_of": [str],
        **OF_OUTPUTS,
        **INPUTS,
    }
    kind = "transposed_dense"
    kind_of_weights = "dense"
    shares = ("weights",)

    def __init__(
        self,
        units,
        activation="relu",
        *,
        weights_of,
        dropout=0.0,
        auxiliary_output=False,
        inputs=None,
    ):
        self.units = units
        self.activation = activation
        self.weights_of = weights_of
        self.dropout = dropout
        self.auxiliary_output = auxiliary_output
        self.inputs = inputs

    def planned_shape(self):
        """Return the shape of what it gives for a sample."""
        return (int(self.units),)

    def connect(self, shape, source):
        """Return the operation of the layer and the shape of its outputs."""
        check_one_axis(shape)
        weights = ParameterBlock((int(self.units), shape[0]))
        operation = transposed_operation(
            (source,), weights, NAMES[self.activation], dropout=float(self.dropout)
        )
        return operation, operation.output_shape

    def reference(self, X, weights, biases):
        """Compute the outputs in NumPy, to compare engines with."""
        return activated(self.activation, X @ weights.T + biases)


def transposed_operation(sources, weights, activation, **fields):
    """Return the operation of a dense layer with transposed weights, ``f(x W' + b)``.

    Parameters
    ----------
    sources : tuple of int
    weights : ParameterBlock
        Of shape (n_units, n_inputs).
    activation : str
    **fields : dict
        Others of `Operation`.

    Returns
    -------
    operation : Operation
    """
    n_units, n_inputs = weights.shape
    arguments = sources, n_inputs, (n_units,), weights, per_unit(n_units), activation
    return Operation("transposed_dense", *arguments, **fields)
