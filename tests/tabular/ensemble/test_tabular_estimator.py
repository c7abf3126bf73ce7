"""What both estimators do: searches, copies, pickles, frames, weights, tiny tables, bad input."""

import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skdeep import MLPClassifier, MLPRegressor, NetworkClassifier, NetworkRegressor
from skdeep.layers import Dense, EncodedDense, TableFeatures
from tests.helpers import run_python
from tests.tabular.ensemble.examples import SMALL, both, outputs


@pytest.mark.parametrize("n_threads", [1, 2, 3])
def test_same_bits_for_any_number_of_threads(n_threads):
    for model, X, y in both():
        expected = outputs(clone(model).fit(X, y), X)
        model = model.set_params(n_threads=n_threads).fit(X, y)
        np.testing.assert_array_equal(outputs(model, X), expected)


def test_every_frame_gives_the_same():
    pl = pytest.importorskip("polars")
    for model, X, y in both():
        expected = outputs(model.fit(X, y), X)
        assert list(model.feature_names_in_) == ["a", "b", "c"]
        named = X.astype({"c": "category"})
        words = [None if word != word else word for word in X["c"]]
        columns = {**{name: X[name].to_numpy() for name in "ab"}, "c": words}
        frame = pl.DataFrame(columns, nan_to_null=True)
        for other in (named, frame, X.to_numpy(dtype=object)):
            found = clone(model).fit(other, y)
            np.testing.assert_array_equal(outputs(found, other), expected)
        np.testing.assert_array_equal(outputs(model, frame), expected)


def test_float32_is_enough():
    for model, X, y in both():
        numbers = X[["a", "b"]].to_numpy(dtype=np.float32)
        expected = outputs(model.fit(numbers, y), numbers)
        assert {coef.dtype for member in model.members_ for coef in member.coefs_} == {
            np.dtype("float32")
        }
        found = outputs(model.fit(numbers.astype(np.float64), y), numbers)
        np.testing.assert_array_equal(found, expected)


def test_rows_of_weight_0_are_as_if_they_were_not_there():
    for model, X, y in both(oof_predictions=True):
        weights = np.random.RandomState(0).uniform(0.5, 2.0, 90)
        weights[::4] = 0
        kept = weights > 0
        expected = clone(model).fit(X[kept], y[kept], weights[kept])
        model.fit(X, y, weights)
        np.testing.assert_array_equal(outputs(model, X), outputs(expected, X))
        np.testing.assert_array_equal(model.oof_predictions_[kept], expected.oof_predictions_)
        assert np.isnan(model.oof_predictions_[~kept]).all()


def test_rows_that_members_leave_out():
    for model, X, y in both(n_ensemble=5, oof_predictions=True):
        with pytest.raises(NotFittedError):
            _ = model.held_out_rows_
        rows = model.fit(X, y).held_out_rows_
        assert len(rows) == 5 and np.array_equal(np.sort(np.concatenate(rows)), np.arange(90))
        for number, own in enumerate(rows):
            encoding = model._encodings[model._ways[number]]
            found = model.members_[number]
            predict = getattr(found, "predict_proba", None) or found.predict
            expected = model._scale.back(predict(encoding.transform(X)[own]).astype(np.float64))
            np.testing.assert_allclose(model.oof_predictions_[own], expected, rtol=1e-5)
        weights = np.arange(90) % 3
        rows = model.fit(X, y, weights).held_out_rows_
        np.testing.assert_array_equal(np.sort(np.concatenate(rows)), np.flatnonzero(weights))
        given = {"X_val": X, "y_val": y}
        assert (
            model.set_params(oof_predictions=False).fit(X, y, **given).held_out_rows_ == [None] * 5
        )


def test_weights_of_a_validation_set():
    for model, X, y in both():
        weights = np.random.RandomState(0).randint(0, 3, 90)
        model.fit(X, y, X_val=X, y_val=y, sample_weight_val=weights)
        rows = np.repeat(np.arange(90), weights)
        repeated = clone(model).fit(X, y, X_val=X.iloc[rows], y_val=y[rows])
        np.testing.assert_allclose(model.validation_scores_, repeated.validation_scores_, rtol=1e-5)


