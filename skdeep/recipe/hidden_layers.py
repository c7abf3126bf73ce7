"""The hidden layers that the parameters ask for, and how they are connected."""

from numbers import Integral
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np

from skdeep.formulas.activations import NAMES, hidden_names
from skdeep.formulas.activations import REGISTRY as ACTIVATIONS
from skdeep.recipe.rules import check

#: Names of the activations that hidden layers can use.
HIDDEN = hidden_names()


class Structure(NamedTuple):
    """The structure of a fitted network, beside its units.

    Attributes
    ----------
    batch_norm, skips : bool
    """

    batch_norm: bool = False
    skips: bool = False


def hidden_sizes(value):
    """Return the units of every hidden layer.

    Parameters
    ----------
    value : int or array-like of int
        The parameter ``hidden_layer_sizes``.

    Returns
    -------
    sizes : list of int

    Raises
    ------
    ValueError
        If a size is not a positive integer.
    """
    sizes = list(value) if hasattr(value, "__iter__") else [value]
    for size in sizes:
        if not isinstance(size, Integral) or isinstance(size, bool | np.bool_):
            raise ValueError(f"hidden_layer_sizes must hold integers, got {sizes}.")
    if any(size <= 0 for size in sizes):
        raise ValueError(f"hidden_layer_sizes must be > 0, got {sizes}.")
    return [int(size) for size in sizes]


def check_name(parameter, value, known):
    """Return the name of an activation if it is one of those known.

    Parameters
    ----------
    parameter : str
        Parameter or attribute that names it.
    value : object
    known : collection of str

    Returns
    -------
    value : str

    Raises
    ------
    ValueError
        If it is not.
    """
    if not isinstance(value, str) or value not in known:
        raise ValueError(f"{parameter} must be one of {sorted(known)}. Got {value!r} instead.")
    return value


def hidden_activations(value, n_hidden):
    """Return the names of the activations of the hidden layers.

    Parameters
    ----------
    value : str or sequence of str
        The parameter ``activation``.
    n_hidden : int
        Number of hidden layers.

    Returns
    -------
    names : list of str

    Raises
    ------
    ValueError
        If a sequence has the wrong length or holds anything but names.
    """
    if isinstance(value, str):
        return [NAMES[check_name("activation", value, HIDDEN)]] * n_hidden
    value = list(value)
    for name in value:
        if not isinstance(name, str) or name not in HIDDEN:
            raise ValueError(f"activation holds {name!r}; it may hold {sorted(HIDDEN)}.")
    check("activation", SimpleNamespace(activation=value, n_hidden=n_hidden))
    return [NAMES[name] for name in value]


def check_trainable(parameter, name):
    """Check that a layer can be trained.

    Parameters
    ----------
    parameter : str
        Name of the parameter that says the activation.
    name : str
        Of the activation.

    Raises
    ------
    ValueError
        If its units are threshold units.
    """
    if not ACTIVATIONS[name].trainable:
        raise ValueError(
            f"{parameter}={name!r} cannot be trained: the derivative of threshold units is 0. "
            "They are for networks with given weights."
        )


def resolve_layers(parameters):
    """Return the sizes and activations of the hidden layers.

    Parameters
    ----------
    parameters : SimpleNamespace

    Returns
    -------
    sizes : list of int
    activations : list of str

    Raises
    ------
    ValueError
        If they make no layers.
    """
    sizes = hidden_sizes(parameters.hidden_layer_sizes)
    return sizes, hidden_activations(parameters.activation, len(sizes))


def resolve_structure(parameters):
    """Return the structure that the parameters ask for.

    Parameters
    ----------
    parameters : SimpleNamespace

    Returns
    -------
    structure : Structure
    """
    return Structure(
        bool(parameters.batch_norm),
        bool(parameters.skip_connections),
    )
