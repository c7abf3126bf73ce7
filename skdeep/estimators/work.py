"""What a method that fits an estimator has prepared."""

from collections.abc import Callable
from typing import NamedTuple


class Work(NamedTuple):
    """Training that is ready to begin.

    Attributes
    ----------
    train : callable
        ``train()`` trains, and returns the result.
    conclude : callable
        ``conclude(result)`` sets the attributes of the fitted estimator.
    """

    train: Callable
    conclude: Callable
