"""Pickles and skops files: versions, and what is in them."""

import copy
import io
import pickle
import warnings

import joblib
import numpy as np
import pytest
from sklearn.exceptions import InconsistentVersionWarning as ScikitLearnsWarning
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import skdeep
from skdeep.estimators.fitted import versions
from skdeep.exceptions import InconsistentVersionWarning
from tests import datasets
from tests.helpers import quiet, same
from tests.saving.models import MODELS, fitted, predictions

KINDS = ["binary", "several outputs", "perceptron", "transformer"]


def pickled(model):
    return pickle.loads(pickle.dumps(model))


def joblibbed(model):
    file = io.BytesIO()
    joblib.dump(model, file)
    file.seek(0)
    return joblib.load(file)


def attributes(model):
    return {name: value for name, value in vars(model).items() if name != "_views"}


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("how", [pickled, copy.deepcopy])
def test_same_state(how, name):
    model, X = fitted(name)
    loaded = how(model)
    assert same(attributes(loaded), attributes(model))
    assert same(predictions(loaded, X), predictions(model, X))


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("how", [pickled, joblibbed])
def test_other_version_warns(how, name, monkeypatch):
    model, X = fitted(name)
    expected = predictions(model, X)
    for written in ("0.0.9", "99.1"):
        monkeypatch.setattr(versions, "__version__", written)
        content = pickle.dumps(model)
        monkeypatch.undo()
        message = f"pickled by skdeep {written} and is loaded by skdeep {skdeep.__version__}"
        with pytest.warns(InconsistentVersionWarning, match=message) as caught:
            loaded = pickle.loads(content)
        assert same(predictions(loaded, X), expected)
        assert caught[0].message.original_version == written
        assert caught[0].message.estimator_name in repr(model)
        with warnings.catch_warnings():
            warnings.simplefilter("error", ScikitLearnsWarning)
            with pytest.raises(InconsistentVersionWarning):
                pickle.loads(content)
            how(loaded)  # saved again, it has the version of now


@pytest.mark.parametrize("name", KINDS)
def test_later_format_is_refused(name, monkeypatch):
    model, _ = fitted(name)
    monkeypatch.setattr(versions, "FORMAT", 2)
    monkeypatch.setattr(versions, "__version__", "7.0")
    content = pickle.dumps(model)
    monkeypatch.undo()
    with pytest.raises(ValueError, match=r"saved by skdeep 7\.0 in format 2; .* up to 1\. Install"):
        pickle.loads(content)


def old_state(model):
    """Return the state that estimators had before there were versions: objects and all."""
    state = {n: v for n, v in vars(model).items() if n not in ("_views", "_layout", "_vector")}
    return {name: value for name, value in state.items() if name != "_layout_key"}


@pytest.mark.parametrize("name", MODELS)
def test_pickles_without_version_load(name):
    model, X = fitted(name)
    loaded = type(model).__new__(type(model))
    loaded.__setstate__(pickle.loads(pickle.dumps(old_state(model))))
    assert same(predictions(loaded, X), predictions(model, X))
    assert same(attributes(loaded), attributes(model))


def test_versions_are_no_attributes():
    loaded = pickled(fitted("binary")[0])
    assert not {versions.VERSION_KEY, versions.FORMAT_KEY} & set(vars(loaded))


def test_subclasses_are_checked_too(monkeypatch):
    with monkeypatch.context() as context:
        context.setattr(versions, "__version__", "0.0.1")
        content = pickle.dumps(Own())
    with pytest.warns(InconsistentVersionWarning, match="Own was pickled"):
        pickle.loads(content)


class Own(skdeep.MLPClassifier):
    """A user's subclass."""


def own_types(state):
    """Return the types of skdeep in a state, estimators left out."""
    found, todo = set(), [state]
    while todo:
        value = todo.pop()
        if isinstance(value, dict):
            todo += [*value, *value.values()]
        elif isinstance(value, list | tuple):
            todo += [*value]
        if hasattr(value, "get_params"):
            continue
        if type(value).__module__.startswith("skdeep"):
            found.add(type(value))
    return found


@pytest.mark.parametrize("name", MODELS)
def test_states_are_plain(name):
    model, _ = fitted(name)
    assert not own_types(model.__getstate__())


def test_unknown_object():
    state = skdeep.MLPClassifier(solver=skdeep.solvers.SGD()).__getstate__()
    state["solver"]["skdeep object"] = "solvers.Tomorrows"
    with pytest.raises(ValueError, match=r"has no 'solvers.Tomorrows': there are .*solvers.SGD"):
        skdeep.MLPClassifier().__setstate__(state)


@pytest.mark.parametrize("name", MODELS)
def test_skops_lists_estimators_only(name):
    skops = pytest.importorskip("skops.io", reason="skops is not installed")
    model, X = fitted(name)
    content = skops.dumps(model)
    untrusted = skops.get_untrusted_types(data=content)
    ours = {
        f"{cls.__module__}.{cls.__name__}"
        for cls in (
            skdeep.HiddenLayerTransformer,
            skdeep.MLPClassifier,
            skdeep.MLPRegressor,
            skdeep.NetworkClassifier,
            skdeep.NetworkRegressor,
            skdeep.Perceptron,
        )
    }
    sparse = {"scipy.sparse._csr.csr_matrix", "scipy.sparse._csr.csr_array"}
    allowed = ours | sparse if name == "perceptron, sparse" else ours
    assert set(untrusted) <= allowed
    loaded = skops.loads(content, trusted=untrusted)
    assert same(predictions(loaded, X), predictions(model, X))
    assert same(attributes(loaded), attributes(model))


def test_skops_pipeline():
    skops = pytest.importorskip("skops.io", reason="skops is not installed")
    X, y = datasets.load("strings")
    with quiet():
        model = make_pipeline(StandardScaler(), skdeep.MLPClassifier((4,), max_iter=2)).fit(X, y)
    content = skops.dumps(model)
    trusted = ["skdeep.estimators.classifier.MLPClassifier"]
    assert skops.get_untrusted_types(data=content) == trusted
    loaded = skops.loads(content, trusted=trusted)
    np.testing.assert_array_equal(loaded.predict_proba(X), model.predict_proba(X))
