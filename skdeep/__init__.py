"""Neural networks for scikit-learn users, compiled with Numba.

`MLPClassifier` and `MLPRegressor` take the place of those in `sklearn.neural_network`: change the
import, keep the numbers, wait several times less.
"""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("skdeep")
except PackageNotFoundError:  # used from its source folder, without being installed
    __version__ = "0+unknown"

from skdeep.estimators import MLPClassifier, MLPRegressor, check_gradient

__all__ = ["MLPClassifier", "MLPRegressor", "__version__", "check_gradient"]
