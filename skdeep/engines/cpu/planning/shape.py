"""The shape of the work, and how it is cut for it.

The number of threads has no say: the same shape gives the same cuts, the same order of sums and so
the same bits on any number of threads.
"""

from typing import NamedTuple

import numpy as np

from skdeep.engines.cpu.products.product import ROWS
from skdeep.engines.regularisation import PLAIN, Regularisation
from skdeep.engines.table import HIDDEN
from skdeep.formulas.activations import REGISTRY as ACTIVATIONS

#: Work memory of one part should fit into this many bytes: a share of a core's second-level cache.
CACHE_BYTES = 384 * 1024
#: Fewest and most register tiles that rows going through the network together make up. With fewer,
#: the weights of wide layers would be read too often.
FEWEST_TILES, MOST_TILES = 6, 40
#: Rows of a batch that are worth a part, and so a gradient, of their own.
ROWS_PER_PART = 64
#: Most parts, and most bytes of their gradients together, as long as there are two.
MOST_PARTS = 16
MOST_GRADIENT_BYTES = 64 * 1024 * 1024
#: Rows of the parts where tiles form the gradient over the whole batch.
ROWS_OF_SMALL_PART = 48
#: They do so up to this many rows, which are too few for two parts with gradients of their own,
FEW_ROWS = 2 * ROWS_PER_PART - 1
#: and up to this many where the gradients would be more bytes than that, or the work is small.
MORE_ROWS = 1024
LARGE_GRADIENT_BYTES = 1024 * 1024
#: Rows of a sparse batch up to which tiles form the gradient.
SPARSE_ROWS = 2048

#: Codes of the activations whose derivatives are formed along with their outputs.
WITH_SLOPE = [f.code for f in ACTIVATIONS.values() if f.derivative_at]


class Shape(NamedTuple):
    """The shape of the work.

    Attributes
    ----------
    batch_rows : int
        Most rows of a batch.
    itemsize : int
        Bytes of a number.
    entries_per_row : float or None
        Mean number of stored entries of a sparse row; None for dense data.
    gather : bool
        Whether dense rows are copied together before the first layer.
    regularisation : Regularisation
    indices : str, default="i"
        Type of the indices of sparse rows, as the character that NumPy gives it.
    converts : bool, default=False
        Whether dense rows are of float64 and the work is of another precision.
    """

    batch_rows: int
    itemsize: int
    entries_per_row: float | None
    gather: bool
    regularisation: Regularisation = PLAIN
    indices: str = "i"
    converts: bool = False

    @property
    def dtype(self):
        """Precision of the work."""
        return np.dtype(f"f{self.itemsize}")

    @property
    def sparse(self):
        """Whether the features are sparse."""
        return self.entries_per_row is not None


def has_slopes(operations, shape):
    """Return which operations keep the derivatives of their activation."""
    dropped = (operations.role == HIDDEN) & shape.regularisation.drops_units
    return np.isin(operations.activation, WITH_SLOPE) | dropped


def _bytes_per_row(operations, shape, training):
    with_slope = np.isin(operations.activation, WITH_SLOPE) | shape.regularisation.drops_units
    kept = 2 + with_slope + (operations.scales >= 0) if training else np.ones(len(operations), int)
    widths = kept @ operations.n_outputs + operations.kept_stride.sum()
    return int((widths + (operations.n_inputs[0] if shape.gather else 0)) * shape.itemsize)


def cache_rows(operations, shape, training=True):
    """Return how many rows fit into the cache on their way through the network.

    Parameters
    ----------
    operations : array of records
    shape : Shape
    training : bool, default=True
        Whether they go back, too.

    Returns
    -------
    rows : int
    """
    rows = CACHE_BYTES // _bytes_per_row(operations, shape, training)
    return int(np.clip(rows // ROWS * ROWS, FEWEST_TILES * ROWS, MOST_TILES * ROWS))


def n_operations(operations, shape):
    """Return the floating-point operations of training on one batch.

    Parameters
    ----------
    operations : array of records
    shape : Shape

    Returns
    -------
    number : float
    """
    weights = operations.multiplications.astype(float)
    if shape.sparse:
        read = operations.first_source == 0
        missing = operations.fan_in[0] - shape.entries_per_row
        weights[read] -= missing * operations.fan_out[read]
    return 6.0 * shape.batch_rows * weights.sum()


def gradient_by_tiles(n_parameters, shape, serial):
    """Return whether tiles form the gradient over the whole batch.

    Parameters
    ----------
    n_parameters : int
    shape : Shape
    serial : bool
        Whether one member does all the work.

    Returns
    -------
    by_tiles : bool
    """
    rows = shape.batch_rows
    if shape.sparse:
        return rows <= SPARSE_ROWS
    parts = n_parts(shape, n_parameters, by_tiles=False, serial=serial)
    large = parts * n_parameters * shape.itemsize > LARGE_GRADIENT_BYTES
    return rows <= FEW_ROWS or (rows <= MORE_ROWS and (serial or large))


def n_parts(shape, n_parameters, by_tiles, serial):
    """Return the number of parts of the rows of a batch: a power of two.

    Parameters
    ----------
    shape : Shape
    n_parameters : int
    by_tiles, serial : bool
        Whether tiles form the gradient, and whether one member does all the work.

    Returns
    -------
    parts : int
    """
    if serial:
        return 1
    size = ROWS_OF_SMALL_PART if by_tiles else ROWS_PER_PART
    most = MOST_PARTS
    if not by_tiles:
        most = min(most, max(2, MOST_GRADIENT_BYTES // (n_parameters * shape.itemsize)))
    parts = max(1, min(most, shape.batch_rows // size))
    parts = 1 << (parts.bit_length() - 1)
    return parts if parts > 1 or not by_tiles else min(2, shape.batch_rows)
