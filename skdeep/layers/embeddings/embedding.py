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
    """Replace integer codes among the features by vectors that are trained.

    ``h = W[x]``: a code ``x`` stands for a row of the table ``W``, of shape (n_levels, n_outputs).
    That is what a dense layer without biases would make of the code in one-hot form, without the
    products by 0. It reads features, or some of them that `Columns` selects.

    Parameters
    ----------
    n_levels : int or sequence of int
        Number of codes, which are 0 to ``n_levels - 1``: the size of a vocabulary, or the number of
        categories. An int is for one table that all columns share, as do tokens of a text; a
        sequence has a number for each column, which then has a table of its own.
    n_outputs : int
        Length of the vectors.
    columns : sequence of int or None, default=None
        The columns of X that hold codes. Their vectors come first in the outputs, side by side, and
        the other columns after them, as they are: a sample becomes a vector. None are all columns:
        a sample becomes a sequence of shape (n_columns, n_outputs), as `Conv1D` takes it.
    dropout : float in [0, 1), default=0.0
        Rate at which outputs are dropped in every update, as in `Dense`.
    dropconnect : float in [0, 1) or None, default=None
        Rate at which elements of the table are dropped in every update, as weights in `Dense`.
        None takes `dropconnect` of the network.
    trainable : bool, default=True
        Whether training changes the weights. Otherwise they stay as they are: as drawn, or
        as they were when training goes on with `warm_start` or `partial_fit`.
    learning_rate_factor : float, default=1.0
        What the learning rate is multiplied by in the updates of this layer.
    alpha_factor : float, default=1.0
        What `alpha` of the network, the strength of the penalty, is multiplied by for the table;
        0 for no penalty.
    weights_of : str or None, default=None
        Name of an earlier layer of the same kind, whose weights this layer uses: they are
        one set of parameters, trained for both layers. A layer without a name is called by its
        place in the list, as in ``"0"``. None for a layer with parameters of its own.
    auxiliary_output : bool, default=False
        Whether outputs of the network are also computed from this layer alone, in training only,
        as in `Dense`.
    inputs : str or None, default=None
        Name of the `Columns` or `Flatten` of features that it reads, or "features". None for the
        layer before.

    Notes
    -----
    First values are uniform in ``[-0.05, 0.05)``, whatever `weight_init` of the network. The
    penalty of the network counts the table among its weights.

    X must hold integers (of any type of numbers) from 0 to ``n_levels - 1`` in these columns, and
    be dense; `sklearn.preprocessing.OrdinalEncoder` makes such codes of categories.

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
            If one is out of its range.
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
