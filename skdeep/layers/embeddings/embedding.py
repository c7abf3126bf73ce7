"""Embeddings of integer codes: rows of a table that is trained."""

from numbers import Integral

import numpy as np

from skdeep.layers._base import INPUTS, LARGEST, OF_OUTPUTS, OF_PARAMETERS, RATE, SIZE, Layer
from skdeep.layers.first_values import Uniform
from skdeep.layers.operation import Operation, ParameterBlock

#: First values are drawn from this interval around 0, as in Keras.
BOUND = 0.05
#: What a column of the features is called that is one of several with tables of their own.
LIST = [list, tuple, np.ndarray]


class Embedding(Layer):
    """Replace integer codes by trained vectors.

    ``h = W[x]``: the output for a code ``x`` is row ``x`` of the table ``W``, of shape (n_levels,
    n_outputs). This is equivalent to a dense layer without biases applied to the one-hot encoded
    code. The inputs must be features, or features selected by `Columns`.

    Parameters
    ----------
    n_levels : int or sequence of int
        Number of codes, which range from 0 to ``n_levels - 1``: the size of a vocabulary, or the
        number of categories. If an int, all columns share one table, as for the tokens of a text.
        If a sequence, it has a number for each column, and each column has its own table.
    n_outputs : int
        Length of the vectors.
    columns : sequence of int or None, default=None
        Columns of X that contain codes. The output for a sample is a vector: the concatenated
        vectors of the codes, followed by the other columns. If None, all columns contain codes, and
        the output for a sample is a sequence of shape (n_columns, n_outputs), for example for
        `Conv1D`.
    dropout : float in [0, 1), default=0.0
        Dropout rate of the outputs, as in `Dense`.
    dropconnect : float in [0, 1) or None, default=None
        Probability with which elements of the table are set to 0 in an update, as weights in
        `Dense`. If None, `dropconnect` of the network.
    trainable : bool, default=True
        Whether the weights are trained. If False, they keep their initial values or, with
        `warm_start` and `partial_fit`, those of the previous call.
    learning_rate_factor : float, default=1.0
        Factor of the learning rate for this layer.
    alpha_factor : float, default=1.0
        Factor of the network's `alpha` (the strength of the penalty) for the table; 0 disables the
        penalty.
    weights_of : str or None, default=None
        Name of an earlier layer of the same kind with which this layer shares its weights. The name
        of a layer without one is its position in the list, as in ``"0"``. If None, the layer has
        its own parameters.
    auxiliary_output : bool, default=False
        Whether to add an auxiliary output layer after this layer, as in `Dense`.
    inputs : str or None, default=None
        Name of a `Columns` or `Flatten` layer of the features whose output is the input of this
        layer, or "features". If None, the previous layer.

    Notes
    -----
    Initial values are uniform in ``[-0.05, 0.05)``, whatever `weight_init` of the network. The
    penalty of the network applies to the table.

    X must be dense, and the columns must contain integers (of any dtype) from 0 to ``n_levels -
    1``; `sklearn.preprocessing.OrdinalEncoder` converts categories to such codes.

    References
    ----------
    .. [1] Y. Bengio, R. Ducharme, P. Vincent and C. Jauvin, "A neural probabilistic language
       model", JMLR 3, 2003.
    .. [2] C. Guo and F. Berkhahn, "Entity embeddings of categorical variables", 2016.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep import NetworkRegressor
    >>> from skdeep.layers import Dense, Embedding
    >>> rng = np.random.default_rng(0)
    >>> X = np.column_stack([rng.integers(20, size=200), rng.normal(size=200)])
    >>> y = np.sin(X[:, 0]) + X[:, 1]
    >>> layers = [Embedding(20, 4, columns=[0]), Dense(10)]
    >>> reg = NetworkRegressor(layers, solver="lbfgs", random_state=0).fit(X, y)
    >>> [coef.shape for coef in reg.coefs_]
    [(20, 4), (5, 10), (10, 1)]
    """

    _parameter_constraints: dict = {
        "n_levels": [*SIZE, *LIST],
        "n_outputs": SIZE,
        "columns": [*LIST, None],
        **OF_OUTPUTS,
        "dropconnect": [*RATE, None],
        **OF_PARAMETERS,
        **INPUTS,
    }
    kind = "embedding"
    reads_codes = True

    def __init__(
        self,
        n_levels,
        n_outputs,
        *,
        columns=None,
        dropout=0.0,
        dropconnect=None,
        trainable=True,
        learning_rate_factor=1.0,
        alpha_factor=1.0,
        weights_of=None,
        auxiliary_output=False,
        inputs=None,
    ):
        self.n_levels = n_levels
        self.n_outputs = n_outputs
        self.columns = columns
        self.dropout = dropout
        self.dropconnect = dropconnect
        self.trainable = trainable
        self.learning_rate_factor = learning_rate_factor
        self.alpha_factor = alpha_factor
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
        of_columns = () if self.columns is None else self.columns
        of_levels = () if isinstance(self.n_levels, Integral) else self.n_levels
        for name, values, least in (("columns", of_columns, 0), ("n_levels", of_levels, 1)):
            for value in values:
                is_number = isinstance(value, Integral) and not isinstance(value, bool)
                if not is_number or not least <= value <= LARGEST:
                    raise ValueError(
                        f"The {name!r} parameter must hold integers >= {least}, got {value!r}."
                    )
        if self.columns is not None and len(self.columns) == 0:
            raise ValueError("The 'columns' parameter is empty: no column would be looked up.")
        if len(set(of_columns)) < len(of_columns):
            raise ValueError(f"The 'columns' parameter holds a column twice: {self.columns!r}.")
        return self

    def table_sizes(self):
        """Return the numbers of rows of the tables, of which columns share one or have their own.

        Returns
        -------
        sizes : tuple of int
        """
        sizes = (self.n_levels,) if isinstance(self.n_levels, Integral) else self.n_levels
        return tuple(int(size) for size in sizes)

    def _tables(self, n_features):
        """Return the columns, and of each the first row of its table and the number of its rows."""
        columns = range(n_features) if self.columns is None else [int(c) for c in self.columns]
        beyond = [column for column in columns if column >= n_features]
        if beyond:
            raise ValueError(
                f"columns={self.columns!r} holds {beyond[0]}, but there are columns 0 to "
                f"{n_features - 1}."
            )
        if isinstance(self.n_levels, Integral):
            return [(column, 0, int(self.n_levels)) for column in columns]
        if len(self.n_levels) != len(columns):
            raise ValueError(
                f"n_levels has {len(self.n_levels)} numbers, but {len(columns)} columns are looked "
                "up: give one for each, or one for all."
            )
        sizes = [int(size) for size in self.n_levels]
        return list(zip(columns, np.cumsum([0, *sizes[:-1]]).tolist(), sizes, strict=True))

    def gives_steps(self):
        """Return whether each step that it gives is made of that step alone."""
        return self.columns is None

    def connect(self, shape, source):
        """Return the operation of the layer and the shape of its outputs."""
        if len(shape) != 1:
            raise ValueError(f"it takes samples of shape (n_columns,), but {shape} arrives.")
        tables = self._tables(shape[0])
        columns, width = [column for column, _, _ in tables], int(self.n_outputs)
        others = [column for column in range(shape[0]) if column not in set(columns)]
        n_rows = max(first + size for _, first, size in tables)
        settings = [len(tables), len(others), *(part for table in tables for part in table)]
        given = (len(tables), width)
        if self.columns is not None:
            given = (len(tables) * width + len(others),)
        operation = Operation(
            "embedding",
            (source,),
            shape[0],
            given,
            ParameterBlock((n_rows, width), Uniform(BOUND)),
            None,
            "identity",
            (*settings, *others),
            float(self.dropout),
        )
        return operation, given

    def check_features(self, X, columns=None):
        """Check that every code is one of its table.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_features)
        columns : array of int or None, default=None
            Which of the columns arrive; None for all.

        Raises
        ------
        ValueError
            If one is not.
        """
        arriving = np.arange(X.shape[1]) if columns is None else columns
        for place, _, size in self._tables(len(arriving)):
            column = arriving[place]
            codes = X[:, column]
            # NaN compares as false.
            wrong = ~((codes >= 0) & (codes < size) & (codes == np.floor(codes)))
            if wrong.any():
                row = int(np.argmax(wrong))
                raise ValueError(
                    f"column {column} of X must hold integers from 0 to {size - 1}, but holds "
                    f"{codes[row]} in row {row}."
                )

    def reference(self, X, weights, biases=None):
        """Compute the outputs in NumPy, to compare engines with."""
        tables = self._tables(X.shape[1])
        found = np.stack([weights[f + X[:, c].astype(int)] for c, f, _ in tables], axis=1)
        if self.columns is None:
            return found
        others = np.delete(X, [column for column, _, _ in tables], axis=1)
        return np.hstack([found.reshape(len(X), -1), others])
