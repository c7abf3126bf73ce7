"""Neural networks for scikit-learn users, compiled with Numba.

`MLPClassifier` and `MLPRegressor` take the place of those in `sklearn.neural_network`, `Perceptron`
that of the one in `sklearn.linear_model`: change the import, keep the numbers, wait less.
"""

from skdeep._version import __version__
from skdeep.estimators import (
    HiddenLayerTransformer,
    MLPClassifier,
    MLPRegressor,
    Perceptron,
    check_gradient,
    greedy_pretraining,
    profile_fit,
)

__all__ = [
    "HiddenLayerTransformer",
    "MLPClassifier",
    "MLPRegressor",
    "Perceptron",
    "__version__",
    "check_gradient",
    "greedy_pretraining",
    "profile_fit",
]
