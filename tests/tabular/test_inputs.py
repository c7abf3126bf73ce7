"""The same table in the forms of all libraries has one encoding."""

import datetime
import importlib.util
import re
from decimal import Decimal

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skdeep import TabularEncoder
from tests.helpers import unchanged
from tests.tabular.tables import (
    arrow_forms,
    as_object_array,
    make_table,
    pandas_forms,
    polars_forms,
)

pd = pytest.importorskip("pandas")
pl = pytest.importorskip("polars")

FORMS = {**pandas_forms(), **polars_forms()}
if importlib.util.find_spec("pyarrow"):
    FORMS |= arrow_forms()


@pytest.mark.parametrize("form", FORMS)
def test_any_form(form):
    train, rows = make_table(400, 0), make_table(70, 1)
    plain = TabularEncoder().fit(as_object_array(train))
    encoder = TabularEncoder().fit(FORMS[form](train))
    expected = plain.transform(as_object_array(rows))
    assert_array_equal(encoder.transform(FORMS[form](rows)), expected)
    assert list(encoder.feature_names_in_) == list(train)
    # fitted on one form, applied to another
    for other in ("pandas", "polars", form):
        assert_array_equal(encoder.transform(FORMS[other](rows)), expected)


@pytest.mark.parametrize("dtype", ["float16", "float32", "int8", "uint64", ">f8", "longdouble"])
def test_arrays_of_numbers(dtype):
    X = np.random.default_rng(0).integers(0, 90, (60, 3)).astype(dtype)
    expected = TabularEncoder().fit(X.astype(np.float64)).transform(X.astype(np.float64))
    for form in (X, np.asfortranarray(X), X.astype(object), X[::-1][::-1], X.tolist()):
        assert_array_equal(TabularEncoder().fit(form).transform(form), expected)


def test_arrays_of_strings_and_booleans():
    words = np.array([["a", "x"], ["b", "y"], ["a", "z"], ["c", "x"]] * 4)
    expected = TabularEncoder().fit_transform(words.astype(object))
    assert_array_equal(TabularEncoder().fit_transform(words), expected)
    assert_array_equal(TabularEncoder().fit_transform(words.tolist()), expected)
    flags = words == "a"
    assert_array_equal(TabularEncoder().fit_transform(flags), [[-1], [1], [-1], [1]] * 4 * np.r_[1])


def test_lists_of_numbers_and_strings():
    rows = [[1.5, "a"], [2.5, "b"], [None, "a"], [4.0, "b"]]
    frame = pd.DataFrame(rows)
    assert_array_equal(TabularEncoder().fit_transform(rows), TabularEncoder().fit_transform(frame))


def test_numbers_of_all_types_in_one_column():
    cells = np.array([1, 2.5, Decimal("3.5"), np.float32(4), np.int64(5), pd.NA, None, np.nan])
    expected = TabularEncoder().fit_transform([[1], [2.5], [3.5], [4], [5], *[[np.nan]] * 3])
    assert_array_equal(TabularEncoder().fit_transform(cells[:, np.newaxis]), expected)


@pytest.mark.parametrize("given", [["code"], [1], [False, True], np.array([1])], ids=str)
def test_listed_categories(given):
    X = pd.DataFrame({"x": np.arange(60.0), "code": np.repeat([3, 5, 9], 20)})
    encoder = TabularEncoder(categorical_features=given).fit(X)
    assert encoder.column_kinds_ == ["number", "category"]
    assert encoder.categories_ == {1: [3, 5, 9]}
    as_floats = X.astype({"code": "float64"})
    assert_array_equal(encoder.transform(as_floats), encoder.transform(X))
    categories = X.astype({"code": "category"})
    assert_array_equal(encoder.transform(categories), encoder.transform(X))
    assert TabularEncoder().fit(categories).categories_ == encoder.categories_


@pytest.mark.parametrize(
    "given, words",
    [
        (["no"], "'no', which is no column"),
        ([7], "places from 0 to 1. Got 7"),
        ([-1], "places from 0 to 1. Got -1"),
        ([True], "an entry for every column"),
        ([0.5], "names, places or bools"),
    ],
    ids=str,
)
def test_wrong_categories(given, words):
    X = pd.DataFrame({"x": np.arange(6.0), "code": np.repeat([3, 5, 9], 2)})
    with pytest.raises(ValueError, match=words):
        TabularEncoder(categorical_features=given).fit(X)
    with pytest.raises(ValueError, match="no names of columns"):
        TabularEncoder(categorical_features=["x"]).fit(X.to_numpy())


def test_categories_of_intervals():
    values = np.arange(30.0) % 10
    X = pd.DataFrame({"x": pd.cut(pd.Series(values), [-1, 2, 5, 10])})
    assert TabularEncoder().fit(X).categories_[0] == ["(5, 10]", "(-1, 2]", "(2, 5]"]


