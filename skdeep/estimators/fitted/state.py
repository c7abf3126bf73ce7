"""The state of an estimator in plain terms, for pickles and files.

What an estimator keeps in objects of its own becomes dicts of arrays, strings and numbers, so that
saved estimators name no private class: these can be moved, and readers that ask whom to trust, such
as skops, have nothing to ask about.
"""

from skdeep import initialisers, layers, losses, penalties, schedules, solvers
from skdeep.engines.directions import Directions
from skdeep.layers._base import Layer
from skdeep.network.layout import BatchNorm
from skdeep.objects import FormulaObject
from skdeep.recipe.hidden_layers import Structure
from skdeep.training.result import Restart
from skdeep.training.stochastic.solver_state import SolverState

#: Marks a dict that stands for a solver, schedule, initialiser, loss, penalty or layer.
OBJECT = "skdeep object"
#: Such objects by the names that they have in a state.
OBJECTS = {
    f"{module.__name__.rpartition('.')[2]}.{cls.__name__}": cls
    for module in (solvers, schedules, initialisers, losses, penalties)
    for cls in [*module.CLASSES.values(), *([module.Custom] if module is schedules else [])]
}
OBJECTS |= {f"layers.{name}": getattr(layers, name) for name in layers.__all__}
_NAMES = {cls: name for name, cls in OBJECTS.items()}
#: Entries of a state that are lists of such objects, some of them with names.
LISTS = "layers", "layers_", "decoder", "generator", "discriminator"


def to_plain(state):
    """Return a state without objects of skdeep's own.

    Parameters
    ----------
    state : dict
        Parameters and attributes of an estimator by their names; it is not changed.

    Returns
    -------
    plain : dict
    """
    plain = {name: _plain_object(value) for name, value in state.items()}
    plain |= {name: _each(_plain_object, state[name]) for name in LISTS if name in state}
    if "_structure" in plain:
        plain["_structure"] = plain["_structure"]._asdict()
    for name in ("batch_norm_", "restarts_"):
        if name in plain:
            plain[name] = [item._asdict() for item in plain[name]]
    if plain.get("_optimizer", plain) is None:  # of estimators made for callbacks
        del plain["_optimizer"]
    if "_optimizer" in plain:
        solver = plain["_optimizer"].__getstate__()
        solver = {name: _plain_object(value) for name, value in solver.items()}
        if solver["directions"] is not None:
            solver["directions"] = solver["directions"]._asdict()
        plain["_optimizer"] = solver
    return plain


def from_plain(plain):
    """Return the state that a plain one stands for.

    Parameters
    ----------
    plain : dict
        What `to_plain` returned, or a state that still holds objects; it is not changed.

    Returns
    -------
    state : dict

    Raises
    ------
    ValueError
        If it names a solver, schedule or initialiser that there is not.
    """
    state = {name: _object(value) for name, value in plain.items()}
    state |= {name: _each(_object, plain[name]) for name in LISTS if name in plain}
    if isinstance(state.get("_structure"), dict):
        state["_structure"] = _tuple(Structure, state["_structure"])
    for name, cls in (("batch_norm_", BatchNorm), ("restarts_", Restart)):
        if name in state:
            state[name] = [_tuple(cls, item) for item in state[name]]
    solver = state.get("_optimizer")
    if isinstance(solver, dict):
        state["_optimizer"] = SolverState.__new__(SolverState)
        solver = {name: _object(value) for name, value in solver.items()}
        directions = solver["directions"] and _tuple(Directions, solver["directions"])
        vars(state["_optimizer"]).update(solver, directions=directions)
    return state


def _tuple(cls, value):
    """Return the named tuple that a dict stands for."""
    return cls(**value) if isinstance(value, dict) else value


def _each(change, values):
    """Return a list or tuple whose elements are changed, or those of lists and tuples in it."""
    if type(values) not in (list, tuple):
        return change(values)
    return type(values)(_each(change, value) for value in values)


def _plain_object(value):
    """Return an object of skdeep's as a dict, and anything else as it is."""
    name = _NAMES.get(type(value)) if isinstance(value, FormulaObject | Layer) else None
    if name is None:
        return value
    values = value.get_params(deep=False).items()
    parameters = {n: _each(_plain_object, v) for n, v in values}
    return {OBJECT: name, "parameters": parameters}


def _object(value):
    """Return the object of skdeep's that a dict stands for."""
    if not isinstance(value, dict) or OBJECT not in value:
        return value
    name = value[OBJECT]
    if name not in OBJECTS:
        raise ValueError(f"This version of skdeep has no {name!r}: there are {sorted(OBJECTS)}.")
    return OBJECTS[name](**{n: _each(_object, v) for n, v in value["parameters"].items()})
