"""Penalties on the weights.

Pass an object as `penalty` to set its parameters; a string such as ``"elasticnet"`` uses the
defaults, and a number is the exponent of `Power`. Parameters of objects can be tuned with
`GridSearchCV`:

>>> from skdeep import MLPClassifier
>>> from skdeep.penalties import ElasticNet
>>> MLPClassifier(penalty=ElasticNet(l1_ratio=0.5)).set_params(penalty__l1_ratio=0.25)
MLPClassifier(penalty=ElasticNet(l1_ratio=0.25))
"""

from numbers import Real
from typing import TYPE_CHECKING

from skdeep import objects
from skdeep.formulas import penalties as formulas
from skdeep.objects import FormulaObject


class Penalty(FormulaObject):
    """A penalty with the values of its parameters."""

    def check(self):
        """Check the values of the parameters.

        Returns
        -------
        self : Penalty

        Raises
        ------
        ValueError
            If a parameter is out of its range.
        """
        objects.refuse_flags(self)
        return super().check()


def names():
    """Return the strings that stand for penalties.

    Returns
    -------
    names : list of str
    """
    return list(_NAMED)


def resolve(value):
    """Return the penalty that a user means.

    Parameters
    ----------
    value : str, float or penalty
        A number is the power of the magnitudes.

    Returns
    -------
    penalty : Penalty
        Checked.

    Raises
    ------
    ValueError
        If it is none of them, or if a parameter is wrong.

    Examples
    --------
    >>> from skdeep.penalties import resolve
    >>> resolve("elasticnet"), resolve(3)
    (ElasticNet(), Power(exponent=3))
    """
    if isinstance(value, Real):
        return _POWER(value).check()
    return objects.resolve(value, _NAMED, Penalty)


def _example(class_name, entry):
    return "\n".join(
        [
            ">>> from skdeep import MLPClassifier",
            f">>> from skdeep.penalties import {class_name}",
            f">>> MLPClassifier(penalty={class_name}())",
            f"MLPClassifier(penalty={class_name}())",
        ]
    )


#: The class of every formula.
CLASSES = {
    name: objects.make_class(entry, formulas.__name__, Penalty, _example)
    for name, entry in formulas.REGISTRY.items()
}

#: Those that strings stand for, and the one that numbers do.
_NAMED = {name: CLASSES[name] for name, entry in formulas.REGISTRY.items() if not entry.power}
_POWER = next(CLASSES[name] for name, entry in formulas.REGISTRY.items() if entry.power)

globals().update({cls.__name__: cls for cls in CLASSES.values()})

__all__ = [*sorted(cls.__name__ for cls in CLASSES.values()), "Penalty", "names", "resolve"]

if TYPE_CHECKING:

    def __getattr__(name: str) -> type[Penalty]: ...
