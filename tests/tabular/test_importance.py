"""Importance of columns by rows that members have left out."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.exceptions import NotFittedError
from sklearn.inspection import permutation_importance

from skdeep import MLPRegressor, TabularClassifier, TabularRegressor, oof_permutation_importance
from tests.tabular.ensemble.examples import SMALL, both


def test_is_that_of_each_member():
    for model, X, y in both(n_ensemble=3, oof_predictions=True):
        model.fit(X, y)
        found = oof_permutation_importance(model, X, y, n_repeats=2, random_state=0)
        assert found.importances.shape == (3, 6)
        assert_allclose(found.importances_mean, found.importances.mean(axis=1))
        assert_allclose(found.importances_std, found.importances.std(axis=1))
        oof = np.asarray(model.oof_predictions_).reshape(len(X), -1)[:, 0]
        random_state = np.random.RandomState(0)
        seen = np.zeros(len(X), dtype=bool)
        for place in range(3):
            bits = np.unpackbits(model._held_out[place])[: len(X)].astype(bool)
            assert not seen[bits].any() and not np.isnan(oof[bits]).any()
            seen |= bits
            one = type(model)(**model.get_params())
            one.__dict__.update(vars(model))
            for name in ("members_", "_ways", "_leaves", "_groups"):
                setattr(one, name, [getattr(model, name)[place]])
            own = permutation_importance(
                one, X[bits], y[bits], n_repeats=2, random_state=random_state
            )
            assert_array_equal(found.importances[:, 2 * place : 2 * place + 2], own.importances)
        assert_array_equal(seen, ~np.isnan(oof))


def test_finds_the_columns():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(300, 4)), columns=list("abcd"))
    y = (X["c"] > 0).to_numpy().astype(int)
    weights = rng.integers(0, 3, 300)
    model = TabularClassifier(n_ensemble=2, max_iter=20, random_state=0).fit(X, y, weights)
    scoring = ["accuracy", "neg_log_loss"]
    found = oof_permutation_importance(
        model, X, y, scoring=scoring, sample_weight=weights, random_state=0
    )
    for name in scoring:
        assert found[name].importances_mean.argmax() == 2
        assert found[name].importances.shape == (4, 10)


def test_of_quantiles():
    _, X, y = list(both())[1]
    model = TabularRegressor(**SMALL, quantiles=[0.2, 0.8]).fit(X, y)
    assert len(model.members_) == 4
    found = oof_permutation_importance(model, X, y, n_repeats=3, random_state=0)
    assert found.importances.shape == (3, 2 * 3) and np.isfinite(found.importances).all()


def test_errors():
    for model, X, y in both():
        with pytest.raises(NotFittedError):
            oof_permutation_importance(model, X, y)
        with pytest.raises(ValueError, match="X must have the 90 rows that it had in fit"):
            oof_permutation_importance(model.fit(X, y), X[:50], y[:50])
        model.fit(X, y, X_val=X[:20], y_val=y[:20])
        with pytest.raises(ValueError, match="has left out rows"):
            oof_permutation_importance(model, X, y)


def test_rows_that_are_not_those_of_fit():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(297, 3))
    model = TabularRegressor(**SMALL).fit(X, X[:, 0])
    more = rng.normal(size=(300, 3))
    with pytest.raises(ValueError, match="the 297 rows"):
        oof_permutation_importance(model, more, more[:, 0])
    with pytest.raises(TypeError, match="A TabularClassifier or TabularRegressor was expected"):
        oof_permutation_importance(MLPRegressor(), X, X[:, 0])
    polars = pytest.importorskip("polars")
    with pytest.raises(TypeError, match="a pandas frame"):
        oof_permutation_importance(model, polars.DataFrame(X), X[:, 0])


def test_lists_of_rows():
    for model, X, y in both():
        model.fit(X.to_numpy(dtype=object), y)
        options = {"n_repeats": 2, "random_state": 0}
        expected = oof_permutation_importance(model, X.to_numpy(dtype=object), y, **options)
        found = oof_permutation_importance(model, X.to_numpy(dtype=object).tolist(), y, **options)
        assert_array_equal(found.importances, expected.importances)
