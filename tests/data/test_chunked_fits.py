"""Fits of rows that are read chunk by chunk."""

import numpy as np
import pytest
from sklearn.datasets import make_classification

from skdeep import MLPClassifier, MLPRegressor
from skdeep.data import from_arrays, from_chunks

X, Y = make_classification(300, 6, n_informative=4, n_classes=3, random_state=0)
WEIGHTS = np.random.RandomState(0).rand(300)
OPTIONS = {"hidden_layer_sizes": (5,), "random_state": 0, "max_iter": 4, "tol": 0}
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def chunks_of(*arrays, rows=100):
    def make_chunks():
        for first in range(0, len(arrays[0]), rows):
            yield tuple(each[first : first + rows] for each in arrays)

    return from_chunks(make_chunks)


def largest_difference(one, other):
    pairs = zip(one.coefs_ + one.intercepts_, other.coefs_ + other.intercepts_, strict=True)
    return max(np.abs(a - b).max() for a, b in pairs)


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"learning_rate": "cosine"},
        {"solver": "sgd", "learning_rate": "invscaling"},
        {"class_weight": "balanced"},
        {"label_smoothing": 0.1, "alpha": 1.0},
    ],
)
def test_same_as_a_fit_in_memory(more):
    """Where chunks are whole mini-batches in the order of the rows."""
    options = {**OPTIONS, "shuffle": False, "batch_size": 50, **more}
    local = MLPClassifier(**options).fit(X, Y, WEIGHTS)
    model = MLPClassifier(**options).fit(chunks_of(X, Y, WEIGHTS))
    assert type(model) is MLPClassifier and model.t_ == local.t_
    assert largest_difference(model, local) < 1e-12
    assert model.loss_curve_ == pytest.approx(local.loss_curve_)
    assert vars(model).keys() == vars(local).keys()


def test_memory_maps(tmp_path):
    for name, array in (("x", X.astype(np.float32)), ("y", Y + 0.5)):
        np.save(tmp_path / name, array)
    x, y = (np.load(tmp_path / f"{name}.npy", mmap_mode="r") for name in "xy")
    source = from_arrays(x, y, max_bytes=2**14)
    sizes = [len(chunk.X) for chunk in source.read_chunks(np.random.RandomState(0))]
    assert sum(sizes) == 300 and max(sizes) * 8 * 8 * 4 <= 2**14
    found = np.concatenate([c.y for c in source.read_chunks(np.random.RandomState(0))])
    assert (np.sort(found) == np.sort(y)).all() and (found != y).any()
    model = MLPRegressor(**OPTIONS).fit(source)
    assert model.coefs_[0].dtype == np.float32 and model.n_iter_ == 4
    again = MLPRegressor(**OPTIONS).fit(source)
    assert largest_difference(model, again) == 0


def test_early_stopping():
    options = {**OPTIONS, "early_stopping": True, "max_iter": 60, "learning_rate_init": 0.05}
    given = {"X_val": X[:100], "y_val": Y[:100]}
    model = MLPClassifier(**options).fit(chunks_of(X, Y), **given)
    assert model.best_validation_score_ == max(model.validation_scores_) > 0.6
    with pytest.raises(ValueError, match="early_stopping needs a validation set, X_val"):
        MLPClassifier(**options).fit(chunks_of(X, Y))


def test_wrong_rows():
    bad = X.copy()
    bad[150, 0] = np.nan
    model = MLPClassifier(**OPTIONS)
    with pytest.raises(ValueError, match="Chunk 1: Input X contains NaN"):
        model.fit(chunks_of(bad, Y))
    with pytest.raises(ValueError, match="y must be None"):
        model.fit(chunks_of(X, Y), Y)
    with pytest.raises(ValueError, match="needs all rows at once"):
        MLPClassifier(solver="lbfgs").fit(chunks_of(X, Y))
    with pytest.raises(ValueError, match="Chunk 2: sample_weight must not be negative"):
        model.fit(chunks_of(X, Y, np.where(np.arange(300) == 299, -1, WEIGHTS)))
    with pytest.raises(TypeError, match="Chunk 0 must be a tuple"):
        model.fit(from_chunks(lambda: iter([X])))
    with pytest.raises(TypeError, match="every epoch reads them anew"):
        from_chunks(iter([(X, Y)]))
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        from_arrays(X, Y[:-1])
    with pytest.raises(ValueError, match="max_bytes must be an integer from 4096 on"):
        from_arrays(X, Y, max_bytes=1)
    assert not hasattr(model, "coefs_")
    lengths = iter([100, 100, 50])

    def shrinking():
        n = next(lengths)
        yield X[:n], Y[:n]

    with pytest.raises(ValueError, match="has given 50 rows in this epoch, but 100 before"):
        model.fit(from_chunks(shrinking))


