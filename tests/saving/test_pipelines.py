"""Pipelines and column transformers around our estimators, in files that execute nothing."""

import json

import numpy as np
import pytest
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor, make_column_transformer
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_selection import VarianceThreshold
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline, make_union
from sklearn.preprocessing import (
    Binarizer,
    FunctionTransformer,
    MaxAbsScaler,
    MinMaxScaler,
    Normalizer,
    OneHotEncoder,
    OrdinalEncoder,
    PolynomialFeatures,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
)

import skdeep
from skdeep.saving import files, scikit_learn_steps
from tests.helpers import quiet

pytest.importorskip("safetensors", reason="the package safetensors is not installed")
from safetensors.numpy import save

pd = pytest.importorskip("pandas")

RNG = np.random.default_rng(0)
X = np.abs(RNG.normal(size=(60, 4))) + 0.1
Y = X[:, 0] - X[:, 1]
FRAME = pd.DataFrame(X, columns=list("abcd")).assign(
    e=np.array(["red", "green", "blue"])[RNG.integers(0, 3, 60)], f=RNG.integers(0, 3, 60)
)
FRAME.loc[3, "a"] = np.nan
TRANSFORMERS = [
    Binarizer(threshold=0.5),
    FunctionTransformer(),
    MaxAbsScaler(),
    MinMaxScaler((-1, 1)),
    Normalizer(),
    OrdinalEncoder(),
    PCA(2),
    PolynomialFeatures(2),
    PowerTransformer(),
    QuantileTransformer(n_quantiles=20, output_distribution="normal"),
    RobustScaler(),
    SimpleImputer(strategy="median", add_indicator=True),
    StandardScaler(),
    TruncatedSVD(2),
    VarianceThreshold(),
    make_union(StandardScaler(), PCA(1)),
    OneHotEncoder(handle_unknown="ignore", sparse_output=False),
]


def _regressor():
    return skdeep.MLPRegressor(hidden_layer_sizes=(4,), max_iter=3, random_state=0)


def _loaded(model, path):
    return skdeep.load_safetensors(skdeep.save_safetensors(model, path / "model.safetensors"))


@pytest.mark.parametrize("transformer", TRANSFORMERS, ids=lambda t: type(t).__name__)
def test_transformers(transformer, tmp_path):
    model = make_pipeline(transformer, _regressor())
    with quiet():
        model.fit(X, Y)
    loaded = _loaded(model, tmp_path)
    assert type(loaded) is Pipeline and loaded.get_params().keys() == model.get_params().keys()
    assert np.array_equal(loaded.predict(X), model.predict(X))
    assert np.array_equal(loaded[0].transform(X), model[0].transform(X))


@pytest.mark.parametrize("output", [None, "pandas"])
def test_a_whole_pipeline(output, tmp_path):
    """Frames, strings, missing values, slices, names, and a target that is scaled."""
    numbers = make_pipeline(SimpleImputer(), QuantileTransformer(n_quantiles=20))
    columns = ColumnTransformer(
        [
            ("numbers", numbers, ["a", "b"]),
            ("categories", OneHotEncoder(handle_unknown="ignore", sparse_output=False), ["e", "f"]),
            ("c", "passthrough", slice("c", "c")),
            ("none", "drop", ["d"]),
        ]
    )
    if output:
        columns.set_output(transform=output)
    network = TransformedTargetRegressor(_regressor(), transformer=StandardScaler())
    model = make_pipeline(columns, network)
    with quiet():
        model.fit(FRAME, Y)
    loaded = _loaded(model, tmp_path)
    assert np.array_equal(loaded.predict(FRAME), model.predict(FRAME))
    new = FRAME.assign(e="violet")
    assert np.array_equal(loaded.predict(new), model.predict(new))
    assert list(loaded[0].get_feature_names_out()) == list(model[0].get_feature_names_out())
    with pytest.raises(ValueError, match="columns are missing"):
        loaded.predict(FRAME.drop(columns="a"))


def test_what_is_not_fitted(tmp_path):
    model = make_pipeline(make_column_transformer((OrdinalEncoder(), [0])), _regressor())
    loaded = _loaded(model, tmp_path)
    assert repr(loaded) == repr(model)
    with quiet():
        assert np.array_equal(loaded.fit(X, Y).predict(X), model.fit(X, Y).predict(X))


def test_other_estimators_are_refused(tmp_path):
    path = tmp_path / "model"
    with pytest.raises(TypeError, match=r"save_safetensors takes .* skops saves every estimator"):
        skdeep.save_safetensors(RandomForestClassifier(), path)
    with pytest.raises(ValueError, match=r"steps\.0\.1 is RandomForestClassifier\(\).*skops"):
        skdeep.save_safetensors(Pipeline([("trees", RandomForestClassifier())]), path)
    with pytest.raises(ValueError, match=r"steps\.0\.1\.func is <ufunc 'log1p'>"):
        log = make_pipeline(FunctionTransformer(np.log1p), _regressor())
        skdeep.save_safetensors(log, path)
    assert not path.exists()


def test_the_other_way_works(tmp_path, monkeypatch):
    """The line of the message, run as it stands."""
    skops_io = pytest.importorskip("skops.io")
    import skops

    monkeypatch.chdir(tmp_path)
    line = files.OTHER_WAY.partition(": ")[2].removesuffix(".")
    with quiet():
        estimator = make_pipeline(RobustScaler(), FunctionTransformer(np.log1p), _regressor())
        estimator.fit(X, Y)
    exec(line, {"skops": skops, "estimator": estimator})
    trusted = skops_io.get_untrusted_types(file="estimator.skops")
    loaded = skops_io.load("estimator.skops", trusted=trusted)
    with quiet():
        assert np.array_equal(loaded.predict(X), estimator.predict(X), equal_nan=True)


def _tampered(path, change):
    """Change the tree of a file, with a checksum that is right."""
    model = make_pipeline(StandardScaler(), _regressor())
    with quiet():
        model.fit(X, Y)
    skdeep.save_safetensors(model, path)
    text, _, arrays = files._read(str(path))
    tree = json.loads(text)
    change(tree["estimator"]["parameters"]["steps"][0]["tuple"][1])
    text = json.dumps(tree)
    metadata = {files.STATE: text, files.CHECKSUM: files._checksum(text, arrays)}
    path.write_bytes(save(arrays, metadata=metadata))


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda step: step.update(scikit_learn="Birch"), "'Birch' is none of"),
        (lambda step: step.update(scikit_learn=["PCA"]), "is none of"),
        (lambda step: step["attributes"].update(transform=3), r"has no \['transform'\]"),
        (lambda step: step["attributes"].update(__class__=3), r"has no \['__class__'\]"),
        (lambda step: step["parameters"].update(ghost=3), r"has no \['ghost'\]"),
        (lambda step: step["parameters"].update(copy="x"), "'copy' parameter"),
        (lambda step: step["parameters"].update(copy={"slice": [1.5, 1, 2]}), "place of a slice"),
        (lambda step: step["parameters"].update(copy={"dtype": "O8"}), "no type of arrays"),
    ],
)
def test_forged_files(change, message, tmp_path):
    path = tmp_path / "model.safetensors"
    _tampered(path, change)
    with pytest.raises(ValueError, match=message):
        skdeep.load_safetensors(path)


def test_classes_are_found_by_their_names():
    assert all(cls.__name__ == name for name, cls in scikit_learn_steps.CLASSES.items())
