"""Dense layers: ``h = f(x W + b)``."""

import numpy as np

from skdeep.formulas.activations import NAMES
from skdeep.layers._base import (
    ACTIVATION,
    INPUTS,
    OF_OUTPUTS,
    OF_PARAMETERS,
    RATE,
    SIZE,
    Layer,
    activated,
    check_one_axis,
)
from skdeep.layers.operation import Operation, ParameterBlock, normalisation, per_unit


class Dense(Layer):
    """Dense layer, ``h = f(x W + b)``.

    Each unit is connected to all inputs. The input shape of a sample is (n_inputs,), the output
    shape (units,). The weights have shape (n_inputs, units), the biases (units,).

    Parameters
    ----------
    units : int
        Number of units.
    activation : str, default='relu'
        Activation function ``f``; the names are those of `MLPClassifier`.
    dropout : float in [0, 1), default=0.0
        Dropout rate: in every update, units are set to 0 with this probability, and the others are
        divided by ``1 - rate``. Predictions use all units.
    dropconnect : float in [0, 1) or None, default=None
        Probability with which weights are set to 0 in an update, with one mask for all samples. If
        None, `dropconnect` of the network.
    batch_norm : bool or None, default=None
        Whether to use batch normalisation before the activation function. If None, `batch_norm` of
        the network.
    trainable : bool, default=True
        Whether the weights and biases are trained. If False, they keep their initial values or,
        with `warm_start` and `partial_fit`, those of the previous call.
    learning_rate_factor : float, default=1.0
        Factor of the learning rate for this layer.
    alpha_factor : float, default=1.0
        Factor of the network's `alpha` (the strength of the penalty) for the weights of this layer;
        0 disables the penalty.
    connections : array-like of bool of shape (n_inputs, units) or None, default=None
        Mask of the connections: weights where it is False are 0 and are not trained. Initial
        weights are drawn as in a layer with as many inputs as the unit has connections. If None,
        all inputs are connected to all units.
    weights_of : str or None, default=None
        Name of an earlier layer of the same kind with which this layer shares its weights and
        biases. The name of a layer without one is its position in the list, as in ``"0"``. If None,
        the layer has its own parameters.
    auxiliary_output : bool, default=False
        Whether to add an auxiliary output layer after this layer (deep supervision). Its loss, for
        the same targets, is multiplied by `auxiliary_weight` of the network and added to the total
        loss [2]_ [3]_. Predictions do not use it.
    inputs : str, list of str or None, default=None
        Name of an earlier layer whose output is the input of this layer, or names of several, whose
        outputs are concatenated; "features" stands for the features. If None, the previous layer.

    See Also
    --------
    Conv1D : Convolution over a sequence.
    NeuronGraph : Neurons with individual inputs.

    References
    ----------
    .. [1] D. E. Rumelhart, G. E. Hinton and R. J. Williams, "Learning representations by
       back-propagating errors", Nature 323, 1986.
    .. [2] C.-Y. Lee, S. Xie, P. Gallagher, Z. Zhang and Z. Tu, "Deeply-supervised nets",
       AISTATS 2015.
    .. [3] C. Szegedy et al., "Going deeper with convolutions", CVPR 2015.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skdeep import NetworkClassifier
    >>> from skdeep.layers import Dense
    >>> X, y = load_iris(return_X_y=True)
    >>> layers = [Dense(10, activation="tanh"), Dense(5, dropout=0.1)]
    >>> clf = NetworkClassifier(layers, learning_rate_init=0.02, random_state=0).fit(X, y)
    >>> [coef.shape for coef in clf.coefs_]
    [(4, 10), (10, 5), (5, 3)]
    """

    _parameter_constraints: dict = {
        "units": SIZE,
        "activation": ACTIVATION,
        **OF_OUTPUTS,
        "dropconnect": [*RATE, None],
        "batch_norm": ["boolean", None],
        "connections": ["array-like", None],
        **OF_PARAMETERS,
        **INPUTS,
    }
    kind = "dense"
    reads_neighbours = True
    reads_sparse = True

    def __init__(
        self,
        units,
        activation="relu",
        *,
        dropout=0.0,
        dropconnect=None,
        batch_norm=None,
        trainable=True,
        learning_rate_factor=1.0,
        alpha_factor=1.0,
        connections=None,
        weights_of=None,
        auxiliary_output=False,
        inputs=None,
    ):
        self.units = units
        self.activation = activation
        self.dropout = dropout
        self.dropconnect = dropconnect
        self.batch_norm = batch_norm
        self.trainable = trainable
        self.learning_rate_factor = learning_rate_factor
        self.alpha_factor = alpha_factor
        self.connections = connections
        self.weights_of = weights_of
        self.auxiliary_output = auxiliary_output
        self.inputs = inputs

    def check(self):
        """Check the values of the parameters.

        Returns
        -------
        self : object
            The layer itself.

        Raises
        ------
        ValueError
            If a parameter is out of its range.
        """
        super().check()
        if self.connections is not None:
            connections = _as_booleans(self.connections)
            if connections.shape[1] != self.units:
                raise ValueError(
                    f"The 'connections' parameter has {connections.shape[1]} columns, but there "
                    f"are {self.units} units."
                )
            alone = np.flatnonzero(~connections.any(axis=0))
            if len(alone):
                raise ValueError(
                    f"The 'connections' parameter leaves unit {alone[0]} without any input."
                )
        return self

    def prepared(self):
        """Return the layer itself, whose connections are an array from now on."""
        if self.connections is not None:
            self.connections = _as_booleans(self.connections)
            self.connections.setflags(write=False)
        return self

    def planned_shape(self):
        """Return the shape of what it gives for a sample."""
        return (int(self.units),)

    def connect(self, shape, source):
        """Return the operation of the layer and the shape of its outputs."""
        check_one_axis(shape)
        connections = None if self.connections is None else _as_booleans(self.connections)
        if connections is not None and len(connections) != shape[0]:
            raise ValueError(
                f"connections has {len(connections)} rows, but {shape[0]} columns arrive."
            )
        operation = dense_operation(
            source if isinstance(source, tuple) else (source,),
            shape[0],
            int(self.units),
            NAMES[self.activation],
            dropout=float(self.dropout),
            normalised=bool(self.batch_norm),
            connections=connections,
        )
        return operation, operation.output_shape

    def reference(self, X, weights, biases):
        """Compute the outputs in NumPy, to compare engines with."""
        return activated(self.activation, X @ weights + biases)


