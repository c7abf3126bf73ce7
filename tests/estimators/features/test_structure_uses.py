"""Networks with skips and auxiliary outputs beside everything else that estimators can."""

import pickle

import numpy as np
import pytest
import scipy.sparse as sp
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from skdeep import MLPClassifier, MLPRegressor, NetworkClassifier, check_gradient, solvers
from skdeep.layers import Dense
from tests import datasets
from tests.estimators.in_layers import in_layers
from tests.estimators.structures import STRUCTURES, copied, estimator, fitted
from tests.helpers import assert_close, quiet, same

LIMIT = 1e-6
HEADED = [name for name in STRUCTURES if "heads" in STRUCTURES[name]]


@pytest.mark.parametrize("solver", solvers.names())
@pytest.mark.parametrize("structure", STRUCTURES)
def test_every_solver_learns(structure, solver):
    parameters = {**STRUCTURES[structure], "solver": solver, "alpha": 0.01}
    first, X, _ = fitted("regression", **parameters)
    last, *_ = fitted("regression", **{**parameters, "max_iter": 30})
    assert last.loss_ < first.loss_
    assert_close(last._outputs(X), copied(last).predict(X), 1e-9)  # which looks for zeros, too


WITH = {
    "batch_norm": {"batch_norm": True, "batch_size": 20},
    "dropout": {"dropout": 0.3, "batch_size": 20},
    "dropout of features too": {"dropout": 0.3, "input_dropout": 0.1},
    "dropconnect": {"dropconnect": 0.3, "batch_size": 7},
    "noise": {"input_noise": 0.1},
    "max_norm": {"max_norm": 0.5, "batch_size": 10},
    "clip_norm": {"clip_norm": 0.1},
    "frozen": {"frozen_layers": 1},
    "l1": {"penalty": "l1"},
    "early stopping": {"early_stopping": True},
    "restarts": {"n_restarts": 3},
    "restarts, lbfgs": {"n_restarts": 2, "solver": "lbfgs"},
    "he_normal": {"weight_init": "he_normal"},
    "everything": {
        "batch_norm": True,
        "dropout": 0.2,
        "dropconnect": 0.1,
        "max_norm": 2.0,
        "clip_norm": 1.0,
        "early_stopping": True,
        "batch_size": 11,
        "shuffle": True,
    },
}


@pytest.mark.parametrize("others", WITH)
@pytest.mark.parametrize("structure", STRUCTURES)
def test_with_other_parameters(structure, others):
    parameters = {**STRUCTURES[structure], **WITH[others], "max_iter": 3}
    bits = []
    for n_threads in (1, 2):
        model, X, y = fitted("multiclass", **parameters, n_threads=n_threads)
        bits.append(model._vector)
    assert_array_equal(*bits)
    assert np.isfinite(bits[0]).all()
    assert check_gradient(model, X, y) < LIMIT
    network = copied(model)
    if "batch_norm" not in parameters:
        assert_close(model.predict_proba(X), network.predict(X), 1e-9)
    if others == "noise":
        return
    with quiet():
        model.fit(sp.csr_matrix(X), y)
    assert check_gradient(model, sp.csr_matrix(X), y) < LIMIT


@pytest.mark.parametrize("structure", STRUCTURES)
def test_frozen_layers_keep_their_bits(structure):
    source, X, y = fitted("multiclass", **STRUCTURES[structure])
    depth = len(source.coefs_) - 1
    for frozen in range(1, depth + 1):
        with quiet():
            parameters = dict(init_from=source, frozen_layers=frozen, max_iter=4, batch_size=10)
            model, *_ = fitted("multiclass", **STRUCTURES[structure], **parameters)
        for layer in range(depth + 1):
            kept = np.array_equal(model.coefs_[layer], source.coefs_[layer])
            assert kept == (layer < frozen)
            assert np.array_equal(model.intercepts_[layer], source.intercepts_[layer]) == kept
        assert check_gradient(model, X, y) < LIMIT


