"""How the parameters regularise training."""

import numpy as np

from skdeep import penalties
from skdeep.engines.regularisation import Regularisation

#: Parameters that are numbers: True, which Python takes for 1, is refused.
NUMBERS = (
    "penalty",
    "dropout",
    "dropconnect",
    "input_dropout",
    "input_noise",
    "max_norm",
    "clip_norm",
    "frozen_layers",
    "auxiliary_weight",
)


def resolve_regularisation(parameters, dropout, dropconnect):
    """Return how training is regularised, without a seed and without masks.

    Parameters
    ----------
    parameters : SimpleNamespace
        Of the estimator, by their names.
    dropout, dropconnect : list of float of length ``n_hidden``
        Rates of the units of every hidden layer, and of the weights into them.

    Returns
    -------
    regularisation : Regularisation

    Raises
    ------
    ValueError
        If parameters are out of their ranges.
    """
    for name in NUMBERS:
        value = getattr(parameters, name, None)
        if isinstance(value, bool | np.bool_):
            raise ValueError(f"The {name!r} parameter must be a number, got {value!r}.")
    return Regularisation(
        noise=float(parameters.input_noise),
        # The features are dropped by a rate of their own, weights of the outputs not at all.
        dropout=_rates([parameters.input_dropout, *dropout]),
        dropconnect=_rates([*dropconnect, 0.0]),
        clip_norm=float(parameters.clip_norm or 0.0),
        max_norm=float(parameters.max_norm or 0.0),
        weight_norm=bool(parameters.weight_norm),
        head_weight=float(getattr(parameters, "auxiliary_weight", 0.0)),
    )


def _rates(rates):
    """Return the rates of all layers; none if all are 0."""
    return tuple(map(float, rates)) if any(rates) else ()


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
