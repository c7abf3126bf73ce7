"""Files and pickles of the estimators for tables."""

import json
import pickle

import numpy as np
import pytest

pytest.importorskip("safetensors", reason="safetensors is not installed")
from safetensors import safe_open
from safetensors.numpy import save

from skdeep import TabularClassifier, TabularEncoder, TabularRegressor, load_safetensors
from skdeep.losses import Huber
from skdeep.saving import files
from tests.helpers import same
from tests.saving.test_pickles import own_types
from tests.tabular.ensemble.examples import SMALL, outputs, table


def _classifier(**parameters):
    X, labels, _ = table(120)
    return TabularClassifier(**{**SMALL, **parameters}).fit(X, labels), X


def _regressor(two_outputs=False, **parameters):
    X, _, numbers = table(120)
    y = np.column_stack([numbers, -numbers]) if two_outputs else numbers
    return TabularRegressor(**{**SMALL, **parameters}).fit(X, y), X


def _with_weights():
    X, labels, _ = table(120)
    weights = np.arange(120) % 4 + 0.0
    settings = {**SMALL, "oof_predictions": True, "class_weight": {"high": 2, "low": 1, "mid": 1.5}}
    return TabularClassifier(**settings).fit(X, labels, weights), X


def _with_statistics():
    """Return an ensemble of a table with a category of many levels, and levels of all types."""
    rng = np.random.default_rng(0)
    X, labels, _ = table(600)
    X = X.assign(many=[f"n{k}" for k in rng.integers(0, 90, 600)], flag=rng.random(600) < 0.5)
    X = X.assign(code=rng.integers(0, 3, 600) + 0.5)
    return TabularClassifier(**SMALL, categorical_features=["code"]).fit(X, labels), X


def _encoder(**parameters):
    X, _, numbers = table(120)
    return TabularEncoder(**parameters).fit(X, numbers), X


MODELS = {
    "classifier": _classifier,
    "regressor": _regressor,
    "two outputs": lambda: _regressor(two_outputs=True),
    "quantiles": lambda: _regressor(quantiles=[0.2, 0.8]),
    "loss": lambda: _regressor(loss=Huber(0.5)),
    "trees": lambda: _classifier(tree_features=True, n_ensemble=3),
    "without hidden layers": lambda: _classifier(hidden_layer_sizes=()),
    "weights": _with_weights,
    "statistics": _with_statistics,
    "encoder": _encoder,
    "encoder of trees": lambda: _encoder(strategy="tree", max_categories=2, dtype=np.float64),
    "encoder of a list": lambda: _encoder(categorical_features=["b"], dtype=np.dtype("f4")),
}


def predicted(model, X):
    """Return what a model makes of a table."""
    return model.transform(X) if hasattr(model, "transform") else outputs(model, X)


def own_attributes(model):
    """Return the attributes that are public."""
    names = [name for name in vars(model) if name.endswith("_") and name != "members_"]
    return {name: getattr(model, name) for name in names if not hasattr(vars(model)[name], "fit")}


@pytest.mark.parametrize("name", MODELS)
def test_same_bits(name, tmp_path):
    model, X = MODELS[name]()
    path = files.save_safetensors(model, tmp_path / "model")
    for loaded in (files.load_safetensors(path), pickle.loads(pickle.dumps(model))):
        assert type(loaded) is type(model)
        np.testing.assert_array_equal(predicted(loaded, X), predicted(model, X))
        assert same(own_attributes(loaded), own_attributes(model))
        assert set(vars(loaded)) == set(vars(model))
        assert str(loaded.get_params()) == str(model.get_params())
    again = files.load_safetensors(files.save_safetensors(loaded, tmp_path / "again"))
    np.testing.assert_array_equal(predicted(again, X), predicted(model, X))


def test_what_is_not_fitted(tmp_path):
    for cls in (TabularClassifier, TabularRegressor, TabularEncoder):
        loaded = files.load_safetensors(files.save_safetensors(cls(n_bins=7), tmp_path / "model"))
        assert type(loaded) is cls and loaded.n_bins == 7


@pytest.mark.parametrize("name", MODELS)
def test_states_are_plain(name):
    model, _ = MODELS[name]()
    todo, n_estimators = [model], 0
    while todo:
        value = todo.pop()
        if hasattr(value, "get_params"):
            n_estimators += 1
            assert not own_types(value.__getstate__())
            todo.append(value.__getstate__())
        elif isinstance(value, dict):
            todo += value.values()
        elif isinstance(value, list | tuple):
            todo += value
    assert n_estimators >= 1


def test_skops_lists_estimators_only():
    skops = pytest.importorskip("skops.io", reason="skops is not installed")
    for name in ("trees", "quantiles", "statistics", "encoder"):
        model, X = MODELS[name]()
        content = skops.dumps(model)
        untrusted = skops.get_untrusted_types(data=content)
        assert all(each.startswith("skdeep.") for each in untrusted)
        assert {each.rpartition(".")[2] for each in untrusted} <= {
            "NetworkClassifier",
            "NetworkRegressor",
            "TabularClassifier",
            "TabularEncoder",
            "TabularRegressor",
        }
        loaded = skops.loads(content, trusted=untrusted)
        np.testing.assert_array_equal(predicted(loaded, X), predicted(model, X))


