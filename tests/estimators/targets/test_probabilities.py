"""``predict_proba`` where outputs are probabilities, else ``decision_function``."""

import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.metrics import get_scorer, roc_auc_score
from sklearn.model_selection import cross_val_score

from skdeep import MLPClassifier
from tests import datasets, oracle
from tests.helpers import assert_close, quiet

# (loss, output activation) -> whether outputs are probabilities
MEANING = {
    ("log_loss", "auto"): True,
    ("log_loss", "logistic"): True,
    ("log_loss", "sigmoid"): True,
    ("squared_error", "auto"): True,
    ("squared_error", "logistic"): True,
    ("squared_error", "identity"): False,
    ("squared_error", "tanh"): False,
    ("squared_error", "softplus"): False,
    ("hinge", "auto"): False,
    ("hinge", "identity"): False,
    ("hinge", "tanh"): False,
}
DATA = ["binary", "multiclass", "multilabel", "strings"]


def _fit(data, loss, output, **parameters):
    X, y = datasets.load(data)
    model = MLPClassifier(
        (6,),
        "tanh",
        loss=loss,
        out_activation=output,
        random_state=0,
        learning_rate_init=0.02,
        **{"max_iter": 40, **parameters},
    )
    with quiet():
        return model.fit(X, y), X, y


@pytest.mark.parametrize("data", DATA)
@pytest.mark.parametrize("loss, output", MEANING)
def test_one_of_both_is_there(loss, output, data):
    probabilities = MEANING[loss, output]
    new = MLPClassifier(loss=loss, out_activation=output)
    fitted, X, y = _fit(data, loss, output)
    for model in (new, fitted):
        assert hasattr(model, "predict_proba") == probabilities
        assert hasattr(model, "predict_log_proba") == probabilities
        assert hasattr(model, "decision_function") != probabilities
    n_columns = (np.ndim(y) == 2 and y.shape[1]) or len(np.unique(y))
    if probabilities:
        p = fitted.predict_proba(X)
        assert p.shape == (len(X), n_columns)
        assert p.min() >= 0 and p.max() <= 1
        if data != "multilabel":
            np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-12)
            np.testing.assert_array_equal(fitted.predict(X), fitted.classes_[p.argmax(axis=1)])
        else:
            np.testing.assert_array_equal(fitted.predict(X), p > 0.5)
        np.testing.assert_allclose(fitted.predict_log_proba(X), np.log(p))
    else:
        d = fitted.decision_function(X)
        assert d.shape == ((len(X),) if n_columns == 2 else (len(X), n_columns))
        if n_columns == 2:
            np.testing.assert_array_equal(fitted.predict(X), (d > 0).astype(int))
        elif data == "multilabel":
            np.testing.assert_array_equal(fitted.predict(X), d > 0)
        else:
            np.testing.assert_array_equal(fitted.predict(X), fitted.classes_[d.argmax(axis=1)])
    assert fitted.score(X, y) > (0.3 if data == "multilabel" else 0.5)


@pytest.mark.parametrize("loss, output", [("hinge", "auto"), ("squared_error", "tanh")])
def test_messages(loss, output):
    model = MLPClassifier(loss=loss, out_activation=output)
    with pytest.raises(AttributeError):
        _ = model.predict_proba
    with pytest.raises(AttributeError):
        _ = MLPClassifier().decision_function


@pytest.mark.parametrize("data, output", [("multiclass", "logistic"), ("multiclass", "step")])
def test_shares_of_logistic_outputs(data, output):
    """Outputs that were trained one by one are divided by their sum."""
    fitted, X, _ = _fit("multiclass", "log_loss", "logistic")
    outputs = oracle.Network.of(fitted).forward(X)[-1]
    expected = outputs / outputs.sum(axis=1, keepdims=True)
    assert_close(fitted.predict_proba(X), expected, 1e-12)


def test_shares_of_outputs_that_are_all_zero():
    fitted, X, _ = _fit("multiclass", "log_loss", "logistic", max_iter=1)
    fitted.coefs_[1][...] = 0.0
    fitted.intercepts_[1][...] = -800.0
    np.testing.assert_allclose(fitted.predict_proba(X), 0.25)


@pytest.mark.parametrize("loss, output", [("log_loss", "softmax"), ("squared_error", "softmax")])
def test_softmax_of_labels(loss, output):
    """Shares that labels have of a sample: probabilities already."""
    fitted, X, _ = _fit("multilabel", loss, output)
    np.testing.assert_allclose(fitted.predict_proba(X).sum(axis=1), 1, rtol=1e-12)


@pytest.mark.parametrize("loss", ["hinge", "log_loss", "squared_error"])
def test_scorers(loss):
    fitted, X, y = _fit("binary", loss, "auto")
    outputs = fitted.decision_function(X) if loss == "hinge" else fitted.predict_proba(X)[:, 1]
    scorer = get_scorer("roc_auc")
    assert scorer(fitted, X, y) == roc_auc_score(y, outputs) > 0.7
    model = MLPClassifier((4,), loss=loss, max_iter=20, learning_rate_init=0.02, random_state=0)
    with quiet():
        scores = cross_val_score(model, X, y, scoring="roc_auc", cv=3, error_score="raise")
    assert scores.mean() > 0.6


def test_scorer_of_labels():
    fitted, X, y = _fit("multilabel", "hinge", "auto")
    expected = roc_auc_score(y, fitted.decision_function(X))
    assert get_scorer("roc_auc")(fitted, X, y) == expected > 0.6


def test_calibrated():
    """Probabilities after all, from decisions."""
    X, y = datasets.load("binary")
    model = MLPClassifier((4,), loss="hinge", max_iter=30, learning_rate_init=0.02, random_state=0)
    with quiet():
        p = CalibratedClassifierCV(model, cv=2).fit(X, y).predict_proba(X)
    np.testing.assert_allclose(p.sum(axis=1), 1)


@pytest.mark.parametrize("data", ["binary", "multiclass", "multilabel"])
def test_early_stopping_scores_predictions(data):
    """The accuracy on the rows held out, whatever outputs mean."""
    fitted, _, _ = _fit(data, "hinge", "auto", early_stopping=True, validation_fraction=0.3)
    assert max(fitted.validation_scores_) == fitted.best_validation_score_
    assert 0 <= min(fitted.validation_scores_) < fitted.best_validation_score_ <= 1


@pytest.mark.parametrize("data", ["binary", "multiclass"])
def test_float32_outputs(data):
    X, y = datasets.load(data)
    with quiet():
        fitted = MLPClassifier((4,), loss="hinge", max_iter=2).fit(X.astype(np.float32), y)
        assert fitted.decision_function(X.astype(np.float32)).dtype == np.float32
        fitted.set_params(loss="log_loss", out_activation="logistic").fit(X.astype(np.float32), y)
    assert fitted.predict_proba(X.astype(np.float32)).dtype == np.float32
