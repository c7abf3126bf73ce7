"""Files of the format safetensors: what goes in comes out, and nothing else does."""

import json
import os
import struct
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator

import skdeep
from tests import datasets
from tests.helpers import quiet, run_python, same, unchanged
from tests.saving.models import MODELS, fitted, predictions

pytest.importorskip("safetensors", reason="safetensors is not installed")
from safetensors.numpy import save

from skdeep import load_safetensors, save_safetensors
from skdeep.saving import files


def attributes(model):
    """Return what an estimator holds, but for lists of views."""
    return {name: value for name, value in vars(model).items() if name != "_views"}


@pytest.mark.parametrize("name", MODELS)
def test_same_bits(name, tmp_path):
    model, X = fitted(name)
    path = tmp_path / "model.safetensors"
    with unchanged(model):
        assert save_safetensors(model, path) == str(path)
    loaded = load_safetensors(path)
    assert type(loaded) is type(model)
    assert same(predictions(loaded, X), predictions(model, X))
    ours, theirs = attributes(model), attributes(loaded)
    assert set(ours) == set(theirs)
    different = [n for n in ours if not same(ours[n], theirs[n]) and n != "class_weight"]
    assert not different
    clone(loaded)


@pytest.mark.parametrize("name", ["multiclass", "binary", "multilabel", "perceptron"])
def test_training_goes_on(name, tmp_path):
    data = {"perceptron": "multiclass"}.get(name, name)
    model, X = fitted(name)
    loaded = load_safetensors(save_safetensors(model, tmp_path / "model"))
    again = load_safetensors(tmp_path / "model")
    for _ in range(2):
        loaded.partial_fit(*datasets.load(data))
        again.partial_fit(*datasets.load(data))
    assert same(predictions(loaded, X), predictions(again, X))
    expected = skdeep.__dict__[type(model).__name__].__new__(type(model))
    expected.__setstate__(model.__getstate__())
    for _ in range(2):
        expected.partial_fit(*datasets.load(data))
    assert same(predictions(loaded, X), predictions(expected, X))


def test_of_an_estimator_that_is_not_fitted(tmp_path):
    model = skdeep.MLPClassifier((3,), alpha=np.float32(0.1))
    loaded = load_safetensors(save_safetensors(model, tmp_path / "model"))
    assert loaded.get_params() == model.get_params()
    assert not hasattr(loaded, "coefs_")


def test_arrays_have_readable_names(tmp_path):
    from safetensors.numpy import load_file

    model, _ = fitted("binary, float32")
    arrays = load_file(save_safetensors(model, tmp_path / "model"))
    np.testing.assert_array_equal(arrays["coefs_.1"], model.coefs_[1])
    np.testing.assert_array_equal(arrays["batch_norm_.0.variance"], model.batch_norm_[0].variance)


def test_frozen_network(tmp_path):
    model, X = fitted("binary")
    transformer = skdeep.HiddenLayerTransformer(FrozenEstimator(model))
    transformer.fit(*datasets.load("binary"))
    loaded = load_safetensors(save_safetensors(transformer, tmp_path / "model"))
    np.testing.assert_array_equal(loaded.transform(X), transformer.transform(X))


def test_attributes_of_users_are_left_out(tmp_path):
    model = clone(fitted("binary")[0])
    with quiet():
        model.fit(*datasets.load("binary"))
    model.note = object()
    assert not hasattr(load_safetensors(save_safetensors(model, tmp_path / "model")), "note")


@pytest.mark.parametrize(
    "parameter, value",
    [("augment", lambda X, y, rng: (X, y)), ("scoring", max), ("learning_rate", lambda t: 1 - t)],
)
def test_functions_are_refused(parameter, value, tmp_path):
    path = tmp_path / "model"
    path.write_text("what was there")
    model = skdeep.MLPClassifier(**{parameter: value})
    with pytest.raises(ValueError, match=f"{parameter} is <.*no functions"):
        save_safetensors(model, path)
    assert path.read_text() == "what was there"
    assert os.listdir(tmp_path) == ["model"]


def test_only_estimators_of_skdeep_are_saved(tmp_path):
    class Own(skdeep.MLPClassifier):
        pass

    for other in (Own(), 3, FrozenEstimator(skdeep.MLPClassifier())):
        with pytest.raises(TypeError, match="save_safetensors takes"):
            save_safetensors(other, tmp_path / "model")


def test_an_earlier_file_survives(tmp_path, monkeypatch):
    model, X = fitted("binary")
    path = save_safetensors(model, tmp_path / "model")

    def full_disk(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full_disk)
    with pytest.raises(OSError, match="No space left"):
        save_safetensors(fitted("multiclass")[0], path)
    assert os.listdir(tmp_path) == ["model"]
    np.testing.assert_array_equal(load_safetensors(path).predict(X), model.predict(X))


