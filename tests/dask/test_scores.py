"""Scores and predictions of Dask collections, and what is refused there."""

import dask
import dask.array as da
import dask.dataframe as dd
import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from sklearn.datasets import make_multilabel_classification

from skdeep import MLPClassifier
from skdeep.dask import DaskMLPClassifier, DaskMLPRegressor
from tests.dask.test_full_batch import OPTIONS, WEIGHTS, X, Y, divided

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
GIVEN = divided(X, 40), divided(Y, 40)
SHORT = {**OPTIONS, "solver": "lbfgs", "max_iter": 2}


def of_lengths(array, *lengths):
    """Chunks of numbers of rows that Dask does not know."""
    parts = [dask.delayed(array[:n], traverse=False) for n in lengths]
    shape = np.nan, *array.shape[1:]
    return da.concatenate([da.from_delayed(part, shape, dtype=array.dtype) for part in parts])


@pytest.mark.parametrize("kind", [DaskMLPClassifier, DaskMLPRegressor])
def test_wrong_rows(client, kind):
    model = kind(**SHORT).fit(*GIVEN)
    unlike = of_lengths(X, 20, 1), of_lengths(Y, 20, 5)  # which NumPy would stretch
    with pytest.raises(ValueError, match=r"Partition 1: .*inconsistent.*\[1, 5\]"):
        model.score(*unlike)
    bad = X.copy()
    bad[90] = np.nan
    with pytest.raises(ValueError, match="Partition 2: Input X contains NaN"):
        model.score(divided(bad, 40), GIVEN[1])
    with pytest.raises(ValueError, match=r"Found array with 0 sample\(s\)"):
        model.score(GIVEN[0][:0], GIVEN[1][:0])


def test_wrong_targets(client):
    model = DaskMLPRegressor(**SHORT).fit(*GIVEN)
    with pytest.raises(ValueError, match=r"Partition 0: y has 2 outputs, but .* with 1"):
        model.score(GIVEN[0], divided(X[:, :2], 40))
    with pytest.raises(ValueError, match="Partition 3: Input y contains NaN"):
        model.score(GIVEN[0], divided(np.where(np.arange(150) == 149, np.nan, Y), 40))
    with pytest.raises(ValueError, match="Partition 0: Mix of label input types"):
        DaskMLPClassifier(**SHORT).fit(*GIVEN).score(GIVEN[0], divided(Y.astype(str), 40))


def test_features_are_checked_before_anything_is_computed(client):
    model = DaskMLPClassifier(**SHORT).fit(*GIVEN)
    with pytest.raises(ValueError, match="X has 5 features, but MLPClassifier is expecting 6"):
        model.predict(GIVEN[0][:, :5])
    with pytest.raises(ValueError, match="X must be a matrix"):
        model.predict_proba(GIVEN[1])
    frame = dd.from_pandas(pd.DataFrame(X, columns=list("abcdef")), npartitions=3)
    model.fit(frame, dd.from_pandas(pd.Series(Y), npartitions=3))
    with pytest.raises(ValueError, match="feature names should match"):
        model.predict(frame[list("fedcba")])


def test_types_are_those_of_the_predictions(client):
    frame = pd.DataFrame(X.astype(np.float32), columns=list("abcdef"))
    given = (dd.from_pandas(each, npartitions=3) for each in (frame, pd.Series(Y)))
    rows, y = given
    probabilities = DaskMLPClassifier(**SHORT).fit(rows, y).predict_proba(rows)
    assert probabilities.dtype == probabilities.compute().dtype == np.float32


def test_sparse_labels(client):
    x, labels = make_multilabel_classification(60, 6, n_classes=3, random_state=0)
    given = divided(x, 20), divided(labels, 20).map_blocks(scipy.sparse.csr_matrix)
    model = DaskMLPClassifier(**SHORT).fit(*given)
    expected = MLPClassifier(**SHORT).fit(x, labels).score(x, labels, WEIGHTS[:60])
    assert model.score(*given, divided(WEIGHTS[:60], 20)) == pytest.approx(expected)
