"""Validation sets given to ``fit``: what is recorded, what stops training, and what is refused."""

import numpy as np
import pytest
import sklearn
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.metrics import accuracy_score, log_loss, make_scorer, mean_absolute_error, r2_score
from sklearn.model_selection import cross_validate, train_test_split
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from skdeep import MLPClassifier, MLPRegressor
from tests import datasets
from tests.estimators import problems
from tests.helpers import CONTAINERS, assert_close, quiet, unchanged

SETTINGS = {"hidden_layer_sizes": (6,), "max_iter": 5, "random_state": 0, "batch_size": 20}
EARLY = {"early_stopping": True, "learning_rate_init": 0.05, "n_iter_no_change": 3}


def split(name, **parameters):
    """Return an estimator, and a training and a validation set."""
    X, y = datasets.load(name)
    cls = MLPRegressor if datasets.is_regression(name) else MLPClassifier
    n = len(X) * 2 // 3
    given = {"X_val": X[n:], "y_val": y[n:]}
    return cls(**{**SETTINGS, **parameters}), X[:n], y[:n], given


def fitted(name, **parameters):
    model, X, y, given = split(name, **parameters)
    with quiet():
        return model.fit(X, y, **given), given["X_val"], given["y_val"]


@pytest.mark.parametrize("name", ["binary", "strings", "multilabel", "regression", "multioutput"])
def test_recorded_without_early_stopping(name):
    """The curves are there, and training does not see them."""
    model, X, y, given = split(name)
    with quiet():
        plain = type(model)(**model.get_params()).fit(X, y)
        model.fit(X, y, **given)
    assert model.loss_curve_ == plain.loss_curve_ and model.stop_reason_ == plain.stop_reason_
    for a, b in zip(model.coefs_, plain.coefs_, strict=True):
        assert_array_equal(a, b)
    assert plain.validation_scores_ is plain.validation_loss_curve_ is None
    assert len(model.validation_scores_) == len(model.validation_loss_curve_) == 5
    assert model.best_validation_score_ == max(model.validation_scores_)
    assert model.best_loss_ == plain.best_loss_
    X_val, y_val = given.values()
    assert_close(model.validation_scores_[-1], model.score(X_val, y_val), 1e-12)
    if datasets.is_regression(name):
        expected = np.mean((model.predict(X_val) - y_val) ** 2) / 2
    elif name == "multilabel":
        p = model.predict_proba(X_val)
        expected = -np.log(np.where(y_val, p, 1 - p)).sum(axis=1).mean()
    else:
        expected = log_loss(y_val, model.predict_proba(X_val))
    assert_close(model.validation_loss_curve_[-1], expected, 1e-9)


