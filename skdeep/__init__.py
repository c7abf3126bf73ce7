"""Neural networks for scikit-learn users, compiled with Numba.

`MLPClassifier` and `MLPRegressor` take the place of those in `sklearn.neural_network`, `Perceptron`
that of the one in `sklearn.linear_model`: change the import, keep the numbers, wait less.
"""

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
from skdeep.tabular import TabularClassifier, TabularEncoder, TabularRegressor
from skdeep.warm_up import warm_up

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
