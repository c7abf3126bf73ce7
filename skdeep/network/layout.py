"""The table of operations and the flat parameter vector.

All weights and biases live in one contiguous vector: first the weights of every operation, row by
row, then the biases of every operation, then what normalised ones have. Blocks of parameters that
several operations use are there once, where the first of these has them. ``coefs_`` and
``intercepts_`` are views into it. An operation is a row of an integer table, so that kernels take
any depth, width and activation without being compiled anew; a second table says what training does
with every block.
"""

import functools
from typing import NamedTuple

import numpy as np

from skdeep.engines.table import (
    ACTIVATION,
    AUXILIARY,
    BIASES,
    BLOCK_COLUMNS,
    BLOCK_PLACE,
    BLOCK_ROWS,
    BLOCK_WIDTH,
    COLUMNS,
    FAN_IN,
    FAN_OUT,
    FIRST_SOURCE,
    HIDDEN,
    KIND,
    KINDS,
    LAST_SOURCE,
    N_BIASES,
    N_INPUTS,
    N_OUTPUTS,
    NORMALISATION,
    OUTPUTS,
    ROLE,
    SCALES,
    SETTINGS,
    TRAINED,
    WEIGHTS,
)
from skdeep.formulas.activations import REGISTRY as ACTIVATIONS
from skdeep.layers.affine.dense import dense_operation
from skdeep.layers.operation import Operation
from skdeep.network.blocks import BLOCK_PLACES, MOST_PARAMETERS, PlacedBlocks

#: Most numbers that an operation reads or gives for a sample.
MOST_OUTPUTS = 2**36


class Layout(NamedTuple):
    """Where the parameters of a network are.

    Attributes
    ----------
    table : array of int64 of shape (n_operations, n_columns)
        One row per operation.
    n_weights, n_parameters : int
        Weights, and all parameters; the first `n_weights` of the vector are weights.
    settings : array of int64
        Of all operations, one behind the other.
    operations : tuple of Operation
    blocks : array of int64 of shape (n_blocks, n_block_columns)
        One row per block of parameters: see `skdeep.engines.table`.
    rate_factors : tuple of float
        Factors on the learning rate that blocks have; the first is 1.
    decays : tuple of float
        Factors on the strength of the penalty that blocks have; the first two are 0 and 1.
    """

    table: np.ndarray
    n_weights: int
    n_parameters: int
    settings: np.ndarray
    operations: tuple
    blocks: np.ndarray
    rate_factors: tuple
    decays: tuple

    @property
    def n_features(self):
        """Features of a sample."""
        return int(self.table[0, N_INPUTS])

    @property
    def n_outputs(self):
        """Outputs of the network."""
        return int(self.table[-1, N_OUTPUTS])

    @property
    def n_output_steps(self):
        """Steps of a sequence that have outputs; None where a sample has outputs as a whole."""
        shape = self.operations[-1].output_shape
        return shape[0] if len(shape) == 2 else None

    @property
    def sources(self):
        """What every operation reads, as a tuple of tuples."""
        return tuple(operation.sources for operation in self.operations)

    def freeze(self, n_operations):
        """Return the layout of the same network, of which some operations are not trained.

        Parameters
        ----------
        n_operations : int
            How many, from the first.

        Returns
        -------
        layout : Layout
            With the same places.

        Raises
        ------
        ValueError
            If there are not as many hidden ones.
        """
        if n_operations == 0:
            return self
        n_hidden = int(np.count_nonzero(self.table[:, ROLE] == HIDDEN))
        if n_operations > n_hidden:
            raise ValueError(
                f"frozen_layers={n_operations} is more than the {n_hidden} hidden layers of the "
                "fitted network."
            )
        n_heads = len(self.table) - 1 - n_hidden
        return _freeze(self.operations, n_heads, n_operations)

    def operations_with_roles(self, auxiliary):
        """Yield the rows of the auxiliary outputs, or of all others, with their operations."""
        roles = self.table[:, ROLE].tolist()
        for row, role, operation in zip(self.table, roles, self.operations, strict=True):
            if (role == AUXILIARY) == auxiliary:
                yield row, operation


class Architecture(NamedTuple):
    """What a network is made of.

    Attributes
    ----------
    units : tuple of int
        Features, units of every hidden layer, outputs.
    activations : tuple of str
        Names of the activations, one per hidden layer, and that of the outputs.
    batch_norm : bool
        Whether the units of hidden layers are normalised over the batch.
    skips : bool
        Whether every layer reads the features and all layers before it, side by side, instead of
        the layer before it.
    """

    units: tuple
    activations: tuple
    batch_norm: bool = False
    skips: bool = False

    def shapes(self):
        """Return the shape of the weights of every hidden layer, and of the outputs."""
        ins = np.cumsum(self.units) if self.skips else self.units
        return [(int(a), int(b)) for a, b in zip(ins[:-1], self.units[1:], strict=True)]

    def layout(self):
        """Return where the parameters are in the vector."""
        return make_layout(*self)

    def operations(self):
        """Return the operations."""
        shapes, n_hidden, operations = self.shapes(), len(self.activations) - 1, []
        for index, (name, shape) in enumerate(zip(self.activations, shapes, strict=True)):
            sources = tuple(range(index + 1)) if self.skips else (index,)
            normalised = self.batch_norm and index < n_hidden
            operations.append(dense_operation(sources, *shape, name, normalised=normalised))
        return tuple(operations)


