"""The layer table and the flat parameter vector.

All weights and biases live in one contiguous vector: first the weights of every layer, row by
row, then the biases of every layer, then what normalised layers have. ``coefs_`` and
``intercepts_`` are views into it. A layer is a row of an integer table, so that kernels take any
depth, width and activation without being compiled anew.
"""

import functools
from typing import NamedTuple

import numpy as np

from skdeep.engines.table import (
    ACTIVATION,
    AUXILIARY,
    BIASES,
    COLUMNS,
    FAN_IN,
    FAN_OUT,
    FIRST_SOURCE,
    HIDDEN,
    KIND,
    LAST_SOURCE,
    NORMALISATION,
    OUTPUTS,
    WEIGHTS,
)
from skdeep.formulas.activations import REGISTRY as ACTIVATIONS

#: Most parameters that can be addressed, with what training keeps of them.
MOST_PARAMETERS = 2**56


class Layout(NamedTuple):
    """Where the parameters of a network are.

    Attributes
    ----------
    table : array of int64 of shape (n_layers, n_columns)
        One row per layer of weights.
    n_weights, n_parameters : int
        Weights, and all parameters; the first `n_weights` of the vector are weights.
    """

    table: np.ndarray
    n_weights: int
    n_parameters: int

    @property
    def n_outputs(self):
        """Outputs of the network."""
        return int(self.table[-1, FAN_OUT])


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
    auxiliary : tuple of int
        Hidden layers that have outputs of their own, which only training sees.
    """

    units: tuple
    activations: tuple
    batch_norm: bool = False
    skips: bool = False
    auxiliary: tuple = ()

    def shapes(self):
        """Return the shape of the weights of every hidden layer, and of the outputs."""
        ins = np.cumsum(self.units) if self.skips else self.units
        return [(int(a), int(b)) for a, b in zip(ins[:-1], self.units[1:], strict=True)]


def make_layout(units, activations, batch_norm=False, skips=False, auxiliary=()):
    """Lay out a feed-forward network.

    Parameters
    ----------
    units, activations, batch_norm, skips, auxiliary
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
    arguments = tuple(units), tuple(activations), bool(batch_norm), bool(skips), tuple(auxiliary)
    return _lay_out(Architecture(*arguments))


@functools.lru_cache(maxsize=64)
def _lay_out(architecture):
    """Return the layout of a network, whose table is read-only."""
    units, _activations, batch_norm, _skips, auxiliary = architecture
    n_hidden, n_heads = len(units) - 2, len(auxiliary)
    table = np.zeros((n_hidden + n_heads + 1, COLUMNS), dtype=np.int64)
    _set_shapes(table, architecture)
    main = [*range(n_hidden), n_hidden + n_heads]
    end = _place(table, main, WEIGHTS, FAN_IN, 0)
    n_weights, end = end, _place(table, main, BIASES, None, end)
    table[:, NORMALISATION] = -1
    for index in range(n_hidden if batch_norm else 0):
        for kind in NORMALISATION:
            end = _place(table, [index], kind, None, end)
    heads = range(n_hidden, n_hidden + n_heads)
    end = _place(table, heads, WEIGHTS, FAN_IN, end)
    end = _place(table, heads, BIASES, None, end)
    table.setflags(write=False)
    return Layout(table, n_weights, end)


def _set_shapes(table, architecture):
    """Set what every layer is, and what it reads."""
    n_hidden, auxiliary = len(architecture.units) - 2, architecture.auxiliary
    if sum(architecture.units) > MOST_PARAMETERS:
        raise ValueError(f"hidden_layer_sizes has layers that are too large: {architecture.units}.")
    codes = [ACTIVATIONS[name].code for name in architecture.activations]
    table[:, KIND], table[n_hidden:-1, KIND], table[-1, KIND] = HIDDEN, AUXILIARY, OUTPUTS
    table[:, ACTIVATION] = codes[-1]
    table[:n_hidden, ACTIVATION] = codes[:-1]
    main = [*range(n_hidden), len(table) - 1]
    table[np.ix_(main, [FAN_IN, FAN_OUT])] = architecture.shapes()
    table[main, LAST_SOURCE] = np.arange(n_hidden + 1)
    table[main, FIRST_SOURCE] = 0 if architecture.skips else np.arange(n_hidden + 1)
    for row, layer in zip(table[n_hidden:-1], auxiliary, strict=True):
        row[FIRST_SOURCE] = row[LAST_SOURCE] = layer + 1
        row[FAN_IN], row[FAN_OUT] = architecture.units[layer + 1], architecture.units[-1]


def _place(table, layers, kind, rows, end):
    """Place one kind of parameters of some layers from `end` on; return the new end."""
    for index in layers:
        table[index, kind] = end
        # In integers of Python, which do not overflow.
        end += int(table[index, FAN_OUT]) * (1 if rows is None else int(table[index, rows]))
        if end > MOST_PARAMETERS:
            raise ValueError(
                f"A network of more than {MOST_PARAMETERS:.1e} parameters was asked for, which no "
                "memory can hold: hidden_layer_sizes has layers that are too large."
            )
    return end


def parameter_views(layout, vector, auxiliary=False):
    """Return the weights and biases of every layer as views into the flat vector.

    Parameters
    ----------
    layout : Layout
    vector : array of shape (n_parameters,)
    auxiliary : bool, default=False
        Whether those of the auxiliary outputs are wanted, instead of those of the others.

    Returns
    -------
    coefs, intercepts : list of array
        Of shapes (fan_in, fan_out) and (fan_out,).
    """
    coefs, intercepts = [], []
    for row in layout.table[(layout.table[:, KIND] == AUXILIARY) == auxiliary]:
        size = row[FAN_IN] * row[FAN_OUT]
        weights = vector[row[WEIGHTS] : row[WEIGHTS] + size]
        coefs.append(weights.reshape(row[FAN_IN], row[FAN_OUT]))
        intercepts.append(vector[row[BIASES] : row[BIASES] + row[FAN_OUT]])
    return coefs, intercepts


class BatchNorm(NamedTuple):
    """The batch normalisation of a hidden layer: ``scale * (a - mean) / deviation + shift``.

    Attributes
    ----------
    scale, shift : array of shape (n_units,)
        Trained.
    mean, variance : array of shape (n_units,)
        Of the unit's weighted inputs over past batches, which predictions use.
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
    return [
        BatchNorm(*(vector[row[kind] : row[kind] + row[FAN_OUT]] for kind in NORMALISATION))
        for row in layout.table
        if row[NORMALISATION[0]] >= 0
    ]


def trained(layout, frozen, masks=None):
    """Return which parameters are trained: those of layers that are not frozen.

    Parameters
    ----------
    layout : Layout
    frozen : int
        Layers, from the first, that keep their weights.
    masks : array of shape (n_parameters,) or None, default=None
        0 for weights that are no connections.

    Returns
    -------
    mask : array of bool of shape (n_parameters,)
        False also for the means and variances of batch normalisation.
    """
    mask = np.zeros(layout.n_parameters, dtype=bool)
    for row in layout.table[frozen:]:
        mask[row[WEIGHTS] : row[WEIGHTS] + row[FAN_IN] * row[FAN_OUT]] = True
        for place in (row[BIASES], *row[[*NORMALISATION[:2]]]):
            if place >= 0:
                mask[place : place + row[FAN_OUT]] = True
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
