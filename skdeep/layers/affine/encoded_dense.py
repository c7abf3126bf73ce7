"""Dense layers of an encoded table, whose dense encoding is never formed."""

from numbers import Integral, Real

import numpy as np
from sklearn.utils._param_validation import Interval

from skdeep.formulas.activations import NAMES
from skdeep.layers._base import (
    ACTIVATION,
    INPUTS,
    LARGEST,
    OF_OUTPUTS,
    OF_PARAMETERS,
    RATE,
    SIZE,
    Layer,
    activated,
    check_one_axis,
)
from skdeep.layers.operation import Operation, ParameterBlock, normalisation, per_unit

#: Most levels of a category and bins of a position: single precision then holds codes exactly, and
#: positions to 2^-17 of a bin.
MOST_LEVELS, MOST_BINS = 65535, 255
#: Means are handed on as integers, in units of one over this.
MEAN_SCALE = 2.0**53


class EncodedDense(Layer):
    """Dense layer for encoded tables of numbers and categories, ``h = f(e(x) W + b)``.

    The dense encoding ``e(x)`` of such a table may have hundreds of columns, most of which are 0 or
    1. This layer is equivalent to `Dense` on that encoding, but works on the codes from which it is
    computed: it looks up the weights of levels and sums those of bins once for many rows. It is
    therefore faster and uses less memory.

    A sample is a vector of `n_numbers` numbers, a code for each entry of `n_levels`, and a position
    for each entry of `n_bins`, in this order. Its encoding consists of, in the order of the
    weights,

    - the unchanged numbers;
    - for every category, a one-hot column for each level. Code 1 is the first level, and code 0
      stands for no level. A category with two levels has a single column with the values 1, -1, or
      0 for no level;
    - for every position ``q``, from 0 to the number of bins, ``clip(q - t, 0, 1) - mean_t`` for the
      bins ``t = 0, 1, ...``: the piecewise-linear encoding of a number [1]_. The integer part of
      ``q`` is the bin of the number, the fractional part its relative position within the bin.

    Parameters
    ----------
    units : int
        Number of units.
    activation : str, default='relu'
        Activation function ``f``; the names are those of `MLPClassifier`.
    n_numbers : int, default=0
        Number of columns with plain numbers.
    n_levels : sequence of int, default=()
        Number of levels of each category, up to 65,535.
    n_bins : sequence of int, default=()
        Number of bins of each position, up to 255.
    bin_means : sequence of float or None, default=None
        Means to subtract from the encoding of each bin, between 0 and 1: ``sum(n_bins)`` numbers,
        those of the first position first. If None, nothing is subtracted.
    dropout : float in [0, 1), default=0.0
        Dropout rate of the units, as in `Dense`.
    dropconnect : float in [0, 1) or None, default=None
        Probability with which weights are set to 0 in an update, as in `Dense`. If None,
        `dropconnect` of the network.
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
    weights_of : str or None, default=None
        Name of an earlier layer of the same kind with which this layer shares its weights and
        biases. The name of a layer without one is its position in the list, as in ``"0"``. If None,
        the layer has its own parameters.
    auxiliary_output : bool, default=False
        Whether to add an auxiliary output layer after this layer, as in `Dense`.
    inputs : str or None, default=None
        Name of a `Columns` or `Flatten` layer of the features whose output is the input of this
        layer, or "features". If None, the previous layer.

    See Also
    --------
    Dense : The same for a dense encoding.
    Embedding : Trained vectors for codes.

    Notes
    -----
    Codes that are not integers from 0 to the number of levels, and positions out of range, raise a
    ValueError. X must be dense. In float32 the resolution of a position is 2^-17 of a bin.

    References
    ----------
    .. [1] Y. Gorishniy, I. Rubachev and A. Babenko, "On embeddings for numerical features in
       tabular deep learning", NeurIPS 2022.

    Examples
    --------
    Two bins of a number between the edges 0, 1 and 4, and a category of three levels:

    >>> import numpy as np
    >>> from skdeep import NetworkRegressor
    >>> from skdeep.layers import Dense, EncodedDense
    >>> rng = np.random.default_rng(0)
    >>> number, level = rng.uniform(0, 4, 200), rng.integers(1, 4, 200)
    >>> X = np.column_stack([level, np.interp(number, [0, 1, 4], [0, 1, 2])])
    >>> y = np.abs(number - 1) + level
    >>> layers = [EncodedDense(8, n_levels=[3], n_bins=[2]), Dense(4)]
    >>> reg = NetworkRegressor(layers, solver="lbfgs", random_state=0).fit(X, y)
    >>> [coef.shape for coef in reg.coefs_]
    [(5, 8), (8, 4), (4, 1)]
    >>> layers[0].dense_encoding(np.array([[2, 1.25]]))
    array([[0.  , 1.  , 0.  , 1.  , 0.25]])
    """

    _parameter_constraints: dict = {
        "units": SIZE,
        "activation": ACTIVATION,
        "n_numbers": [Interval(Integral, 0, LARGEST, closed="both")],
        "n_levels": [list, tuple, np.ndarray],
        "n_bins": [list, tuple, np.ndarray],
        "bin_means": [list, tuple, np.ndarray, None],
        **OF_OUTPUTS,
        "dropconnect": [*RATE, None],
        "batch_norm": ["boolean", None],
        **OF_PARAMETERS,
        **INPUTS,
    }
    kind = "encoded_dense"
    reads_codes = True

    def __init__(
        self,
        units,
        activation="relu",
        *,
        n_numbers=0,
        n_levels=(),
        n_bins=(),
        bin_means=None,
        dropout=0.0,
        dropconnect=None,
        batch_norm=None,
        trainable=True,
        learning_rate_factor=1.0,
        alpha_factor=1.0,
        weights_of=None,
        auxiliary_output=False,
        inputs=None,
    ):
        self.units = units
        self.activation = activation
        self.n_numbers = n_numbers
        self.n_levels = n_levels
        self.n_bins = n_bins
        self.bin_means = bin_means
        self.dropout = dropout
        self.dropconnect = dropconnect
        self.batch_norm = batch_norm
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
        for name, most in (("n_levels", MOST_LEVELS), ("n_bins", MOST_BINS)):
            for value in getattr(self, name):
                is_number = isinstance(value, Integral) and not isinstance(value, bool)
                if not is_number or not 1 <= value <= most:
                    raise ValueError(
                        f"The {name!r} parameter must hold integers from 1 to {most}, got "
                        f"{value!r}."
                    )
        if self.n_numbers + len(self.n_levels) + len(self.n_bins) == 0:
            raise ValueError("n_numbers is 0, and n_levels and n_bins are empty: nothing is read.")
        if self.bin_means is not None:
            self._check_means()
        return self

    def _check_means(self):
        wanted = sum(_integers(self.n_bins))
        if len(self.bin_means) != wanted:
            raise ValueError(
                "The 'bin_means' parameter must hold a number for each of the "
                f"{wanted} bins, got {len(self.bin_means)}."
            )
        for value in self.bin_means:
            if not isinstance(value, Real) or not 0 <= value <= 1:
                raise ValueError(
                    f"The 'bin_means' parameter must hold numbers from 0 to 1, got {value!r}."
                )

    def prepared(self):
        """Return the layer itself, whose sequences are tuples or arrays of its own from now on."""
        self.n_levels, self.n_bins = _integers(self.n_levels), _integers(self.n_bins)
        if self.bin_means is not None:
            self.bin_means = np.array(self.bin_means, dtype=np.float64)
            self.bin_means.setflags(write=False)
        return self

    def planned_shape(self):
        """Return the shape of what it gives for a sample."""
        return (int(self.units),)

    def table_sizes(self):
        """Return how many numbers, levels of each category and bins of each position there are.

        Returns
        -------
        sizes : tuple of int
        """
        return int(self.n_numbers), *_integers(self.n_levels), *_integers(self.n_bins)

    def _first_rows(self):
        """Return the first row of the weights of each category and position, and all rows."""
        columns = [1 if n == 2 else n for n in _integers(self.n_levels)]
        ends = np.cumsum([int(self.n_numbers), *columns, *_integers(self.n_bins)]).tolist()
        return ends[:-1], ends[-1]

    def connect(self, shape, source):
        """Return the operation of the layer and the shape of its outputs."""
        check_one_axis(shape)
        levels, bins = _integers(self.n_levels), _integers(self.n_bins)
        n_numbers, units = int(self.n_numbers), int(self.units)
        wanted = n_numbers + len(levels) + len(bins)
        if shape[0] != wanted:
            raise ValueError(
                f"it reads {n_numbers} numbers, {len(levels)} codes and {len(bins)} positions, "
                f"{wanted} columns in all, but {shape[0]} arrive."
            )
        first_rows, n_rows = self._first_rows()
        settings = [n_numbers, len(levels), len(bins), n_rows - sum(bins)]
        for pair in zip(first_rows, (*levels, *bins), strict=True):
            settings += pair
        means = [0] * sum(bins) if self.bin_means is None else self.bin_means
        settings += [round(float(mean) * MEAN_SCALE) for mean in means]
        operation = Operation(
            "encoded_dense",
            (source,),
            shape[0],
            (units,),
            ParameterBlock((n_rows, units)),
            per_unit(units),
            NAMES[self.activation],
            tuple(settings),
            float(self.dropout),
            **(normalisation(units) if self.batch_norm else {}),
        )
        return operation, operation.output_shape

    def check_features(self, X, columns=None):
        """Check that every code is a level, or 0, and every position in the range of the bins.

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
        first = int(self.n_numbers)
        sizes = (*_integers(self.n_levels), *_integers(self.n_bins))
        for place, size in enumerate(sizes):
            column = arriving[first + place]
            values, is_code = X[:, column], place < len(self.n_levels)
            wrong = ~((values >= 0) & (values <= size))  # NaN compares as false
            if is_code:
                wrong |= values != np.floor(values)
            if wrong.any():
                row, what = int(np.argmax(wrong)), "integers" if is_code else "positions"
                raise ValueError(
                    f"column {column} of X must hold {what} from 0 to {size}, but holds "
                    f"{values[row]} in row {row}."
                )

    def dense_encoding(self, X):
        """Return what `Dense` of the same weights would read.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_columns)
            What the layer reads.

        Returns
        -------
        encoded : ndarray of shape (n_samples, n_rows_of_the_weights)
            Of the type of X, float64 if that is no type of floating-point numbers.
        """
        X = np.asarray(X)
        X = X if X.dtype.kind == "f" else X.astype(np.float64)
        n_numbers, levels = int(self.n_numbers), _integers(self.n_levels)
        parts, column = [X[:, :n_numbers]], n_numbers
        for n in levels:
            codes = X[:, column, np.newaxis]
            one_hot = (codes == np.arange(1, n + 1)).astype(X.dtype)
            parts.append(one_hot[:, :1] - one_hot[:, 1:] if n == 2 else one_hot)
            column += 1
        bins = _integers(self.n_bins)
        for n in bins:
            parts.append(np.clip(X[:, column, np.newaxis] - np.arange(n, dtype=X.dtype), 0, 1))
            column += 1
        encoded = np.hstack(parts)
        if self.bin_means is not None:
            encoded[:, encoded.shape[1] - sum(bins) :] -= np.asarray(self.bin_means, X.dtype)
        return encoded

    def reference(self, X, weights, biases):
        """Compute the outputs in NumPy, to compare engines with."""
        return activated(self.activation, self.dense_encoding(X) @ weights + biases)


def _integers(values):
    """Return the elements of a sequence as integers of Python."""
    return tuple(int(value) for value in values)
