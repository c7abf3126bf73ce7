"""Modules that predict with NumPy alone, beside the ensembles that wrote them."""

import ast
import importlib.util
import pathlib
import sys

import numpy as np
import pandas as pd
import pytest

from skdeep import TabularClassifier
from skdeep.tabular.exporting import numpy_predictor
from tests.helpers import run_python
from tests.tabular.ensemble.examples import SMALL, outputs, table
from tests.tabular.exporting.models import MODELS, fitted, mixed


def written(model, folder, name="model"):
    """Return the module that an ensemble writes."""
    path, numbers = model.to_source(folder / f"{name}.py")
    assert numbers == str(folder / f"{name}.npz")
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def as_fitted(model, X):
    return X if hasattr(model, "feature_names_in_") else X.to_numpy(dtype=np.float32)


@pytest.mark.parametrize("name", MODELS)
def test_predictions(name, tmp_path):
    model, X = fitted(name)
    module, X = written(model, tmp_path), as_fitted(model, X)
    if hasattr(model, "classes_"):
        expected = model.predict_proba(X)
        np.testing.assert_allclose(module.predict_proba(X), expected, atol=1e-6)
        np.testing.assert_array_equal(module.predict(X), model.predict(X))
        np.testing.assert_array_equal(module.classes(), model.classes_)
    else:
        expected = model.predict(X)
        found = module.predict(X)
        assert found.shape == expected.shape
        np.testing.assert_allclose(found, expected, rtol=1e-6, atol=2e-6)
        with pytest.raises(ValueError, match="use predict"):
            module.predict_proba(X)


def test_every_kind_of_table(tmp_path):
    model, X = fitted("classes")
    module = written(model, tmp_path)
    expected = model.predict_proba(X)
    names = list(X.columns)
    for other in (
        {name: X[name].tolist() for name in reversed(names)},
        X[names[::-1]],
        X.to_numpy(dtype=object),
        X.convert_dtypes(),
    ):
        np.testing.assert_allclose(module.predict_proba(other), expected, atol=1e-6)
    pl = pytest.importorskip("polars")
    words = {name: [None if w != w else w for w in X[name]] for name in ("c", "many", "gender")}
    frame = pl.DataFrame({**{name: X[name].tolist() for name in names}, **words}, strict=False)
    np.testing.assert_allclose(module.predict_proba(frame), expected, atol=1e-6)


def test_some_rows_at_a_time(tmp_path):
    model, X = fitted("numbers")
    module = written(model, tmp_path)
    expected = module.predict(X)
    module.ROWS_AT_A_TIME = 7
    np.testing.assert_allclose(module.predict(X), expected, rtol=1e-6, atol=1e-6)


def test_needs_numpy_alone(tmp_path):
    """A process that can import nothing else of what is installed."""
    model, X = fitted("leaves")
    model.to_source(tmp_path / "model.py")
    rows = X[:5].astype(object).where(X[:5].notna(), None)
    code = f"""
import sys
sys.path.insert(0, {str(tmp_path)!r})
import model
print(repr(model.predict_proba({rows.to_dict("list")!r}).tolist()))
others = {{"skdeep", "numba", "sklearn", "scipy", "pandas"}} & set(sys.modules)
assert not others, others
"""
    found = np.array(ast.literal_eval(run_python(code)))
    np.testing.assert_allclose(found, model.predict_proba(X[:5]), atol=1e-6)


def test_imports_of_the_module():
    tree = ast.parse(pathlib.Path(numpy_predictor.__file__).read_text(encoding="utf-8"))
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    assert not any(isinstance(node, ast.ImportFrom) for node in nodes)
    names = {alias.name for node in nodes for alias in node.names}
    assert names - {"numpy"} <= set(sys.stdlib_module_names)


