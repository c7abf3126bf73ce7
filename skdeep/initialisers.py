"""Initialisers of the weights.

Pass an object as `weight_init` to set its parameters; a string such as ``"he_normal"`` uses the
defaults. Initial biases are 0, except with ``"auto"``, scikit-learn's scheme, which draws them as
well.

>>> import numpy as np
>>> from skdeep.initialisers import Orthogonal
>>> weights = Orthogonal(gain=2.0).draw(np.random.RandomState(0), fan_in=3, fan_out=2)
>>> np.round(weights.T @ weights, 12) + 0.0
array([[4., 0.],
       [0., 4.]])
"""

from typing import TYPE_CHECKING

from skdeep import objects
from skdeep.formulas import initialisers as formulas
from skdeep.objects import FormulaObject
from skdeep.training.blas_threads import single_threaded_blas

#: scikit-learn's scheme, which has no parameters and no object.
AUTO = "auto"


class Initialiser(FormulaObject):
    """An initialiser of weights with the values of its parameters."""

    @property
    def symmetric(self):
        """Whether all units of a layer have the same initial weights, and so remain equal."""
        return self._entry.symmetric

    def draw(self, random_state, fan_in, fan_out):
        """Draw the weights of a layer.

        Parameters
        ----------
        random_state : numpy.random.RandomState
        fan_in, fan_out : int
            Number of inputs and of units of the layer.

        Returns
        -------
        weights : array of float64 of shape (fan_in, fan_out)
        """
        with single_threaded_blas():
            return self._entry.draw(random_state, fan_in, fan_out, **self.get_params(deep=False))


def names():
    """Return the strings that stand for initialisers.

    Returns
    -------
    names : list of str
    """
    return sorted([AUTO, *CLASSES])


def resolve(value):
    """Return the initialiser that a user means.

    Parameters
    ----------
    value : str or initialiser

    Returns
    -------
    initialiser : Initialiser or "auto"
        Checked.

    Raises
    ------
    ValueError
        If it is neither, or if a parameter is wrong.

    Examples
    --------
    >>> from skdeep.initialisers import resolve
    >>> resolve("he_normal")
    HeNormal()
    """
    if isinstance(value, str) and value == AUTO:
        return AUTO
    return objects.resolve(value, CLASSES, Initialiser, names=names())


def _example(class_name, entry):
    return "\n".join(
        [
            ">>> import numpy as np",
            f">>> from skdeep.initialisers import {class_name}",
            f">>> {class_name}().draw(np.random.RandomState(0), fan_in=3, fan_out=2).shape",
            "(3, 2)",
        ]
    )


#: The class of every string but ``"auto"``.
CLASSES = {
    name: objects.make_class(entry, formulas.__name__, Initialiser, _example)
    for name, entry in formulas.REGISTRY.items()
}

globals().update({cls.__name__: cls for cls in CLASSES.values()})

__all__ = [*sorted(cls.__name__ for cls in CLASSES.values()), "Initialiser", "names", "resolve"]

if TYPE_CHECKING:

    def __getattr__(name: str) -> type[Initialiser]: ...
