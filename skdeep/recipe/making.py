"""The recipe that the parameters of an estimator ask for."""

import math
from types import SimpleNamespace

from skdeep import initialisers
from skdeep.formulas.optimizers import REGISTRY as UPDATE_RULES
from skdeep.recipe.dropout_and_penalties import resolve_regularisation
from skdeep.recipe.hidden_layers import (
    check_trainable,
    resolve_layers,
    resolve_structure,
)
from skdeep.recipe.layer_list import resolve_layer_list
from skdeep.recipe.loss_and_outputs import resolve_loss
from skdeep.recipe.optimizer import resolve_optimizer
from skdeep.recipe.recipe import Batches, Layers, Recipe, Stopping, Validation
from skdeep.recipe.rules import check
from skdeep.training.stochastic.batches import rows_of_batch


def make_recipe(parameters, incremental=False):
    """Return what the parameters of an estimator mean.

    Parameters
    ----------
    parameters : SimpleNamespace
        All parameters of the estimator, by their names; each is within its own constraints.
    incremental : bool, default=False
        Whether for one call of ``partial_fit``.

    Returns
    -------
    recipe : Recipe

    Raises
    ------
    ValueError
        If parameters are out of their ranges or do not go together.
    """
    if hasattr(parameters, "layers"):
        layers = resolve_layer_list(parameters)
    else:
        layers = resolve_hidden_layers(parameters)
    optimizer = resolve_optimizer(parameters)
    regularisation = resolve_regularisation(parameters, layers.dropout, layers.dropconnect)
    loss = resolve_loss(parameters)
    facts = SimpleNamespace(
        **vars(parameters),
        n_hidden=len(layers.activations),
        regularisation=regularisation,
        solver_name=optimizer.name,
        update_rule=UPDATE_RULES.get(optimizer.name),
        pairs=getattr(layers, "pairs", []),
    )
    check("network", facts)
    return Recipe(
        layers,
        optimizer,
        loss,
        regularisation,
        Batches(parameters.batch_size, bool(parameters.shuffle), parameters.augment),
        _stopping(parameters),
        _validation(parameters),
        n_restarts=parameters.n_restarts,
        incremental=incremental,
        record_gradient_norms=bool(parameters.record_gradient_norms),
        verbose=parameters.verbose,
        frozen_layers=int(parameters.frozen_layers),
    )


def resolve_hidden_layers(parameters):
    """Return the hidden layers of a multi-layer perceptron.

    Parameters
    ----------
    parameters : SimpleNamespace
        Of the estimator, by their names.

    Returns
    -------
    layers : Layers

    Raises
    ------
    ValueError
        If the parameters make no layers.
    """
    sizes, activations = resolve_layers(parameters)
    for name in activations:
        check_trainable("activation", name)
    last = parameters.activation if isinstance(parameters.activation, str) else "identity"
    return Layers(
        sizes,
        activations,
        activations[-1] if activations else last,
        resolve_structure(parameters),
        initialisers.resolve(parameters.weight_init),
        [parameters.dropout] * len(sizes),
        [parameters.dropconnect] * len(sizes),
        parameters.init_from,
    )


def _stopping(parameters):
    return Stopping(
        parameters.max_iter,
        parameters.max_fun,
        parameters.tol,
        parameters.n_iter_no_change,
        parameters.tol_gradient,
        parameters.tol_objective,
    )


def _validation(parameters):
    fraction, scoring = parameters.validation_fraction, parameters.scoring
    return Validation(bool(parameters.early_stopping), fraction, scoring)


def check_call(parameters, recipe, given, is_fitted):
    """Check that a call of ``fit`` or ``partial_fit`` can do with the parameters.

    Parameters
    ----------
    parameters : SimpleNamespace
    recipe : Recipe
    given : set of str
        Those of the arguments ``X_val``, ``y_val`` and ``sample_weight_val`` that are given.
    is_fitted : bool
        Whether there is a network already.

    Raises
    ------
    ValueError
        If it cannot.
    """
    facts = SimpleNamespace(
        **vars(parameters),
        given=given,
        is_fitted=is_fitted,
        all_rows=recipe.optimizer.all_rows,
        solver_name=recipe.optimizer.name,
        update_rule=UPDATE_RULES.get(recipe.optimizer.name),
    )
    check("fit", facts)
    if recipe.incremental:
        check("partial_fit", facts)


def check_rows(parameters, recipe, X, holds_out):
    """Check that the rows suit what is done to them.

    Parameters
    ----------
    parameters : SimpleNamespace
    recipe : Recipe
    X : {array, CSR matrix} of shape (n_rows, n_features)
    holds_out : bool
        Whether a part of the rows becomes a validation set.

    Raises
    ------
    ValueError
        If sparse features were to get noise, or a batch has a single row to be normalised over.
    """
    if not (recipe.layers.normalises or parameters.input_noise):
        return  # what the rules are about
    n_rows, optimizer = X.shape[0], recipe.optimizer
    if optimizer.by_updates and holds_out:
        n_rows -= math.ceil(recipe.validation.fraction * n_rows)
    facts = SimpleNamespace(
        **vars(parameters),
        normalises=recipe.layers.normalises,
        is_sparse=hasattr(X, "indptr"),
        n_rows=n_rows,
        batch_rows=rows_of_batch(recipe.batches.size, optimizer.all_rows, n_rows),
    )
    check("rows", facts)
