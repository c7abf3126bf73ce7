"""Ensembles for tables: beside members fitted by hand, in searches, and with bad input."""

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.estimator_checks import parametrize_with_checks

from skdeep import MLPClassifier, MLPRegressor, TabularClassifier, TabularEncoder, TabularRegressor
from skdeep.losses import Quantile
from skdeep.solvers import AdamW

SMALL = {"n_ensemble": 2, "max_iter": 4, "hidden_layer_sizes": (8,), "random_state": 0}


def table(n_rows=90, seed=0):
    """Return a table with gaps, classes and numbers that depend on it."""
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(
        {
            "a": np.where(rng.random(n_rows) < 0.1, np.nan, rng.normal(size=n_rows)),
            "b": rng.exponential(size=n_rows) * (rng.random(n_rows) < 0.5),
            "c": rng.choice(["x", "y", "z", None], n_rows),
        }
    )
    z = X["a"].fillna(0).to_numpy() + X["b"].to_numpy() + (X["c"] == "x").to_numpy()
    return X, np.where(z > 1, "high", np.where(z > 0, "mid", "low")), z


def both():
    """Yield an estimator of each kind, and its targets."""
    X, labels, numbers = table()
    yield TabularClassifier(**SMALL), X, labels
    yield TabularRegressor(**SMALL), X, numbers


def outputs(model, X):
    """Return all that a model predicts."""
    return model.predict_proba(X) if hasattr(model, "predict_proba") else model.predict(X)


