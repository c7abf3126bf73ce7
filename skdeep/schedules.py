"""Schedules of the learning rate and of the momentum.

Pass an object as `learning_rate` or `momentum` to set its parameters; a string such as ``"cosine"``
uses the defaults. A function of the progress of training, from 0 to 1, that returns a factor is
accepted too:

>>> from skdeep.schedules import Cosine, WarmUp
>>> WarmUp(Cosine(end=0.1), share=0.2)
WarmUp(schedule=Cosine(end=0.1), share=0.2)
"""

from numbers import Real
from typing import TYPE_CHECKING

import numpy as np
from sklearn.utils._param_validation import Interval, InvalidParameterError

from skdeep import objects
from skdeep.formulas import schedules as formulas
from skdeep.objects import FormulaObject

#: Points of [0, 1] at which `check_curve` looks.
GRID = np.linspace(0.0, 1.0, 10_001)


class Schedule(FormulaObject):
    """A schedule with the values of its parameters.

    A schedule whose values are known before training can be called with its progress ``t``.
    """

    @property
    def stepwise(self):
        """Whether it goes on from epoch to epoch, as the course of training has it."""
        return self.name in formulas.STEPWISE

    @property
    def known_ahead(self):
        """Whether it is a function of the progress of training and of nothing else."""
        return self._entry is None or self._entry.value is not None

    def __call__(self, t, base=1.0):
        """Return the value at some progress of training.

        Parameters
        ----------
        t : float or array-like of float
            Progress of training: 0 before the first update, 1 after the last. What lies outside is
            taken for the nearest of both.
        base : float, default=1.0
            The learning rate or momentum that the schedule starts from or leads to.

        Returns
        -------
        value : float or array of float64 of the shape of `t`
        """
        if not self.known_ahead:
            raise ValueError(f"The schedule {self.name!r} depends on the course of training.")
        t = np.clip(np.asarray(t, dtype=np.float64), 0.0, 1.0)
        values = self._curve(t, float(base))
        return values if t.ndim else float(values)

    def _curve(self, t, base):
        return self._entry.value(t, base, **self.get_params(deep=False))


class WarmUp(Schedule):
    """Linear warm-up over the first part of training, followed by another schedule.

    The value rises linearly from ``factor * first`` at ``t = 0`` to ``first``, the first value of
    the other schedule, at ``t = share``. Afterwards it is the value of the other schedule at ``(t -
    share) / (1 - share)``. Goyal et al., "Accurate, large minibatch SGD: training ImageNet in 1
    hour", 2017.

    Parameters
    ----------
    schedule : str, schedule or callable, default="constant"
        The schedule after the warm-up. Its values must be known before training.
    share : float in (0, 1), default=0.1
        Proportion of training used for the warm-up.
    factor : float in [0, 1], default=0.0
        First value, as a fraction of the value at the end of the warm-up.

    Examples
    --------
    >>> from skdeep.schedules import WarmUp
    >>> WarmUp("cosine", share=0.2)([0.0, 0.1, 0.2, 0.6, 1.0])
    array([0. , 0.5, 1. , 0.5, 0. ])
    """

    _name = "warmup"
    _parameter_constraints = {
        "share": [Interval(Real, 0, 1, closed="neither")],
        "factor": [Interval(Real, 0, 1, closed="both")],
    }

    def __init__(self, schedule="constant", share=0.1, factor=0.0):
        self.schedule = schedule
        self.share = share
        self.factor = factor

    def check(self):
        """Check the values of the parameters, those of the other schedule as well.

        Returns
        -------
        self : WarmUp

        Raises
        ------
        ValueError
            If one is out of its range, or if the other schedule depends on the course of training.
        """
        super().check()
        self._wrapped()
        return self

    def _wrapped(self):
        return _resolved_curve(self.schedule, "The 'schedule' parameter of WarmUp")

    def _curve(self, t, base):
        wrapped = self._wrapped()
        first = wrapped(0.0, base)
        rise = first * (self.factor + (1.0 - self.factor) * t / self.share)
        return np.where(t < self.share, rise, wrapped((t - self.share) / (1.0 - self.share), base))


