"""Targets of regressors."""

import numpy as np
import pytest

from skdeep import MLPRegressor, check_gradient
from tests.helpers import quiet, unchanged

X = np.random.RandomState(0).normal(size=(40, 3))


@pytest.mark.parametrize("call", ["fit", "partial_fit"])
def test_targets_beyond_the_precision_of_the_features(call):
    """They would become infinite; as float64, features have them trained."""
    model, y = MLPRegressor(hidden_layer_sizes=(3,), max_iter=2, random_state=0), 1e39 * X[:, 0]
    with (
        unchanged(model),
        pytest.raises(ValueError, match=r"y has values up to .*e\+39, more than"),
    ):
        getattr(model, call)(X.astype(np.float32), y)
    with quiet():
        getattr(model, call)(X, 1e-35 * y)


def test_what_has_no_gradient():
    with pytest.raises(TypeError, match="estimator must be a fitted MLPClassifier"):
        check_gradient(5, X, X[:, 0])
