"""The tables: those that come with scikit-learn, and those of a folder."""

import json
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn import datasets
from sklearn.model_selection import train_test_split

#: Share of the rows that are tested on, and most rows to train and to test on.
TEST_SHARE, MOST_TRAINING, MOST_TEST = 0.2, 20_000, 10_000
#: A target of integers with more values than this is one of numbers.
MOST_CLASSES = 100
_SUFFIXES = (".csv.gz", ".csv", ".parquet", ".npz")
_OWN = ("breast_cancer", "diabetes", "digits", "iris", "wine")


class Table(NamedTuple):
    """A table and what is to be predicted.

    Attributes
    ----------
    name : str
    X : DataFrame of shape (n_rows, n_columns)
        Columns of categories are of dtype category.
    y : array of shape (n_rows,)
    is_classification : bool
    """

    name: str
    X: pd.DataFrame
    y: np.ndarray
    is_classification: bool


class Split(NamedTuple):
    """Rows to train on and rows to test on."""

    X: pd.DataFrame
    y: np.ndarray
    X_test: pd.DataFrame
    y_test: np.ndarray


def own_tables():
    """Return scikit-learn's own tables by name, each as a function that loads it."""

    def load(name):
        found = getattr(datasets, f"load_{name}")(as_frame=True)
        return Table(name, found.data, found.target.to_numpy(), name != "diabetes")

    return {name: lambda name=name: load(name) for name in _OWN}


def tables_of(folder):
    """Return the tables of a folder by name, each as a function that loads it.

    Files are ``.csv``, ``.csv.gz`` or ``.parquet``, with the target in the last column, or ``.npz``
    with arrays ``X`` and ``y``. A file ``datasets.json`` may say more: for each name an object with
    the name of the ``file``, the ``task`` ("classification" or "regression"), the ``target``, and
    lists of the ``feature_columns`` and of the ``categorical`` ones.

    Parameters
    ----------
    folder : path

    Returns
    -------
    tables : dict of str to callable
    """
    folder, facts = Path(folder), {}
    if not folder.is_dir():
        raise SystemExit(f"{folder} is no folder")
    if (folder / "datasets.json").exists():
        facts = json.loads((folder / "datasets.json").read_text(encoding="utf-8"))
    found = {}
    for path in sorted(folder.iterdir()):
        suffix = next((end for end in _SUFFIXES if path.name.endswith(end)), None)
        if suffix is not None:
            name = path.name.removesuffix(suffix)
            about = next((f for f in facts.values() if f.get("file") == path.name), {})
            found[name] = lambda name=name, path=path, about=about: _load(name, path, about)
    return found


def _load(name, path, about):
    """Return a table of a file, or None if it holds texts or is no table."""
    if about.get("text_column"):
        return None
    if path.suffix == ".npz":
        with np.load(path, allow_pickle=False) as arrays:
            if "X" not in arrays or "y" not in arrays or arrays["X"].ndim != 2:
                return None
            X, y = pd.DataFrame(arrays["X"]).add_prefix("f"), pd.Series(arrays["y"].ravel())
    else:
        read = pd.read_parquet if path.suffix == ".parquet" else pd.read_csv
        frame = read(path)
        target = about.get("target", frame.columns[-1])
        columns = about.get("feature_columns", [c for c in frame.columns if c != target])
        X, y = frame[columns].copy(), frame[target]
    is_number = pd.api.types.is_numeric_dtype
    for column in X.columns:
        if column in about.get("categorical", ()) or not is_number(X[column]):
            X[column] = X[column].astype("category")
    task = about.get("task") or _task(y)
    if task == "classification":
        y = pd.Series(np.unique(y.astype(str), return_inverse=True)[1])
    return Table(name, X.reset_index(drop=True), y.to_numpy(), task == "classification")


def _task(y):
    """Return what a target without a description is: numbers, or classes."""
    if not pd.api.types.is_numeric_dtype(y):
        return "classification"
    whole = pd.api.types.is_integer_dtype(y) or bool((y == y.round()).all())
    return "classification" if whole and y.nunique() <= MOST_CLASSES else "regression"


def split(table, seed):
    """Split a table at random, by shares of the classes where there are some.

    Parameters
    ----------
    table : Table
    seed : int

    Returns
    -------
    split : Split
    """
    labels = table.y if table.is_classification else None
    parts = train_test_split(
        np.arange(len(table.y)), test_size=TEST_SHARE, random_state=seed, stratify=labels
    )
    rng = np.random.default_rng(seed)
    training, test = (
        rng.permutation(rows)[:most]
        for rows, most in zip(parts, (MOST_TRAINING, MOST_TEST), strict=True)
    )
    X, y = table.X, table.y
    return Split(X.iloc[training], y[training], X.iloc[test], y[test])
