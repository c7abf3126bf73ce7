"""``class_weight`` and ``label_smoothing``."""

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.utils import compute_class_weight, compute_sample_weight

from skdeep import MLPClassifier, MLPRegressor, NetworkClassifier, check_gradient
from skdeep.layers import Dense
from skdeep.losses import Hinge, LogLoss
from tests import datasets
from tests.helpers import CONTAINERS, quiet, same, unchanged

SETTINGS = dict(
    hidden_layer_sizes=(4,), activation="tanh", max_iter=4, batch_size=30, random_state=0
)
STATE = ("coefs_", "intercepts_", "loss_curve_", "n_iter_", "validation_scores_")
LISTS = [{0: 1.0, 1: 3.0}, {0: 0.5, 1: 1.0}, {0: 2.0, 1: 0.0}]
CASES = {
    "binary, balanced": ("binary", "balanced"),
    "binary, dict": ("binary", {0: 0.3, 1: 2.0}),
    "multiclass, balanced": ("multiclass", "balanced"),
    "multiclass, part of a dict": ("multiclass", {0: 5.0, 2: 0.0}),
    "strings, dict": ("strings", {"north": 2.0, "west": 0.5}),
    "multilabel, balanced": ("multilabel", "balanced"),
    "multilabel, list of dicts": ("multilabel", LISTS),
}
FITS = {
    "adam": {},
    "early stopping": dict(early_stopping=True, validation_fraction=0.3),
    "lbfgs": dict(solver="lbfgs"),
    "rprop": dict(solver="rprop"),
    "hinge": dict(loss="hinge", solver="sgd"),
    "smoothed": dict(label_smoothing=0.1),
    "smoothed by the loss": dict(loss=LogLoss(label_smoothing=0.1)),
}


def _equal(one, other):
    return all(same(getattr(one, n, None), getattr(other, n, None)) for n in STATE)


def _fit(X, y, sample_weight=None, **parameters):
    with quiet():
        return MLPClassifier(**{**SETTINGS, **parameters}).fit(X, y, sample_weight)


@pytest.mark.parametrize("own", [False, True], ids=["", "with sample weights"])
@pytest.mark.parametrize("parameters", FITS.values(), ids=FITS)
@pytest.mark.parametrize("case", CASES)
def test_weights_of_classes_are_weights_of_samples(case, parameters, own):
    data, class_weight = CASES[case]
    X, y = datasets.load(data)
    own_weights = np.random.RandomState(3).uniform(0.5, 2, len(y)) if own else None
    weights = compute_sample_weight(class_weight, y) * (1.0 if own_weights is None else own_weights)
    weighted = _fit(X, y, own_weights, class_weight=class_weight, **parameters)
    assert _equal(weighted, _fit(X, y, weights, **parameters))
    assert not _equal(weighted, _fit(X, y, own_weights, **parameters))


@pytest.mark.parametrize("container", ["csr", "csc"])
@pytest.mark.parametrize("class_weight", ["balanced", LISTS])
def test_sparse_label_indicators(container, class_weight):
    X, y = datasets.load("multilabel")
    weighted = _fit(X, CONTAINERS[container](y), class_weight=class_weight)
    assert _equal(weighted, _fit(X, y, class_weight=class_weight))


def test_gradient_is_that_of_the_weighted_samples():
    X, y = datasets.load("multiclass")
    class_weight = {0: 5.0, 1: 0.5}
    model = _fit(X, y, class_weight=class_weight)
    plain = _fit(X, y, compute_sample_weight(class_weight, y))
    first, second = (
        model.loss_gradient(X, y),
        plain.loss_gradient(X, y, compute_sample_weight(class_weight, y)),
    )
    assert same(list(first), list(second))
    assert check_gradient(model, X, y) < 1e-6
    assert check_gradient(model, sp.csr_matrix(X), y) < 1e-6


def test_partial_fit():
    X, y = datasets.load("multiclass")
    balanced = compute_class_weight("balanced", classes=np.unique(y), y=y)
    by_dict = MLPClassifier(**SETTINGS, class_weight=dict(enumerate(balanced)))
    by_sample = MLPClassifier(**SETTINGS)
    weights = compute_sample_weight("balanced", y)
    for rows in (slice(0, 50), slice(50, None)):
        by_dict.partial_fit(X[rows], y[rows], classes=np.unique(y))
        by_sample.partial_fit(X[rows], y[rows], weights[rows], classes=np.unique(y))
    for one, other in zip(by_dict.coefs_, by_sample.coefs_, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)


def test_partial_fit_does_not_see_all_classes():
    X, y = datasets.load("multiclass")
    model = MLPClassifier(**SETTINGS, class_weight="balanced")
    with unchanged(model), pytest.raises(ValueError, match="class_weight='balanced' is not supp"):
        model.partial_fit(X, y, classes=np.unique(y))
    with quiet():
        model.fit(X, y)
    with unchanged(model), pytest.raises(ValueError, match="class_weight='balanced' is not supp"):
        model.partial_fit(X, y)


BAD = {
    "classes that are not there": ("binary", {7: 1.0}),
    "list of dicts for one output": ("binary", [{0: 1.0}]),
    "a dict for many labels": ("multilabel", {0: 1.0, 1: 2.0}),
    "lists of other lengths": ("multilabel", [{0: 1.0, 1: 2.0}]),
    "word": ("binary", "unbalanced"),
    "number": ("binary", 2.0),
}


