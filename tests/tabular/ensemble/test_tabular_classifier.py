"""The classifier beside members that are fitted by hand."""

import numpy as np
import pytest
from sklearn.metrics import log_loss
from sklearn.utils.class_weight import compute_sample_weight

from skdeep import TabularClassifier
from skdeep.tabular.ensemble.folds import splits
from tests.tabular.ensemble.examples import SMALL, encode_by_hand, member_by_hand, table

SEED = np.random.RandomState(0).randint(np.iinfo(np.int32).max)


def members_by_hand(X, codes, n_members):
    """Return the networks of an ensemble and their encoded rows, and the rows held out by each."""
    rows = encode_by_hand(X, codes, min(4, n_members), SEED, "classification")
    found = []
    folds = splits(codes, n_members, 5, np.random.RandomState(SEED))
    for member, (training, held_out) in enumerate(folds):
        own = rows[member % 4]
        parts = [(own[part], codes[part]) for part in (training, held_out)]
        found.append((member_by_hand("classes", *parts, SEED + member), own, held_out))
    return found


def test_the_mean_of_members_fitted_by_hand():
    X, labels, _ = table()
    classes, codes = np.unique(labels, return_inverse=True)
    model = TabularClassifier(**{**SMALL, "n_ensemble": 5}, oof_predictions=True).fit(X, labels)
    members = members_by_hand(X, codes, 5)
    expected = np.mean([network.predict_proba(rows) for network, rows, _ in members], axis=0)
    np.testing.assert_allclose(model.predict_proba(X), expected, atol=2e-4)
    np.testing.assert_array_equal(model.predict(X), classes[model.predict_proba(X).argmax(axis=1)])
    np.testing.assert_allclose(np.exp(model.predict_log_proba(X)), model.predict_proba(X))
    scores = [network.best_validation_score_ for network, _, _ in members]
    np.testing.assert_allclose(model.validation_scores_, scores, rtol=1e-3)
    for network, rows, held_out in members:
        expected = network.predict_proba(rows[held_out])
        np.testing.assert_allclose(model.oof_predictions_[held_out], expected, atol=2e-4)


def test_a_validation_set_takes_the_place_of_folds():
    X, labels, _ = table()
    X_val, labels_val, _ = table(30, seed=1)
    model = TabularClassifier(**{**SMALL, "n_ensemble": 1})
    model.fit(X, labels, X_val=X_val, y_val=labels_val)
    classes, codes = np.unique(labels, return_inverse=True)
    rows, rows_val = (model.encoder_.transform(each) for each in (X, X_val))
    validation = rows_val, np.searchsorted(classes, labels_val)
    network = member_by_hand("classes", (rows, codes), validation, SEED)
    expected = network.predict_proba(rows_val)
    np.testing.assert_allclose(model.predict_proba(X_val), expected, rtol=1e-4)
    np.testing.assert_allclose(
        model.validation_scores_, [network.best_validation_score_], rtol=1e-4
    )
    assert model.held_out_rows_ == [None]


def test_probabilities_sum_to_1():
    X, labels, _ = table()
    model = TabularClassifier(**SMALL).fit(X, labels)
    assert log_loss(labels, model.predict_proba(X)) > 0  # warns of sums that are not 1


def test_weights():
    X, labels, _ = table()
    weights = compute_sample_weight("balanced", labels)
    balanced = TabularClassifier(**SMALL, class_weight="balanced").fit(X, labels)
    weighted = TabularClassifier(**SMALL).fit(X, labels, weights)
    np.testing.assert_array_equal(balanced.predict_proba(X), weighted.predict_proba(X))
    plain = TabularClassifier(**SMALL).fit(X, labels)
    assert not np.array_equal(plain.predict_proba(X), weighted.predict_proba(X))
    each = dict(zip(labels, weights, strict=True))
    listed = TabularClassifier(**SMALL, class_weight=each).fit(X, labels)
    np.testing.assert_array_equal(balanced.predict_proba(X), listed.predict_proba(X))
    with pytest.raises(ValueError, match="class_weight must not be negative"):
        TabularClassifier(**SMALL, class_weight={"low": -1.0}).fit(X, labels)


def test_folds_without_weights():
    X, labels, _ = table(20)
    only = TabularClassifier(**SMALL, class_weight={"high": 0, "mid": 0}).fit(X, labels)
    assert np.isfinite(only.predict_proba(X)).all()


@pytest.mark.parametrize("n_rare", [1, 4])
def test_rare_classes(n_rare):
    X, labels, _ = table()
    labels = labels.astype(object)
    labels[:n_rare] = "rare"
    model = TabularClassifier(**{**SMALL, "n_ensemble": 5}, oof_predictions=True).fit(X, labels)
    assert list(model.classes_) == ["high", "low", "mid", "rare"]
    np.testing.assert_array_equal(np.isnan(model.oof_predictions_).all(axis=1), labels == "rare")


@pytest.mark.parametrize("labels", [[True, False], [3, -1], ["no", "yes"]])
def test_two_classes(labels):
    X, _, numbers = table()
    y = np.array(labels)[(numbers > 0).astype(int)]
    model = TabularClassifier(**{**SMALL, "max_iter": 20}).fit(X, y)
    assert model.predict(X).dtype == y.dtype and model.score(X, y) > 0.7
