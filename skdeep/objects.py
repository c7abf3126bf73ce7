"""Solvers, losses and other formulas as objects: classes made from the registries of formulas.

A formula's file is all there is to its class. The parameters, their defaults, ranges and
descriptions come from its ``PARAMETERS``, the docstring from that of the file.
"""

import importlib
import inspect
import textwrap
from dataclasses import field, make_dataclass
from numbers import Integral, Real

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils._param_validation import (
    Interval,
    InvalidParameterError,
    validate_parameter_constraints,
)

#: Types of several values of a parameter.
SEQUENCES = list, tuple, np.ndarray
#: How the descriptions of parameters are broken into lines.
WRAPPED = {"width": 96, "initial_indent": "    ", "subsequent_indent": "    "}


class FormulaObject(BaseEstimator):
    """A formula with the values of its parameters.

    Like a scikit-learn estimator it supports `get_params`, `set_params`, `clone` and grid searches.
    Parameters are validated by `check`, which `fit` calls.
    """

    _name = None
    _parameters = {}
    _parameter_constraints = {}
    _entry = None
    _conflict = None

    @property
    def name(self):
        """Name of the object, which stands for it with default parameters."""
        return self._name

    def values(self):
        """Return the values of the formula's parameters, in their order.

        Unlike `get_params`, which sorts them, and with those of the formula only.

        Returns
        -------
        values : tuple
        """
        parameters = () if self._entry is None else self._entry.parameters
        return tuple(getattr(self, name) for name in parameters)

    def number(self):
        """Return the value of the formula's only parameter.

        Returns
        -------
        number : float
            0 if the formula has no parameter, or several values of it.
        """
        return 0.0 if self.numbers() else float(next(iter(self.values()), 0.0))

    def numbers(self):
        """Return the values of the formula's only parameter, where every output has its own.

        Returns
        -------
        numbers : tuple of float
            Empty where all outputs share one.
        """
        value = next(iter(self.values()), 0.0)
        return tuple(map(float, value)) if isinstance(value, SEQUENCES) else ()

    def check(self):
        """Check the values of the parameters.

        Returns
        -------
        self : object
            The object itself.

        Raises
        ------
        ValueError
            If one is out of its range, or does not go with the others.
        """
        values = vars(self)
        validate_parameter_constraints(self._parameter_constraints, values, type(self).__name__)
        conflict = None if self._conflict is None else self._conflict(**values)
        if conflict:
            raise InvalidParameterError(f"{type(self).__name__}: {conflict}.")
        return self


def make_class(entry, package, base, example, *, first=None, choices=()):
    """Make the class of an entry of a registry.

    Parameters
    ----------
    entry : NamedTuple
        With a ``name``, that of its module, and its ``parameters``; ``public``, if it has that, is
        the name that users write.
    package : str
        The package of the module.
    base : type
        A subclass of `FormulaObject`. The class becomes a member of the module that defines it.
    example : callable
        ``example(class_name, entry)`` returns an example for the docstring.
    first : dict of str to Parameter or None
        Parameters to come before those of the entry.
    choices : sequence of constraints
        What parameters accept that a schedule may set, besides numbers.

    Returns
    -------
    cls : type
    """
    module = importlib.import_module(f"{package}.{entry.name}")
    name = getattr(entry, "public", entry.name)
    class_name = getattr(module, "CLASS", name.replace("_", " ").title().replace(" ", ""))
    parameters = {**(first or {}), **entry.parameters}
    conflict = getattr(module, "conflict", None)
    cls = make_dataclass(
        class_name,
        [(name, _annotation(p), field(default=p.default)) for name, p in parameters.items()],
        bases=(base,),
        eq=False,
        repr=False,
        namespace={
            "__doc__": _docstring(module, parameters, example(class_name, entry)),
            "_name": name,
            "_parameters": parameters,
            "_parameter_constraints": {
                name: constraints(p, choices) for name, p in parameters.items()
            },
            "_entry": entry,
            "_conflict": None if conflict is None else _without_others(conflict),
        },
    )
    cls.__module__ = base.__module__
    return cls


def _without_others(conflict):
    """Return the function for an object that has more parameters than the function."""
    known = list(inspect.signature(conflict).parameters)
    return staticmethod(lambda **values: conflict(**{name: values[name] for name in known}))