@pytest.mark.parametrize("value", [np.nan, np.inf, None, "a", 1j, [1]], ids=str)
@pytest.mark.parametrize("data", ["binary", "multilabel"])
def test_weights_that_are_no_numbers(data, value):
    """The message names the parameter, and not what would become of them."""
    X, y = datasets.load(data)
    weights = {0: value, 1: 1.0}
    model = MLPClassifier(**SETTINGS)
    model.class_weight = weights if data == "binary" else [weights] * y.shape[1]
    with unchanged(model), pytest.raises(ValueError, match="class_weight must be 'balanced'"):
        model.fit(X, y)
    model.class_weight = [1, 2]
    with unchanged(model), pytest.raises(ValueError, match="class_weight must be 'balanced'"):
        model.fit(X, y)


@pytest.mark.parametrize("bad", BAD)
def test_bad_class_weights(bad):
    data, class_weight = BAD[bad]
    X, y = datasets.load(data)
    if bad == "classes that are not there":
        with pytest.raises(ValueError):
            compute_sample_weight(class_weight, y)
    model = MLPClassifier(**SETTINGS, class_weight=class_weight)
    with unchanged(model), pytest.raises(ValueError):
        model.fit(X, y)


@pytest.mark.parametrize("smoothing", [0.0, 0.25])
@pytest.mark.parametrize("data", ["binary", "multiclass", "multilabel"])
def test_label_smoothing_is_the_loss_of_softer_targets(data, smoothing):
    """The mean of the loss of the true labels and of all labels alike."""
    X, y = datasets.load(data)
    model = _fit(X, y, label_smoothing=smoothing, alpha=0.0)
    p = model.predict_proba(X)
    if data == "multilabel":
        Y, shares = y, 0.5
        p = np.stack([1 - p, p], axis=2)
        Y = np.stack([1 - y, y], axis=2)
    else:
        Y, shares = y[:, None] == model.classes_, 1 / p.shape[1]
    soft = (1 - smoothing) * Y + smoothing * shares
    expected = -(soft * np.log(p)).sum() / len(X)
    assert float(model.loss_gradient(X, y)[0]) == pytest.approx(expected, rel=1e-10)
    assert check_gradient(model, X, y) < 1e-6


def test_label_smoothing_keeps_outputs_from_certainty():
    X = np.repeat([[-1.0], [1.0]], 20, axis=0)
    y = np.repeat([0, 1], 20)
    model = MLPClassifier((), solver="lbfgs", alpha=0.0, label_smoothing=0.2, tol=1e-9).fit(X, y)
    assert model.predict_proba(X)[[0, -1], 1] == pytest.approx([0.1, 0.9], abs=1e-4)
    assert model.score(X, y) == 1.0


@pytest.mark.parametrize("smoothing", [-0.1, 1.0, 1.5, "much", None, np.nan])
def test_label_smoothing_out_of_range(smoothing):
    X, y = datasets.load("binary")
    model = MLPClassifier(label_smoothing=smoothing)
    with unchanged(model), pytest.raises(ValueError, match="'label_smoothing' parameter"):
        model.fit(X, y)


@pytest.mark.parametrize("loss", ["hinge", "squared_error", Hinge()], ids=repr)
def test_label_smoothing_is_for_the_log_loss(loss):
    X, y = datasets.load("binary")
    model = MLPClassifier(loss=loss, label_smoothing=0.1)
    with unchanged(model), pytest.raises(ValueError, match=r"label_smoothing=0.1 is for loss='log"):
        model.fit(X, y)


@pytest.mark.parametrize("data", ["binary", "multiclass", "multilabel"])
def test_label_smoothing_of_the_loss(data):
    """The parameter of the estimator is short for that of the loss."""
    X, y = datasets.load(data)
    short = _fit(X, y, label_smoothing=0.2)
    assert _equal(_fit(X, y, loss=LogLoss(label_smoothing=0.2)), short)
    assert _equal(_fit(X, y, loss=LogLoss()), _fit(X, y))
    settings = {name: SETTINGS[name] for name in ("max_iter", "batch_size", "random_state")}
    network = NetworkClassifier([Dense(4, "tanh")], loss=LogLoss(label_smoothing=0.2), **settings)
    with quiet():
        assert _equal(network.fit(X, y), short)


@pytest.mark.parametrize("of_loss", [0.0, 0.2])
def test_label_smoothing_in_both_places(of_loss):
    X, y = datasets.load("binary")
    model = MLPClassifier(loss=LogLoss(of_loss), label_smoothing=0.1)
    for call in (model.fit, model.partial_fit):
        extra = {} if call == model.fit else {"classes": [0, 1]}
        with unchanged(model), pytest.raises(ValueError, match=r"LogLoss\(label_smoothing=0.1\)"):
            call(X, y, **extra)


def test_label_smoothing_is_for_classifiers():
    X, y = datasets.load("binary")
    model = MLPRegressor(LogLoss(label_smoothing=0.1))
    with unchanged(model), pytest.raises(ValueError, match="label_smoothing is for classifiers"):
        model.fit(X, y)
