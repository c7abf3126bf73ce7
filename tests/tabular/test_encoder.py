"""The dense encoding beside plain NumPy, its names, and what a fitted encoder is."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from skdeep import TabularEncoder
from tests.helpers import run_python, same, unchanged
from tests.tabular import oracle
from tests.tabular.tables import as_object_array, make_table

pd = pytest.importorskip("pandas")


@pytest.mark.nojit
@pytest.mark.parametrize("n_rows", [20, 150, 1500])
@pytest.mark.parametrize("parameters", [{}, {"n_bins": 5}, {"max_categories": 3}], ids=str)
def test_beside_numpy(n_rows, parameters):
    train, rows = make_table(n_rows, 0), make_table(60, 1)
    encoder = TabularEncoder(dtype=np.float64, **parameters).fit(as_object_array(train))
    expected = oracle.encode(train, rows, **parameters)
    assert_allclose(encoder.transform(as_object_array(rows)), expected, rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("seed", range(5))
def test_float32(seed):
    train, rows = make_table(300, seed), make_table(60, seed + 1)
    encoder = TabularEncoder().fit(as_object_array(train))
    encoded = encoder.transform(as_object_array(rows))
    assert encoded.dtype == np.float32
    assert_allclose(encoded, oracle.encode(train, rows), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("n_columns, n_bins", [(1, 32), (12, 32), (20, 19), (40, 9), (100, 8)])
def test_automatic_bins(n_columns, n_bins):
    X = np.random.default_rng(0).normal(size=(50, n_columns))
    encoder = TabularEncoder().fit(X)
    assert encoder.n_bins_ == n_bins == oracle.automatic_bins(50, n_columns)


@pytest.mark.parametrize("rows", [0, 1, 7])
def test_training_rows(rows):
    """Edges of all distinct values: rows of training have fractions of 0 and 1."""
    X = np.repeat(np.arange(8.0), 5)[:, np.newaxis]
    compact = TabularEncoder(n_bins=10)._fit_encode(X)
    assert set(np.unique(compact.fractions)) == {0.0, 1.0}
    assert_array_equal(compact.bins[:, 0], np.repeat([0, 1, 2, 3, 4, 5, 6, 6], 5))


def test_names():
    train = make_table(300)
    encoder = TabularEncoder(n_bins=2).fit(pd.DataFrame(train))
    names = list(encoder.get_feature_names_out())
    assert len(names) == encoder.transform(pd.DataFrame(train)).shape[1] == len(set(names))
    assert names[:6] == ["normal", "heavy", "zeros", "whole", "two", "holes"]
    assert names[6:8] == ["one_or_missing_missing", "holes_missing"]
    assert {"colour_red", "answer_yes", "gaps_missing", "flag_False", "heavy_bin2"} <= set(names)
    assert not [name for name in names if name.startswith(("constant", "gone", "id"))]


def test_names_of_columns_that_are_alike():
    X = pd.DataFrame({"a": [1, None, 3], "a_missing": [1, 2, 3.0], "a_missing_2": [3, 2, 2.0]})
    names = list(TabularEncoder().fit(X).get_feature_names_out())
    assert len(set(names)) == len(names)
    assert names[:3] == ["a", "a_missing", "a_missing_2"]


def test_kinds_and_categories():
    encoder = TabularEncoder().fit(pd.DataFrame(make_table(300)))
    kinds = dict(zip(encoder.feature_names_in_, encoder.column_kinds_, strict=True))
    dropped = {name for name, kind in kinds.items() if kind == "dropped"}
    assert dropped == {"constant", "gone", "id"}
    assert kinds["one_or_missing"] == "number" and kinds["flag"] == "category"
    assert encoder.categories_[9] == ["red", "green", "blue"]


@pytest.mark.parametrize("output", ["pandas", "polars"])
def test_set_output(output):
    pytest.importorskip(output)
    X = pd.DataFrame(make_table(50))
    encoder = TabularEncoder().set_output(transform=output)
    frame = encoder.fit_transform(X)
    assert list(frame.columns) == list(encoder.get_feature_names_out())
    assert_array_equal(
        frame.to_numpy(), clone(encoder).set_output(transform="default").fit(X).transform(X)
    )


def test_pickle_and_size():
    X = pd.DataFrame(make_table(20_000))
    encoder = TabularEncoder().fit(X)
    content = pickle.dumps(encoder)
    assert len(content) < 30_000  # nothing of the rows
    assert_array_equal(pickle.loads(content).transform(X), encoder.transform(X))


def test_sample_of_rows():
    """Quantiles are of the rows drawn; ends, missing values and levels of all."""
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"x": rng.normal(size=5000), "c": rng.choice(["a", "b", "c"], 5000)})
    X.loc[17, "x"] = np.nan
    X.loc[18, "x"] = 1e6
    X.loc[:4, "c"] = "few"
    encoder = TabularEncoder(subsample=500, random_state=0).fit(X)
    again = TabularEncoder(subsample=500, random_state=0).fit(X)
    assert same(encoder._plan, again._plan)
    assert not same(encoder._plan, TabularEncoder(subsample=500, random_state=1).fit(X)._plan)
    names = set(encoder.get_feature_names_out())
    assert {"x_missing", "c_few"} <= names
    whole = TabularEncoder().fit(X)
    assert_allclose(encoder._plan.scaling.edges[-1], whole._plan.scaling.edges[-1], rtol=1e-3)
    difference = encoder._plan.scaling.center - whole._plan.scaling.center
    assert 0 < abs(difference[0]) < 0.2


def test_same_bits_for_any_number_of_threads():
    X = pd.DataFrame(make_table(3000))
    expected = TabularEncoder(n_threads=1).fit(X).transform(X)
    for n_threads in (2, 3, None):
        assert_array_equal(TabularEncoder(n_threads=n_threads).fit(X).transform(X), expected)


def test_many_rows_are_encoded_in_groups(monkeypatch):
    from skdeep.tabular import compact

    X = pd.DataFrame(make_table(2000))
    encoder = TabularEncoder().fit(X)
    dense, encoded = encoder.transform(X), encoder._encode(X)
    monkeypatch.setattr(compact, "CHUNK_NUMBERS", 3000)
    assert_array_equal(encoder.transform(X), dense)
    assert same(encoder._encode(X), encoded)


def test_before_a_classifier():
    train = make_table(600)
    y = [c == "red" or (z > 20) for c, z in zip(train["colour"], train["zeros"], strict=True)]
    model = make_pipeline(TabularEncoder(), LogisticRegression(max_iter=500))
    assert model.fit(pd.DataFrame(train), y).score(pd.DataFrame(train), y) > 0.97


def test_failed_fit_changes_nothing():
    encoder = TabularEncoder().fit(pd.DataFrame(make_table(50)))
    with unchanged(encoder), pytest.raises(ValueError, match="infinity"):
        encoder.fit(pd.DataFrame({"other": [1.0, np.inf, 2.0]}))


def test_nothing_is_compiled_at_import():
    code = """
import skdeep.tabular
from skdeep.engines.cpu.tabular import kernel
print(kernel.encode_numbers.signatures, kernel.expand_rows.signatures)
"""
    assert run_python(code, NUMBA_DISABLE_JIT=0).split() == ["[]", "[]"]
