"""Ensembles in ONNX Runtime beside their own predictions."""

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("onnx", reason="onnx is not installed")
pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed")
import onnxruntime

from skdeep import TabularClassifier
from tests.tabular.ensemble.examples import SMALL, outputs, table
from tests.tabular.exporting.models import MODELS, fitted


def fed(session, X, missing=""):
    """Return the inputs of a session."""
    found = {}
    for each in session.get_inputs():
        dtype = np.float32 if each.type == "tensor(float)" else np.float64
        if each.name == "X":
            found["X"] = X.to_numpy(dtype=dtype)
            continue
        column = X[each.name]
        if each.type == "tensor(string)":
            column = column.astype(object).where(column.notna(), missing)
        dtype = {"tensor(string)": object, "tensor(bool)": bool}.get(each.type, dtype)
        found[each.name] = column.to_numpy(dtype=dtype)[:, np.newaxis]
    return found


def session_of(model):
    return onnxruntime.InferenceSession(model.SerializeToString())


@pytest.mark.parametrize("name", MODELS)
def test_predictions(name):
    model, X = fitted(name)
    session = session_of(model.to_onnx())
    found, expected = session.run(None, fed(session, X)), outputs(model, _as_fitted(model, X))
    assert found[-1].dtype == np.float64
    np.testing.assert_allclose(found[-1].reshape(expected.shape), expected, rtol=1e-5, atol=1e-5)
    names = [each.name for each in session.get_outputs()]
    if hasattr(model, "classes_"):
        assert names == ["label", "probabilities"]
        np.testing.assert_array_equal(found[0], model.predict(_as_fitted(model, X)))
        np.testing.assert_allclose(found[1].sum(axis=1), 1.0)
    else:
        assert names == ["variable"]


def _as_fitted(model, X):
    return X if hasattr(model, "feature_names_in_") else X.to_numpy(dtype=np.float32)


def test_inputs():
    inputs = {
        each.name: each.type for each in session_of(fitted("classes")[0].to_onnx()).get_inputs()
    }
    assert inputs == {
        **dict.fromkeys(["a", "b", "code", "two"], "tensor(double)"),
        **dict.fromkeys(["c", "many", "gender"], "tensor(string)"),
        "flag": "tensor(bool)",
    }
    (only,) = session_of(fitted("numbers alone")[0].to_onnx()).get_inputs()
    assert (only.name, only.shape) == ("X", ["n_samples", 3])


@pytest.mark.parametrize("name", ["array", "classes"])
def test_float32(name):
    model, X = fitted(name)
    session = session_of(model.to_onnx(dtype="float32"))
    numbers = {each.type for each in session.get_inputs()} - {"tensor(string)", "tensor(bool)"}
    assert numbers == {"tensor(float)"}
    X = X if name == "array" else X.replace(1e300, 1e30)
    found = session.run(None, fed(session, X))[-1]
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, outputs(model, _as_fitted(model, X)), atol=1e-5)


def test_the_string_of_missing_ones():
    X, labels, _ = table()
    X = X.assign(c=X["c"].replace("x", ""))
    model = TabularClassifier(**SMALL).fit(X, labels)
    with pytest.raises(ValueError, match=r"missing='' is a value of the column 'c'"):
        model.to_onnx()
    session = session_of(model.to_onnx(missing="?"))
    found = session.run(None, fed(session, X, "?"))[-1]
    np.testing.assert_allclose(found, model.predict_proba(X), atol=1e-5)


@pytest.mark.parametrize("names", [["label", "b"], ["/a", "b"], ["", "b"]])
def test_names_that_cannot_be_inputs(names):
    X, labels, _ = table()
    model = TabularClassifier(**SMALL).fit(X[["b", "c"]].set_axis(names, axis=1), labels)
    with pytest.raises(ValueError, match="Every column is an input of the model"):
        model.to_onnx()


def test_wrong_arguments(tmp_path):
    model, _ = fitted("array")
    with pytest.raises(ValueError, match="dtype must be 'float32' or 'float64'"):
        model.to_onnx(dtype="float16")
    with pytest.raises(ValueError, match="missing must be a string"):
        model.to_onnx(missing=None)
    content = model.to_onnx(tmp_path / "table.onnx").SerializeToString()
    assert (tmp_path / "table.onnx").read_bytes() == content


@pytest.mark.parametrize("labels", [[True, False], [3, -1], ["no", "yes"], [1.0, 2.0]])
def test_labels(labels):
    X, _, numbers = table()
    y = np.array(labels)[(numbers > 0).astype(int)]
    model = TabularClassifier(**SMALL).fit(X, y)
    session = session_of(model.to_onnx())
    found = session.run(None, fed(session, X))[0]
    assert found.dtype == (object if y.dtype.kind == "U" else y.dtype)
    np.testing.assert_array_equal(found, model.predict(X))


def test_large_numbers_that_are_categories():
    codes = np.array([2**53, 2**53 + 1, 2**53 + 2])
    X = pd.DataFrame({"a": np.repeat(codes, 10), "b": np.arange(30) % 7})
    model = TabularClassifier(**SMALL, categorical_features=["a"]).fit(X, np.arange(30) % 2)
    with pytest.raises(ValueError, match="differ by less than numbers of float64 can"):
        model.to_onnx()
