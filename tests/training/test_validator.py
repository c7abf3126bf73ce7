"""Early stopping where no epoch has a score."""

import warnings

import numpy as np
import pytest
from sklearn import neural_network

import skdeep


def test_without_any_score_the_initial_weights_stay():
    """As scikit-learn does when training diverges at once."""
    X = np.random.RandomState(0).standard_normal((60, 4))
    y = X.sum(axis=1)
    fitted = []
    for module in (neural_network, skdeep):
        mlp = module.MLPRegressor(
            hidden_layer_sizes=(3,),
            solver="sgd",
            activation="identity",
            learning_rate_init=1e150,
            batch_size=5,
            max_iter=12,
            early_stopping=True,
            random_state=0,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            fitted.append(mlp.fit(X, y))
    theirs, ours = fitted
    assert np.isnan(ours.validation_scores_).all()
    for mine, reference in zip(ours.coefs_, theirs.coefs_, strict=True):
        np.testing.assert_array_equal(mine, reference)


@pytest.mark.parametrize("warm_start", [False, True])
def test_best_weights_of_the_last_fit(warm_start):
    X = np.random.RandomState(0).standard_normal((80, 4))
    y = (X[:, 0] > 0).astype(int)
    fitted = []
    for module in (neural_network, skdeep):
        mlp = module.MLPClassifier(
            (5,),
            early_stopping=True,
            max_iter=6,
            learning_rate_init=0.1,
            warm_start=warm_start,
            random_state=0,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            fitted.append(mlp.fit(X, y).fit(X, y))
    theirs, ours = fitted
    np.testing.assert_allclose(ours.validation_scores_, theirs.validation_scores_)
    np.testing.assert_allclose(ours.coefs_[0], theirs.coefs_[0], rtol=1e-6)
