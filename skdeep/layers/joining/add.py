"""The sum of the outputs of several layers."""

from skdeep.formulas.activations import NAMES
from skdeep.layers._base import ACTIVATION, INPUTS, OF_OUTPUTS, Layer, activated
from skdeep.layers.operation import Operation


class Add(Layer):
    """Add the outputs of several layers, ``h = f(x_1 + x_2 + ...)``.

    All inputs must have the same shape. Adding the output of an earlier layer makes a residual
    connection. The layer has no trainable parameters.

    Parameters
    ----------
    inputs : list of str
        Names of the earlier layers to add; "features" stands for the features.
    activation : str, default='identity'
        Activation function ``f``; the names are those of `MLPClassifier`.
    dropout : float in [0, 1), default=0.0
        Dropout rate of the outputs, as in `Dense`.
    auxiliary_output : bool, default=False
        Whether to add an auxiliary output layer after this layer, as in `Dense`.

    See Also
    --------
    Concatenate : Concatenate the outputs of several layers.

    References
    ----------
    .. [1] K. He, X. Zhang, S. Ren and J. Sun, "Deep residual learning for image recognition",
       CVPR 2016.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skdeep import NetworkClassifier
    >>> from skdeep.layers import Add, Dense
    >>> X, y = load_iris(return_X_y=True)
    >>> layers = [
    ...     ("first", Dense(8)),
    ...     ("second", Dense(8)),
    ...     Add(inputs=["first", "second"], activation="relu"),
    ... ]
    >>> clf = NetworkClassifier(layers, solver="lbfgs", random_state=0).fit(X, y)
    >>> [coef.shape for coef in clf.coefs_]
    [(4, 8), (8, 8), (8, 3)]
    """

    _parameter_constraints: dict = {
        **INPUTS,
        "activation": ACTIVATION,
        **OF_OUTPUTS,
    }
    kind = "add"
    joins = True

    def __init__(self, inputs=None, *, activation="identity", dropout=0.0, auxiliary_output=False):
        self.inputs = inputs
        self.activation = activation
        self.dropout = dropout
        self.auxiliary_output = auxiliary_output

    def gives_steps(self):
        """Return whether each step that it gives is made of that step alone."""
        return True

    def connect(self, shape, source):
        """Return the operation of the layer and the shape of its outputs.

        Parameters
        ----------
        shape : list of tuple of int
            Of the samples of every input.
        source : tuple of int
            Where they come from.

        Returns
        -------
        operation : Operation
        shape : tuple of int

        Raises
        ------
        ValueError
            If the shapes differ.
        """
        first = shape[0]
        if any(each != first for each in shape):
            raise ValueError(f"its inputs give samples of the shapes {shape}, which must be equal.")
        n_inputs = 1
        for size in first:
            n_inputs *= size
        operation = Operation(
            "add",
            tuple(source),
            n_inputs,
            first,
            None,
            None,
            NAMES[self.activation],
            (len(source), *source),
            float(self.dropout),
        )
        return operation, first

    def reference(self, X, weights=None, biases=None):
        """Compute the outputs in NumPy, to compare engines with.

        Parameters
        ----------
        X : list of ndarray
            Samples of every input.
        weights, biases : None

        Returns
        -------
        outputs : ndarray
        """
        total = X[0]
        for other in X[1:]:
            total = total + other
        return activated(self.activation, total)
