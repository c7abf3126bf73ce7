"""Training of networks: `fit` takes a recipe, data and a network, and returns a `Result`.

Nothing here knows an estimator.
"""

from skdeep.training.fitting import Setup, fit
from skdeep.training.restarts import fit_best
from skdeep.training.result import Restart, Result

__all__ = ["Restart", "Result", "Setup", "fit", "fit_best"]
