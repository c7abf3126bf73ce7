"""The activation of the outputs and the objective, which depend on the targets."""

import functools
from types import SimpleNamespace

import numpy as np

from skdeep import losses as loss_objects
from skdeep.engines.problem import Objective
from skdeep.formulas import losses
from skdeep.formulas.activations import NAMES
from skdeep.formulas.activations import REGISTRY as ACTIVATIONS
from skdeep.network.wiring import title
from skdeep.recipe.dropout_and_penalties import resolve_penalty
from skdeep.recipe.hidden_layers import check_trainable
from skdeep.recipe.recipe import Loss
from skdeep.recipe.rules import check


def resolve_loss(parameters):
    """Return what the parameters say of the loss and of the penalty.

    Parameters
    ----------
    parameters : SimpleNamespace
        Of the estimator, by their names.

    Returns
    -------
    loss : Loss

    Raises
    ------
    ValueError
        If a parameter of the loss or of the penalty is wrong.
    """
    loss = loss_objects.resolve(parameters.loss)
    return Loss(
        loss.name,
        loss.number(),
        parameters.out_activation,
        float(parameters.alpha),
        *resolve_penalty(parameters),
        parameters=loss.numbers(),
    )


def choose_output(value, natural, loss):
    """Return the name of the output activation.

    Parameters
    ----------
    value : str
        The parameter ``out_activation``.
    natural : str
        What ``"auto"`` stands for, if it suits the loss.
    loss : str
        Public name of the loss.

    Returns
    -------
    name : str

    Raises
    ------
    ValueError
        If the outputs do not suit the loss, or cannot be trained.
    """
    if value == "auto":
        entry = losses.find(loss, ACTIVATIONS[natural].normalised)
        suits = entry.accepts(ACTIVATIONS[natural].range)
        return natural if suits else entry.default_output
    name = NAMES[value]
    find_loss(loss, name, ACTIVATIONS[name].normalised)
    return name


def find_loss(name, output, normalised):
    """Return the formula of a loss for outputs of some activation.

    Parameters
    ----------
    name : str
        Public name of the loss.
    output : str
        Name of the activation.
    normalised : bool
        Whether the outputs of a sample are shares of 1.

    Returns
    -------
    loss : formulas.losses.Loss

    Raises
    ------
    ValueError
        If the outputs do not suit the loss, or cannot be trained.
    """
    check_trainable("out_activation", output)
    loss = losses.find(name, normalised)
    check("outputs", SimpleNamespace(loss=loss, output=output))
    return loss


def check_single_output(name, n_outputs):
    """Return the name of an output activation that can have so many outputs.

    Parameters
    ----------
    name : str
    n_outputs : int

    Returns
    -------
    name : str

    Raises
    ------
    ValueError
        If a single output would be divided by itself.
    """
    check("n_outputs", SimpleNamespace(output=name, n_outputs=n_outputs))
    return name


def make_objective(recipe, output, exclusive, unit=1.0, as_reported=True):
    """Return what training minimises.

    Parameters
    ----------
    recipe : Recipe
    output : str
        Name of the activation of the outputs.
    exclusive : bool
        Whether exactly one output of a sample is true.
    unit : float, default=1.0
        What the weights of the samples are multiples of.
    as_reported : bool, default=True
        See `Objective`.

    Returns
    -------
    objective : Objective

    Raises
    ------
    ValueError
        If the outputs do not suit the loss, or the penalty overflows.
    """
    form = recipe.loss, recipe.optimizer.decoupled, output, bool(exclusive), unit, as_reported
    objective = _objective(*form)
    pairs = getattr(recipe.layers, "pairs", ())
    _check_alpha_factors(pairs, max(objective.alpha, recipe.loss.alpha))
    return objective


@functools.lru_cache(maxsize=64)
def _objective(chosen, decoupled, output, exclusive, unit, as_reported):
    """Return the objective, without a look at single layers."""
    loss = find_loss(chosen.name, output, ACTIVATIONS[output].normalised and exclusive)
    alpha = 0.0 if decoupled else chosen.alpha / unit
    if not np.isfinite(alpha):
        raise ValueError(
            "alpha / sum(sample_weight) overflows. Rescale sample_weight or set alpha=0."
        )
    penalty = chosen.penalty, chosen.penalty_parameter
    form = loss.name, alpha, chosen.parameter, as_reported
    return Objective(*form, *penalty, parameters=chosen.parameters)


def _check_alpha_factors(pairs, alpha):
    """Check that the strength of the penalty is finite for all layers."""
    for name, layer in pairs:
        if not np.isfinite(alpha * getattr(layer, "alpha_factor", 1.0)):
            raise ValueError(
                f"{title(name, layer)}: alpha * alpha_factor overflows, or does when it is divided "
                "by sum(sample_weight)."
            )
