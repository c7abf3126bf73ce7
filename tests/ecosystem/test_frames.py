"""Frames of pandas and polars, with nullable numbers and categories, alone and in pipelines."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

import skdeep
from tests import datasets
from tests.ecosystem.twins import CLASSIFIERS, SETTINGS, THEIRS, assert_same_work, outputs
from tests.helpers import quiet, unchanged

pd = pytest.importorskip("pandas")
pl = pytest.importorskip("polars")

DATA = {"MLPClassifier": "strings", "MLPRegressor": "regression", "Perceptron": "strings"}


def columns(X):
    """Return columns by name: whole numbers, as frames of users have them too."""
    return {f"x{i}": np.round(4 * column) for i, column in enumerate(X.T)}


FRAMES = {
    "pandas": lambda c: pd.DataFrame(c),
    "pandas Float64": lambda c: pd.DataFrame(c).astype("Float64"),
    "pandas Int64": lambda c: pd.DataFrame(c).astype("Int64"),
    "pandas mixed": lambda c: pd.DataFrame(c).astype(
        {"x0": "Int8", "x1": "float32", "x2": "int16"}
    ),
    "pandas nullable boolean": lambda c: pd.DataFrame(c).assign(
        x0=lambda f: (f.x0 > 0).astype("boolean")
    ),
    "pandas category of numbers": lambda c: pd.DataFrame(c).astype({"x0": "category"}),
    "polars": lambda c: pl.DataFrame(c),
    "polars integers": lambda c: pl.DataFrame(c).cast(pl.Int32),
    "polars mixed": lambda c: pl.DataFrame(c).with_columns(
        pl.col("x0").cast(pl.Int8), pl.col("x1").cast(pl.Float32), pl.col("x2") > 0
    ),
}


@pytest.mark.parametrize("name", THEIRS)
@pytest.mark.parametrize("frame", FRAMES)
def test_frames(frame, name):
    """As in scikit-learn, and as the array that the frame holds."""
    X, y = datasets.load(DATA[name])
    rows = FRAMES[frame](columns(X))

    def work(e):
        fitted = e.fit(rows, y)
        assert list(fitted.feature_names_in_) == list(rows.columns)
        assert fitted.n_features_in_ == X.shape[1]
        return [outputs(fitted, rows), fitted.score(rows, y)]

    assert_same_work(name, work)
    e = getattr(skdeep, name)(random_state=0, **SETTINGS[name])
    with quiet():
        array = rows.to_numpy().astype(np.float64)
        assert_array_equal(outputs(e.fit(rows, y), rows), outputs(clone(e).fit(array, y), array))


MISSING = {
    "pandas": lambda frame: frame,
    "pandas Float64": lambda frame: frame.astype("Float64"),
    "polars": lambda frame: pl.DataFrame({c: frame[c].to_list() for c in frame}, nan_to_null=True),
}


@pytest.mark.parametrize("name", THEIRS)
@pytest.mark.parametrize("kind", MISSING)
def test_gaps_are_refused_or_filled(kind, name):
    X, y = datasets.load(DATA[name])
    frame = pd.DataFrame(columns(X))
    frame.loc[3, "x1"] = frame.loc[10, "x0"] = np.nan
    rows = MISSING[kind](frame)
    e = getattr(skdeep, name)(random_state=0, **SETTINGS[name])
    with unchanged(e), pytest.raises(ValueError, match="NaN"):
        e.fit(rows, y)
    assert_same_work(name, lambda e: outputs(make_pipeline(SimpleImputer(), e).fit(rows, y), rows))


TARGETS = {
    "category": lambda y: pd.Series(y, dtype="category"),
    "string": lambda y: pd.Series(y, dtype="string"),
    "object": lambda y: pd.Series(y, dtype=object),
    "column of a frame": lambda y: pd.DataFrame({"y": y})["y"],
    "odd index": lambda y: pd.Series(y, index=np.arange(len(y))[::-1]),
    "polars": lambda y: pl.Series("y", y),
    "polars categorical": lambda y: pl.Series("y", y, dtype=pl.Categorical),
}


@pytest.mark.parametrize("name", CLASSIFIERS)
@pytest.mark.parametrize("target", TARGETS)
def test_labels(target, name):
    X, y = datasets.load("strings")
    labels = TARGETS[target](y)

    def work(e):
        fitted = e.fit(X, labels)
        assert list(fitted.classes_) == sorted(set(y))
        return [outputs(fitted, X), np.asarray(fitted.predict(X), dtype=str)]

    assert_same_work(name, work)


NUMBERS = {
    "Float64": lambda y: pd.Series(y, dtype="Float64"),
    "float32": lambda y: pd.Series(y, dtype="float32"),
    "polars": lambda y: pl.Series("y", y),
}


@pytest.mark.parametrize("target", NUMBERS)
def test_numbers(target):
    X, y = datasets.load("regression")
    targets = NUMBERS[target](y)
    assert_same_work("MLPRegressor", lambda e: e.fit(X, targets).predict(X))


def test_frames_of_targets():
    X, y = datasets.load("multioutput")
    names = ["a", "b", "c"]
    for frame in (pd.DataFrame(y, columns=names), pl.DataFrame(y, schema=names)):
        assert_same_work("MLPRegressor", lambda e: e.fit(X, frame).predict(X))  # noqa: B023
    X, y = datasets.load("multilabel")
    for frame in (pd.DataFrame(y, columns=names), pl.DataFrame(y, schema=names)):
        assert_same_work("MLPClassifier", lambda e: e.fit(X, frame).predict_proba(X))  # noqa: B023


def table(library):
    """Return a table of numbers with gaps, words and categories, and its labels."""
    rng = np.random.RandomState(0)
    n = 90
    word, size = rng.choice(["red", "green", "blue"], n), rng.choice(["S", "M", "L"], n)
    number = rng.standard_normal((n, 2))
    y = np.where((word == "red") ^ (number[:, 0] > 0), "yes", "no")
    number[rng.uniform(size=number.shape) < 0.1] = np.nan
    flag = rng.uniform(size=n) < 0.5
    if library == "pandas":
        frame = pd.DataFrame({"a": number[:, 0], "b": pd.array(number[:, 1], dtype="Float64")})
        return frame.assign(word=word, size_=pd.Categorical(size, list("SML")), flag=flag), y
    data = {"a": number[:, 0], "b": number[:, 1], "word": word, "size_": size, "flag": flag}
    frame = pl.DataFrame(data, nan_to_null=True)
    return frame.with_columns(pl.col("size_").cast(pl.Enum(["S", "M", "L"]))), y


def column_transformer(numbers=("a", "b")):
    return ColumnTransformer(
        [
            ("numbers", make_pipeline(SimpleImputer(), StandardScaler()), numbers),
            ("words", OneHotEncoder(handle_unknown="ignore", sparse_output=False), ["word"]),
            ("ordered", OrdinalEncoder(categories=[["S", "M", "L"]]), ["size_"]),
        ],
        remainder="passthrough",
        verbose_feature_names_out=False,
    )


@pytest.mark.parametrize("name", CLASSIFIERS)
@pytest.mark.parametrize("output", ["default", "pandas", "polars"])
@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_tables(library, output, name):
    frame, y = table(library)

    def work(e):
        pipeline = make_pipeline(column_transformer().set_output(transform=output), e)
        pipeline.fit(frame[:60], y[:60])
        named = hasattr(pipeline[-1], "feature_names_in_")
        assert named == (output != "default")
        if named:
            names = ["a", "b", "word_blue", "word_green", "word_red", "size_", "flag"]
            assert list(pipeline[-1].feature_names_in_) == names
        return outputs(pipeline, frame[60:])

    assert_same_work(name, work)


def test_columns_by_type():
    frame, y = table("pandas")
    by_type = make_column_selector(dtype_include="number")
    assert_same_work(
        "MLPClassifier",
        lambda e: make_pipeline(column_transformer(by_type), e).fit(frame, y).predict_proba(frame),
    )


def test_sparse_columns():
    """Sparse output of an encoder reaches the network, and stays sparse."""
    frame, y = table("pandas")
    encoder = ColumnTransformer([("words", OneHotEncoder(), ["word", "size_"])], sparse_threshold=1)
    assert_same_work(
        "MLPClassifier", lambda e: make_pipeline(encoder, e).fit(frame, y).predict_proba(frame)
    )


@pytest.mark.parametrize("output", ["default", "pandas", "polars"])
@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_hidden_layer_as_a_frame(library, output):
    """``set_output`` names the hidden units, in the frame that is asked for."""
    X, y = datasets.load("strings")
    rows = {"pandas": pd.DataFrame, "polars": pl.DataFrame}[library](columns(X))
    mlp = skdeep.MLPClassifier(random_state=0, **SETTINGS["MLPClassifier"])
    transformer = skdeep.HiddenLayerTransformer(mlp).set_output(transform=output)
    with quiet():
        units = transformer.fit_transform(rows, y)
        expected = clone(mlp).fit(rows, y).hidden_activations(rows)[-1]
    assert isinstance(
        units, {"default": np.ndarray, "pandas": pd.DataFrame, "polars": pl.DataFrame}[output]
    )
    if output != "default":
        assert list(units.columns) == [f"hiddenlayertransformer{i}" for i in range(6)]
    assert_array_equal(np.asarray(units), expected)
    with quiet():
        pipeline = make_pipeline(clone(transformer), clone(mlp)).fit(rows, y)
        head = clone(mlp).fit(expected, y)
    assert_array_equal(pipeline.predict_proba(rows), head.predict_proba(expected))


@pytest.mark.parametrize("name", THEIRS)
def test_other_names_are_refused(name):
    X, y = datasets.load(DATA[name])
    for frame in (pd.DataFrame(columns(X)), pl.DataFrame(columns(X))):
        e = getattr(skdeep, name)(random_state=0, **SETTINGS[name])
        with quiet():
            e.fit(frame, y)
        other = frame[list(frame.columns)[::-1]]
        with unchanged(e), pytest.raises(ValueError, match="feature names should match"):
            e.predict(other)
        with unchanged(e), pytest.raises(ValueError, match="feature names should match"):
            e.partial_fit(other, y)
        with pytest.warns(UserWarning, match="does not have valid feature names"):
            e.predict(X)
