"""Networks that begin with the layers of another, and training layer by layer."""

import pickle
import re

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn import neural_network
from sklearn.base import clone
from sklearn.ensemble import BaggingClassifier
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV

from skdeep import MLPClassifier, MLPRegressor, greedy_pretraining
from skdeep.solvers import SGD
from tests import datasets
from tests.estimators.in_layers import class_and_parameters
from tests.estimators.structures import STRUCTURES
from tests.helpers import quiet, same, unchanged

X, Y = datasets.load("multiclass")
#: Weights stay as they begin, up to less than rounding.
STILL = {"solver": SGD(learning_rate_init=1e-30), "max_iter": 1, "random_state": 0}


def source(hidden=(5, 4), cls=MLPClassifier, **parameters):
    with quiet():
        return cls(hidden_layer_sizes=hidden, max_iter=3, random_state=1, **parameters).fit(X, Y)


def begun(origin, hidden=(5, 4), cls=MLPClassifier, y=Y, **parameters):
    """Return a network as it begins."""
    with quiet():
        return cls(hidden_layer_sizes=hidden, init_from=origin, **{**STILL, **parameters}).fit(X, y)


# hidden layers of the new network -> how many of (5, 4) it takes over
WIDTHS = {(5, 4): 2, (5,): 1, (5, 3): 1, (5, 4, 4): 2, (5, 3, 4): 1}


