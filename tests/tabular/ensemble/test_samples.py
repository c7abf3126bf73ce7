"""Rows and weights as they are given."""

import numpy as np
import pandas as pd
import pytest

from skdeep.tabular.ensemble.samples import of_validation_set, read_samples, with_class_weights
from tests.tabular.ensemble.examples import both

FRAME = pd.DataFrame({"a": [1.0, 2.0, 3.0], "b": ["u", None, "w"]})


def forms():
    """Yield tables of three rows, and a function that makes lists of rows of them."""
    yield FRAME, lambda X: X.to_numpy().tolist()
    yield FRAME.to_numpy(), lambda X: X.tolist()
    yield FRAME.to_numpy().tolist(), lambda X: X


def test_rows_of_weight_0_are_left_out():
    for X, rows_of in forms():
        found = read_samples(X, ["p", "q", "r"], [1.0, 0.0, 2.0])
        assert [row[0] for row in rows_of(found.X)] == [1.0, 3.0]
        assert list(found.y) == ["p", "r"]
        np.testing.assert_array_equal(found.weights, [1.0, 2.0])
        np.testing.assert_array_equal(found.kept, [0, 2])
        np.testing.assert_array_equal(found.all_weights(), [1.0, 0.0, 2.0])
        everything = read_samples(X, [0, 1, 2], [1, 2, 3])
        assert everything.X is X and everything.kept is None
        assert read_samples(X, [0, 1, 2], None).all_weights() is None


def test_rows_of_other_frames():
    pl = pytest.importorskip("polars")
    found = read_samples(pl.DataFrame({"a": [1, 2, 3]}), pl.Series([4, 5, 6]), [0, 1, 1])
    assert found.X["a"].to_list() == [2, 3] and list(found.y) == [5, 6]
    pa = pytest.importorskip("pyarrow")
    found = read_samples(pa.table({"a": [1, 2, 3]}), [4, 5, 6], [0, 1, 1])
    assert found.X.column("a").to_pylist() == [2, 3]


def test_weights_given_stay_as_they_are():
    weights = np.array([1.0, 2.0, 3.0])
    found = read_samples(FRAME, [0, 1, 2], weights)
    assert not np.shares_memory(found.weights, weights)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([0, 0, 0], "positive sum|non-zero"),
        ([1, -1, 1], "Negative values"),
        ([1, np.nan, 1], "NaN"),
        ([1, 2], r"\(2,\)"),
    ],
)
def test_weights_that_cannot_be_used(weights, message):
    with pytest.raises(ValueError, match=message):
        read_samples(FRAME, [0, 1, 2], weights)


def test_weights_of_classes():
    codes, of_classes = np.array([0, 1, 1]), np.array([2.0, 0.5])
    assert with_class_weights(None, None, codes) is None
    np.testing.assert_array_equal(with_class_weights(None, of_classes, codes), [2.0, 0.5, 0.5])
    found = with_class_weights(np.array([1.0, 2.0, 4.0]), of_classes, codes)
    np.testing.assert_array_equal(found, [2.0, 1.0, 2.0])
    for wrong in ([0.0, 0.0], [1e308, 1e308]):
        with pytest.raises(ValueError, match="positive and finite sum"):
            with_class_weights(np.full(3, 1.0), np.array(wrong), codes)


def test_errors_say_that_they_are_about_the_validation_set():
    class Other(ValueError):
        pass

    for error in (ValueError, TypeError):
        with pytest.raises(error, match=r"X_val, y_val \(the validation set\): wrong"):
            with of_validation_set():
                raise error("wrong")
    with pytest.raises(Other, match=r"^wrong$"), of_validation_set():
        raise Other("wrong")


def test_no_predictions_for_rows_left_out_with_a_validation_set():
    for model, X, y in both(oof_predictions=True):
        before = dict(vars(model))
        with pytest.raises(ValueError, match="oof_predictions=True cannot be used with X_val"):
            model.fit(X, y, X_val=X, y_val=y)
        assert vars(model) == before