@pytest.mark.parametrize("n_rows", [3, 8, 19, 20, 21])
def test_tiny_tables(n_rows):
    for model, X, y in both(oof_predictions=True, n_ensemble=5):
        model.fit(X[:n_rows], y[:n_rows])
        divided = n_rows >= 20 and model.validation_scores_ is not None
        assert divided == (n_rows >= 20)
        assert len(model.oof_predictions_) == n_rows
        assert np.isfinite(outputs(model, X)).all()


@pytest.mark.parametrize("fraction", [1e-9, 0.04, 0.5])
def test_any_fraction(fraction):
    for model, X, y in both(validation_fraction=fraction, oof_predictions=True):
        model.fit(X, y)
        held_out = 2 * 90 / min(90, round(1 / fraction))
        found = np.isfinite(model.oof_predictions_.reshape(90, -1)[:, 0]).sum()
        assert abs(found - held_out) <= 2


def test_searches_and_scores():
    with config_context(enable_metadata_routing=False):
        for model, X, y in both():
            grid = {"hidden_layer_sizes": [(4,), 6], "n_bins": [4]}
            search = GridSearchCV(model, grid, cv=2).fit(X, y)
            assert search.best_estimator_.encoder_.n_bins_ == 4
            pipeline = make_pipeline(FunctionTransformer(), model)
            assert np.isfinite(cross_val_score(pipeline, X, y, cv=2)).all()


def test_validation_sets_are_routed():
    with config_context(enable_metadata_routing=True):
        for model, X, y in both():
            expected = clone(model).fit(X, y, np.arange(90) + 1.0, X_val=X, y_val=y)
            model.set_fit_request(sample_weight=True, X_val=True, y_val=True)
            pipeline = make_pipeline(model)
            pipeline.fit(X, y, sample_weight=np.arange(90) + 1.0, X_val=X, y_val=y)
            np.testing.assert_array_equal(outputs(pipeline, X), outputs(expected, X))


def test_fits_in_threads():
    cases = list(both()) * 2
    expected = [outputs(clone(model).fit(X, y), X) for model, X, y in cases]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda case: outputs(clone(case[0]).fit(*case[1:]), case[1]), cases))
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)


def test_pickles_hold_no_rows():
    for model, X, y in both(tree_features=False):
        data = pickle.dumps(model.fit(X, y))
        np.testing.assert_array_equal(outputs(pickle.loads(data), X), outputs(model, X))
        large = pd.concat([X] * 200, ignore_index=True)
        again = pickle.dumps(clone(model).fit(large, np.tile(y, 200)))
        assert len(again) < len(data) + 100_000 < large.memory_usage(index=False).sum()


def test_a_fit_forgets_the_last_one():
    for model, X, y in both(oof_predictions=True):
        model.fit(X, y)
        names = {"oof_predictions_", "feature_names_in_"}
        assert names <= set(vars(model))
        model.set_params(oof_predictions=False).fit(X.to_numpy(dtype=object), y)
        assert not names & set(vars(model))


def test_fit_and_predict_again():
    for model, X, y in both():
        assert not hasattr(model, "n_iter_")
        with pytest.raises(NotFittedError):
            model.predict(X)
        first = outputs(model.fit(X, y), X)
        np.testing.assert_array_equal(outputs(model.fit(X, y), X), first)
        np.testing.assert_array_equal(outputs(model, X[7:9]), first[7:9])
        assert not np.array_equal(outputs(model.set_params(random_state=1).fit(X, y), X), first)
        assert model.n_iter_ == 4 and model.n_features_in_ == 3


