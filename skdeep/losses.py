"""Losses.

Pass an object as `loss` to set its parameters; a string such as ``"huber"`` uses the defaults.
Parameters of objects can be tuned with `GridSearchCV`:

>>> from skdeep import MLPRegressor
>>> from skdeep.losses import Huber
>>> MLPRegressor(loss=Huber(delta=2.0)).set_params(loss__delta=0.5)
MLPRegressor(loss=Huber(delta=0.5))
"""

from typing import TYPE_CHECKING

from skdeep import objects
from skdeep.formulas import losses as formulas
from skdeep.objects import FormulaObject


class Loss(FormulaObject):
    """A loss with the values of its parameters."""

    def check(self):
        """Check the values of the parameters.

        Returns
        -------
        self : Loss

        Raises
        ------
        ValueError
            If a parameter is out of its range.
        """
        objects.refuse_flags(self)
        return super().check()


def names():
    """Return the strings that stand for losses.

    Returns
    -------
    names : list of str
    """
    return list(CLASSES)


def classes_for(task):
    """Return the classes of the losses of a task.

    Parameters
    ----------
    task : {"classification", "regression"}

    Returns
    -------
    classes : list of type
    """
    return [CLASSES[name] for name in sorted(formulas.public_names(task))]


def resolve(value):
    """Return the loss that a user means.

    Parameters
    ----------
    value : str or loss

    Returns
    -------
    loss : Loss
        Checked.

    Raises
    ------
    ValueError
        If it is neither, or if a parameter is wrong.

    Examples
    --------
    >>> from skdeep.losses import resolve
    >>> resolve("huber")
    Huber()
    """
    return objects.resolve(value, CLASSES, Loss)


def _example(class_name, entry):
    estimator = "MLPClassifier" if "classification" in entry.tasks else "MLPRegressor"
    return "\n".join(
        [
            f">>> from skdeep import {estimator}",
            f">>> from skdeep.losses import {class_name}",
            f">>> {estimator}(loss={class_name}())",
            f"{estimator}(loss={class_name}())",
        ]
    )


def _classes():
    classes = {}
    for public in sorted({entry.public for entry in formulas.REGISTRY.values()}):
        entry = formulas.find(public, False)
        classes[public] = objects.make_class(
            entry, formulas.__name__, Loss, _example, first=entry.label_parameters
        )
    return classes


#: The class of every string.
CLASSES = _classes()

globals().update({cls.__name__: cls for cls in CLASSES.values()})

__all__ = [
    *sorted(cls.__name__ for cls in CLASSES.values()),
    "Loss",
    "classes_for",
    "names",
    "resolve",
]

if TYPE_CHECKING:

    def __getattr__(name: str) -> type[Loss]: ...
