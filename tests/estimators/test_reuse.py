"""Networks that begin with the layers of another, and training layer by layer."""

import pickle

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


def test_greedy_pretraining():
    """By hand: one layer, then two, each stage with the layers of the last."""
    deep = MLPClassifier(
        (5, 4, 3), ["relu", "tanh", "gelu"], max_iter=3, random_state=0, warm_start=True
    )
    weights = np.random.RandomState(0).uniform(0, 2, len(Y))
    with unchanged(deep), quiet():
        got = greedy_pretraining(deep, X, Y, sample_weight=weights)
    network = None
    for depth in (1, 2, 3):
        settings = {
            "hidden_layer_sizes": (5, 4, 3)[:depth],
            "activation": ["relu", "tanh", "gelu"][:depth],
            "init_from": network,
        }
        with quiet():
            network = clone(deep).set_params(**settings).fit(X, Y, sample_weight=weights)
    for a, b in zip(got.coefs_, network.coefs_, strict=True):
        assert_array_equal(a, b)
    assert got.init_from is None and got.hidden_layer_sizes == (5, 4, 3)
    fine = begun(got, (5, 4, 3))
    for layer in range(3):
        assert_array_equal(fine.coefs_[layer], got.coefs_[layer])


@pytest.mark.parametrize(
    "estimator, words",
    [
        (MLPClassifier(()), r"hidden_layer_sizes=\(\)"),
        (MLPClassifier((3, 3), ["relu"]), "activation has 1 entries"),
        (MLPClassifier((3, 3), alpha=-1), "'alpha' parameter"),
        (LogisticRegression(), "estimator must be an MLPClassifier or MLPRegressor"),
        (MLPClassifier((3, 3), init_from=MLPClassifier()), "is not fitted"),
    ],
)
def test_bad_pretraining(estimator, words):
    with unchanged(estimator), pytest.raises(ValueError, match=words):
        greedy_pretraining(estimator, X, Y)
