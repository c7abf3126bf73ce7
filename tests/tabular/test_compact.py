"""The compact form: what it promises to code that indexes by it."""

import copy
import tracemalloc
from itertools import pairwise

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skdeep import TabularEncoder
from skdeep.engines.cpu.tabular.encoding import expand
from skdeep.engines.encoded_table import check_encoded, rows_of
from tests.tabular.tables import as_object_array, make_table


@pytest.fixture(scope="module")
def encoder():
    return TabularEncoder().fit(as_object_array(make_table(500)))


@pytest.fixture(scope="module")
def table(encoder):
    return encoder._encode(as_object_array(make_table(300, 1)))


def dense_of(table, layout):
    """Return the dense encoding by the words of `TableLayout`."""
    parts = [table.numbers, table.indicators]
    for codes, n_levels in zip(table.codes.T, layout.n_levels, strict=True):
        hot = (codes[:, np.newaxis] == 1 + np.arange(n_levels)).astype(float)
        parts.append(hot[:, :1] - hot[:, 1:] if n_levels == 2 else hot)
    for k, (start, stop) in enumerate(pairwise(layout.starts)):
        places, found = np.arange(stop - start), table.bins[:, k : k + 1]
        p = np.where(
            places < found, 1.0, np.where(places == found, table.fractions[:, k : k + 1], 0)
        )
        parts.append(p - layout.means[start:stop])
    return np.column_stack(parts)


def test_dense_encoding_of_it(encoder, table):
    dense = encoder.transform(as_object_array(make_table(300, 1)))
    layout = encoder._plan.layout
    assert dense.shape[1] == layout.width
    np.testing.assert_allclose(dense, dense_of(table, layout), rtol=1e-6, atol=1e-6)


def test_what_is_promised(encoder, table):
    layout = encoder._plan.layout
    check_encoded(table, layout)
    assert np.abs(table.numbers).max() <= 3 and set(np.unique(table.indicators)) == {0, 1}
    assert table.fractions.min() >= 0 and table.fractions.max() <= 1
    assert np.all(table.codes <= layout.n_levels)
    assert np.all(table.bins < np.diff(layout.starts))
    assert layout.starts[0] == 0 and layout.starts[-1] == len(layout.means)
    sizes = np.diff(layout.starts)
    assert sizes.min() >= 2 and sizes.max() <= 255
    assert np.all(np.diff(layout.binned) > 0) and layout.binned.max() < layout.n_numbers


def test_size(encoder, table):
    assert sum(part.nbytes for part in table) < 0.2 * table.n_rows * encoder._plan.layout.width * 4


@pytest.mark.parametrize("n_bins", [2, 250])
def test_most_bins(n_bins):
    """Frequent values and the ends of all rows add bins, which uint8 must hold."""
    rng = np.random.default_rng(0)
    values = np.concatenate([np.repeat(np.arange(100.0), 60), rng.normal(size=6000) * 100])
    X = rng.permutation(values)[:, np.newaxis]
    encoder = TabularEncoder(n_bins, subsample=3000, random_state=0).fit(X)
    sizes = np.diff(encoder._plan.layout.starts)
    assert sizes.max() <= min(255, n_bins + 4)
    check_encoded(encoder._encode(X), encoder._plan.layout)


def changed(table, **parts):
    return table._replace(**parts)


@pytest.mark.parametrize(
    "change, words",
    [
        (lambda t: {"codes": np.full_like(t.codes, 65_535)}, "codes of column 0"),
        (lambda t: {"bins": np.full_like(t.bins, 255)}, "bins of column 0"),
        (lambda t: {"bins": t.bins.astype(np.int64)}, "must be a C-ordered array of uint8"),
        (lambda t: {"codes": np.asfortranarray(t.codes)}, "must be a C-ordered array of uint16"),
        (lambda t: {"indicators": t.indicators[:-1]}, "shape"),
        (lambda t: {"fractions": t.fractions * np.float32("nan")}, "fractions .* must be finite"),
        (lambda t: {"numbers": t.numbers.astype(np.float16)}, "float32 or float64"),
    ],
)
def test_refused(encoder, table, change, words):
    layout = encoder._plan.layout
    wrong = changed(table, **change(table))
    out = np.empty((table.n_rows, layout.width), np.float32)
    with pytest.raises(ValueError, match=words):
        expand(wrong, layout, out)


@pytest.mark.parametrize(
    "part, change",
    [
        ("number_at", lambda a: a + 100),
        ("indicator_at", lambda a: np.where(a >= 0, 77, a)),
        ("bins_at", lambda a: a - 2),
        ("starts", lambda a: a * 2),
        ("starts", lambda a: a[:-1]),
        ("starts", lambda a: np.r_[0, a[2], a[1], a[3:]]),
        ("edges", lambda a: a[:-1]),
        ("center", lambda a: a[:-1]),
    ],
)
def test_changed_plans(encoder, part, change):
    """What kernels index by is checked, whatever became of a pickle."""
    plan = encoder._plan
    scaling = plan.scaling._replace(**{part: change(getattr(plan.scaling, part))})
    other = copy.deepcopy(encoder)
    other._plan = plan._replace(scaling=scaling)
    with pytest.raises(ValueError):
        other.transform(as_object_array(make_table(20, 1)))


@pytest.mark.parametrize(
    "part, change",
    [
        ("n_levels", lambda a: a - 2),
        ("starts", lambda a: a + 1),
        ("means", lambda a: a[:-1]),
    ],
)
def test_changed_layouts(encoder, table, part, change):
    layout = encoder._plan.layout
    layout = layout._replace(**{part: change(getattr(layout, part))})
    with pytest.raises(ValueError):
        expand(table, layout, np.empty((table.n_rows, layout.width), np.float32))


def test_memory():
    """Beside the result there is a group of rows, not a copy of the table."""
    X = np.random.default_rng(0).normal(size=(400_000, 8))
    encoder = TabularEncoder(n_bins=8, subsample=1000, random_state=0).fit(X[:5000])
    encoder._encode(X[:5000])
    tracemalloc.start()
    encoded = encoder._encode(X)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < sum(part.nbytes for part in encoded) + 30e6 < 0.4 * 4 * len(X) * 72 + 30e6


def test_room_of_another_shape(encoder, table):
    with pytest.raises(ValueError, match="out must be of shape"):
        expand(table, encoder._plan.layout, np.empty((3, 3), np.float32))


def test_some_rows(encoder, table):
    layout = encoder._plan.layout
    whole = np.empty((table.n_rows, layout.width), np.float32)
    expand(table, layout, whole)
    part = np.empty((20, layout.width), np.float32)
    expand(rows_of(table, 30, 50), layout, part)
    assert_array_equal(part, whole[30:50])
