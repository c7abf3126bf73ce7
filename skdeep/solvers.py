"""Solvers.

Pass an object as `solver` to set solver-specific parameters; a string such as ``"rmsprop"`` uses
the defaults. Parameters of objects can be tuned with `GridSearchCV`:

>>> from skdeep import MLPClassifier
>>> from skdeep.solvers import RMSProp
>>> MLPClassifier(solver=RMSProp(rho=0.99)).set_params(solver__rho=0.95)
MLPClassifier(solver=RMSProp(rho=0.95))
"""

import importlib
from numbers import Real
from typing import TYPE_CHECKING

from sklearn.utils._param_validation import StrOptions

from skdeep import objects, schedules
from skdeep.formulas import optimizers
from skdeep.formulas.parameter import Parameter
from skdeep.objects import FormulaObject
from skdeep.training import full_batch

#: What a parameter accepts that a schedule may set, besides numbers.
SCHEDULES = (StrOptions(set(schedules.curve_names())), schedules.Schedule, callable)


class Solver(FormulaObject):
    """A solver with the values of its parameters."""

    def check(self):
        """Check the values of the parameters, and those of schedules over all of training.

        Returns
        -------
        self : Solver

        Raises
        ------
        ValueError
            If a parameter is out of its range.
        """
        super().check()
        for name, parameter in self._parameters.items():
            value = getattr(self, name)
            if parameter.schedule and not isinstance(value, Real):
                label = f"The {name!r} parameter of {type(self).__name__}"
                limits = parameter.low, parameter.high
                schedules.check_curve(value, parameter.default, *limits, label)
        return self


def names():
    """Return the strings that stand for solvers.

    Returns
    -------
    names : list of str
    """
    return list(CLASSES)


def resolve(value, defaults=()):
    """Return the solver that a user means.

    Parameters
    ----------
    value : str or solver
    defaults : mapping, default=()
        Values for the parameters of the solver that a string stands for.

    Returns
    -------
    solver : Solver
        Checked.

    Raises
    ------
    ValueError
        If it is neither, or if a parameter is wrong.

    Examples
    --------
    >>> from skdeep.solvers import resolve
    >>> resolve("rmsprop", {"learning_rate_init": 0.01, "momentum": 0.9})
    RMSProp(learning_rate_init=0.01)
    """
    return objects.resolve(value, CLASSES, Solver, defaults)


def _example(class_name, entry):
    return "\n".join(
        [
            ">>> from skdeep import MLPClassifier",
            f">>> from skdeep.solvers import {class_name}",
            f">>> MLPClassifier(solver={class_name}())",
            f"MLPClassifier(solver={class_name}())",
        ]
    )


def _classes(package, registry, rate):
    classes = {}
    for name, entry in registry.items():
        module = importlib.import_module(f"{package}.{name}")
        default = getattr(module, "LEARNING_RATE_INIT", rate)
        meaning = getattr(module, "LEARNING_RATE_MEANING", "Initial learning rate.")
        first = {} if default is None else {"learning_rate_init": Parameter(default, meaning, 0)}
        classes[name] = objects.make_class(
            entry, package, Solver, _example, first=first, choices=SCHEDULES
        )
    return classes


_OPTIMIZERS = _classes(optimizers.__name__, optimizers.REGISTRY, 1e-3)
_FULL_BATCH = _classes(full_batch.__name__, full_batch.REGISTRY, None)

#: The class of every string.
CLASSES = dict(sorted({**_OPTIMIZERS, **_FULL_BATCH}.items()))

globals().update({cls.__name__: cls for cls in CLASSES.values()})

__all__ = [*sorted(cls.__name__ for cls in CLASSES.values()), "Solver", "names", "resolve"]

if TYPE_CHECKING:

    def __getattr__(name: str) -> type[Solver]: ...
