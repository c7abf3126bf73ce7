"""Neural networks for scikit-learn users, compiled with Numba.

`MLPClassifier` and `MLPRegressor` take the place of those in `sklearn.neural_network`: change the
import, keep the numbers, wait several times less.
"""

from skdeep.estimators import (
    HiddenLayerTransformer,
    MLPClassifier,
    MLPRegressor,
    check_gradient,
    greedy_pretraining,
    profile_fit,
)

__version__ = "0.1.0"

__all__ = [
    "HiddenLayerTransformer",
    "MLPClassifier",
    "MLPRegressor",
    "__version__",
    "check_gradient",
    "greedy_pretraining",
    "profile_fit",
]