def test_bound_for_wide_rows():
    wide, bytes_of_row = np.ones((40, 500)), 8 * 502 * 4
    with pytest.raises(ValueError, match=f"max_bytes must be {bytes_of_row} at least, for one row"):
        from_arrays(wide, np.ones(40), max_bytes=bytes_of_row - 1)
    for state in (None, np.random.RandomState(0)):
        source = from_arrays(wide, np.ones(40), max_bytes=5 * bytes_of_row)
        assert [len(chunk.X) for chunk in source.read_chunks(state)] == 8 * [5]


def test_chunks_that_are_unlike():
    model = MLPClassifier(**OPTIONS)
    with pytest.raises(ValueError, match="Chunk 1 has no weights of samples, but chunk 0 has some"):
        model.fit(from_chunks(lambda: [(X, Y, WEIGHTS), (X, Y)]))
    empty = X[:0], Y[:0]  # which need no weights
    assert model.fit(from_chunks(lambda: [(X, Y, WEIGHTS), empty])).n_iter_ == 4
    pd = pytest.importorskip("pandas")
    frames = [pd.DataFrame(X, columns=list(names)) for names in ("abcdef", "abcdeg")]
    with pytest.raises(ValueError, match=r"The features of chunk 1 have other names than .* chunk"):
        model.fit(from_chunks(lambda: [(frame, Y) for frame in frames]))


def test_only_fit_takes_sources():
    source = chunks_of(X, Y)
    model = MLPClassifier(**OPTIONS).fit(source)
    for function in (model.predict, model.predict_proba, np.asarray):
        with pytest.raises(TypeError, match="only fit takes them"):
            function(source)


def test_row_groups_are_not_held(tmp_path):
    """While rows are read, the memory does not depend on the size of row groups."""
    pa, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    from skdeep.data import from_parquet

    values = np.random.RandomState(0).normal(size=1_000_000)
    path, usual = tmp_path / "rows.parquet", pa.default_memory_pool()
    parquet.write_table(pa.table({"x": values, "y": values}), path)
    pool = pa.proxy_memory_pool(usual)
    pa.set_memory_pool(pool)
    try:
        chunks = from_parquet(path, target="y", max_bytes=2**16).read_chunks()
        assert sum(len(chunk.y) for chunk in chunks) == len(values)
    finally:
        pa.set_memory_pool(usual)
    assert 0 < pool.max_memory() < values.nbytes  # the row group has two such columns


def test_parquet(tmp_path):
    pytest.importorskip("pyarrow")
    import pandas as pd

    from skdeep.data import from_parquet

    frame = pd.DataFrame(X, columns=list("abcdef")).assign(label=Y, w=WEIGHTS)
    for number in range(2):
        part = frame.iloc[number * 150 : (number + 1) * 150]
        part.to_parquet(tmp_path / f"{number}.parquet", row_group_size=20)
    options = {"target": "label", "sample_weight": "w", "max_bytes": 2**14}
    source = from_parquet(tmp_path, **options)
    sizes = [len(chunk.X) for chunk in source.read_chunks()]
    assert sum(sizes) == 300 and max(sizes) == 2**14 // (8 * 8 * 4)
    assert (np.concatenate([chunk.X for chunk in source.read_chunks()]) == X).all()
    chunks = list(source.read_chunks(np.random.RandomState(0)))
    weights = np.concatenate([chunk.weights for chunk in chunks])
    assert (weights != WEIGHTS).any() and (np.sort(weights) == np.sort(WEIGHTS)).all()
    model = MLPClassifier(**{**OPTIONS, "max_iter": 30}).fit(source)
    assert model.score(X, Y) > 0.5
    with pytest.raises(ValueError, match="has no column 'g'"):
        from_parquet(tmp_path, target="label", columns=["a", "g"])
    with pytest.raises(ValueError, match="columns must not have 'label', which is a target"):
        from_parquet(tmp_path, target="label", columns=["a", "label"])
    assert from_parquet(tmp_path, target="label", columns="a").columns == ["a"]
    with pytest.raises(FileNotFoundError, match="There is no Parquet file"):
        from_parquet(tmp_path / "absent.parquet", target="label")
    frame.assign(label="yes").to_parquet(tmp_path / "text.parquet")
    source = from_parquet(tmp_path / "text.parquet", target="a", columns=["label"])
    with pytest.raises(TypeError, match="The column 'label' must hold numbers"):
        MLPRegressor(**OPTIONS).fit(source)