class Custom(Schedule):
    """A schedule defined by a function of the progress of training.

    Its value is ``base * function(t)``.

    Parameters
    ----------
    function : callable
        Takes the progress ``t``, a float from 0 to 1, and returns a number, the factor.

    Examples
    --------
    >>> from skdeep.schedules import Custom
    >>> Custom(lambda t: 1 - t**2)(0.5, base=0.1)
    0.075
    """

    _name = "custom"
    _parameter_constraints = {"function": [callable]}

    def __init__(self, function):
        self.function = function

    def _curve(self, t, base):
        values = [self.function(float(x)) for x in t.ravel()]
        try:
            factors = np.array([float(value) for value in values])
        except TypeError:
            raise InvalidParameterError(
                f"The function of a Custom schedule must return a number, got {values[0]!r}."
            ) from None
        return base * factors.reshape(t.shape)


def names():
    """Return the strings that stand for schedules.

    Returns
    -------
    names : list of str
    """
    return list(CLASSES)


def resolve(value, defaults=()):
    """Return the schedule that a user means.

    Parameters
    ----------
    value : str, schedule or callable
        A function of the progress of training becomes a `Custom` schedule.
    defaults : mapping, default=()
        Values for the parameters of the schedule that a string stands for.

    Returns
    -------
    schedule : Schedule
        Checked.

    Raises
    ------
    ValueError
        If it is none of those, or if a parameter is wrong.

    Examples
    --------
    >>> from skdeep.schedules import resolve
    >>> resolve("invscaling", {"power_t": 0.25, "momentum": 0.9})
    InvScaling(power_t=0.25)
    """
    if callable(value) and not isinstance(value, Schedule | type):
        value = Custom(value)
    return objects.resolve(value, CLASSES, Schedule, defaults)


def check_curve(schedule, base, low, high, name):
    """Check the values of a schedule over all of training.

    Parameters
    ----------
    schedule : Schedule
    base : float
        The learning rate or momentum that it starts from or leads to.
    low, high : float
        Smallest and largest value allowed; every value must be finite, too.
    name : str
        What the schedule is for; a message begins with it.

    Raises
    ------
    ValueError
        If the schedule depends on the course of training, or if a value is not allowed.

    Examples
    --------
    >>> from skdeep.schedules import Linear, check_curve
    >>> check_curve(Linear(start=0.5, end=1.5), 0.9, 0.0, 1.0, "momentum")
    Traceback (most recent call last):
        ...
    ValueError: momentum: Linear(end=1.5, start=0.5) gives 1.0001 at t = 0.5001, out of [0, 1].
    """
    values = _resolved_curve(schedule, name)(GRID, base)
    wrong = ~(np.isfinite(values) & (values >= low) & (values <= high))
    if wrong.any():
        first = wrong.argmax()
        raise ValueError(
            f"{name}: {schedule} gives {values[first]:g} at t = {GRID[first]:g}, "
            f"out of [{low:g}, {high:g}{']' if np.isfinite(high) else ')'}."
        )


def _resolved_curve(value, name):
    """Return the schedule that is meant, if its values are known before training."""
    schedule = resolve(value)
    if not schedule.known_ahead:
        ahead = ", ".join(map(repr, curve_names()))
        raise InvalidParameterError(
            f"{name} cannot be {schedule.name!r}, which depends on the course of training: "
            f"choose one of {ahead}, an object of such a schedule or a function."
        )
    return schedule


def curve_names():
    """Return the strings that stand for schedules whose values are known before training.

    Returns
    -------
    names : list of str
    """
    entries = formulas.REGISTRY
    return [name for name in CLASSES if name not in entries or entries[name].value is not None]


def _example(class_name, entry):
    lines = [f">>> from skdeep.schedules import {class_name}"]
    if entry.value is None:
        lines += [f">>> {class_name}().name", repr(entry.name)]
    else:
        t = [0.0, 0.25, 0.5, 0.75, 1.0]
        defaults = {name: p.default for name, p in entry.parameters.items()}
        values = entry.value(np.array(t), 1.0, **defaults).round(4) + 0.0
        lines += [f">>> {class_name}()({t}).round(4)", repr(values)]
    return "\n".join(lines)


_MADE = {
    name: objects.make_class(entry, formulas.__name__, Schedule, _example)
    for name, entry in formulas.REGISTRY.items()
}

#: The class of every string.
CLASSES = dict(sorted({**_MADE, "warmup": WarmUp}.items()))

globals().update({cls.__name__: cls for cls in _MADE.values()})

__all__ = [
    *sorted({cls.__name__ for cls in CLASSES.values()}),
    "Custom",
    "Schedule",
    "check_curve",
    "curve_names",
    "names",
    "resolve",
]

if TYPE_CHECKING:

    def __getattr__(name: str) -> type[Schedule]: ...
