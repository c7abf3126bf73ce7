"""What all estimators have in common."""

from skdeep.estimators.fitted.versions import Versioned
from skdeep.estimators.parameters.checks import CheckedEstimator
from skdeep.estimators.presentation.html import InHTML


class Estimator(InHTML, Versioned, CheckedEstimator):
    """An estimator with checked parameters, versions in its pickles and an HTML form."""
