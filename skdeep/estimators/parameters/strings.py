"""Messages about parameters of what is a string, as ``solver__rho`` where ``solver="rmsprop"``."""

from skdeep import initialisers, losses, penalties, schedules, solvers

#: The modules whose objects a parameter accepts instead of their names.
MODULES = {
    "learning_rate": schedules,
    "loss": losses,
    "momentum": schedules,
    "penalty": penalties,
    "schedule": schedules,
    "solver": solvers,
    "weight_init": initialisers,
}


def refuse_parameters_of_strings(item, params):
    """Check that parameters to be set belong to objects.

    Parameters
    ----------
    item : estimator or object with parameters
    params : dict
        As of its ``set_params``.

    Raises
    ------
    ValueError
        If one would be that of a string, a number or a function. The message names the object that
        has the parameter.
    """
    for key in params:
        name, mark, rest = key.partition("__")
        if not mark:
            continue
        value = params.get(name, getattr(item, name, item))
        if value is item or value is None:
            continue  # scikit-learn's message says that there is no such parameter
        if hasattr(value, "set_params"):
            refuse_parameters_of_strings(value, {rest: params[key]})
        elif not isinstance(value, (list, tuple)):  # of layers or estimators
            raise ValueError(_message(item, key, name, value, rest, params[key]))


def _message(item, key, name, value, rest, wanted):
    """Return what is wrong with a parameter of a value that has none."""
    start = f"Invalid parameter {key!r} for estimator {type(item).__name__}: {name}={value!r} "
    module = MODULES.get(name)
    cls = None
    if module is not None and isinstance(value, str):
        cls = module.CLASSES.get(value)
    if cls is None:
        return f"{start}has no parameters."
    known = list(cls().get_params(deep=False))
    parameter = rest.partition("__")[0]
    if parameter not in known:
        has = f"has the parameters {known}" if known else "has no parameters"
        return f"{start}stands for {cls.__name__}(), which {has}."
    given = f"{parameter}={wanted!r}" if parameter == rest else ""
    return (
        f"{start}is a string. To set parameters of it, pass the object: "
        f"{name}={cls.__name__}({given}), from {module.__name__}."
    )