def test_no_such_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        load_safetensors(tmp_path / "nothing")
    with pytest.raises(OSError):
        load_safetensors(tmp_path)


def test_without_the_package(monkeypatch, tmp_path):
    path = save_safetensors(fitted("binary")[0], tmp_path / "model")
    for name in ("safetensors", "safetensors.numpy"):
        monkeypatch.setitem(sys.modules, name, None)
    for call in (lambda: load_safetensors(path), lambda: save_safetensors(MODELS, path)):
        with pytest.raises(ImportError, match=r"pip install safetensors"):
            call()


def test_import_does_not_load_the_package():
    assert run_python("import sys, skdeep; print('safetensors' in sys.modules)").strip() == "False"


# Files that are not what they should be.

FOREIGN = {
    "nothing": b"",
    "text": b"no such format, only words in a file of some length",
    "a pickle": b"\x80\x04\x95\x1b" + bytes(7) + b"\x8c\x02os\x94\x8c\x06system\x94\x93.",
    "huge header": struct.pack("<Q", 2**62) + b"{}",
    "huge array": (lambda header: struct.pack("<Q", len(header)) + header)(
        b'{"a":{"dtype":"F64","shape":[1000000000,1000000],"data_offsets":[0,8000000000000000]}}'
    ),
    "other arrays": save({"a": np.zeros(3)}),
    "other metadata": save({"a": np.zeros(3)}, metadata={"format": "pt"}),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_foreign_files(name, tmp_path):
    path = tmp_path / "model"
    path.write_bytes(FOREIGN[name])
    with pytest.raises(ValueError, match=r"is no file of the format|was not saved by skdeep"):
        load_safetensors(path)


def test_damaged_files(tmp_path):
    """Wherever a file is cut or a bit changes, there is a message and no estimator."""
    model, _ = fitted("strings")
    content = Path(save_safetensors(model, tmp_path / "model")).read_bytes()
    rng, path = np.random.RandomState(0), tmp_path / "damaged"
    for place in rng.randint(0, len(content), 20):
        changed = bytearray(content)
        changed[place] ^= 1 << rng.randint(8)
        for damaged in (bytes(changed), content[:place], content + b"\0" * (1 + place % 9)):
            path.write_bytes(damaged)
            with pytest.raises(ValueError, match="damaged"):  # the name, if not the message
                load_safetensors(path)


def forged(tmp_path, name, change):
    """Return a file with a valid checksum whose content has been changed."""
    from safetensors import safe_open

    path = save_safetensors(fitted(name)[0], tmp_path / "model")
    with safe_open(path, framework="np") as file:
        tree = json.loads(file.metadata()["skdeep"])
        arrays = {key: file.get_tensor(key) for key in file.keys()}
    change(tree, arrays)
    text = json.dumps(tree)
    metadata = {"skdeep": text, "sha256": files._checksum(text, arrays)}
    path = tmp_path / "forged"
    path.write_bytes(save(arrays, metadata=metadata))
    return path


def _estimator(change):
    return lambda tree, arrays: change(tree["estimator"])


def _attribute(name, value):
    return lambda tree, arrays: tree["estimator"]["attributes"].__setitem__(name, value)


def _parameter(name, value):
    return lambda tree, arrays: tree["estimator"]["parameters"].__setitem__(name, value)


def _array(name, change):
    def apply(tree, arrays):
        arrays[name] = np.ascontiguousarray(change(arrays[name]))
        text = json.dumps(tree)
        old = json.dumps({"array": name, "shape": None})[:-5]
        start = text.index(old) + len(old)
        end = text.index("]", start) + 1
        tree.clear()
        tree.update(json.loads(text[:start] + str(list(arrays[name].shape)) + text[end:]))

    return apply


def _nested(depth):
    tree = None
    for _ in range(depth):
        tree = [tree]
    return tree


FORGED = {
    "later format": (lambda tree, a: tree.update(_skdeep_format=2), "reads formats up to 1"),
    "format that is none": (lambda tree, a: tree.update(_skdeep_format="os"), "reads formats up"),
    "no estimator": (lambda tree, a: tree.pop("estimator"), "KeyError"),
    "other class": (_estimator(lambda e: e.update(estimator="os.system")), "none of"),
    "regressor's class": (_estimator(lambda e: e.update(estimator="Perceptron")), "no parameters"),
    "unknown kind": (_parameter("alpha", {"object": "os.system"}), "no kind of value"),
    "unknown object": (
        _parameter("solver", {"dict": [["skdeep object", "os.system"], ["parameters", None]]}),
        "has no 'os.system'",
    ),
    "wrong parameter": (_parameter("alpha", "echo"), "'alpha' parameter"),
    "unknown parameter": (_parameter("predict", 1), "no parameters"),
    "attribute that hides a method": (_attribute("predict", 1), "no attribute 'predict'"),
    "missing attribute": (
        _estimator(lambda e: e["attributes"].pop("out_activation_")),
        "out_activation_ is missing",
    ),
    "unknown activation": (_attribute("out_activation_", "magic"), "out_activation_ is not"),
    "missing array": (lambda tree, arrays: arrays.pop("coefs_.0"), "'coefs_.0' is missing"),
    "array too many": (lambda tree, a: a.update(more=np.zeros(3)), "nothing refers to"),
    "shape that is not declared": (
        lambda tree, a: a.update({"coefs_.0": a["coefs_.0"].T.copy()}),
        "was declared",
    ),
    "wrong shape": (_array("coefs_.0", lambda a: a[:, :-1]), "were expected"),
    "wrong dimension": (_array("coefs_.1", lambda a: a.ravel()), "coefs_ is not what it should"),
    "another precision": (_array("coefs_.0", lambda a: a.astype("f4")), "several types"),
    "integers": (_array("coefs_.0", lambda a: a.astype("i8")), "coefs_ is not what it should"),
    "weights of NaN": (_array("coefs_.0", lambda a: a * np.nan), "coefs_ is not what it should"),
    "infinite biases": (_array("intercepts_.0", lambda a: a + np.inf), "intercepts_ is not what"),
    "classes of NaN": (_array("classes_", lambda a: a * np.nan), "classes_ is not what it should"),
    "classes in disorder": (_array("classes_", lambda a: a[::-1]), "classes_ is not what"),
    "classes too few": (_array("classes_", lambda a: a[:-1]), "are not those of"),
    "no classes": (_attribute("classes_", None), "classes_ is not what"),
    "huge layer": (_attribute("n_features_in_", 10**12), "were expected"),
    "negative": (_attribute("n_iter_", -1), "n_iter_ is not what"),
    "layers": (_attribute("n_layers_", 10**9), "layers of weights"),
    "state of the solver": (
        _array("_optimizer.states", lambda a: a[:, 1:]),
        "state of the solver",
    ),
    "deep": (_parameter("random_state", _nested(900)), "random_state|RecursionError"),
    "tree that is none": (_estimator(lambda e: e.update(attributes=[1, 2])), "AttributeError"),
    "labels that take much memory": (
        _attribute(
            "feature_names_in_",
            {"strings": ["x" * 10**5, *[""] * 10**4], "dtype": "U5", "shape": [10001]},
        ),
        "more memory than the strings",
    ),
    "structure": (_attribute("_structure", {"dict": [["skips", True]]}), "_structure is not what"),
}


@pytest.mark.parametrize("name", FORGED)
def test_forged_files(name, tmp_path):
    change, message = FORGED[name]
    path = forged(tmp_path, "floats", change)
    with pytest.raises(ValueError, match=f"cannot be loaded: .*({message})"):
        load_safetensors(path)


def test_forged_perceptron(tmp_path):
    path = forged(tmp_path, "perceptron", _array("coef_", lambda a: a[:-1]))
    with pytest.raises(ValueError, match=r"coef_ has shape \(3, 6\)"):
        load_safetensors(path)


def test_forged_sparse_weights(tmp_path):
    path = forged(tmp_path, "perceptron, sparse", _array("coef_.indices", lambda a: a + 10**6))
    with pytest.raises(ValueError, match="matrix of the file is no valid CSR matrix: indices must"):
        load_safetensors(path)


@pytest.mark.parametrize("wanted", [False, 1, "yes"])
def test_forged_auxiliary_outputs(wanted, tmp_path):
    """Arrays of auxiliary outputs that no layer has, and layers that say nonsense of them."""

    def change(tree, arrays):
        pairs = tree["estimator"]["attributes"]["layers_"]
        parameters = pairs[0]["tuple"][1]["dict"][1][1]["dict"]
        next(pair for pair in parameters if pair[0] == "auxiliary_output")[1] = wanted

    path = forged(tmp_path, "heads, multiclass", change)
    with pytest.raises(ValueError, match=r"cannot be loaded: .*auxiliary_"):
        load_safetensors(path)


def test_nothing_is_executed(tmp_path):
    """Loading imports no module that it does not import for any other file."""
    good = save_safetensors(fitted("binary")[0], tmp_path / "good")
    bad = forged(tmp_path, "binary", _estimator(lambda e: e.update(estimator="antigravity")))
    code = f"""
import sys, skdeep
skdeep.load_safetensors({good!r})
before = set(sys.modules)
try:
    skdeep.load_safetensors({str(bad)!r})
except ValueError:
    print(sorted(set(sys.modules) - before))
"""
    assert run_python(code).strip() == "[]"
