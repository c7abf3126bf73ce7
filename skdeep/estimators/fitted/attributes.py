"""The attributes in which estimators keep the history of training, from and to them."""

import numpy as np

from skdeep.training.restarts import as_restart
from skdeep.training.stochastic.run import History


def read_history(attributes):
    """Return what earlier fits recorded, as a copy.

    Parameters
    ----------
    attributes : dict
        Of the estimator, by their names.

    Returns
    -------
    history : History
    """
    history = History()
    history.losses = list(attributes.get("loss_curve_", []))
    history.scores = list(attributes.get("validation_scores_") or [])
    history.validation_losses = list(attributes.get("validation_loss_curve_") or [])
    history.norms = list(attributes.get("gradient_norms_", ()))
    best_loss, best_score = map(attributes.get, ("best_loss_", "best_validation_score_"))
    history.best_loss = np.inf if best_loss is None else best_loss
    history.best_score = -np.inf if best_score is None else best_score
    history.stalled = attributes.get("_no_improvement_count", 0)
    history.seen = attributes.get("t_", 0)
    return history


def history_attributes(history, early_stopping, n_layers, with_norms):
    """Return the attributes that keep a history.

    Parameters
    ----------
    history : History
    early_stopping : bool
    n_layers : int
        Layers of weights.
    with_norms : bool
        Whether norms of gradients are recorded.

    Returns
    -------
    attributes : dict
    """
    validated = bool(early_stopping or history.scores)
    attributes = {
        "loss_curve_": history.losses,
        "t_": history.seen,
        "_no_improvement_count": history.stalled,
        "validation_scores_": history.scores if validated else None,
        "validation_loss_curve_": history.validation_losses if validated else None,
        "best_validation_score_": history.best_score if validated else None,
        "best_loss_": None if early_stopping else history.best_loss,
    }
    if with_norms:
        attributes["gradient_norms_"] = np.reshape(history.norms, (-1, n_layers))
    return attributes


def result_attributes(recipe, result, n_layers):
    """Return the attributes that keep the result of training, but for the network.

    Parameters
    ----------
    recipe : Recipe
    result : Result
    n_layers : int
        Layers of weights.

    Returns
    -------
    attributes : dict
    """
    attributes, history = {}, result.history
    if recipe.optimizer.by_updates:
        options = recipe.validation.early_stopping, n_layers, recipe.record_gradient_norms
        attributes |= history_attributes(history, *options)
        attributes["_optimizer"] = result.solver_state
    elif history is not None:
        attributes |= {"loss_curve_": history.losses, "best_loss_": history.best_loss}
    attributes["loss_"], attributes["n_iter_"] = result.loss, result.n_iter
    attributes["stop_reason_"] = result.stop_reason
    return attributes


def restart_attributes(recipe, result):
    """Return the attributes that tell what became of every initialisation.

    Parameters
    ----------
    recipe : Recipe
    result : Result

    Returns
    -------
    attributes : dict
    """
    restarts = result.restarts or [as_restart(None, result, recipe)]
    return {"restarts_": restarts, "best_restart_": result.best_restart}