def test_pickles_are_about_as_large_as_the_networks():
    model, _ = _classifier(hidden_layer_sizes=(128, 128), tree_features=True)
    weights = sum(c.nbytes for m in model.members_ for c in [*m.coefs_, *m.intercepts_])
    assert len(pickle.dumps(model)) < 1.2 * weights


def forged(tmp_path, name, change):
    """Return a file with a valid checksum whose content has been changed."""
    path = files.save_safetensors(MODELS[name]()[0], tmp_path / "model")
    with safe_open(path, framework="np") as file:
        tree = json.loads(file.metadata()["skdeep"])
        arrays = {key: file.get_tensor(key) for key in file.keys()}
    change(tree["estimator"], arrays)
    text = json.dumps(tree)
    metadata = {"skdeep": text, "sha256": files._checksum(text, arrays)}
    (tmp_path / "forged").write_bytes(save(arrays, metadata=metadata))
    return tmp_path / "forged"


def _set(*path):
    """Return a change of what is at some place in the attributes."""
    *path, last, value = path

    def change(estimator, arrays):
        place = estimator["attributes"]
        for step in path:
            place = _inside(place)[step]
        _inside(place)[last] = value

    return change


class _Pairs:
    """A dict that is kept as a list of pairs."""

    def __init__(self, pairs):
        self._pairs = pairs

    def __getitem__(self, key):
        return next(pair[1] for pair in self._pairs if pair[0] == key)

    def __setitem__(self, key, value):
        next(pair for pair in self._pairs if pair[0] == key)[1] = value


def _inside(tree):
    """Return what can be subscripted: of an estimator the attributes, of a dict its pairs."""
    if isinstance(tree, dict) and "attributes" in tree:
        return tree["attributes"]
    if isinstance(tree, dict) and "dict" in tree:
        return _Pairs(tree["dict"])
    if isinstance(tree, dict) and "tuple" in tree:
        return tree["tuple"]
    return tree


def _array(name, change):
    def apply(estimator, arrays):
        arrays[name] = np.ascontiguousarray(change(arrays[name])).astype(arrays[name].dtype)

    return apply


LEAVES, PLAN = "_leaves.0", "_plan"
SCALING, LAYOUT = f"{PLAN}.scaling", f"{PLAN}.layout"
FORGED = {
    "members of another kind": ("classifier", _set("members_", [1, 2]), "do not fit together"),
    "no member": ("classifier", _set("members_", []), "members_ is not what"),
    "too few ways": ("classifier", _set("_ways", [0]), "do not fit"),
    "a way that is none": ("classifier", _set("_ways", [0, 2]), "do not fit"),
    "another way": ("statistics", _set("_ways", [1, 9]), "do not fit"),
    "a group that is none": ("quantiles", _set("_groups", [0, 0, 2, 2]), "do not fit"),
    "a quantile too many": ("quantiles", _set("_quantiles", [0.1, 0.2, 0.3]), "do not fit"),
    "a function": ("classifier", _set("_scale", "os.system"), "_scale is not what"),
    "no encoding": ("classifier", _set("_encodings", []), "_encodings is not what"),
    "cosines": ("classifier", _set("_encodings", 0, "way", "n_cosines", 4), "do not fit"),
    "leaves of other columns": ("trees", _array(f"{LEAVES}.features", lambda a: a + 99), "not fit"),
    "codes": ("trees", _array(f"{LEAVES}.codes", lambda a: a + 16), "do not fit"),
    "starts of trees": ("trees", _array(f"{LEAVES}.starts", lambda a: a + 1), "do not fit"),
    "a place that is none": ("trees", _set("_leaves", 0, "place", 99), "do not fit"),
    "classes": ("classifier", _set("classes_", {"tuple": []}), "classes_ is not what"),
    "a column that is none": ("encoder", _set(PLAN, "number_columns", 0, 7), "do not fit"),
    "kinds": ("encoder", _set(PLAN, "kinds", 0, "image"), "_plan is not what"),
    "another kind": ("encoder", _set(PLAN, "kinds", 0, "category"), "do not fit"),
    "levels": ("encoder", _set(PLAN, "categories", 0, "n_levels", 70), "do not fit"),
    "places of numbers": ("encoder", _array(f"{SCALING}.number_at", lambda a: a + 5), "do not fit"),
    "bins": ("encoder", _array(f"{SCALING}.starts", lambda a: 2 * a), "do not fit"),
    "starts of bins": ("encoder", _array(f"{LAYOUT}.starts", lambda a: a + 1), "bins of a table"),
    "edges": ("encoder", _array(f"{SCALING}.edges", lambda a: -a), "do not fit"),
    "scales": ("encoder", _array(f"{SCALING}.scale", lambda a: 0 * a), "do not fit"),
    "statistics": ("encoder of trees", _set(PLAN, "statistics", 0, "category", 3), "do not fit"),
    "columns": ("encoder", _set("n_features_in_", 9), "3 names of 9|do not fit|has 3 names"),
}


@pytest.mark.parametrize("name", FORGED)
def test_forged_files(name, tmp_path):
    model, change, message = FORGED[name]
    path = forged(tmp_path, model, change)
    with pytest.raises(ValueError, match=f"cannot be loaded: .*({message})"):
        load_safetensors(path)
