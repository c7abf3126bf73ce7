"""The regressor beside members that are fitted by hand."""

import numpy as np
import pytest

from skdeep import TabularRegressor
from skdeep.losses import Huber, Poisson, Quantile
from skdeep.tabular.ensemble.folds import splits
from tests.tabular.ensemble.examples import SMALL, encode_by_hand, member_by_hand, table

SEED = np.random.RandomState(0).randint(np.iinfo(np.int32).max)


@pytest.mark.parametrize("n_outputs", [1, 2])
def test_the_mean_of_members_fitted_by_hand(n_outputs):
    X, _, numbers = table()
    y = 1000 + 50 * (numbers if n_outputs == 1 else np.c_[numbers, numbers**2])
    model = TabularRegressor(**{**SMALL, "n_ensemble": 5}).fit(X, y)
    scaled = ((y - y.mean(axis=0)) / y.std(axis=0)).astype(np.float32)
    encoded = encode_by_hand(X, scaled, 4, SEED, "regression")
    order = scaled if n_outputs == 1 else scaled.mean(axis=1)
    found = []
    for member, (training, held_out) in enumerate(splits(order, 5, 5, np.random.RandomState(SEED))):
        rows = encoded[member % 4]
        parts = [(rows[part], scaled[part]) for part in (training, held_out)]
        found.append(member_by_hand("numbers", *parts, SEED + member).predict(rows))
    expected = np.mean(found, axis=0) * y.std(axis=0) + y.mean(axis=0)
    expected = np.clip(expected, y.min(axis=0), y.max(axis=0))
    np.testing.assert_allclose(model.predict(X), expected, rtol=1e-4)
    assert model.n_outputs_ == n_outputs


def test_out_of_fold_predictions():
    X, _, numbers = table()
    model = TabularRegressor(**SMALL, oof_predictions=True).fit(X, numbers)
    assert np.isnan(model.oof_predictions_).sum() == 90 - 2 * 18  # two of five folds
    inside = model.oof_predictions_[np.isfinite(model.oof_predictions_)]
    assert numbers.min() <= inside.min() and inside.max() <= numbers.max()


@pytest.mark.parametrize("constant", [7.0, 0.1, -1e300, 0.0])
def test_constant_targets(constant):
    X, _, numbers = table()
    model = TabularRegressor(**SMALL, oof_predictions=True).fit(X, np.full(90, constant))
    np.testing.assert_array_equal(model.predict(X), constant)
    found = model.fit(X, np.c_[numbers, np.full(90, constant)]).predict(X)
    assert found.shape == (90, 2)
    np.testing.assert_array_equal(found[:, 1], constant)


def test_predictions_follow_the_scale_of_targets():
    X, _, numbers = table()
    expected = TabularRegressor(**SMALL).fit(X, numbers).predict(X)
    found = TabularRegressor(**SMALL).fit(X, numbers * 2.0**900).predict(X)
    np.testing.assert_allclose(found, expected * 2.0**900, rtol=1e-5)


@pytest.mark.parametrize("loss", ["absolute_error", "huber", Huber(delta=0.5), Quantile(0.3)])
def test_losses(loss):
    X, _, numbers = table()
    model = TabularRegressor(loss, **SMALL).fit(X, numbers)
    assert {type(member.loss) for member in model.members_} == {type(loss)}


@pytest.mark.parametrize("loss", ["poisson", Poisson(), "log_loss"])
def test_losses_that_are_not_of_standardised_targets(loss):
    X, _, numbers = table()
    with pytest.raises(ValueError, match=r"(?s)loss.*squared_error"):
        TabularRegressor(loss, **SMALL).fit(X, numbers)
    with pytest.raises(ValueError, match="quantile"):
        TabularRegressor(Quantile(1.5), **SMALL).fit(X, numbers)


def test_quantiles():
    X, _, numbers = table()
    low, high = (
        TabularRegressor(Quantile(q), n_ensemble=2, max_iter=30, random_state=0)
        .fit(X, numbers)
        .predict(X)
        for q in (0.1, 0.9)
    )
    assert (low <= high).mean() > 0.9
    assert (numbers < low).mean() < 0.35 < 0.65 < (numbers < high).mean()