@pytest.mark.parametrize("kind, loss", problems.CASES, ids=problems.IDS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_loss_of_every_kind(kind, loss, dtype):
    """On the training set it is the training loss of the same weights, without the penalty."""
    X, y = problems.data(kind, loss, dtype)
    weights = problems.weights()
    model = problems.estimator(kind, loss, hidden_layer_sizes=(4,), max_iter=2, alpha=0.0)
    with quiet():
        model.fit(X, y, X_val=X, y_val=y, sample_weight_val=weights)
    expected = model.loss_gradient(X, y, sample_weight=weights)[0]
    if loss == "squared_error":
        expected /= model.n_outputs_
    rtol = 1e-5 if dtype == np.float32 else 1e-12
    assert_allclose(model.validation_loss_curve_[-1], expected, rtol=rtol)


@pytest.mark.parametrize("name", ["binary", "multiclass", "regression"])
def test_takes_the_place_of_the_rows_held_out(name):
    """Given the very rows that early stopping would have held out, the fit is the same."""
    X, y = datasets.load(name)
    cls = MLPRegressor if datasets.is_regression(name) else MLPClassifier
    settings = {**SETTINGS, **EARLY, "max_iter": 30, "shuffle": False}
    random_state = np.random.RandomState(3)
    with quiet():
        held_out = cls(**{**settings, "random_state": random_state}).fit(X, y)
        random_state = np.random.RandomState(3)
        given = cls(**{**settings, "random_state": random_state, "max_iter": 1})
        given.fit(X[:-5], y[:-5], X_val=X[-5:], y_val=y[-5:])  # draws the initial weights
        stratify = y if name == "binary" else None
        rows = np.arange(len(X))
        rows, val = train_test_split(
            rows, random_state=random_state, test_size=0.1, stratify=stratify
        )
        given.set_params(random_state=3, max_iter=30)
        given.fit(X[rows], y[rows], X_val=X[val], y_val=y[val])
    assert given.validation_scores_ == held_out.validation_scores_
    assert given.validation_loss_curve_ == held_out.validation_loss_curve_
    assert given.stop_reason_ == held_out.stop_reason_
    assert_array_equal(given.coefs_[0], held_out.coefs_[0])


@pytest.mark.parametrize("scoring", [None, "loss", "error_rate", "neg_log_loss"])
def test_best_weights_are_kept(scoring):
    early = {**EARLY, "learning_rate_init": 0.3, "max_iter": 60}
    model, X_val, y_val = fitted("multiclass", scoring=scoring, **early)
    best = int(np.argmax(model.validation_scores_))
    assert best < model.n_iter_ - 1 and model.stop_reason_ == "validation"
    assert model.n_iter_ < 60
    assert_close(
        log_loss(y_val, model.predict_proba(X_val)), model.validation_loss_curve_[best], 1e-9
    )
    assert model.best_validation_score_ == model.validation_scores_[best]
    assert model.best_loss_ is None


def mean_margin(estimator, X, y):
    """Score like a user's own: without weights, from labels as they were given."""
    chosen = estimator.predict_proba(X)[np.arange(len(y)), np.searchsorted(estimator.classes_, y)]
    return chosen.mean()


SCORINGS = {
    "accuracy": lambda m, X, y: accuracy_score(y, m.predict(X)),
    "error_rate": lambda m, X, y: accuracy_score(y, m.predict(X)) - 1,
    "neg_log_loss": lambda m, X, y: -log_loss(y, m.predict_proba(X)),
    "loss": lambda m, X, y: -log_loss(y, m.predict_proba(X)),
    "f1_macro": lambda m, X, y: sklearn.metrics.f1_score(y, m.predict(X), average="macro"),
}


@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize("scoring", SCORINGS)
def test_scorings_of_classifiers(scoring, early_stopping):
    model, X_val, y_val = fitted("strings", scoring=scoring, early_stopping=early_stopping)
    score = model.best_validation_score_ if early_stopping else model.validation_scores_[-1]
    assert_close(score, SCORINGS[scoring](model, X_val, y_val), 1e-9)


def test_scorings_of_regressors():
    for scoring, expected in (
        ("r2", r2_score),
        ("neg_mean_absolute_error", lambda a, b: -mean_absolute_error(a, b)),
        (make_scorer(r2_score), r2_score),
    ):
        model, X_val, y_val = fitted("regression", scoring=scoring)
        assert_close(model.validation_scores_[-1], expected(y_val, model.predict(X_val)), 1e-9)


@pytest.mark.parametrize("name", ["strings", "binary"])
def test_callable_scoring(name):
    model, X_val, y_val = fitted(name, scoring=mean_margin)
    assert_close(model.validation_scores_[-1], mean_margin(model, X_val, y_val), 1e-12)
    X, y = datasets.load(name)
    with quiet():  # rows that are held out, and weights that the callable is not told
        model.set_params(early_stopping=True).fit(X, y, sample_weight=np.ones(len(y)))
    assert len(model.validation_scores_) == model.n_iter_


@pytest.mark.parametrize("scoring", [None, "loss", "error_rate", "accuracy", "neg_log_loss"])
def test_weights_repeat_rows(scoring):
    model, X, y, given = split("binary", scoring=scoring)
    repeats = np.random.RandomState(0).randint(0, 3, len(given["y_val"]))
    with quiet():
        model.fit(X, y, **given, sample_weight_val=repeats)
        weighted = model.validation_scores_, model.validation_loss_curve_
        model.fit(X, y, **{k: np.repeat(v, repeats, axis=0) for k, v in given.items()})
    assert_close(weighted[0], model.validation_scores_, 1e-12)
    assert_close(weighted[1], model.validation_loss_curve_, 1e-12)


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("kind", ["dense", "csr"])
def test_dense_and_sparse(kind, container):
    model, X, y, given = split("sparse", **EARLY)
    with quiet():
        expected = type(model)(**model.get_params()).fit(X, y, **given)
        given["X_val"] = CONTAINERS[container](given["X_val"]).astype(np.float32)
        model.fit(CONTAINERS[kind](X), y, **given)
    assert_close(model.validation_loss_curve_, expected.validation_loss_curve_, 1e-5)
    assert_close(model.validation_scores_, expected.validation_scores_, 1e-12)


def test_partial_fit_records_every_call():
    for name in ("strings", "regression"):
        model, X, y, given = split(name, shuffle=False)
        with quiet():
            fit = type(model)(**model.get_params()).fit(X, y, **given)
        extra = {} if name == "regression" else {"classes": np.unique(datasets.load(name)[1])}
        for _ in range(5):
            model.partial_fit(X, y, **given, **extra)
            extra = {}
        assert model.validation_scores_ == fit.validation_scores_
        assert model.validation_loss_curve_ == fit.validation_loss_curve_
        model.partial_fit(X, y)
        assert len(model.validation_scores_) == 5 and len(model.loss_curve_) == 6
        with unchanged(model), pytest.raises(ValueError, match="X_val is given"):
            model.partial_fit(X, y, X_val=given["X_val"])


def test_warm_start_goes_on():
    model, X, y, given = split("binary", warm_start=True)
    with quiet():
        model.fit(X, y, **given).fit(X, y, **given)
    assert len(model.validation_scores_) == len(model.validation_loss_curve_) == 10
    with quiet():
        model.set_params(warm_start=False).fit(X, y)
    assert model.validation_scores_ is model.validation_loss_curve_ is None


def test_curve_of_rows_held_out():
    X, y = datasets.load("binary")
    with quiet():
        model = MLPClassifier(**SETTINGS, early_stopping=True).fit(X, y)
    assert len(model.validation_loss_curve_) == len(model.validation_scores_) == 5


def test_solvers_of_all_rows():
    model, X, y, given = split("binary", solver="rprop", **EARLY)
    with quiet():
        model.fit(X, y, **given)
    assert len(model.validation_scores_) == model.n_iter_
    for solver in ("lbfgs", "cg", "bold_driver"):
        model.set_params(solver=solver)
        with unchanged(model), pytest.raises(ValueError, match=f"X_val.*solver='{solver}'"):
            model.fit(X, y, **given)


def test_routed_through_a_pipeline():
    model, X, y, given = split("binary")
    with quiet():
        scaler = StandardScaler().fit(X)
        plain = type(model)(**model.get_params())
        plain.fit(
            scaler.transform(X), y, X_val=scaler.transform(given["X_val"]), y_val=given["y_val"]
        )
    with quiet(), sklearn.config_context(enable_metadata_routing=True):
        model.set_fit_request(X_val=True, y_val=True)
        steps = [("scale", StandardScaler()), ("mlp", model)]
        pipeline = Pipeline(steps, transform_input=["X_val"]).fit(X, y, **given)
        routed = cross_validate(pipeline, X, y, params=given, cv=2, return_estimator=True)
    assert pipeline["mlp"].validation_scores_ == plain.validation_scores_
    assert pipeline["mlp"].validation_loss_curve_ == plain.validation_loss_curve_
    for estimator in routed["estimator"]:
        assert len(estimator["mlp"].validation_scores_) == 5


def test_frames():
    pd = pytest.importorskip("pandas")
    model, X, y, given = split("binary", scoring="roc_auc")
    names = [f"x{i}" for i in range(X.shape[1])]
    X, given["X_val"] = (pd.DataFrame(a, columns=names) for a in (X, given["X_val"]))
    with quiet():
        model.fit(X, y, **given)
    assert len(model.validation_scores_) == 5
    given["X_val"] = given["X_val"].rename(columns={"x0": "other"})
    with unchanged(model), pytest.raises(ValueError, match=r"X_val, y_val .*feature names"):
        model.fit(X, y, **given)


def _bad(name, **changes):
    X_val, y_val = (a[-20:] for a in datasets.load(name))
    given = {"X_val": X_val, "y_val": y_val}
    for key, change in changes.items():
        given[key] = change(given.get(key))
    return name, {key: value for key, value in given.items() if value is not None}


def _with(value):
    def change(array):
        array = array.copy()
        array[0] = value
        return array

    return change


BAD = {
    "no y_val": (_bad("binary", y_val=lambda y: None), "X_val is given, but y_val is not"),
    "no X_val": (_bad("binary", X_val=lambda X: None), "y_val is given, but X_val is not"),
    "weights only": (("binary", {"sample_weight_val": np.ones(20)}), "sample_weight_val is given"),
    "columns": (_bad("binary", X_val=lambda X: X[:, 1:]), "X_val, y_val .*6 features"),
    "lengths": (_bad("binary", y_val=lambda y: y[1:]), r"X_val, y_val .*\[20, 19\]"),
    "nan": (_bad("binary", X_val=_with(np.nan)), "X_val, y_val .*NaN"),
    "nan target": (_bad("regression", y_val=_with(np.nan)), "X_val, y_val .*NaN"),
    "labels": (_bad("strings", y_val=_with("up")), "X_val, y_val .*classes not in.*'up'"),
    "numbers": (_bad("binary", y_val=lambda y: y + 0.5), "X_val, y_val"),
    "outputs": (_bad("multioutput", y_val=lambda y: y[:, :2]), "X_val, y_val .*2 outputs, but 3"),
    "several outputs": (_bad("regression", y_val=lambda y: np.c_[y, y]), "2 outputs, but 1"),
    "one output": (_bad("multilabel", y_val=lambda y: y[:, 0]), "X_val, y_val"),
    "weights": (_bad("binary", sample_weight_val=lambda w: np.ones(3)), r"X_val, y_val .*\(3,\)"),
    "empty": (("binary", {"X_val": np.empty((0, 7)), "y_val": np.empty(0)}), "X_val, y_val"),
}


@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize("case", BAD)
def test_bad_validation_sets(case, early_stopping):
    (name, given), words = BAD[case]
    X, y = datasets.load(name)
    cls = MLPRegressor if datasets.is_regression(name) else MLPClassifier
    settings = {**SETTINGS, "random_state": np.random.RandomState(0)}
    model = cls(**settings, early_stopping=early_stopping)
    for fit in (False, True):
        if fit:
            with quiet():
                model.fit(X, y)
        with unchanged(model), pytest.raises(ValueError, match=words):
            model.fit(X, y, **given)


class Unhashable:
    """A scorer that is equal to others, and so has no hash."""

    __hash__ = None

    def __call__(self, estimator, X, y):
        return estimator.score(X, y)


def test_scorers_without_hash():
    model, X_val, y_val = fitted("binary", scoring=Unhashable())
    assert_close(model.validation_scores_[-1], model.score(X_val, y_val), 1e-12)


BAD_SCORING = [
    ("binary", "ghost", "'scoring' parameter"),
    ("regression", "error_rate", "'scoring' parameter"),
    ("binary", 3, "'scoring' parameter"),
    ("regression", "accuracy", "scoring='accuracy' fails on the validation set"),
    ("binary", lambda m, X, y: "good", "must return a number, got 'good'"),
    ("binary", accuracy_score, "scoring"),
]


@pytest.mark.parametrize("name, scoring, words", BAD_SCORING)
def test_bad_scoring(name, scoring, words):
    model, X, y, given = split(name)
    with quiet():
        model.fit(X, y)
    model.set_params(scoring=scoring)
    with unchanged(model), pytest.raises(ValueError, match=words):
        model.fit(X, y, **given)


class Refused(ValueError):
    """An error of the user's own."""


class Refusing:
    """An array-like that cannot be read."""

    shape = (20, 7)

    def __array__(self, dtype=None, copy=None):
        raise Refused("unreadable")


@pytest.mark.parametrize("error", [Refused, ValueError, AttributeError, ZeroDivisionError])
@pytest.mark.parametrize("early_stopping", [False, True])
def test_errors_of_a_scoring_function_are_passed_on(error, early_stopping):
    """As by scikit-learn: the same object, with its traceback."""
    raised = []

    def score(estimator, X, y):
        raised.append(error("mine"))
        raise raised[0]

    model, X, y, given = split("binary", scoring=score, early_stopping=early_stopping)
    with unchanged(model), pytest.raises(error, match=r"^mine$") as caught:
        model.fit(X, y, **given)
    assert caught.value is raised[0] and caught.traceback[-1].name == "score"


def test_errors_of_reading_a_validation_set_keep_their_class():
    model, X, y, given = split("binary")
    given["X_val"] = Refusing()
    with unchanged(model), pytest.raises(Refused, match=r"^unreadable$"):
        model.fit(X, y, **given)
