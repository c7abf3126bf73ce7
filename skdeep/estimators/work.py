"""A network that is ready to be trained, with all that its training needs."""

from collections.abc import Callable
from typing import NamedTuple

from skdeep.engines.problem import Data
from skdeep.estimators.callback_tasks import Fit
from skdeep.network.flat import FlatNetwork
from skdeep.recipe import Recipe
from skdeep.training import Setup


class Work(NamedTuple):
    """A network that is ready to be trained.

    Attributes
    ----------
    train : callable
        `skdeep.training.fit` or `skdeep.training.fit_best`.
    recipe : Recipe
    data : Data
    network : FlatNetwork
    setup : Setup
    options : dict
        Further arguments of `train`.
    task : Fit or None
        To tell callbacks; None without any.
    is_new : bool
        Whether the network is one of ``fit`` that does not go on from an earlier one.
    """

    train: Callable
    recipe: Recipe
    data: Data
    network: FlatNetwork
    setup: Setup
    options: dict
    task: Fit | None
    is_new: bool

    @property
    def arguments(self):
        """What `train` takes."""
        return self.recipe, self.data, self.network, self.setup