def dense_operation(
    sources, n_inputs, n_units, activation, normalised=False, connections=None, **fields
):
    """Return the operation of a dense layer, ``f(x W + b)``.

    Parameters
    ----------
    sources : tuple of int
    n_inputs, n_units : int
    activation : str
    normalised : bool, default=False
        Whether its outputs are normalised over the batch.
    connections : array of bool of shape (n_inputs, n_units) or None, default=None
        Which weights there are; None for all.
    **fields : dict
        Others of `Operation`.

    Returns
    -------
    operation : Operation
    """
    mask = None if connections is None else np.asarray(connections, dtype=bool).tobytes()
    weights, biases = ParameterBlock((n_inputs, n_units), mask=mask), per_unit(n_units)
    fields |= normalisation(n_units) if normalised else {}
    return Operation("dense", sources, n_inputs, (n_units,), weights, biases, activation, **fields)


def _as_booleans(connections):
    """Return connections as a matrix of bool."""
    try:
        matrix = np.asarray(connections)
    except ValueError:  # rows of different lengths
        matrix = None
    if matrix is None or matrix.dtype != bool or matrix.ndim != 2:
        found = "no matrix" if matrix is None else f"{matrix.dtype} of shape {matrix.shape}"
        raise ValueError(
            "The 'connections' parameter must be a matrix of bool, of shape (n_inputs, units), got "
            f"{found}."
        )
    return matrix