def make_layout(units, activations, batch_norm=False, skips=False):
    """Lay out a feed-forward network.

    Parameters
    ----------
    units, activations, batch_norm, skips
        See `Architecture`.

    Returns
    -------
    layout : Layout

    Examples
    --------
    >>> from skdeep.network.layout import make_layout
    >>> make_layout([4, 3, 1], ["relu", "identity"]).n_parameters
    19
    """
    return _lay_out(Architecture(tuple(units), tuple(activations), bool(batch_norm), bool(skips)))


@functools.lru_cache(maxsize=64)
def _lay_out(architecture):
    """Return the layout of a multi-layer perceptron, whose table is read-only."""
    if sum(architecture.units) > MOST_PARAMETERS:
        raise ValueError(f"hidden_layer_sizes has layers that are too large: {architecture.units}.")
    return lay_out(architecture.operations())


def lay_out(operations, n_heads=0, parameter="hidden_layer_sizes"):
    """Lay out a network.

    Parameters
    ----------
    operations : tuple of Operation
        The last gives the outputs.
    n_heads : int, default=0
        How many of those before the last are auxiliary outputs.
    parameter : str, default="hidden_layer_sizes"
        What messages call the parameter that asks for them.

    Returns
    -------
    layout : Layout

    Raises
    ------
    ValueError
        If no memory can hold it.
    """
    table = np.zeros((len(operations), COLUMNS), dtype=np.int64)
    table[:, list(BLOCK_PLACES.values())] = -1
    n_hidden = len(operations) - 1 - n_heads
    table[:, ROLE], table[n_hidden:-1, ROLE], table[-1, ROLE] = HIDDEN, AUXILIARY, OUTPUTS
    for row, operation in zip(table, operations, strict=True):
        _set_operation(row, operation)
    main = [*range(n_hidden), len(operations) - 1]
    heads = range(n_hidden, n_hidden + n_heads)
    placed = PlacedBlocks(table, operations)
    n_weights = placed.place(main, "weights")
    placed.place(main, "biases")
    for index in range(len(operations)):
        for name in ("scales", "shifts", "means", "variances"):
            placed.place([index], name)
    placed.place(heads, "weights")
    end = placed.place(heads, "biases")
    _check_size(end, parameter)
    settings = _join_settings(table, operations)
    blocks = np.array(placed.rows, dtype=np.int64).reshape(-1, BLOCK_COLUMNS)
    for array in (table, settings, blocks):
        array.setflags(write=False)
    factors = tuple(placed.rate_factors), tuple(placed.decays)
    return Layout(table, n_weights, end, settings, tuple(operations), blocks, *factors)


def _join_settings(table, operations):
    """Return the settings of all operations, whose places are written to the table."""
    parts, place = [], 0
    for row, operation in zip(table, operations, strict=True):
        own = np.array(operation.settings, dtype=np.int64)
        parts += [own, np.frombuffer(operation.table, dtype=np.int64)]
        row[SETTINGS] = place
        place += len(own) + len(parts[-1])
    return np.concatenate(parts)


@functools.lru_cache(maxsize=64)
def _freeze(operations, n_heads, n_operations):
    """Lay out a network of which some operations, from the first, are not trained."""
    frozen = [operation.with_blocks(trained=False) for operation in operations[:n_operations]]
    return lay_out((*frozen, *operations[n_operations:]), n_heads)


def _set_operation(row, operation: Operation):
    """Set what an operation is, and what it reads."""
    largest, weights = max(operation.n_inputs, operation.n_outputs), operation.weights
    # As many weights are refused together with all other parameters.
    if largest > MOST_OUTPUTS and (weights is None or weights.size < largest):
        raise ValueError(
            f"A layer would give {operation.n_outputs:.1e} numbers for a sample, which no memory "
            "can hold: layers has layers that are too large."
        )
    row[KIND], row[ACTIVATION] = (
        KINDS.index(operation.kind),
        ACTIVATIONS[operation.activation].code,
    )
    row[N_INPUTS], row[N_OUTPUTS] = operation.n_inputs, operation.n_outputs
    if operation.weights is not None:
        row[FAN_IN], row[FAN_OUT] = operation.weights.rows, operation.weights.shape[-1]
    row[FIRST_SOURCE], row[LAST_SOURCE] = operation.sources[0], operation.sources[-1]
    row[N_BIASES] = 0 if operation.biases is None else operation.biases.size


