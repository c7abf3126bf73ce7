"""Some of the features, or of the outputs of a layer."""

import math
from numbers import Integral

import numpy as np

from skdeep.layers._base import INPUTS, LARGEST, Layer
from skdeep.layers.operation import Operation

#: Most axes of a sample.
MOST_AXES = 2


class Columns(Layer):
    """Select columns of the features, or units of a layer.

    The input shape of a sample is (n_inputs,), the output shape (n_columns,). For sequences of
    shape (steps, channels), the given channels of each step are selected. The layer has no
    trainable parameters.

    Parameters
    ----------
    columns : sequence of int
        Indices of the columns, units or channels.
    output_shape : tuple of int or None, default=None
        Output shape of a sample, for example (steps, channels) for `Conv1D`. If None, the output is
        a vector for vectors, and a sequence for sequences.
    inputs : str, list of str or None, default=None
        Name of an earlier layer whose output is the input of this layer, or names of several, whose
        outputs are concatenated; "features" stands for the features. If None, the previous layer.

    See Also
    --------
    Embedding : Trained vectors for integer codes.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep import NetworkRegressor
    >>> from skdeep.layers import Columns, Dense
    >>> X = np.random.default_rng(0).normal(size=(100, 5))
    >>> y = np.sin(X[:, 3])
    >>> layers = [Columns([3, 4]), Dense(6, activation="tanh")]
    >>> reg = NetworkRegressor(layers, solver="lbfgs", random_state=0).fit(X, y)
    >>> [coef.shape for coef in reg.coefs_]
    [(2, 6), (6, 1)]
    """

    _parameter_constraints: dict = {
        "columns": [list, tuple, np.ndarray, range],
        "output_shape": [list, tuple, None],
        **INPUTS,
    }
    kind = "columns"
    selects = True

    def __init__(self, columns, *, output_shape=None, inputs=None):
        self.columns = columns
        self.output_shape = output_shape
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
        given = {"columns": (self.columns, 0), "output_shape": (self.output_shape, 1)}
        for name, (values, least) in given.items():
            if values is None:
                continue
            if getattr(values, "ndim", 1) != 1 or len(values) == 0:
                raise ValueError(f"The {name!r} parameter must hold integers, got {values!r}.")
            for value in values:
                is_number = isinstance(value, Integral) and not isinstance(value, bool | np.bool_)
                if not is_number or not least <= value <= LARGEST:
                    raise ValueError(
                        f"The {name!r} parameter must hold integers >= {least}, got {value!r}."
                    )
        if len(set(self.columns)) < len(self.columns):
            raise ValueError(f"The 'columns' parameter holds a column twice: {self.columns!r}.")
        if self.output_shape is not None and len(self.output_shape) > MOST_AXES:
            raise ValueError(
                f"The 'output_shape' parameter must have one or two numbers, got "
                f"{self.output_shape!r}."
            )
        return self

    def columns_read(self):
        """Return the columns that it reads."""
        return [int(column) for column in self.columns]

    def connect(self, shape, source):
        """Return the operation of the layer and the shape of its outputs."""
        columns = [int(column) for column in self.columns]
        beyond = [column for column in columns if column >= shape[-1]]
        if beyond:
            raise ValueError(
                f"columns={self.columns!r} holds {beyond[0]}, but there are columns 0 to "
                f"{shape[-1] - 1}."
            )
        given = (*shape[:-1], len(columns))
        steps, width = math.prod(shape[:-1]), shape[-1]
        if self.output_shape is not None:
            wanted = tuple(int(size) for size in self.output_shape)
            if math.prod(wanted) != math.prod(given):
                raise ValueError(
                    f"output_shape={self.output_shape!r} does not hold the {math.prod(given)} "
                    "numbers of a sample."
                )
            given = wanted
        places = tuple(step * width + column for step in range(steps) for column in columns)
        fields = (source,), steps * width, given, None, None, "identity", places
        return Operation("columns", *fields, selected=places), given

    def reference(self, X, weights=None, biases=None):
        """Compute the outputs in NumPy, to compare engines with."""
        found = X[..., [int(column) for column in self.columns]]
        return found if self.output_shape is None else found.reshape(len(X), *self.output_shape)