def constraints(parameter, choices=()):
    """Return what scikit-learn's validation accepts for a parameter.

    Parameters
    ----------
    parameter : Parameter
    choices : sequence of constraints
        What it accepts besides numbers if a schedule may set it.

    Returns
    -------
    constraints : list
    """
    if parameter.kind is bool:
        accepted = ["boolean"]
    else:
        number = int if parameter.kind is Integral else float
        ends = [None if np.isinf(end) else number(end) for end in (parameter.low, parameter.high)]
        accepted = [Interval(parameter.kind, *ends, closed=parameter.closed)]
    if parameter.optional:
        accepted.append(None)
    if parameter.several:
        accepted += SEQUENCES
    return [*accepted, *choices] if parameter.schedule else accepted


def name_of(value):
    """Return the name of what a string or an object stands for.

    Parameters
    ----------
    value : str or FormulaObject
        Anything else is returned as it is.

    Returns
    -------
    name : str
    """
    return value.name if isinstance(value, FormulaObject) else value


def refuse_flags(item):
    """Check that no number of an object is True or False, which Python takes for 1 and 0.

    Parameters
    ----------
    item : FormulaObject

    Raises
    ------
    ValueError
        If one is.
    """
    for name, parameter in item._parameters.items():
        value = getattr(item, name)
        if parameter.kind is not bool and isinstance(value, bool | np.bool_):
            raise InvalidParameterError(
                f"The {name!r} parameter of {type(item).__name__} must be a number, got {value!r}."
            )


def copied(value):
    """Return an object that no later `set_params` of the one given changes.

    Parameters
    ----------
    value : FormulaObject or anything else
        What is no such object, a function for one, is not copied.

    Returns
    -------
    copy : object
    """
    if not isinstance(value, FormulaObject):
        return value
    new = object.__new__(type(value))
    vars(new).update((name, copied(v)) for name, v in vars(value).items())
    return new


def resolve(value, classes, base, defaults=(), names=None):
    """Return the object that a user means.

    Parameters
    ----------
    value : str or object
        What the user wrote.
    classes : dict of str to type
        The class of every accepted string.
    base : type
        What objects must be instances of.
    defaults : mapping, default=()
        Values for the parameters of the object that a string stands for; others are left out.
    names : list of str or None
        The strings that a message names; None for all of `classes`.

    Returns
    -------
    resolved : object
        Checked.

    Raises
    ------
    ValueError
        If the value is neither an accepted string nor an object, or if a parameter is wrong.
    """
    if isinstance(value, str) and value in classes:
        cls = classes[value]
        known = cls._parameters
        return cls(**{name: defaults[name] for name in defaults if name in known}).check()
    if isinstance(value, base) and type(value) is not base:
        return value.check()
    kind = base.__name__.lower()
    if isinstance(value, type) and issubclass(value, base):
        raise InvalidParameterError(f"Not a {kind}, but its class: write {value.__name__}().")
    strings = ", ".join(map(repr, names or classes))
    raise InvalidParameterError(
        f"A {kind} is one of {strings} or an object of {base.__module__}. Got {value!r} instead."
    )


def _annotation(parameter):
    kind = {Real: float, Integral: int, bool: bool}[parameter.kind]
    return kind | None if parameter.optional else kind


def _range(parameter):
    """Return the type of a parameter and its range in words."""
    if parameter.kind is bool:
        return "bool"
    kind = "int" if parameter.kind is Integral else "float"
    low, high = parameter.low, parameter.high
    with_low = parameter.closed in ("left", "both")
    with_high = parameter.closed in ("right", "both")
    if np.isinf(low) and np.isinf(high):
        return kind
    if np.isinf(high):
        return f"{kind} {'>=' if with_low else '>'} {low:g}"
    if np.isinf(low):
        return f"{kind} {'<=' if with_high else '<'} {high:g}"
    return f"{kind} in {'[' if with_low else '('}{low:g}, {high:g}{']' if with_high else ')'}"


def _docstring(module, parameters, example):
    """Return a numpydoc docstring: what the module says, the parameters, and an example."""
    if module.__doc__ is None:  # as it is under ``python -OO``
        return None
    parts = [inspect.getdoc(module)]
    if parameters:
        lines = ["Parameters", "----------"]
        for name, parameter in parameters.items():
            kind = _range(parameter)
            kind += " or None" if parameter.optional else ""
            kind += " or schedule" if parameter.schedule else ""
            kind += " or sequence of float" if parameter.several else ""
            lines += [f"{name} : {kind}, default={parameter.default!r}"]
            meaning = parameter.meaning.rstrip(".")
            lines += textwrap.wrap(f"{meaning[0].upper()}{meaning[1:]}.", **WRAPPED)
        parts.append("\n".join(lines))
    parts.append(f"Examples\n--------\n{example}\n")
    return "\n\n".join(parts)
