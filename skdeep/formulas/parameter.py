"""What a formula says of a parameter that users may set."""

from numbers import Real
from typing import NamedTuple

import numpy as np


class Parameter(NamedTuple):
    """A parameter of a solver, schedule, initialiser, loss or penalty.

    Attributes
    ----------
    default : object
    meaning : str
        One phrase for the documentation.
    low, high : float
        Bounds.
    closed : {"both", "left", "right", "neither"}
        Which of the bounds belong to the range.
    kind : type
        ``numbers.Real``, ``numbers.Integral`` or ``bool``.
    optional : bool
        Whether None is a value too.
    schedule : bool
        Whether a schedule may take the place of a number.
    several : bool
        Whether a sequence of numbers may, one for each output.
    """

    default: object
    meaning: str
    low: float = -np.inf
    high: float = np.inf
    closed: str = "neither"
    kind: type = Real
    optional: bool = False
    schedule: bool = False
    several: bool = False
