"""Neural networks for scikit-learn users, compiled with Numba.

`MLPClassifier` and `MLPRegressor` take the place of those in `sklearn.neural_network`, `Perceptron`
that of the one in `sklearn.linear_model`: change the import, keep the numbers, wait less.
"""

from typing import TYPE_CHECKING

from skdeep._version import __version__
from skdeep.estimators import (
    HiddenLayerTransformer,
    MLPClassifier,
    MLPRegressor,
    NetworkClassifier,
    NetworkRegressor,
    Perceptron,
    check_gradient,
    greedy_pretraining,
    profile_fit,
)
from skdeep.saving import load_safetensors, save_safetensors
from skdeep.warm_up import warm_up

if TYPE_CHECKING:
    from skdeep.tabular import TabularClassifier, TabularEncoder, TabularRegressor

__all__ = [
    "HiddenLayerTransformer",
    "MLPClassifier",
    "MLPRegressor",
    "NetworkClassifier",
    "NetworkRegressor",
    "Perceptron",
    "TabularClassifier",
    "TabularEncoder",
    "TabularRegressor",
    "__version__",
    "check_gradient",
    "greedy_pretraining",
    "load_safetensors",
    "profile_fit",
    "save_safetensors",
    "warm_up",
]

#: Imported when they are first asked for.
_LATE = {"TabularClassifier", "TabularEncoder", "TabularRegressor"}


def __getattr__(name):
    """Import what is not imported with the package."""
    if name not in _LATE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from skdeep import tabular

    return getattr(tabular, name)


def __dir__():
    """Return all names, those that are imported late among them."""
    return sorted({*globals(), *_LATE})
