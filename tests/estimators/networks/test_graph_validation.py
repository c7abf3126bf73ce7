"""Nodes for validation, early stopping and callbacks of graph convolutional networks."""

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.metrics import accuracy_score, log_loss, r2_score

from skdeep import GraphConvClassifier, GraphConvRegressor, load_safetensors, save_safetensors
from skdeep.callbacks import Checkpoint, HistoryCSV, TimeBudget
from tests.helpers import assert_close, quiet, unchanged

N = 90
RNG = np.random.default_rng(0)
BLOCK = np.arange(N) % 3
GRAPH = sp.csr_array(
    (RNG.random((N, N)) < np.where(BLOCK[:, None] == BLOCK, 0.2, 0.03)).astype(float)
)
X = RNG.normal(size=(N, 8)) + BLOCK[:, None]
LABELLED = RNG.random(N) < 0.5
Y = np.where(LABELLED, BLOCK, -1)
Y_VAL = np.where(LABELLED, -1, BLOCK)


def fitted(y=Y, cls=GraphConvClassifier, fit=None, **parameters):
    options = {"max_iter": 12, "random_state": 0, **parameters}
    with quiet():
        return cls(**options).fit(X, y, adjacency=GRAPH, **(fit or {}))


def test_given_nodes_change_nothing_but_the_record():
    weights = RNG.uniform(0.5, 2, size=N)
    model = fitted(fit={"y_val": Y_VAL, "sample_weight_val": weights})
    plain = fitted()
    assert np.array_equal(model._vector, plain._vector) and plain.validation_scores_ is None
    at = Y_VAL >= 0
    found = model.predict_proba(X)[at]
    expected = accuracy_score(Y_VAL[at], found.argmax(axis=1), sample_weight=weights[at])
    assert_close(model.validation_scores_[-1], expected, 1e-12)
    expected = log_loss(Y_VAL[at], found, sample_weight=weights[at])
    assert_close(model.validation_loss_curve_[-1], expected, 1e-10)
    assert len(model.validation_scores_) == model.n_iter_ == 12


def test_given_nodes_of_a_regression():
    y, y_val = np.where(LABELLED, X[:, 0], np.nan), np.where(LABELLED, np.nan, X[:, 0])
    model = fitted(y, GraphConvRegressor, {"y_val": y_val})
    expected = r2_score(X[~LABELLED, 0], model.predict(X)[~LABELLED])
    assert_close(model.validation_scores_[-1], expected, 1e-10)
    model = fitted(y, GraphConvRegressor, {"y_val": y_val}, scoring="loss")
    assert_close(model.validation_scores_, -np.array(model.validation_loss_curve_), 1e-12)


@pytest.mark.parametrize("scoring", [None, "loss", "error_rate"])
def test_early_stopping(scoring):
    """Nodes that are held out are not trained on; the best weights are kept."""
    model = fitted(early_stopping=True, max_iter=300, n_iter_no_change=5, scoring=scoring)
    assert model.stop_reason_ in ("validation", "max_iter")
    assert_close(max(model.validation_scores_), model.best_validation_score_, 1e-12)
    known = np.flatnonzero(LABELLED)
    changed = 0
    for node in known[:8]:  # a label that is held out changes no weight in the first epochs
        other = Y.copy()
        other[node] = (other[node] + 1) % 3
        options = {"early_stopping": True, "max_iter": 1, "validation_fraction": 0.5}
        pair = [fitted(y, **options) for y in (Y, other)]
        changed += not np.array_equal(pair[0].coefs_[0], pair[1].coefs_[0])
    assert 0 < changed <= 8
    given = fitted(
        fit={"y_val": Y_VAL}, early_stopping=True, max_iter=300, n_iter_no_change=5, scoring=scoring
    )
    assert given.n_iter_ < 300
    at = Y_VAL >= 0
    if scoring is None:
        assert_close(given.score(X, Y_VAL), given.best_validation_score_, 1e-12)
    assert at.sum() == (~LABELLED).sum()


def test_same_bits_for_any_number_of_threads():
    models = [fitted(early_stopping=True, n_threads=n, n_restarts=2) for n in (1, 2, 3)]
    assert all(np.array_equal(each._vector, models[0]._vector) for each in models)
    assert all(each.validation_scores_ == models[0].validation_scores_ for each in models)


def test_solvers_that_need_all_nodes():
    """They have no early stopping, as in scikit-learn's networks."""
    model, plain = fitted(solver="lbfgs", early_stopping=True), fitted(solver="lbfgs")
    assert np.array_equal(model._vector, plain._vector)


def test_callbacks(tmp_path):
    model = GraphConvClassifier(max_iter=6, early_stopping=True, random_state=0)
    model.set_callbacks(HistoryCSV(tmp_path / "history.csv"), TimeBudget(60))
    with quiet():
        model.fit(X, Y, adjacency=GRAPH)
    lines = (tmp_path / "history.csv").read_text().splitlines()
    assert len(lines) == 1 + model.n_iter_ and "validation" in lines[0]


def test_checkpoints(tmp_path):
    """A fit that goes on from a checkpoint ends as one that was never ended."""
    whole = fitted(early_stopping=True, max_iter=10)
    path = tmp_path / "fit.npz"
    model = GraphConvClassifier(max_iter=10, early_stopping=True, random_state=0)
    with quiet():
        model.set_callbacks(Checkpoint(path)).fit(X, Y, adjacency=GRAPH)
    assert np.array_equal(model._vector, whole._vector)
    pytest.importorskip("safetensors")
    save_safetensors(model.set_callbacks(), tmp_path / "model.safetensors")
    loaded = load_safetensors(tmp_path / "model.safetensors")
    assert loaded.validation_scores_ == whole.validation_scores_
    assert np.array_equal(loaded.predict_proba(X), whole.predict_proba(X))


@pytest.mark.parametrize(
    "parameters, fit, message",
    [
        ({"early_stopping": True, "validation_fraction": 0.01}, {}, "[Vv]alidation|test_size"),
        ({"scoring": "accuracy"}, {}, "'scoring' parameter of GraphConvClassifier"),
        ({}, {"sample_weight_val": np.ones(N)}, "sample_weight_val is given, but"),
        ({}, {"y_val": np.full(N, -1)}, "y_val, sample_weight_val: y holds no label"),
        ({}, {"y_val": Y_VAL[:5]}, "y_val, sample_weight_val: .*inconsistent numbers"),
        ({}, {"y_val": np.where(Y_VAL >= 0, 7, -1)}, "the validation set"),
        ({}, {"y_val": Y_VAL, "sample_weight_val": np.zeros(N)}, "sample_weight_val"),
        ({"solver": "lbfgs"}, {"y_val": Y_VAL}, "update weight by weight"),
    ],
)
def test_what_does_not_go_together(parameters, fit, message):
    model = GraphConvClassifier(**parameters)
    with unchanged(model), pytest.raises(ValueError, match=message):
        model.fit(X, Y, adjacency=GRAPH, **fit)