@pytest.mark.parametrize("structure", STRUCTURES)
def test_fits_that_go_on(structure):
    """`partial_fit`, warm starts and pickles go on where a single fit would be."""
    model, X, y = estimator("multiclass", **STRUCTURES[structure], max_iter=4, batch_size=20)
    with quiet():
        once = clone(model).fit(X, y)
        parts = clone(model)
        for step in range(4):
            parts.partial_fit(X, y, classes=[*range(4)])
            if step == 1:
                parts = pickle.loads(pickle.dumps(parts))
        warm = clone(model).set_params(warm_start=True, max_iter=2).fit(X, y)
        begun = warm._vector.copy()
        warm.fit(X, y)
    assert_array_equal(parts._vector, once._vector)
    assert same(parts.coefs_, once.coefs_) and parts.loss_curve_ == once.loss_curve_
    assert warm._architecture_now() == once._architecture_now()
    assert not np.array_equal(begun, warm._vector)
    again = pickle.loads(pickle.dumps(once))
    assert_array_equal(again.predict_proba(X), once.predict_proba(X))
    assert_array_equal(again._vector, once._vector)
    assert same(again.get_params(), once.get_params())
    with quiet():
        assert_array_equal(clone(again).fit(X, y)._vector, once._vector)


@pytest.mark.parametrize("structure", STRUCTURES)
def test_validation_set(structure):
    model, X, y = estimator("multiclass", **STRUCTURES[structure], max_iter=5)
    model.set_params(early_stopping=True, scoring="loss")
    with quiet():
        model.fit(X[:70], y[:70], X_val=X[70:], y_val=y[70:])
    assert len(model.validation_loss_curve_) == 5
    probabilities = model.predict_proba(X[70:])[np.arange(len(X) - 70), y[70:]]
    best = min(model.validation_loss_curve_)
    assert -np.log(probabilities).mean() == pytest.approx(best, rel=1e-9)  # without other outputs


def test_in_a_search():
    X, y = datasets.load("multiclass")
    common = dict(max_iter=20, learning_rate_init=0.02, random_state=0)
    skips = {"skip_connections": [False, True]}
    heads = {f"layers__{place}__auxiliary_output": [False, True] for place in (0, 1)}
    headed = NetworkClassifier(**in_layers((4, 3), **common))
    scores = []
    for model, grid in ((MLPClassifier((4, 3), **common), skips), (headed, heads)):
        with quiet():
            search = GridSearchCV(model, grid, cv=2, error_score="raise").fit(X, y)
        scores += [*search.cv_results_["mean_test_score"]]
    assert len(scores) == 6 and len(set(scores)) > 2


@pytest.mark.parametrize("structure", HEADED)
def test_auxiliary_outputs_do_not_predict(structure):
    model, X, _ = fitted("multiclass", **STRUCTURES[structure])
    before = model.predict_proba(X)
    for coef, intercept in zip(model.auxiliary_coefs_, model.auxiliary_intercepts_, strict=True):
        assert coef.shape[1:] == intercept.shape == (4,)
        coef[...], intercept[...] = 1e6, -1e6
    assert_array_equal(model.predict_proba(X), before)
    predictor = model.make_predictor()
    assert_array_equal(predictor.predict_proba(X), before)


def test_attributes_of_an_earlier_fit_are_forgotten():
    model, X, y = fitted("multiclass", **STRUCTURES["heads"])
    with quiet():
        model.set_params(layers=[Dense(3, "tanh")]).fit(X, y)
    names = {"auxiliary_coefs_", "auxiliary_intercepts_"}
    plain, *_ = fitted("multiclass", hidden_layer_sizes=(3,))
    assert not names & set(vars(model))
    assert [coef.shape for coef in model.coefs_] == [(6, 3), (3, 4)]
    assert_array_equal(model._vector, plain._vector)


@pytest.mark.parametrize("structure", STRUCTURES)
def test_gradient_norms(structure):
    model, *_ = fitted(
        "multiclass", **STRUCTURES[structure], record_gradient_norms=True, max_iter=3
    )
    assert model.gradient_norms_.shape == (3, len(model.coefs_))
    assert (model.gradient_norms_ > 0).all()


@pytest.mark.parametrize("structure", HEADED)
def test_norms_are_those_of_the_layers(structure):
    """Not those of the auxiliary outputs, which come before the last layer in the table."""
    model, X, y = estimator("regression", **STRUCTURES[structure], solver="sgd", batch_size=89)
    model.set_params(record_gradient_norms=True, learning_rate_init=1e-300)
    with quiet():
        model.fit(X, y)
    _, coefs, intercepts = model.loss_gradient(X, y)
    pairs = zip(coefs, intercepts, strict=True)
    expected = [np.sqrt((w**2).sum() + (b**2).sum()) for w, b in pairs]
    assert_close(model.gradient_norms_[0], expected, 1e-9)


