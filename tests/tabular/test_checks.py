"""scikit-learn's estimator checks, without an expected failure."""

import numpy as np
import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from skdeep import TabularEncoder

# the checks warn about parts that they skip
pytestmark = pytest.mark.filterwarnings("default")

ENCODERS = [
    TabularEncoder(),
    TabularEncoder(4, dtype=np.float64, subsample=10, random_state=0),
    TabularEncoder(4, strategy="tree"),
]


@parametrize_with_checks(ENCODERS)
def test_scikit_learn_check(estimator, check):
    check(estimator)
