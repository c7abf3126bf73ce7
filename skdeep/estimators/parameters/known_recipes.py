"""Recipes of calls of ``partial_fit``, which are made once for the same values of the parameters.

Checking the parameters and resolving them takes longer than training on a small batch. Only
parameters that are numbers, strings, None or tuples of these are remembered: objects, lists and
random states may change between two calls.
"""

from types import NoneType

from skdeep.recipe import make_recipe
from skdeep.recipe.making import check_call

#: Types of values that nothing can change.
PLAIN = frozenset({str, int, float, bool, NoneType})
#: Maximum number of recipes that are kept.
MOST_RECIPES = 32

_known = {}


def recipe_of_call(estimator, incremental, given, is_fitted):
    """Return the checked parameters of an estimator, and the recipe that they ask for.

    Parameters
    ----------
    estimator : NeuralNetwork
    incremental : bool
        Whether this is a call of ``partial_fit``.
    given : set of str
        Those of the arguments ``X_val``, ``y_val`` and ``sample_weight_val`` that are given.
    is_fitted : bool
        Whether there is a network already.

    Returns
    -------
    parameters : SimpleNamespace
    recipe : Recipe

    Raises
    ------
    ValueError
        If parameters are out of their ranges or do not go together.
    """
    parameters = estimator._parameters()
    key = _key(estimator, parameters) if incremental else None
    call = frozenset(given), is_fitted
    recipe, checked = _known.get(key, (None, frozenset()))
    if call in checked:
        return parameters, recipe
    if incremental and is_fitted:
        estimator._validate_params()  # scikit-learn does so before the first call only
    recipe = make_recipe(parameters, incremental) if recipe is None else recipe
    check_call(parameters, recipe, given, is_fitted)
    if key is not None:
        if len(_known) >= MOST_RECIPES:
            _known.clear()
        _known[key] = recipe, checked | {call}
    return parameters, recipe


def _key(estimator, parameters):
    """Return what identifies the values of the parameters, or None where one may change."""
    values = tuple(vars(parameters).values())
    types = tuple(map(type, values))
    tuples = ()
    if not PLAIN.issuperset(types):
        tuples = tuple(tuple(map(type, value)) for value in values if type(value) is tuple)
        if not PLAIN.issuperset({kind for kind in types if kind is not tuple}.union(*tuples)):
            return None
    return type(estimator), values, types, tuples
