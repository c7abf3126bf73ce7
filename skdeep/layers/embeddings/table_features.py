"""Cosines of numbers, and their positions in bins, beside the features of a table."""

from numbers import Integral

import numpy as np
from sklearn.utils._param_validation import Interval

from skdeep.layers._base import INPUTS, LARGEST, Layer, check_one_axis
from skdeep.layers.operation import Operation

#: What a parameter may be that holds several numbers.
NUMBERS = [list, tuple, np.ndarray]


class TableFeatures(Layer):
    """Compute cosine features, and positions in bins, of numeric features.

    The features are computed for each batch, for a following `EncodedDense` layer, and are not
    stored. The output for a sample consists of, in this order,

    - its first `cosines_at` columns, unchanged;
    - ``cos(2 pi w z + c)`` for each of the first columns ``z`` and the frequencies ``w`` and phases
      ``c`` of its row;
    - the other columns, unchanged;
    - the position ``q`` in its bins of each column of `binned`: ``k`` at the edge ``e_k``,
      interpolated linearly between edges, and constant beyond the outer edges.

    The layer has no trainable parameters.

    Parameters
    ----------
    cosines_at : int, default=0
        Number of columns before the cosines.
    frequencies : array-like of shape (n_columns, n_cosines) or None, default=None
        Frequencies ``w``. If None, there are no cosines.
    phases : array-like of shape (n_columns, n_cosines) or None, default=None
        Phases ``c``. If None, they are 0.
    binned : sequence of int, default=()
        Indices of the columns whose positions in bins are computed.
    edges : sequence of array-like, default=()
        Increasing edges of the bins of each column of `binned`, at least two.
    inputs : str or None, default=None
        Name of a `Columns` or `Flatten` layer of the features whose output is the input of this
        layer, or "features". If None, the previous layer.

    See Also
    --------
    EncodedDense : Dense layer for codes and positions.

    References
    ----------
    .. [1] A. Rahimi and B. Recht, "Random features for large-scale kernel machines", NeurIPS 2007.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep import NetworkRegressor
    >>> from skdeep.layers import EncodedDense, TableFeatures
    >>> X = np.random.default_rng(0).uniform(0, 4, size=(200, 1))
    >>> y = np.abs(X[:, 0] - 1)
    >>> features = TableFeatures(binned=[0], edges=[[0, 1, 4]])
    >>> features.reference(np.array([[0.5], [2.5], [9.0]]))
    array([[0.5, 0.5],
           [2.5, 1.5],
           [9. , 2. ]])
    >>> layers = [features, EncodedDense(8, n_numbers=1, n_bins=[2])]
    >>> reg = NetworkRegressor(layers, solver="lbfgs", random_state=0).fit(X, y)
    >>> [coef.shape for coef in reg.coefs_]
    [(3, 8), (8, 1)]
    """

    _parameter_constraints: dict = {
        "cosines_at": [Interval(Integral, 0, LARGEST, closed="both")],
        "frequencies": [*NUMBERS, None],
        "phases": [*NUMBERS, None],
        "binned": NUMBERS,
        "edges": [list, tuple],
        **INPUTS,
    }
    kind = "table_features"
    reads_codes = True
    gives_codes = True

    def __init__(
        self, cosines_at=0, *, frequencies=None, phases=None, binned=(), edges=(), inputs=None
    ):
        self.cosines_at = cosines_at
        self.frequencies = frequencies
        self.phases = phases
        self.binned = binned
        self.edges = edges
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
        self._check_cosines()
        for value in self.binned:
            is_number = isinstance(value, Integral) and not isinstance(value, bool)
            if not is_number or not 0 <= value <= LARGEST:
                raise ValueError(
                    f"The 'binned' parameter must hold integers from 0 on, got {value!r}."
                )
        if len(self.edges) != len(self.binned):
            raise ValueError(
                "The 'edges' parameter must hold edges for each of the "
                f"{len(self.binned)} columns of 'binned', got {len(self.edges)}."
            )
        for edges in self.edges:
            values = _floats("edges", edges, 1)
            if len(values) < 2 or not np.all(np.diff(values) > 0):
                raise ValueError(
                    "The 'edges' parameter must hold two or more increasing numbers for each "
                    f"column, got {edges!r}."
                )
        return self

    def _check_cosines(self):
        if self.frequencies is None:
            if self.phases is not None:
                raise ValueError("phases are given, but frequencies are None.")
            return
        frequencies = _floats("frequencies", self.frequencies, 2)
        if self.phases is None:
            return
        phases = _floats("phases", self.phases, 2)
        if phases.shape != frequencies.shape:
            raise ValueError(
                f"The 'phases' parameter must have the shape of 'frequencies', {frequencies.shape},"
                f" got {phases.shape}."
            )

    def prepared(self):
        """Return the layer itself, whose sequences are tuples or arrays of its own from now on."""
        self.binned = tuple(int(column) for column in self.binned)
        self.edges = tuple(_own(edges) for edges in self.edges)
        self.frequencies, self.phases = _own(self.frequencies), _own(self.phases)
        return self

    def _cosines(self):
        """Return the frequencies and phases."""
        if self.frequencies is None:
            return np.empty((0, 0)), np.empty((0, 0))
        frequencies = np.asarray(self.frequencies, dtype=np.float64)
        phases = np.zeros_like(frequencies) if self.phases is None else self.phases
        return frequencies, np.asarray(phases, dtype=np.float64)

    def connect(self, shape, source):
        """Return the operation of the layer and the shape of its outputs."""
        check_one_axis(shape)
        frequencies, phases = self._cosines()
        largest = max([-1, *map(int, self.binned)])
        wanted = max(int(self.cosines_at), len(frequencies), largest + 1)
        if shape[0] < wanted:
            raise ValueError(f"it reads {wanted} columns or more, but {shape[0]} arrive.")
        settings = [int(self.cosines_at), *frequencies.shape, len(self.binned)]
        settings += [*_bits(frequencies), *_bits(phases)]
        for column, edges in zip(self.binned, self.edges, strict=True):
            settings += [int(column), len(edges) - 1, *_bits(edges)]
        given = (shape[0] + frequencies.size + len(self.binned),)
        fields = (source,), shape[0], given, None, None, "identity", tuple(settings)
        return Operation(self.kind, *fields), given

    def reference(self, X, weights=None, biases=None):
        """Compute the outputs in NumPy, to compare engines with."""
        X = np.asarray(X)
        X = X if X.dtype.kind == "f" else X.astype(np.float64)
        frequencies, phases = self._cosines()
        z = X[:, : len(frequencies), np.newaxis].astype(np.float64)
        cosines = np.cos(2 * np.pi * z * frequencies + phases).reshape(len(X), -1)
        positions = [
            np.interp(X[:, int(column)], np.asarray(edges, np.float64), np.arange(len(edges)))
            for column, edges in zip(self.binned, self.edges, strict=True)
        ]
        positions = np.array(positions).reshape(len(positions), len(X)).T
        place = int(self.cosines_at)
        found = np.hstack([X[:, :place], cosines, X[:, place:], positions])
        return found.astype(X.dtype)


def _floats(name, values, ndim):
    """Return finite numbers as an array of float64."""
    try:
        found = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        found = None
    if found is None or found.ndim != ndim or not np.isfinite(found).all():
        axes = {1: "one axis", 2: "two axes"}[ndim]
        raise ValueError(
            f"The {name!r} parameter must hold finite numbers, in arrays of {axes}, got {values!r}."
        )
    return found


def _own(values):
    """Return numbers as an array that nobody changes, or None."""
    if values is None:
        return None
    found = np.array(values, dtype=np.float64)
    found.setflags(write=False)
    return found


def _bits(values):
    """Return numbers of float64 as integers of the same bits, as settings are integers."""
    return np.asarray(values, dtype=np.float64).ravel().view(np.int64).tolist()