@pytest.mark.parametrize("dtype", ["Sparse[float64]", "Float32", "Int16", "UInt8"])
def test_extension_types_of_numbers(dtype):
    values = np.random.default_rng(0).integers(0, 4, 50)
    X = pd.DataFrame({"x": values})
    expected = TabularEncoder().fit_transform(X)
    encoder = TabularEncoder()
    assert_array_equal(encoder.fit_transform(X.astype(dtype)), expected)
    assert_array_equal(encoder.transform(X), expected)
    listed = TabularEncoder(categorical_features=["x"])
    expected = listed.fit_transform(X)
    assert_array_equal(listed.fit_transform(X.astype(dtype)), expected)


def test_same_encoding_of_whole_numbers_beyond_float32():
    """Times in seconds: their differences are what counts."""
    seconds = 1_700_000_000 + np.arange(0, 3600, 60)
    encoded = TabularEncoder().fit_transform(seconds[:, np.newaxis])
    assert len(np.unique(encoded[:, 0])) == 60


def one(values):
    return pd.DataFrame({"good": np.arange(len(values)) % 3, "odd": pd.Series(values)})


def cells(*values):
    return one(pd.Series(values, dtype=object))


DATES = pd.date_range("2024-01-01", periods=4)
REFUSED = {
    "dates": (one(DATES), TypeError, "column 'odd' holds dates or times (datetime64"),
    "zoned dates": (one(DATES.tz_localize("UTC")), TypeError, "holds dates or times"),
    "durations": (one(DATES - DATES[0]), TypeError, "holds dates or times (timedelta64"),
    "periods": (one(DATES.to_period("D")), TypeError, "holds dates or times (period"),
    "date objects": (cells(*[datetime.date(2024, 1, d) for d in (1, 2, 3)]), TypeError, "dates"),
    "polars dates": (pl.DataFrame({"odd": DATES.to_pydatetime()}), TypeError, "dates or times"),
    "array of dates": (np.array([[d] for d in DATES], "M8[D]"), TypeError, "column 0 holds dates"),
    "mixed": (cells("a", 1, "b"), TypeError, "column 'odd' mixes numbers and strings"),
    "mixed booleans": (cells("a", True), TypeError, "column 'odd' mixes booleans and strings"),
    "mixed categories": (one(pd.Categorical(["a", 1, "a"])), TypeError, "numbers and strings"),
    "NaN and 1 among words": (cells("a", np.nan, 1.0), TypeError, "numbers and strings"),
    "lists": (cells([1], [2]), TypeError, "column 'odd' holds list: an argument must be a string"),
    "dicts": (cells({}, {}), TypeError, "column 'odd' holds dict"),
    "tuples": (cells((1,), (2,)), TypeError, "column 'odd' holds tuple"),
    "bytes": (cells(b"a", b"b"), TypeError, "column 'odd' holds bytes"),
    "arrays of bytes": (np.array([[b"a"], [b"b"]]), TypeError, "column 0 holds |S1"),
    "polars lists": (pl.DataFrame({"odd": [[1], [2]]}), TypeError, "column 'odd' holds List"),
    "complex": (np.array([[1j], [2]]), ValueError, "Complex data not supported"),
    "complex objects": (cells(1j, 2), ValueError, "Complex data not supported"),
    "beyond floats": (cells(10**400, 2), ValueError, "beyond the range of float64 in column 'odd'"),
    "infinity": (one([1, np.inf, 2]), ValueError, "infinity or a value too large for float64 in"),
    "minus infinity": (one([-np.inf, 1, 2]), ValueError, "in column 'odd'."),
    "names twice": (
        pd.DataFrame([[1, 2, 3, 4, 5]] * 3, columns=list("abacb")),
        ValueError,
        "but 'a', 'b' stand for several",
    ),
    "no rows": (pd.DataFrame({"a": []}), ValueError, "0 sample(s)"),
    "no columns": (pd.DataFrame(index=range(3)), ValueError, "0 feature(s)"),
    "polars without columns": (pl.DataFrame(), ValueError, "0 sample(s)"),
    "one row": (one([1]), ValueError, "1 sample(s) while a minimum of 2"),
    "all alike": (pd.DataFrame({"a": [1, 1], "b": [None, None]}), ValueError, "two distinct"),
    "only an id": (pd.DataFrame({"id": list("abcdef")}), ValueError, "two distinct values"),
    "sparse": (__import__("scipy.sparse").sparse.eye(3), TypeError, "Sparse data was passed"),
    "structured": (np.zeros(3, dtype=[("a", "f8")]), TypeError, "pandas.DataFrame(X) is a frame"),
    "lazy": (pl.LazyFrame({"a": [1, 2]}), TypeError, "X.collect() is a frame"),
    "series": (pd.Series([1.0, 2.0]), ValueError, "Expected"),
    "one dimension": (np.arange(3.0), ValueError, "Expected 2D array"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name):
    X, kind, words = REFUSED[name]
    encoder = TabularEncoder()
    with unchanged(encoder), pytest.raises(kind, match=re.escape(words)):
        encoder.fit(X)


def test_frames_of_other_libraries():
    class Frame:
        def __dataframe__(self):
            raise NotImplementedError

    with pytest.raises(TypeError, match=r"Got Frame; most frames have a method to_pandas\(\)"):
        TabularEncoder().fit(Frame())


def test_unhashable_cells_at_transform():
    encoder = TabularEncoder().fit(cells("a", "b", "a", "b"))
    with pytest.raises(TypeError, match="column 'odd' holds list"):
        encoder.transform(cells("a", ["b"]))


DIFFERENT = {
    "name": ({"x": [1.0], "d": ["u"]}, ValueError, "- d"),
    "order": ({"c": ["u"], "x": [1.0]}, ValueError, "same order"),
    "more": ({"x": [1.0], "c": ["u"], "z": [1]}, ValueError, "- z"),
    "fewer": ({"x": [1.0]}, ValueError, "- c"),
    "text for numbers": (
        {"x": ["1.0"], "c": ["u"]},
        TypeError,
        "column 'x' holds strings, but held numbers in fit",
    ),
    "both": (
        {"x": [True], "c": [1]},
        TypeError,
        "column 'x' holds booleans, but held numbers in fit; column 'c' holds numbers, but held "
        "strings in fit",
    ),
    "infinity": ({"x": [np.inf], "c": ["u"]}, ValueError, "in column 'x'"),
}


@pytest.mark.parametrize("library", [pd, pl], ids=["pandas", "polars"])
@pytest.mark.parametrize("name", DIFFERENT)
def test_tables_unlike_that_of_fit(name, library):
    encoder = TabularEncoder().fit(pd.DataFrame({"x": np.arange(9.0), "c": list("uvwuvwuvw")}))
    columns, kind, words = DIFFERENT[name]
    with unchanged(encoder), pytest.raises(kind, match=re.escape(words)):
        encoder.transform(library.DataFrame(columns))


def test_missing_and_unseen_at_transform_only():
    encoder = TabularEncoder(n_bins=4).fit(
        pd.DataFrame({"x": np.arange(9.0), "c": list("uvwuvwuvw"), "two": list("ababababa")})
    )
    rows = pd.DataFrame({"x": [None, 4.0], "c": ["new", None], "two": [None, "new"]}, dtype=object)
    encoded = encoder.transform(rows)
    names = list(encoder.get_feature_names_out())
    assert not [name for name in names if name.endswith("missing")]
    assert_array_equal(encoded[0], encoded[1])  # the median is 4
    assert_array_equal(encoded[:, : names.index("x_bin1")], np.zeros((2, 5)))


def test_ten_thousand_columns():
    X = np.random.default_rng(0).normal(size=(30, 10_000))
    X[3, 9_999] = np.nan
    encoder = TabularEncoder().fit(X)
    assert encoder.n_bins_ == 8
    assert encoder.transform(X[:2]).shape == (2, 10_000 * 9 + 1)


@pytest.mark.parametrize("n_rows", [2, 3, 19])
def test_few_rows(n_rows):
    X = pd.DataFrame(make_table(n_rows, 3))
    encoded = TabularEncoder().fit_transform(X, np.arange(n_rows) % 2)
    assert len(encoded) == n_rows and np.isfinite(encoded).all()


@pytest.mark.parametrize(
    "column",
    [
        [1e308, -1e308, 1.5e308, 0.0, 1.0, 2.0],
        [5e-324, 0.0, 1e-323, 0.0, 0.0, 0.0],
        [0.0] * 20 + [1e9],
        [-1.7e308, 1.7e308],
        [2.0**53, 2.0**53 + 2, 2.0**53 + 4],
    ],
    ids=str,
)
def test_extreme_numbers(column):
    X = np.array(column)[:, np.newaxis]
    encoder = TabularEncoder(dtype=np.float64).fit(X)
    encoded = encoder.transform(np.vstack([X, [[1e308], [-1e308]]]))
    assert np.isfinite(encoded).all() and np.abs(encoded).max() <= 3
    order = np.argsort(X[:, 0], kind="stable")
    assert np.all(np.diff(encoded[order, 0]) >= 0)


def test_infinite_numbers_in_columns_that_are_dropped():
    X = pd.DataFrame({"a": [1.0, 2.0, 3.0], "same": 1.0, "empty": [None] * 3})
    encoder = TabularEncoder().fit(X)
    assert encoder.column_kinds_ == ["number", "dropped", "dropped"]
    for name in ("same", "empty"):
        with pytest.raises(ValueError, match=f"infinity .* in column '{name}'"):
            encoder.transform(X.assign(**{name: [1.0, np.inf, np.nan]}))
        encoder.transform(X.assign(**{name: [1.0, 2.0, np.nan]}))


def test_dates_that_are_categories():
    dates = pd.to_datetime(["2020-01-01 00:00", "2020-01-01 12:00"] * 6)
    X = pd.DataFrame({"when": pd.Categorical(dates)})
    encoder = TabularEncoder().fit(X)
    assert encoder.categories_ == {0: ["2020-01-01 00:00:00", "2020-01-01 12:00:00"]}
    midnight = pd.DataFrame({"when": pd.Categorical(dates[:1])})
    np.testing.assert_array_equal(encoder.transform(midnight), encoder.transform(X[:1]))
