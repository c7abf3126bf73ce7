"""Solvers that take all rows: the weights of a local fit on the same rows."""

import dask.array as da
import dask.dataframe as dd
import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from sklearn.datasets import make_classification, make_multilabel_classification, make_regression

from skdeep import MLPClassifier, MLPRegressor
from skdeep.dask import DaskMLPClassifier, DaskMLPRegressor

X, Y = make_classification(150, 6, n_informative=4, n_classes=3, random_state=0)
WEIGHTS = np.random.RandomState(1).rand(150)
OPTIONS = {"hidden_layer_sizes": (5,), "random_state": 0, "max_iter": 12, "tol": 0}


def divided(array, rows):
    return da.from_array(array, chunks=(rows, *array.shape[1:]))


def largest_difference(one, other):
    pairs = zip(one.coefs_ + one.intercepts_, other.coefs_ + other.intercepts_, strict=True)
    return max(np.abs(a - b).max() for a, b in pairs)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("solver", ["lbfgs", "cg", "rprop", "bold_driver"])
@pytest.mark.parametrize("rows", [40, 150])
def test_same_weights_as_local(client, solver, rows):
    options = {**OPTIONS, "solver": solver, "alpha": 0.1}
    local = MLPClassifier(**options).fit(X, Y, WEIGHTS)
    given = (divided(each, rows) for each in (X, Y, WEIGHTS))
    model = DaskMLPClassifier(**options).fit(*given)
    assert largest_difference(model, local) < 1e-8
    assert model.loss_ == pytest.approx(local.loss_, abs=1e-10)
    assert (model.n_iter_, model.stop_reason_) == (local.n_iter_, local.stop_reason_)
    assert model.synchronise_ == "update"


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("penalty, weight", [("l1", None), ("elasticnet", "balanced"), (3, None)])
def test_penalties_and_class_weights(client, penalty, weight):
    options = {**OPTIONS, "solver": "lbfgs", "penalty": penalty, "class_weight": weight}
    local = MLPClassifier(**options).fit(X, Y)
    model = DaskMLPClassifier(**options).fit(divided(X, 37), divided(Y, 50))
    assert largest_difference(model, local) < 1e-8


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_partition_without_weight(client):
    options, weights = {**OPTIONS, "solver": "lbfgs"}, WEIGHTS * (np.arange(150) >= 40)
    local = MLPClassifier(**options).fit(X, Y, weights)
    model = DaskMLPClassifier(**options).fit(*(divided(each, 40) for each in (X, Y, weights)))
    assert largest_difference(model, local) < 1e-8


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_kinds_of_rows_and_labels(client):
    options = {**OPTIONS, "solver": "lbfgs"}
    names = np.array(["red", "green", "blue"])[Y]
    sparse = scipy.sparse.random(150, 6, 0.4, format="csr", random_state=0)
    local = MLPClassifier(**options).fit(sparse, names)
    blocks = divided(sparse.toarray(), 40).map_blocks(scipy.sparse.csr_matrix)
    model = DaskMLPClassifier(**options).fit(blocks, divided(names, 40))
    assert largest_difference(model, local) < 1e-8
    assert (model.predict(blocks).compute() == local.predict(sparse)).all()

    frame = pd.DataFrame(X, columns=list("abcdef")).assign(y=names)
    local = MLPClassifier(**options).fit(frame[list("abcdef")], frame["y"])
    frame = dd.from_pandas(frame, npartitions=3)
    model = DaskMLPClassifier(**options).fit(frame[list("abcdef")], frame["y"])
    assert largest_difference(model, local) < 1e-8
    assert list(model.feature_names_in_) == list("abcdef")
    assert model.predict(frame[list("abcdef")]).compute().shape == (150,)

    labels = make_multilabel_classification(150, 6, n_classes=4, random_state=0)[1]
    local = MLPClassifier(**options, class_weight="balanced").fit(X, labels)
    model = DaskMLPClassifier(**options, class_weight="balanced")
    model.fit(divided(X, 40), divided(labels, 40))
    assert largest_difference(model, local) < 1e-8
    score = model.score(divided(X, 40), divided(labels, 40))
    assert score == pytest.approx(local.score(X, labels))


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_regression_with_two_outputs_in_float32(client):
    inputs, y = make_regression(150, 6, n_targets=2, random_state=0)
    inputs, y = inputs.astype(np.float32), (y / y.std()).astype(np.float32)
    options = {**OPTIONS, "solver": "lbfgs"}
    local = MLPRegressor(**options).fit(inputs, y)
    model = DaskMLPRegressor(**options).fit(divided(inputs, 40), divided(y, 60))
    assert model.coefs_[0].dtype == np.float32
    assert largest_difference(model, local) < 1e-6
    predicted = model.predict(divided(inputs, 40))
    assert predicted.dtype == np.float32 and predicted.shape == (150, 2)
    given = divided(inputs, 40), divided(y, 60), divided(WEIGHTS, 50)
    assert model.score(*given) == pytest.approx(model.to_local().score(inputs, y, WEIGHTS))


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_uneven_and_empty_partitions(client):
    """One row in a partition, none in others, a class that only one of them has."""
    options, order = {**OPTIONS, "solver": "lbfgs"}, np.argsort(Y, kind="stable")
    sizes = (0, 1, 60, 0, 88, 1)
    x, y = (da.from_array(each[order], chunks=150) for each in (X, Y))
    x, y = x.rechunk((sizes, 6)), y.rechunk((sizes,))
    local = MLPClassifier(**options).fit(X[order], Y[order])
    assert largest_difference(DaskMLPClassifier(**options).fit(x, y), local) < 1e-8
    unknown = x[x[:, 0] > -100], y[x[:, 0] > -100]
    model = DaskMLPClassifier(**options).fit(*unknown)
    assert largest_difference(model, local) < 1e-8
    assert model.predict(unknown[0]).compute().shape == (150,)
    assert model.predict_proba(x).compute().shape == (150, 3)