def test_wrong_tables(tmp_path):
    model, X = fitted("classes")
    module = written(model, tmp_path)
    with pytest.raises(ValueError, match=r"It has no \['two'\]"):
        module.predict(X.drop(columns="two"))
    with pytest.raises(ValueError, match="must have 9 columns"):
        module.predict(np.zeros((3, 2)))
    with pytest.raises(ValueError, match=r"infinite numbers.*Column 'a' does"):
        module.predict(X.assign(a=np.inf))
    with pytest.raises(ValueError, match=r"beyond the range of float64\. Column 'a' does"):
        module.predict({**X, "a": np.full(len(X), 10**400, dtype=object)})
    with pytest.raises(ValueError, match="at least one row"):
        module.predict(X[:0])
    with pytest.raises(ValueError, match="as many rows"):
        module.predict({**{name: X[name] for name in X}, "a": [1.0]})


@pytest.mark.parametrize(
    ("name", "value", "holds"),
    [
        ("a", True, "booleans, but held numbers"),
        ("a", "text", "strings, but held numbers"),
        (
            "a",
            np.datetime64("2020-01-01"),
            "(dates or times|values of the type datetime64), but held numbers",
        ),
        ("c", 1.0, "numbers, but held strings"),
        ("c", b"x", "values of the type .*, but held strings"),
        ("flag", "yes", "strings, but held booleans"),
        ("same", 3, "numbers, but held strings"),
    ],
)
def test_columns_of_other_types(name, value, holds, tmp_path):
    model, X = fitted("classes")
    module = written(model, tmp_path)
    cells = np.empty(len(X), dtype=object)
    cells[:] = [value] * len(X)
    for column in (cells, cells.tolist(), pd.Series(cells).infer_objects()):
        with pytest.raises(TypeError, match=f"'{name}' holds {holds} in the training data"):
            module.predict({**X, name: column})
    with pytest.raises(TypeError):
        model.predict(X.assign(**{name: cells}))


def test_categories_that_are_intervals_and_dates(tmp_path):
    rng = np.random.default_rng(0)
    age, day = rng.integers(18, 90, 300), rng.integers(0, 3, 300)
    dates = pd.to_datetime(["2020-01-01 00:00", "2020-01-02 03:00", "2021-01-01 00:00"])[day]
    X = pd.DataFrame(
        {
            "band": pd.cut(age, 4),
            "date": pd.Categorical(dates),
            "day": pd.Categorical(dates.to_period("D")),
            "since": pd.Categorical(dates - dates[0]),
            "constant": 1.0,
        }
    )
    model = TabularClassifier(**SMALL).fit(X, (age > 50) ^ (day == 1))
    module = written(model, tmp_path)
    X.loc[3, ["band", "date", "day", "since"]] = None
    for column in ("date", "since"):  # a level is the same, whatever the others are
        X[column] = X[column].cat.remove_categories(X[column].cat.categories[1])
    np.testing.assert_allclose(module.predict_proba(X), model.predict_proba(X), atol=1e-6)
    with pytest.raises(TypeError, match="'band' holds values of the type Interval"):
        module.predict({**X, "band": X["band"].tolist()})
    for predict in (module.predict, model.predict):
        with pytest.raises(ValueError, match="'constant'"):
            predict(X.assign(constant=np.inf))


def test_wrong_paths_and_levels(tmp_path):
    model, _ = fitted("array")
    with pytest.raises(ValueError, match=r"path must end with '.py'"):
        model.to_source(tmp_path / "model.txt")
    assert not list(tmp_path.iterdir())
    X, labels, _ = table()
    from decimal import Decimal

    X = X[["a"]].assign(d=[Decimal(k % 3) for k in range(90)])
    model = TabularClassifier(**SMALL, categorical_features=["d"]).fit(X, labels)
    with pytest.raises(ValueError, match="A level of a category cannot be written"):
        model.to_source(tmp_path / "model.py")
    assert not list(tmp_path.iterdir())


def test_of_usual_size(tmp_path):
    X, labels, _ = mixed(600)
    model = TabularClassifier(n_ensemble=2, max_iter=4, random_state=0).fit(X, labels)
    module = written(model, tmp_path)
    X_test = mixed(300, 3)[0]
    np.testing.assert_allclose(module.predict_proba(X_test), outputs(model, X_test), atol=1e-6)
