"""Several quantiles, which do not cross."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.metrics import d2_pinball_score

from skdeep import TabularRegressor
from skdeep.losses import Quantile
from tests.tabular.ensemble.examples import SMALL, both, table

SEVERAL = {**SMALL, "quantiles": [0.1, 0.5, 0.9]}


@pytest.mark.parametrize("parameters", [{}, {"hidden_layer_sizes": ()}, {"tree_features": True}])
def test_are_those_of_single_ones_in_order(parameters):
    X, _, y = table()
    several = {**SEVERAL, **parameters}
    model = TabularRegressor(**several, oof_predictions=True).fit(X, y)
    assert len(model.members_) == len(model.validation_scores_) == 6
    single = []
    for quantile in SEVERAL["quantiles"]:
        one = clone(model).set_params(quantiles=None, loss=Quantile(quantile)).fit(X, y)
        single.append((one.predict(X), one.oof_predictions_))
    for found, each in zip(
        (model.predict(X), model.oof_predictions_), zip(*single, strict=True), strict=True
    ):
        assert found.shape == (90, 3)
        assert_array_equal(found, np.sort(np.stack(each, axis=1), axis=1))


def test_cover_what_they_should():
    rng = np.random.default_rng(0)
    X = rng.uniform(-2, 2, size=(900, 2))
    y = X[:, 0] ** 2 + rng.normal(size=900) * (0.2 + np.abs(X[:, 1]))
    quantiles = np.array([0.1, 0.5, 0.9])
    model = TabularRegressor(quantiles=quantiles, n_ensemble=2, random_state=0)
    model.set_params(hidden_layer_sizes=(32, 32)).fit(X[:600], y[:600])
    found = model.predict(X[600:])
    assert (np.diff(found, axis=1) >= 0).all()
    assert_allclose((y[600:, None] <= found).mean(axis=0), quantiles, atol=0.08)
    weights = rng.uniform(size=300)
    expected = [
        d2_pinball_score(y[600:], own, alpha=quantile, sample_weight=weights)
        for own, quantile in zip(found.T, quantiles, strict=True)
    ]
    assert_allclose(model.score(X[600:], y[600:], weights), np.mean(expected))


def test_constant_targets():
    X, _, y = table()
    assert_array_equal(
        TabularRegressor(**SEVERAL).fit(X, 0 * y + 3).predict(X), np.full((90, 3), 3)
    )


@pytest.mark.parametrize(
    "quantiles", [[], [0.0, 0.5], [0.5, 1.0], [0.9, 0.1], [0.5, 0.5], [[0.5]], ["a"], [np.nan]]
)
def test_wrong_quantiles(quantiles):
    _, X, y = list(both())[1]
    model = TabularRegressor(**{**SEVERAL, "quantiles": quantiles})
    with pytest.raises(ValueError, match="quantiles must be increasing numbers between 0 and 1"):
        model.fit(X, y)


def test_what_does_not_go_together():
    X, _, y = table()
    with pytest.raises(ValueError, match="leave loss at its default"):
        TabularRegressor("huber", **SEVERAL).fit(X, y)
    with pytest.raises(ValueError, match="Got y with 2 outputs"):
        TabularRegressor(**SEVERAL).fit(X, np.column_stack([y, y]))
    with pytest.raises(ValueError, match="The 'quantiles' parameter"):
        TabularRegressor(**{**SEVERAL, "quantiles": 0.5}).fit(X, y)


def test_are_those_of_the_fit():
    X, _, y = table()
    model = TabularRegressor(**SEVERAL).fit(X, y)
    expected = model.predict(X), model.score(X, y)
    model.set_params(quantiles=None)
    assert_array_equal(model.predict(X), expected[0])
    assert model.score(X, y) == expected[1]