@pytest.mark.parametrize("solver", ["sgd", "adam", "lbfgs"])
@pytest.mark.parametrize("data", ["multiclass", "regression"])
def test_without_hidden_layers_skips_are_linear(data, solver):
    linear, X, _ = fitted(data, hidden_layer_sizes=(), solver=solver, max_iter=9)
    model, *_ = fitted(
        data, hidden_layer_sizes=(), solver=solver, max_iter=9, skip_connections=True
    )
    assert_array_equal(model._vector, linear._vector)
    assert_array_equal(model.predict(X), linear.predict(X))


XOR = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0, 1, 1, 0])


def test_one_hidden_neuron_solves_xor():
    """The outputs see the inputs, too; a network of layers cannot do it."""
    common = dict(activation="logistic", solver="lbfgs", alpha=0, n_restarts=5, random_state=0)
    model = MLPClassifier((1,), skip_connections=True, **common).fit(*XOR)
    assert model.score(*XOR) == 1 and model.loss_ < 0.01
    assert [coef.shape for coef in model.coefs_] == [(2, 1), (3, 1)]
    layers = MLPClassifier((1,), **common).fit(*XOR)
    assert layers.score(*XOR) < 1


@pytest.mark.parametrize("structure", ["skips", "skips, mixed"])
def test_from_weights(structure):
    model, X, y = fitted("multiclass", **STRUCTURES[structure])
    given = MLPClassifier.from_weights(
        model.coefs_, model.intercepts_, activation=model.activation, skip_connections=True
    )
    assert_array_equal(given.predict_proba(X), model.predict_proba(X))
    for ours, theirs in zip(given.hidden_activations(X), model.hidden_activations(X), strict=True):
        assert_array_equal(ours, theirs)
    assert given.hidden_layer_sizes == model.hidden_layer_sizes
    given.set_params(learning_rate_init=0.05).partial_fit(X, y)
    assert check_gradient(given, X, y) < LIMIT
    with pytest.raises(ValueError, match=r"Layer 1: coefs\[1\] has shape .*: \(11, 4\) was exp"):
        MLPClassifier.from_weights(
            [np.ones((6, 5)), np.ones((5, 4))], [np.ones(5), np.ones(4)], skip_connections=True
        )


def test_xor_of_given_weights():
    """``step(a + b - 1.5)`` is AND, and ``a + b - 2 AND`` is XOR."""
    xor = MLPRegressor.from_weights(
        [[[1], [1]], [[1], [1], [-2]]], [[-1.5], [0]], activation="step", skip_connections=True
    )
    assert_array_equal(xor.predict(XOR[0]), XOR[1])


@pytest.mark.parametrize("name, value", [("batch_norm", True)])
def test_given_weights_are_weights_and_biases(name, value):
    with pytest.raises(ValueError, match=f"{name}=.* is for networks that are trained"):
        MLPRegressor.from_weights([[[1.0]], [[1.0]]], [[0.0], [0.0]], **{name: value})


def test_auxiliary_outputs_train_deep_sigmoid_networks():
    """Five layers in which the gradient vanishes: the first layers learn from outputs nearby."""
    X, y = datasets.load("digits")
    scores, norms = {}, {}
    for heads in ((), (0, 1, 2, 3)):
        fits = []
        for seed in range(5):
            layers = [Dense(20, "logistic", auxiliary_output=place in heads) for place in range(5)]
            model = NetworkClassifier(
                layers,
                learning_rate_init=0.01,
                batch_size=50,
                max_iter=30,
                record_gradient_norms=True,
                random_state=seed,
            )
            with quiet():
                fits.append(model.fit(X, y))
        scores[len(heads)] = np.mean([model.score(X, y) for model in fits])
        norms[len(heads)] = np.mean([model.gradient_norms_[0, 0] for model in fits])
    assert scores[4] > scores[0] + 0.4 and scores[4] > 0.8
    assert norms[4] > 100 * norms[0]
