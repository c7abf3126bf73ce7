"""How the parameters regularise training."""

from numbers import Real
from types import SimpleNamespace

import numpy as np

from skdeep import penalties
from skdeep.engines.regularisation import Regularisation
from skdeep.recipe.rules import check

#: Parameters that are numbers: True, which Python takes for 1, is refused.
NUMBERS = (
    "penalty",
    "dropout",
    "dropconnect",
    "input_noise",
    "max_norm",
    "clip_norm",
    "frozen_layers",
)


def resolve_regularisation(parameters, n_hidden):
    """Return how training is regularised, without a seed and without masks.

    Parameters
    ----------
    parameters : SimpleNamespace
        Of the estimator, by their names.
    n_hidden : int
        Number of hidden layers.

    Returns
    -------
    regularisation : Regularisation

    Raises
    ------
    ValueError
        If parameters are out of their ranges.
    """
    for name in NUMBERS:
        value = getattr(parameters, name)
        if isinstance(value, bool | np.bool_):
            raise ValueError(f"The {name!r} parameter must be a number, got {value!r}.")
    dropout, dropconnect = resolve_rates(parameters.dropout, parameters.dropconnect, n_hidden)
    return Regularisation(
        noise=float(parameters.input_noise),
        dropout=dropout,
        dropconnect=dropconnect,
        clip_norm=float(parameters.clip_norm or 0.0),
        max_norm=float(parameters.max_norm or 0.0),
        weight_norm=bool(parameters.weight_norm),
        head_weight=float(parameters.auxiliary_weight),
    )


def resolve_rates(dropout, dropconnect, n_hidden):
    """Return the rates at which units and connections are dropped, layer by layer.

    Parameters
    ----------
    dropout, dropconnect : float or sequence of float
        The parameters of these names.
    n_hidden : int
        Number of hidden layers.

    Returns
    -------
    dropout, dropconnect : tuple of float of length ``n_hidden + 1``
        Of the features and the units of every hidden layer, and of every layer of weights; empty
        if all are 0.

    Raises
    ------
    ValueError
        If they are no rates, or not as many.
    """
    given = {"dropout": dropout, "dropconnect": dropconnect}
    for name, value in given.items():
        if isinstance(value, np.ndarray) and value.ndim != 1:
            raise ValueError(f"{name} must be a number or a sequence of rates, got {value!r}.")
    check("rates", SimpleNamespace(**given, n_hidden=n_hidden))
    units, weights = (0.0, *[1.0] * n_hidden), (*[1.0] * n_hidden, 0.0)
    return _rates("dropout", dropout, units), _rates("dropconnect", dropconnect, weights)


def _rates(name, value, where):
    """Return a rate for each layer; empty if all are 0."""
    if isinstance(value, Real):
        rates = tuple(float(value) * part for part in where)
        return rates if any(rates) else ()
    for rate in value:
        if not isinstance(rate, Real) or isinstance(rate, bool | np.bool_) or not 0 <= rate < 1:
            raise ValueError(f"{name} must hold numbers in [0, 1), got {rate!r}.")
    return tuple(map(float, value)) if any(value) else ()


def resolve_penalty(parameters):
    """Return the name of the penalty and the number that it takes.

    Parameters
    ----------
    parameters : SimpleNamespace

    Returns
    -------
    name : str
    parameter : float

    Raises
    ------
    ValueError
        If a parameter of the penalty is wrong.
    """
    penalty = penalties.resolve(parameters.penalty)
    return penalty.name, penalty.number()
