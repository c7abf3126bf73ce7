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
    """Dense layer with the transposed weights of another layer, ``h = f(x W' + b)``.

    Used in autoencoders with tied weights, whose decoder only adds biases to the parameters of the
    encoder [1]_. Both layers share one array of weights: its gradient is the sum over both layers,
    and the penalty counts it once. The biases are separate.

    The input shape of a sample is (n_inputs,), where n_inputs is the number of units of the other
    layer. The output shape is (units,), where units is the number of inputs of the other layer.

    Parameters
    ----------
    units : int
        Number of units.
    activation : str, default='relu'
        Activation function ``f``; the names are those of `MLPClassifier`.
    weights_of : str
        Name of the earlier `Dense` layer whose weights are used. The name of a layer without one is
        its position in the list, as in ``"0"``. The parameters of that layer determine whether the
        weights are trained, and with which learning rate and penalty.
    dropout : float in [0, 1), default=0.0
        Dropout rate of the units, as in `Dense`.
    auxiliary_output : bool, default=False
        Whether to add an auxiliary output layer after this layer, as in `Dense`.
    inputs : str, list of str or None, default=None
        Name of an earlier layer whose output is the input of this layer, or names of several, whose
        outputs are concatenated; "features" stands for the features. If None, the previous layer.

    See Also
    --------
    Dense : A dense layer with its own weights, or with shared weights that are not transposed.

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
