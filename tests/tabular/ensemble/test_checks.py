"""scikit-learn's estimator checks."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from skdeep import TabularClassifier, TabularRegressor

REASON = "weights are not repeated rows: quantiles and batches count rows, as in gradient boosting"


@parametrize_with_checks(
    [TabularClassifier(n_ensemble=2, max_iter=5), TabularRegressor(n_ensemble=2, max_iter=5)],
    expected_failed_checks=lambda _: {"check_sample_weight_equivalence_on_dense_data": REASON},
)
@pytest.mark.filterwarnings("default")
def test_scikit_learn_check(estimator, check):
    check(estimator)