def by_hand(model, X, y, validation, cls, learning_rate):
    """Fit the first member as its documentation says."""
    network = cls(
        hidden_layer_sizes=(8,),
        activation="silu",
        solver=AdamW(learning_rate_init=learning_rate, beta_2=0.95),
        learning_rate="coslog4",
        alpha=0.2,
        dropout=0.1,
        batch_size=32,
        max_iter=4,
        tol=0.0,
        early_stopping=True,
        n_iter_no_change=4,
        scoring="loss",
        random_state=model.members_[0].random_state,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return network.fit(X, y, X_val=validation[0], y_val=validation[1])


def test_a_member_is_a_network_of_the_encoding():
    X, labels, _ = table()
    X_val, labels_val, _ = table(30, seed=1)
    model = TabularClassifier(**{**SMALL, "n_ensemble": 1}).fit(
        X, labels, X_val=X_val, y_val=labels_val
    )
    encoder = TabularEncoder(random_state=0).fit(X, labels)
    classes = np.unique(labels)
    codes, codes_val = (np.searchsorted(classes, each) for each in (labels, labels_val))
    network = by_hand(
        model,
        encoder.transform(X),
        codes,
        (encoder.transform(X_val), codes_val),
        MLPClassifier,
        0.004,
    )
    expected = network.predict_proba(encoder.transform(X_val))
    np.testing.assert_array_equal(model.predict_proba(X_val), expected)
    np.testing.assert_array_equal(model.predict(X_val), classes[expected.argmax(axis=1)])
    assert model.validation_scores_ == [network.best_validation_score_]


def test_numbers_are_standardised_and_stay_in_their_range():
    X, _, numbers = table()
    numbers = 1000 + 50 * numbers
    model = TabularRegressor(**{**SMALL, "n_ensemble": 1}).fit(X, numbers, X_val=X, y_val=numbers)
    rows = TabularEncoder(random_state=0).fit(X).transform(X)
    scaled = ((numbers - numbers.mean()) / numbers.std()).astype(np.float32)
    network = by_hand(model, rows, scaled, (rows, scaled), MLPRegressor, 0.005)
    expected = network.predict(rows) * numbers.std() + numbers.mean()
    np.testing.assert_allclose(
        model.predict(X), np.clip(expected, numbers.min(), numbers.max()), rtol=1e-6
    )


@pytest.mark.parametrize("n_threads", [1, 2, 3])
def test_same_bits_for_any_number_of_threads(n_threads):
    for model, X, y in both():
        expected = outputs(clone(model).fit(X, y), X)
        model = model.set_params(n_threads=n_threads).fit(X, y)
        np.testing.assert_array_equal(outputs(model, X), expected)


def test_the_mean_of_all_members():
    X, labels, _ = table()
    model = TabularClassifier(**{**SMALL, "n_ensemble": 5}).fit(X, labels)
    assert model._ways == [0, 1, 2, 3, 0] and len(model._encodings) == 4
    rows = [encoding.transform(X) for encoding in model._encodings]
    members = zip(model.members_, model._ways, strict=True)
    mean = np.mean([member.predict_proba(rows[way]) for member, way in members], axis=0)
    np.testing.assert_allclose(model.predict_proba(X), mean, rtol=1e-6)
    cosines = model._encodings[2]
    scores = rows[2][:, : len(cosines.frequencies), None]
    expected = np.cos(2 * np.pi * scores * cosines.frequencies + cosines.phases)
    found = rows[2][:, -cosines.frequencies.size :]
    np.testing.assert_allclose(found, expected.reshape(len(X), -1), atol=1e-5)


def test_out_of_fold_predictions():
    X, labels, numbers = table()
    model = TabularClassifier(**{**SMALL, "n_ensemble": 5}, oof_predictions=True).fit(X, labels)
    assert model.oof_predictions_.shape == (90, 3)
    np.testing.assert_allclose(model.oof_predictions_.sum(axis=1), 1.0, rtol=1e-5)
    model = TabularRegressor(**SMALL, oof_predictions=True).fit(X, numbers)
    assert np.isnan(model.oof_predictions_).sum() == 90 - 2 * 18  # two of five folds
    assert not hasattr(model.set_params(oof_predictions=False).fit(X, numbers), "oof_predictions_")


def test_weights():
    X, labels, _ = table()
    weights = compute_sample_weight("balanced", labels)
    balanced = TabularClassifier(**SMALL, class_weight="balanced").fit(X, labels)
    weighted = TabularClassifier(**SMALL).fit(X, labels, weights)
    np.testing.assert_array_equal(balanced.predict_proba(X), weighted.predict_proba(X))
    plain = TabularClassifier(**SMALL).fit(X, labels)
    assert not np.array_equal(plain.predict_proba(X), weighted.predict_proba(X))


def test_several_outputs_and_constant_ones():
    X, _, numbers = table()
    y = np.c_[numbers, np.full(90, 7.0)]
    model = TabularRegressor(**SMALL).fit(X, y)
    found = model.predict(X)
    assert found.shape == (90, 2) and model.n_outputs_ == 2
    np.testing.assert_array_equal(found[:, 1], 7.0)


def test_tiny_tables_and_rare_classes():
    X, labels, numbers = table(12)
    model = TabularRegressor(**SMALL).fit(X, numbers)
    assert model.validation_scores_ is None
    X, labels, _ = table()
    labels = labels.copy()
    labels[0] = "rare"
    model = TabularClassifier(**{**SMALL, "n_ensemble": 5}).fit(X, labels)
    assert "rare" in model.classes_ and model.predict_proba(X).shape == (90, 4)


def test_quantiles():
    X, _, numbers = table()
    low, high = (
        TabularRegressor(Quantile(q), n_ensemble=2, max_iter=30, random_state=0)
        .fit(X, numbers)
        .predict(X)
        for q in (0.1, 0.9)
    )
    assert (low <= high).mean() > 0.9
    assert (numbers < low).mean() < 0.35 < 0.65 < (numbers < high).mean()


def test_searches_copies_and_pickles():
    for model, X, y in both():
        search = GridSearchCV(model, {"hidden_layer_sizes": [(4,), 6]}, cv=2).fit(X, y)
        assert search.best_params_["hidden_layer_sizes"] in ((4,), 6)
        model.fit(X, y)
        data = pickle.dumps(model)
        np.testing.assert_array_equal(outputs(pickle.loads(data), X), outputs(model, X))
        large = pd.concat([X] * 200, ignore_index=True)
        assert len(pickle.dumps(clone(model).fit(large, np.tile(y, 200)))) < len(data) + 100_000


def test_invalid_input_changes_nothing():
    for model, X, y in both():
        with pytest.raises(NotFittedError):
            model.predict(X)
        model.fit(X, y)
        before = dict(vars(model))
        infinite = X.assign(b=np.inf)
        for arguments, given, message in (
            ((X, y[:-1]), {}, "inconsistent numbers of samples"),
            ((infinite, y), {}, "infin"),
            ((X, y), {"X_val": X}, "X_val and y_val go together"),
            ((X, y), {"sample_weight_val": np.ones(90)}, "sample_weight_val is given"),
            ((X, y, np.zeros(90)), {}, "positive sum|zero"),
            ((X, y, -np.ones(90)), {}, "Negative values"),
            ((X, None), {}, "requires y to be passed"),
            ((X, y), {"X_val": X[["b", "a", "c"]], "y_val": y}, "feature names"),
        ):
            with pytest.raises(ValueError, match=message):
                model.fit(*arguments, **given)
        for parameter, value in (("n_ensemble", 0), ("max_iter", 0), ("validation_fraction", 0.7)):
            with pytest.raises(ValueError, match=parameter):
                clone(model).set_params(**{parameter: value}).fit(X, y)
        assert vars(model) == before


def test_invalid_targets():
    X, labels, numbers = table()
    with pytest.raises(ValueError, match="at least two classes"):
        TabularClassifier(**SMALL).fit(X, np.zeros(90))
    with pytest.raises(ValueError, match="classes that y has not"):
        TabularClassifier(**SMALL).fit(X, labels, X_val=X, y_val=np.full(90, "other"))
    with pytest.raises(ValueError, match="NaN"):
        TabularRegressor(**SMALL).fit(X, np.where(numbers > 1, np.nan, numbers))
    with pytest.raises(ValueError, match="as many outputs"):
        TabularRegressor(**SMALL).fit(X, numbers, X_val=X, y_val=np.c_[numbers, numbers])


REASON = "weights are not repeated rows: quantiles and batches count rows, as in gradient boosting"


@parametrize_with_checks(
    [TabularClassifier(n_ensemble=2, max_iter=5), TabularRegressor(n_ensemble=2, max_iter=5)],
    expected_failed_checks=lambda _: {
        "check_sample_weight_equivalence_on_dense_data": REASON,
    },
)
@pytest.mark.filterwarnings("default")
def test_scikit_learn_check(estimator, check):
    check(estimator)