def _check_size(n_parameters, parameter):
    """Check that the parameters of a network can be addressed."""
    if n_parameters > MOST_PARAMETERS:
        raise ValueError(
            f"A network of more than {MOST_PARAMETERS:.1e} parameters was asked for, which no "
            f"memory can hold: {parameter} has layers that are too large."
        )


def operation_views(row, operation, vector):
    """Return the weights and biases of an operation as views into the flat vector.

    Parameters
    ----------
    row : array of int64
        Of the table.
    operation : Operation
    vector : array of shape (n_parameters,)

    Returns
    -------
    weights, biases : array
        Of the shapes of their blocks; empty without one.
    """
    views = []
    for name in ("weights", "biases"):
        block, place = getattr(operation, name), row[BLOCK_PLACES[name]]
        size = 0 if block is None else block.size
        view = vector[place : place + size] if size else vector[:0]
        views.append(view if block is None else view.reshape(block.shape))
    return views


def parameter_views(layout, vector, auxiliary=False):
    """Return all weights and biases as views into the flat vector.

    Those that several operations use are there once.

    Parameters
    ----------
    layout : Layout
    vector : array of shape (n_parameters,)
    auxiliary : bool, default=False
        Whether those of the auxiliary outputs are wanted, instead of those of the others.

    Returns
    -------
    coefs, intercepts : list of array
        Of every operation that has weights: of shapes (fan_in, fan_out) and (fan_out,) where it is
        dense; biases are empty where there are none.
    """
    coefs, intercepts, known = [], [], set()
    for row, operation in layout.operations_with_roles(auxiliary):
        if operation.weights is not None:
            weights, biases = operation_views(row, operation, vector)
            places = int(row[WEIGHTS]), int(row[BIASES])
            if places[0] not in known:
                coefs.append(weights)
            if places[1] not in known and (biases.size or places[0] not in known):
                intercepts.append(biases)
            known.update(place for place in places if place >= 0)
    return coefs, intercepts


class BatchNorm(NamedTuple):
    """Batch normalisation of a layer: ``scale * (a - mean) / sqrt(variance + 1e-5) + shift``.

    Attributes
    ----------
    scale, shift : array of shape (n_units,)
        Trained scales and shifts.
    mean, variance : array of shape (n_units,)
        Running means and variances, which predictions use.
    """

    scale: np.ndarray
    shift: np.ndarray
    mean: np.ndarray
    variance: np.ndarray


def normalisation_views(layout, vector):
    """Return the batch normalisations of the hidden layers as views into the flat vector.

    Parameters
    ----------
    layout : Layout
    vector : array of shape (n_parameters,)

    Returns
    -------
    normalisations : list of BatchNorm
        Empty without batch normalisation.
    """
    norms = (normalisation_of(row, vector) for row in layout.table)
    return [norm for norm in norms if norm is not None]


def normalisation_of(row, vector):
    """Return the batch normalisation of an operation as views into the flat vector.

    Parameters
    ----------
    row : array of int64
        Of the table.
    vector : array of shape (n_parameters,)

    Returns
    -------
    normalisation : BatchNorm or None
        None without any.
    """
    if row[SCALES] < 0:
        return None
    return BatchNorm(*(vector[row[name] : row[name] + row[FAN_OUT]] for name in NORMALISATION))


def trained(layout, masks=None):
    """Return which parameters are trained.

    Parameters
    ----------
    layout : Layout
    masks : array of shape (n_parameters,) or None, default=None
        0 for weights that are no connections.

    Returns
    -------
    mask : array of bool of shape (n_parameters,)
        False also for the means and variances of batch normalisation.
    """
    mask = np.zeros(layout.n_parameters, dtype=bool)
    for row in layout.blocks:
        place = row[BLOCK_PLACE]
        mask[place : place + row[BLOCK_ROWS] * row[BLOCK_WIDTH]] = row[TRAINED]
    return mask if masks is None else mask & (masks > 0)


def flatten(coefs, intercepts, dtype, normalisations=(), heads=((), ())):
    """Copy all parameters of a network into one flat vector.

    Parameters
    ----------
    coefs, intercepts : list of array
    dtype : numpy dtype
    normalisations : sequence of BatchNorm, default=()
    heads : tuple of two sequences of array, default=((), ())
        Weights and biases of the auxiliary outputs.

    Returns
    -------
    vector : array of shape (n_parameters,)
    """
    norms = (part for norm in normalisations for part in norm)
    parts = [*coefs, *intercepts, *norms, *heads[0], *heads[1]]
    parts = [np.asarray(part, dtype=dtype).reshape(-1) for part in parts]
    return np.concatenate(parts)


def are_finite(vector):
    """Return whether all parameters are finite.

    Parameters
    ----------
    vector : array of shape (n_parameters,)

    Returns
    -------
    finite : bool
    """
    with np.errstate(over="ignore", invalid="ignore"):
        # A finite sum tells it at a fraction of the cost.
        return bool(np.isfinite(vector.sum()) or np.isfinite(vector).all())
