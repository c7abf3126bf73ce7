"""What estimators have recorded of their training, as curves."""

from typing import NamedTuple

import numpy as np
from sklearn.utils import get_tags

from skdeep.displays.common import find_network
from skdeep.formulas.optimizers import REGISTRY as RULES
from skdeep.recipe.optimizer import solver_name

#: What classifiers and regressors score by, unless they are told otherwise.
SCORES = {"classifier": "accuracy", "regressor": "R²"}


class LossCurve(NamedTuple):
    """Losses and scores of one fit.

    Attributes
    ----------
    name : str
        Name in the legend.
    losses : array-like of shape (n_epochs,)
        Training loss of each epoch, or for perceptrons the number of mistakes.
    validation_losses, validation_scores : array-like of shape (n_epochs,) or None
        Loss and score on the validation set.
    best_epoch : int or None
        Epoch, counted from 1, whose weights early stopping has kept.
    updates, samples : float or None
        Number of updates of the weights, and of samples seen, per epoch.
    restarts : tuple of array-like
        Training losses of the restarts that were not kept.
    measure : {'loss', 'mistakes'}
        Meaning of `losses`.
    group : str or None
        Ensemble, or quantile of an ensemble, to which the network belongs. The members of a group
        share a colour and an entry of the legend.
    score_name : str or None
        Name of the score, such as "accuracy".
    """

    name: str
    losses: object
    validation_losses: object = None
    validation_scores: object = None
    best_epoch: int | None = None
    updates: float | None = None
    samples: float | None = None
    restarts: tuple = ()
    measure: str = "loss"
    group: str | None = None
    score_name: str | None = None


def curves_of(estimator, name):
    """Return the curves of a fitted estimator.

    That is one, but of a perceptron one for each line, of an ensemble one for each member, and of
    networks that are trained against each other one for each.

    Parameters
    ----------
    estimator : estimator
    name : str or None
        For the legend.

    Returns
    -------
    curves : list of LossCurve

    Raises
    ------
    ValueError
        If nothing was recorded.
    """
    network, _ = find_network(estimator)
    if hasattr(network, "members_"):
        return _members_of(network, name)
    if hasattr(network, "generator_loss_curve_"):
        return _sides_of(network, name)
    name = type(network).__name__ if name is None else str(name)
    if hasattr(network, "mistakes_curve_"):
        return _mistakes_of(network, name)
    losses = list(getattr(network, "loss_curve_", ()))
    if _is_lbfgs(network) and not network.warm_start:
        losses = []  # what an earlier fit by another solver has left
    if not losses:
        raise ValueError(_why_nothing(network, name))
    return [_curve_of(network, name, losses)]


def _is_lbfgs(network):
    return hasattr(network, "hidden_layer_sizes") and solver_name(network.solver) == "lbfgs"


def _why_nothing(network, name):
    if not hasattr(network, "hidden_layer_sizes"):
        return f"{name} has no record of its training: multi-layer perceptrons have one."
    if getattr(network, "stop_reason_", None) == "from_weights":
        return f"{name} has no loss curve: its weights are given, it has not been trained."
    if _is_lbfgs(network):
        return (
            f"{name} has no loss curve: solver='lbfgs' records none, as in scikit-learn. "
            "solver='cg' records the loss of every iteration, all others that of every epoch."
        )
    return f"{name} has no loss curve: training ended before the first epoch did."


def _mistakes_of(network, name):
    curve = np.asarray(network.mistakes_curve_)
    if curve.ndim == 1:
        return [LossCurve(name, curve, measure="mistakes")]
    pairs = zip(network.classes_, curve.T, strict=True)
    return [LossCurve(f"{name}, {label}", column, measure="mistakes") for label, column in pairs]


def _curve_of(network, name, losses):
    """Return the curve of a multi-layer perceptron."""
    scores = getattr(network, "validation_scores_", None)
    validation_losses = getattr(network, "validation_loss_curve_", None)
    # A call with a validation set after one without: nothing tells where its epochs begin.
    scores, validation_losses = (
        list(values) if values is not None and len(values) == len(losses) else None
        for values in (scores, validation_losses)
    )
    best_epoch = None
    if network.early_stopping and scores and not np.isnan(scores).all():
        best_epoch = int(np.nanargmax(scores)) + 1
    kept = getattr(network, "best_restart_", None)
    others = tuple(
        list(restart.loss_curve)
        for i, restart in enumerate(getattr(network, "restarts_", ()))
        if i != kept and len(restart.loss_curve)
    )
    return LossCurve(
        name,
        losses,
        validation_losses,
        scores,
        best_epoch,
        *_steps_of_epoch(network, len(losses)),
        others,
        score_name=_name_of_scores(network),
    )


def _name_of_scores(network):
    """Return what the validation scores of a network are."""
    scoring = getattr(network, "scoring", None)
    if scoring is None:
        return SCORES.get(get_tags(network).estimator_type)
    return scoring if isinstance(scoring, str) else getattr(scoring, "__name__", None)


def _members_of(ensemble, name):
    """Return the curves of the members of an ensemble, whose scores are their negative losses."""
    quantiles, groups = ensemble._quantiles, ensemble._groups
    whole = type(ensemble).__name__ if name is None else str(name)
    curves = []
    for place, (member, group) in enumerate(zip(ensemble.members_, groups, strict=True)):
        own, number = whole, place
        if quantiles is not None:
            own = f"quantile {quantiles[group]:g}"
            own = own if name is None else f"{name}, {own}"
            number = place - groups.index(group)
        curve = _curve_of(member, f"{own} {number}", list(member.loss_curve_))
        curves.append(curve._replace(validation_scores=None, group=own))
    return curves


def _sides_of(networks, name):
    """Return the curves of a generator and of a discriminator."""
    curves = []
    for side in ("generator", "discriminator"):
        losses = list(getattr(networks, f"{side}_loss_curve_"))
        if not losses:
            raise ValueError(_why_nothing(getattr(networks, f"{side}_"), side))
        called = side if name is None else f"{name}, {side}"
        curve = _curve_of(getattr(networks, f"{side}_"), called, losses)
        curves.append(curve._replace(updates=None))
    return curves


def _steps_of_epoch(network, n_epochs):
    """Return the updates and the samples of an epoch, or None where they are not counted."""
    solver, seen = solver_name(network.solver), getattr(network, "t_", 0)
    if solver not in RULES or not seen:
        return None, None
    samples = seen / n_epochs
    batch = 200 if network.batch_size == "auto" else network.batch_size
    batch = samples if RULES[solver].full_batch else min(batch, samples)
    return float(np.ceil(samples / batch)), samples