def test_invalid_input_changes_nothing():
    for model, X, y in both():
        model.fit(X, y)
        before = dict(vars(model))
        for arguments, given, message in (
            ((X, y[:-1]), {}, "inconsistent numbers of samples"),
            ((X.assign(b=np.inf), y), {}, "infin"),
            ((X[["a"]] * np.nan, y), {}, "two distinct values"),
            ((X, None), {}, "requires y to be passed"),
            ((X, y, -np.ones(90)), {}, "Negative values"),
            ((X, y), {"X_val": X}, "X_val and y_val go together"),
            ((X, y), {"sample_weight_val": np.ones(90)}, "sample_weight_val is given"),
            ((X, y), {"X_val": X[["b", "a", "c"]], "y_val": y}, "X_val.*feature names"),
            ((X, y), {"X_val": X, "y_val": y[:-1]}, "X_val.*inconsistent"),
            ((X, y), {"X_val": X, "y_val": y, "sample_weight_val": np.zeros(90)}, "X_val.*zero|0"),
        ):
            with pytest.raises(ValueError, match=f"(?s){message}"):
                model.fit(*arguments, **given)
        with pytest.raises(TypeError, match="types of fit"):
            model.predict(X.assign(a="text"))
        assert vars(model) == before


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("n_ensemble", 0),
        ("max_iter", 0),
        ("n_bins", 1),
        ("validation_fraction", 0.7),
        ("validation_fraction", 0.0),
        ("hidden_layer_sizes", (8, 0)),
        ("hidden_layer_sizes", ["a"]),
        ("hidden_layer_sizes", 0),
        ("categorical_features", ["d"]),
        ("n_threads", 0),
        ("random_state", "a"),
    ],
)
def test_invalid_parameters(parameter, value):
    for model, X, y in both():
        with pytest.raises(ValueError, match=parameter):
            model.set_params(**{parameter: value}).fit(X, y)
        assert set(vars(model)) == set(model.get_params())


def test_parameters_are_checked_before_the_table_is_encoded():
    for model, _, y in both(hidden_layer_sizes=(0,)):
        with pytest.raises(ValueError, match="hidden_layer_sizes"):
            model.fit("no table", y)


def test_what_the_members_are():
    """Networks whose first layer reads the compact form; without hidden layers, dense rows."""
    for model, X, y in both(hidden_layer_sizes=(8, 5)):
        model.fit(X, y)
        for member, way in zip(model.members_, model._ways, strict=True):
            (_, features), (_, first), (_, second) = member.layers_
            assert isinstance(member, NetworkClassifier | NetworkRegressor)
            assert isinstance(features, TableFeatures) and isinstance(first, EncodedDense)
            assert isinstance(second, Dense)
            assert [layer.units for layer in (first, second)] == [8, 5]
            assert {layer.dropout for layer in (first, second)} == {0.1}
            assert member.n_features_in_ == model._encodings[way].transform(X).shape[1]
        expected = model.encoder_.transform(X).shape[1]
        model.set_params(hidden_layer_sizes=(), n_ensemble=1).fit(X, y)
        assert isinstance(model.members_[0], MLPClassifier | MLPRegressor)
        assert [coef.shape[0] for coef in model.members_[0].coefs_] == [expected]
        assert np.isfinite(outputs(model, X)).all()
        one = clone(model).set_params(hidden_layer_sizes=6).fit(X, y)
        assert [layer.units for _, layer in one.members_[0].layers_[1:]] == [6]


@pytest.mark.filterwarnings("ignore:.*:UserWarning:joblib")
def test_nested_processes():
    for model, X, y in both():
        plain = cross_val_score(model, X, y, cv=2)
        found = cross_val_score(model, X, y, cv=2, n_jobs=2)
        np.testing.assert_allclose(found, plain, rtol=1e-5)


WITHOUT_COMPILER = f"""
from tests.tabular.ensemble.examples import both, outputs
import numpy as np
for model, X, y in both(max_iter=1):
    assert np.isfinite(outputs(model.fit(X[:25], y[:25]), X[:3])).all(), {SMALL!r}
"""


def test_without_the_compiler():
    run_python(WITHOUT_COMPILER, NUMBA_DISABLE_JIT="1")
