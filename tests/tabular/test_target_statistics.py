"""Target statistics of categories with many levels."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from skdeep import TabularEncoder

pd = pytest.importorskip("pandas")


def make_cities(n_rows=6000, n_cities=300, seed=0):
    """Return a table with a column of many levels, of which each has its own share of y."""
    rng = np.random.default_rng(seed)
    share = np.random.default_rng(1).random(n_cities)
    city = rng.integers(0, n_cities, n_rows)
    X = pd.DataFrame({"x": rng.normal(size=n_rows), "city": [f"city {c}" for c in city]})
    return X, (rng.random(n_rows) < share[city]).astype(int), share[city]


def statistic(encoder, encoded, name="city_target"):
    return encoded[:, list(encoder.get_feature_names_out()).index(name)]


def test_rows_do_not_read_their_own_targets():
    """On targets of chance, cross-fitted means tell nothing of them, and others do."""
    X, y, _ = make_cities(1500)
    y = np.random.default_rng(5).integers(0, 2, len(y))
    encoder = TabularEncoder(random_state=0)
    trained = statistic(encoder, encoder.fit_transform(X, y))
    later = statistic(encoder, encoder.transform(X))
    assert abs(np.corrcoef(trained, y)[0, 1]) < 0.1
    assert np.corrcoef(later, y)[0, 1] > 0.2


def test_means_of_levels():
    X, y, share = make_cities()
    encoder = TabularEncoder(random_state=0).fit(X, y)
    (means,) = [s.means for s in encoder._plan.statistics]
    levels = encoder.categories_[1]
    assert len(means) == 1 + len(levels)
    counts = X["city"].value_counts()
    plain = pd.Series(y).groupby(X["city"]).mean()
    for level, mean in zip(levels[::20], means[1::20, 0], strict=True):
        low, high = sorted([plain[level], y.mean()])
        assert low <= mean <= high  # drawn towards the mean of all
        assert abs(mean - plain[level]) < 5 / counts[level]
    assert np.corrcoef(statistic(encoder, encoder.transform(X)), share)[0, 1] > 0.85


def test_better_than_the_most_frequent_levels():
    X, y, _ = make_cities(12_000, 1000)
    train, test = slice(0, 9000), slice(9000, None)
    scores = [
        make_pipeline(TabularEncoder(random_state=0, **options), LogisticRegression(max_iter=300))
        .fit(X[train], y[train])
        .score(X[test], y[test])
        for options in ({}, {"max_categories": 1000})
    ]
    without = make_pipeline(TabularEncoder(), LogisticRegression(max_iter=300))
    encoded = without[0].fit(X[train]).transform(X)  # no targets, so 64 levels alone
    without[1].fit(encoded[train], y[train])
    assert scores[0] > without[1].score(encoded[test], y[test]) + 0.05


@pytest.mark.parametrize(
    "y, names",
    [
        (np.arange(6000) % 3, ["city_target_0", "city_target_1", "city_target_2"]),
        (np.array(["no", "yes"])[np.arange(6000) % 2], ["city_target"]),
        (np.linspace(0, 1, 6000), ["city_target"]),
        (np.random.default_rng(0).normal(size=(6000, 2)), ["city_target_0", "city_target_1"]),
        (np.zeros(6000), ["city_target"]),
    ],
    ids=["classes", "words", "numbers", "outputs", "constant"],
)
def test_targets(y, names):
    X, _, _ = make_cities()
    encoder = TabularEncoder(random_state=0)
    encoded = encoder.fit_transform(X, y)
    assert np.isfinite(encoded).all() and np.isfinite(encoder.transform(X)).all()
    found = [n for n in encoder.get_feature_names_out() if "target" in n and "bin" not in n]
    assert found == (names if np.ptp(np.unique(y, return_inverse=True)[1]) else [])


def test_kind_of_target():
    X, _, _ = make_cities()
    counts = np.arange(6000) % 7
    names = TabularEncoder(target_type="regression").fit(X, counts).get_feature_names_out()
    assert "city_target" in names
    names = TabularEncoder().fit(X, counts).get_feature_names_out()
    assert "city_target_6" in names


def test_unseen_level():
    X, y, _ = make_cities()
    encoder = TabularEncoder(random_state=0, dtype=np.float64).fit(X, y)
    new = encoder.transform(pd.DataFrame({"x": [0.0, 0.0], "city": ["new", None]}))
    assert_array_equal(new[0], new[1])
    scaling, mean = encoder._plan.scaling, y.mean()
    u = (mean - scaling.center[1]) / scaling.scale[1]
    assert_allclose(statistic(encoder, new)[0], u / np.sqrt(1 + (u / 3) ** 2), rtol=1e-9)


def test_without_targets_or_with_few_levels():
    X, y, _ = make_cities()
    assert "city_target" not in TabularEncoder().fit(X).get_feature_names_out()
    few, y_few, _ = make_cities(n_cities=60)
    assert "city_target" not in TabularEncoder().fit(few, y_few).get_feature_names_out()
    ids = pd.DataFrame({"x": np.arange(300.0), "id": [f"id {i}" for i in range(300)]})
    assert TabularEncoder().fit(ids, y[:300]).column_kinds_ == ["number", "dropped"]


def test_seed():
    X, y, _ = make_cities()
    first = TabularEncoder(random_state=3).fit_transform(X, y)
    assert_array_equal(TabularEncoder(random_state=3).fit_transform(X, y), first)
    assert not np.array_equal(TabularEncoder(random_state=4).fit_transform(X, y), first)


@pytest.mark.parametrize(
    "y, words",
    [
        (np.full(6000, np.nan), "NaN"),
        (np.zeros(5), "inconsistent numbers of samples"),
    ],
    ids=["NaN", "short"],
)
def test_wrong_targets(y, words):
    X, _, _ = make_cities()
    with pytest.raises(ValueError, match=words):
        TabularEncoder().fit(X, y)


@pytest.mark.parametrize("factor", [1e-200, 1e200, 1e307])
def test_targets_of_any_size(factor):
    X, _, share = make_cities()
    encoder = TabularEncoder(random_state=0)
    expected = encoder.fit_transform(X, share)
    assert_allclose(encoder.fit_transform(X, share * factor), expected, rtol=1e-4, atol=1e-4)


def test_targets_that_are_not_needed_are_not_looked_at():
    """A step behind the encoder may take targets that this one could not use."""
    X, y, _ = make_cities(n_cities=20)
    labels = np.where(np.arange(len(y)) % 2, y, np.nan)
    expected = TabularEncoder().fit_transform(X)
    assert_array_equal(TabularEncoder().fit_transform(X, labels), expected)


def test_classes_with_one_row():
    X, y, _ = make_cities()
    y = np.where(np.arange(len(y)) == 17, 9, y)
    assert np.isfinite(TabularEncoder(random_state=0).fit_transform(X, y)).all()