@pytest.mark.parametrize("hidden", WIDTHS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_layers_of_equal_shape_are_copied(hidden, dtype):
    origin, n = source(), WIDTHS[hidden]
    with unchanged(origin), quiet():
        model = MLPClassifier(hidden, init_from=origin, **STILL).fit(X.astype(dtype), Y)
        plain = MLPClassifier(hidden, **STILL).fit(X.astype(dtype), Y)
    assert len(model.coefs_) == len(hidden) + 1
    for layer, coef in enumerate(model.coefs_):
        copied = layer < n  # the others are drawn as ever, the output layer always
        expected = origin if copied else plain
        assert coef.dtype == dtype
        assert_array_equal(coef, expected.coefs_[layer].astype(dtype))
        biases = expected.intercepts_[layer].astype(dtype)
        assert_array_equal(model.intercepts_[layer], biases)
        assert not np.shares_memory(coef, origin.coefs_[min(layer, 2)])


def test_other_targets_and_other_networks():
    y = X[:, 0] - X[:, 1]
    sources = [source(), source(cls=neural_network.MLPClassifier), FrozenEstimator(source())]
    for origin in sources:
        model = begun(origin, cls=MLPRegressor, y=y)
        assert_array_equal(model.coefs_[0], origin.coefs_[0])
        assert_array_equal(model.coefs_[1], origin.coefs_[1])
        assert model.coefs_[2].shape == (4, 1)
    regressor = begun(None, cls=MLPRegressor, y=y)
    assert_array_equal(begun(regressor).coefs_[0], regressor.coefs_[0])


def test_training_goes_on_from_there():
    origin = source()
    with unchanged(origin), quiet():
        model = MLPClassifier((5, 4), max_iter=3, init_from=origin, random_state=0).fit(X, Y)
        assert not np.array_equal(model.coefs_[0], origin.coefs_[0])
        other = MLPClassifier((5, 4), max_iter=3, random_state=0).fit(X, Y)
        assert model.loss_curve_ != other.loss_curve_
        # partial_fit begins there too; networks that exist go on from where they are
        part = MLPClassifier((5, 4), init_from=origin, random_state=0).partial_fit(
            X, Y, None, [*range(4)]
        )
        assert part.loss_curve_[0] == model.loss_curve_[0]
        model.set_params(warm_start=True, init_from=source((9,))).fit(X, Y)
    assert len(model.loss_curve_) == 6


def test_restarts_begin_with_the_same_layers():
    origin = source()
    model = begun(origin, n_restarts=3)
    assert_array_equal(model.coefs_[0], origin.coefs_[0])
    assert len({restart.loss for restart in model.restarts_}) == 3  # the output layers differ


def test_clones_keep_the_source():
    origin = source()
    model = MLPClassifier((5, 4), init_from=origin, max_iter=2)
    assert clone(model).init_from is origin and clone(clone(model)).init_from is origin
    assert not [name for name in model.get_params() if name.startswith("init_from__")]
    with unchanged(origin), quiet():
        search = GridSearchCV(model, {"alpha": [0, 1]}, cv=2, error_score="raise").fit(X, Y)
        BaggingClassifier(model, 2, random_state=0).fit(X, Y)
    assert search.best_estimator_.init_from is origin
    again = pickle.loads(pickle.dumps(search.best_estimator_))
    assert same(again.init_from.coefs_, origin.coefs_)


BAD = {
    "not fitted": (lambda: MLPClassifier((5, 4)), "init_from=MLPClassifier.* is not fitted"),
    "no network": (lambda: LogisticRegression().fit(X, Y), "init_from must be a fitted MLPC"),
    "number": (lambda: 3, "'init_from' parameter"),
    "class": (lambda: MLPClassifier, "init_from must be a fitted MLPC"),
    "units": (lambda: source((6, 4)), r"layer 0 have shape \(6, 6\) there, but \(6, 5\) here"),
    "linear": (lambda: source(()), "it has 0, this network 2"),
}


@pytest.mark.parametrize("case", BAD)
@pytest.mark.parametrize("cls", [MLPClassifier, MLPRegressor])
def test_bad_sources(case, cls):
    make, words = BAD[case]
    model = cls(hidden_layer_sizes=(5, 4), random_state=np.random.RandomState(0), max_iter=1)
    for fit in (False, True):
        if fit:
            with quiet():
                model.set_params(init_from=None).fit(X, Y)
        model.set_params(init_from=make())
        with unchanged(model), pytest.raises(ValueError, match=words) as raised:
            model.fit(X, Y)
        assert isinstance(raised.value, NotFittedError) == (case == "not fitted")


def test_other_features():
    model = MLPClassifier((5, 4), init_from=source())
    with pytest.raises(ValueError, match=r"shape \(6, 5\) there, but \(4, 5\) here"):
        model.fit(X[:, :4], Y)
    with pytest.raises(ValueError, match="it has 2, this network 0"):
        model.set_params(hidden_layer_sizes=()).fit(X, Y)


@pytest.mark.parametrize("freeze", [True, False])
def test_greedy_pretraining(freeze):
    """By hand: one layer, then two, each stage with the layers of the last."""
    names = ["relu", "tanh", "gelu"]
    deep = MLPClassifier(
        (5, 4, 3),
        names,
        max_iter=3,
        random_state=0,
        warm_start=True,
        dropout=0.2,
        dropconnect=0.1,
        input_dropout=0.1,
        skip_connections=True,
    )
    weights = np.random.RandomState(0).uniform(0, 2, len(Y))
    with unchanged(deep), quiet():
        got = greedy_pretraining(deep, X, Y, freeze=freeze, sample_weight=weights)
    network = None
    for depth in (1, 2, 3):
        settings = {
            "hidden_layer_sizes": (5, 4, 3)[:depth],
            "activation": names[:depth],
            "init_from": network,
            "frozen_layers": depth - 1 if freeze else 0,
        }
        before = network
        with quiet():
            network = clone(deep).set_params(**settings).fit(X, Y, sample_weight=weights)
        for layer in range(depth - 1):
            kept = np.array_equal(network.coefs_[layer], before.coefs_[layer])
            assert kept == freeze
    for a, b in zip(got.coefs_, network.coefs_, strict=True):
        assert_array_equal(a, b)
    assert same(got.get_params(), deep.get_params())
    with quiet():
        on = clone(got).set_params(warm_start=False, init_from=got).fit(X, Y)
        warm = pickle.loads(pickle.dumps(got)).fit(X, Y)
    assert not np.array_equal(on.coefs_[0], got.coefs_[0])  # nothing is frozen any more
    assert not np.array_equal(warm.coefs_[0], got.coefs_[0])
    fine = begun(got, (5, 4, 3), skip_connections=True)
    for layer in range(3):
        assert_array_equal(fine.coefs_[layer], got.coefs_[layer])


def test_batch_norm_is_pretrained_without_freezing():
    deep = MLPClassifier((5, 4), max_iter=2, batch_norm=True, random_state=0)
    with unchanged(deep), pytest.raises(ValueError, match=r"batch_norm=True .* freeze=False"):
        greedy_pretraining(deep, X, Y)
    with quiet():
        got = greedy_pretraining(deep, X, Y, freeze=False)
        stage = clone(deep).set_params(hidden_layer_sizes=(5,)).fit(X, Y)
        by_hand = clone(deep).set_params(init_from=stage).fit(X, Y)
    assert_array_equal(got.coefs_[1], by_hand.coefs_[1])
    assert_array_equal(got.batch_norm_[0].mean, by_hand.batch_norm_[0].mean)


@pytest.mark.parametrize(
    "estimator, words",
    [
        (MLPClassifier(()), r"hidden_layer_sizes=\(\)"),
        (MLPClassifier((3, 3), ["relu"]), "activation has 1 entries"),
        (MLPClassifier((3, 3), alpha=-1), "'alpha' parameter"),
        (LogisticRegression(), "estimator must be an MLPClassifier, MLPRegressor or"),
        (MLPClassifier((3, 3), init_from=MLPClassifier()), "is not fitted"),
        (MLPClassifier((3, 3), frozen_layers=1), "frozen_layers=1 is for fits"),
        (MLPClassifier((3, 3), dropout=[0.1, 0.1]), "'dropout' parameter"),
    ],
)
def test_bad_pretraining(estimator, words):
    with unchanged(estimator), pytest.raises(ValueError, match=words):
        greedy_pretraining(estimator, X, Y)


def test_bad_freeze():
    with pytest.raises(ValueError, match="freeze must be True or False, got 1"):
        greedy_pretraining(MLPClassifier((3, 3)), X, Y, freeze=1)


# (the other network, the new one) -> how many hidden layers are taken over
SKIPS = {"to skips": (False, True, 1), "from skips": (True, False, 1), "both": (True, True, 3)}


@pytest.mark.parametrize("case", SKIPS)
def test_skips(case):
    """Only the first layer reads the same with and without skip connections."""
    theirs, ours, shared = SKIPS[case]
    origin = source((5, 4, 3), skip_connections=theirs)
    model = begun(origin, (5, 4, 3), skip_connections=ours)
    plain = begun(None, (5, 4, 3), skip_connections=ours)
    for layer in range(3):
        expected = origin if layer < shared else plain
        assert_array_equal(model.coefs_[layer], expected.coefs_[layer])
    if shared == 3:
        return
    shapes = [(11, 4), (5, 4)] if theirs else [(5, 4), (11, 4)]
    words = "the weights of layer 1 have shape {} there, but {} here".format(*shapes)
    model.set_params(frozen_layers=2)
    with unchanged(model), pytest.raises(ValueError, match=re.escape(words)):
        model.fit(X, Y)


def test_frozen_layers_must_be_there():
    model = MLPClassifier((5, 4, 3), init_from=source((5, 4)), frozen_layers=3)
    with unchanged(model), pytest.raises(ValueError, match=r"frozen_layers=3 .* has 2 hidden"):
        model.fit(X, Y)
    with quiet():
        model.set_params(frozen_layers=2, max_iter=1).fit(X, Y)
    assert_array_equal(model.coefs_[1], model.init_from.coefs_[1])
    assert not np.array_equal(model.intercepts_[2], np.zeros(3))


def test_batch_norm():
    origin = source(batch_norm=True)
    model = begun(origin, batch_norm=True)
    for layer in range(2):
        assert_array_equal(model.coefs_[layer], origin.coefs_[layer])
        assert_array_equal(model.batch_norm_[layer].scale, origin.batch_norm_[layer].scale)
    normalised = begun(source(), batch_norm=True)  # the units are normalised from here on
    assert_array_equal(normalised.batch_norm_[1].scale, np.ones(4))


@pytest.mark.parametrize("structure", ["plain", *STRUCTURES])
def test_feature_extraction_then_fine_tuning(structure):
    """Digits 5 to 9 with what was learned on 0 to 4: first the outputs learn, then all."""
    digits, labels = datasets.load("digits")
    parameters = {"hidden_layer_sizes": (20, 10), **STRUCTURES.get(structure, {})}
    low, train = labels < 5, np.flatnonzero(labels >= 5)[:60]
    common = dict(activation="tanh", solver="lbfgs", max_iter=40, random_state=0)

    def made(**more):
        cls, settings = class_and_parameters("Classifier", {**common, **parameters, **more})
        return cls(**settings)

    with quiet():
        origin = made().fit(digits[low], labels[low])
        depth = len(origin.coefs_) - 1
        extracted = made(init_from=origin, frozen_layers=depth)
        extracted.fit(digits[train], labels[train])
        tuned = made(init_from=extracted).fit(digits[train], labels[train])
    for layer in range(depth):
        assert_array_equal(extracted.coefs_[layer], origin.coefs_[layer])
        assert_array_equal(extracted.intercepts_[layer], origin.intercepts_[layer])
        assert not np.array_equal(tuned.coefs_[layer], origin.coefs_[layer])
    assert list(extracted.classes_) == [5, 6, 7, 8, 9]
    assert tuned.loss_ < extracted.loss_


def test_features_of_other_digits_help():
    digits, labels = datasets.load("digits")
    low, high = labels < 5, np.flatnonzero(labels >= 5)
    train, rest = high[:30], high[30:]
    model = MLPClassifier((30,), activation="tanh", solver="lbfgs", alpha=0.3, random_state=0)
    with quiet():
        origin = clone(model).fit(digits[low], labels[low])
        extracted = clone(model).set_params(init_from=origin, frozen_layers=1)
        extracted.fit(digits[train], labels[train])
        tuned = clone(model).set_params(init_from=extracted).fit(digits[train], labels[train])
    assert 0.6 < extracted.score(digits[rest], labels[rest])
    assert 0.85 < tuned.score(digits[rest], labels[rest])
