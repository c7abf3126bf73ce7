"""Fitted estimators whose attributes were changed: ValueError, and nothing else is touched."""

import copy
import functools
import pickle

import numpy as np
import pytest
import scipy.sparse as sp
import sklearn.neural_network
from numpy.testing import assert_array_equal

from skdeep import HiddenLayerTransformer, MLPClassifier, Perceptron
from skdeep.recipe.hidden_layers import Structure
from tests.helpers import quiet, unchanged

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 6))
Y = np.arange(60) % 3


@functools.cache
def fitted():
    with quiet():
        return MLPClassifier((5, 4), max_iter=2, random_state=0).fit(X, Y)


@functools.cache
def perceptron():
    return Perceptron().fit(X, Y)


def put(name, value):
    return lambda model: setattr(model, name, value(model) if callable(value) else value)


def put_coef(index, value):
    return lambda model: model.coefs_.__setitem__(index, value(model.coefs_[index]))


CALLS = {
    "predict": lambda model: model.predict(X),
    "partial_fit": lambda model: model.partial_fit(X, Y),
    "warm start": lambda model: model.fit(X, Y),
    "loss_gradient": lambda model: model.loss_gradient(X, Y),
    "hidden_activations": lambda model: model.hidden_activations(X),
    "make_predictor": lambda model: model.make_predictor(),
    "to_sklearn": lambda model: model.to_sklearn(),
    "pickle": lambda model: pickle.loads(pickle.dumps(model)),
}
# what is changed -> how, and what is said
PARAMETERS = {
    "n_features_in_": (put("n_features_in_", 3), None),
    "n_outputs_": (put("n_outputs_", 1), r"\(4, 1\) and \(1,\) were expected"),
    "n_layers_": (put("n_layers_", 9), "has 8 layers of weights"),
    "fewer coefs_": (put("coefs_", lambda model: model.coefs_[:1]), "coefs_ has 1 and inter"),
    "no coefs_": (put("coefs_", None), "not those of a fitted network"),
    "no intercepts_": (put("intercepts_", 3), "not those of a fitted network"),
    "None": (put_coef(0, lambda coef: None), r"coefs_ has shape \(\)"),
    "narrow": (put_coef(0, lambda coef: coef[:, :2]), r"coefs_ has shape \(6, 2\)"),
    "flat": (put_coef(1, np.ravel), r"coefs_ has shape \(20,\)"),
    "text": (put_coef(1, lambda coef: coef.astype(str)), "are numbers, but some are <U"),
    "complex": (put_coef(1, lambda coef: coef + 0j), "but some are complex128"),
    "dates": (put_coef(2, lambda coef: coef.astype("M8[s]")), "but some are datetime64"),
    "sparse": (put_coef(1, sp.csr_array), "."),
    "shape": (lambda model: setattr(model.coefs_[1], "shape", (4, 5)), r"\(5, 4\) and \(4,\) we"),
    "dtype": (lambda model: setattr(model.coefs_[1], "dtype", "f4"), r"has shape \(5, 8\)"),
    "column": (lambda model: setattr(model.intercepts_[0], "shape", (5, 1)), r"shape \(5, 1\)"),
    "skips": (put("_structure", Structure(skips=True)), r"\(11, 4\) and"),
    "batch_norm": (put("_structure", Structure(batch_norm=True)), "batch_norm_ has shapes"),
    "no structure": (put("_structure", None), None),
    "batch_norm_": (put("batch_norm_", [3]), None),
    "activation": (put("activation", "foo"), "activation.* must be .*Got 'foo'"),
    "output only": (put("activation", "softmax"), "activation.* must be .*Got 'softmax'"),
    "out_activation_": (put("out_activation_", "foo"), "out_activation_ must be one of"),
}


@pytest.mark.filterwarnings("ignore:Setting the:DeprecationWarning")
@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("change", PARAMETERS)
def test_parameters(change, call):
    model = copy.deepcopy(fitted())
    do, message = PARAMETERS[change]
    do(model)
    model.warm_start = call == "warm start"
    errors = (ValueError, AttributeError) if message is None else ValueError
    with unchanged(model), pytest.raises(errors, match=message):
        CALLS[call](model)


def test_fewer_features_are_refused_where_the_network_reads_more():
    model = copy.deepcopy(fitted())
    model.n_features_in_ = 3
    for call in (
        lambda: model.predict(X[:, :3]),
        lambda: model.partial_fit(X[:, :3], Y),
        lambda: model.loss_gradient(sp.csr_array(X[:, :3]), Y),
    ):
        with unchanged(model), pytest.raises(ValueError, match=r"\(3, 5\) and \(5,\) were exp"):
            call()


def optimizer(name, value):
    return lambda model: setattr(model._optimizer, name, value(getattr(model._optimizer, name)))


STATES = {
    "fewer states": (optimizer("states", lambda s: s[:1]), r"shape \(2, 74\), but is an array"),
    "short states": (optimizer("states", lambda s: s[:, :5]), r"of the shape \(2, 5\)"),
    "list": (optimizer("states", lambda s: s.tolist()), "but is list"),
    "integers": (optimizer("states", lambda s: s.astype(int)), "array of int64"),
    "updates": (optimizer("t", lambda t: 10**30), "number of updates must be an integer from 0"),
    "negative": (optimizer("t", lambda t: -1), "number of updates must be an integer from 0"),
    "samples": (put("t_", 2**63), "t_ must be an integer from 0"),
    "text": (put("_no_improvement_count", "x"), "_no_improvement_count must be an integer"),
}


@pytest.mark.parametrize("change", STATES)
@pytest.mark.parametrize("pickled", [False, True])
def test_state_of_the_solver(change, pickled):
    model = copy.deepcopy(fitted())
    do, message = STATES[change]
    do(model)
    model = pickle.loads(pickle.dumps(model)) if pickled else model
    with unchanged(model), pytest.raises(ValueError, match=message):
        model.partial_fit(X, Y)
    assert_array_equal(model.predict(X), fitted().predict(X))  # does without it


def test_directions_of_weight_normalisation():
    with quiet():
        model = MLPClassifier((5,), weight_norm=True, max_iter=2, random_state=0).fit(X, Y)
    for name in model._optimizer.directions._fields:
        other = copy.deepcopy(model)
        state = other._optimizer
        short = getattr(state.directions, name)[..., :3]
        state.directions = state.directions._replace(**{name: short})
        with unchanged(other), pytest.raises(ValueError, match=f"'{name}' of weight normal"):
            other.partial_fit(X, Y)


@pytest.mark.parametrize(
    "parameters, message",
    [
        ({"dropout": 0.1}, "dropout has rates for 4 hidden layers, but .* has 2"),
        ({"dropconnect": 0.1}, "dropconnect has rates for 4 hidden layers"),
        ({"frozen_layers": 3}, "frozen_layers=3 is more than the 2 hidden layers of the fitted"),
    ],
)
def test_regularisation_of_another_network(parameters, message):
    model = copy.deepcopy(fitted()).set_params(hidden_layer_sizes=(5, 4, 3, 3), **parameters)
    with unchanged(model), pytest.raises(ValueError, match=message):
        model.loss_gradient(X, Y)


LABELS = {
    "binary": Y % 2,
    "multiclass": Y,
    "multilabel": np.stack([Y > 0, Y > 1, Y % 2 == 0], axis=1).astype(int),
}
CLASSES = {
    "none": lambda classes: classes[:0],
    "fewer": lambda classes: classes[:1],
    "more": lambda classes: np.arange(5),
    "column": lambda classes: classes[:, None],
    "list": lambda classes: classes.tolist(),
}


@functools.cache
def classifiers(kind):
    with quiet():
        network = MLPClassifier((5,), max_iter=2, random_state=0).fit(X, LABELS[kind])
    return [network] if kind == "multilabel" else [network, Perceptron().fit(X, LABELS[kind])]


@pytest.mark.parametrize("kind", LABELS)
@pytest.mark.parametrize("change", CLASSES)
def test_classes_of_another_number(kind, change):
    if (kind, change) == ("multilabel", "more"):
        pytest.skip("more labels than columns are accepted")
    for model in map(copy.deepcopy, classifiers(kind)):
        model.classes_ = CLASSES[change](model.classes_)
        calls = [
            lambda model: model.predict(X),
            lambda model: model.score(X, LABELS[kind]),
            lambda model: model.to_sklearn(),
        ]
        if isinstance(model, MLPClassifier):
            calls += [
                lambda model: model.predict_proba(X),
                lambda model: model.predict_log_proba(X),
                lambda model: model.loss_gradient(X, LABELS[kind]),
                lambda model: model.make_predictor().predict(X),
                lambda model: model.make_predictor().predict_proba(X),
            ]
        for call in calls:
            with unchanged(model), pytest.raises(ValueError, match="classes_ must be an array of"):
                call(model)
        # In a perceptron, the weights may be those that are wrong.
        with unchanged(model), pytest.raises(ValueError, match=r"class|coef_"):
            model.partial_fit(X, LABELS[kind])


@pytest.mark.parametrize("classes", [[0, 1, 2], [0, 1, 2, 3], [-1, 0, 1, 2], [7, 0, 2, 1, 9]])
def test_more_labels_than_columns(classes):
    """As in scikit-learn."""
    targets = LABELS["multilabel"]
    pair = [
        cls((5,), random_state=0).partial_fit(X, targets, classes=classes)
        for cls in (MLPClassifier, sklearn.neural_network.MLPClassifier)
    ]
    ours, theirs = (model.partial_fit(X, targets) for model in pair)
    assert_array_equal(ours.classes_, theirs.classes_)
    assert_array_equal(ours.predict(X), theirs.predict(X))
    np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), rtol=1e-9)
    assert ours.loss_gradient(X, targets)[0] > 0


def test_classes_in_another_order():
    """Predictions give the labels that they are told; training would mix up the outputs."""
    model = copy.deepcopy(fitted())
    model.classes_ = model.classes_[::-1]
    assert_array_equal(model.predict(X), 2 - fitted().predict(X))
    for call in (model.partial_fit, model.loss_gradient):
        with unchanged(model), pytest.raises(ValueError, match="classes_ must be the labels of th"):
            call(X, Y)


def test_networks_to_begin_with():
    """`init_from` of an estimator whose arrays no longer fit together."""
    source = copy.deepcopy(fitted())
    source.intercepts_[1] = np.zeros(9)
    model = MLPClassifier((5, 4), init_from=source)
    with pytest.raises(ValueError):
        model.fit(X, Y)
    assert not hasattr(model, "coefs_")


def test_hidden_layers_of_a_changed_network():
    with quiet():
        model = HiddenLayerTransformer(MLPClassifier((5,), max_iter=2)).fit(X, Y)
    model.estimator_.n_features_in_ = 2
    with pytest.raises(ValueError, match="were expected"):
        model.transform(X[:, :2])


@pytest.mark.parametrize("of_binarizer", [False, True])
def test_augment_that_changes_the_labels(of_binarizer):
    """Targets of other classes would be read as rows of another length."""

    def augment(X, y, rng):
        model.classes_ = np.arange(2)
        if of_binarizer:
            model._label_binarizer.classes_ = model.classes_
        return X, y % 2

    model = MLPClassifier((5,), augment=augment, max_iter=2)
    if of_binarizer:
        with unchanged(model), pytest.raises(ValueError, match="classes_ must be an array of"):
            model.fit(X, Y)
    else:  # the labels of a fit are those that it began with
        with quiet():
            model.fit(X, Y)
        assert model.coefs_[-1].shape == (5, 3)
        with pytest.raises(ValueError, match="classes_ must be an array of"):
            model.predict(X)


class Lying:
    """An array-like that claims another shape than it has."""

    shape = X.shape

    def __array__(self, dtype=None, copy=None):
        return np.zeros((3, 2), dtype=dtype)


def test_augment_that_returns_a_smaller_array_than_it_says():
    model = MLPClassifier((5,), augment=lambda X, y, rng: (Lying(), y))
    with unchanged(model), pytest.raises(ValueError, match=r"augment must return X of shape"):
        model.fit(X, Y)


LINES = {
    "narrow": (put("coef_", lambda model: model.coef_[:, :2]), r"coef_.* has shape \(3, 2\)"),
    "few": (put("coef_", lambda model: model.coef_[:2]), r"coef_.* has shape \(2, 6\)"),
    "intercepts": (put("intercept_", np.zeros(1)), r"intercept_.* has shape \(1,\)"),
    "infinite": (put("intercept_", np.full(3, np.inf)), "intercept_.* must be finite"),
    "classes_": (put("classes_", np.arange(4)), r"coef_.* has shape \(3, 6\), but .*\(4, 6\)"),
}


@pytest.mark.parametrize("change", LINES)
def test_perceptron(change):
    model = copy.deepcopy(perceptron())
    do, message = LINES[change]
    do(model)
    with unchanged(model), pytest.raises(ValueError, match=message):
        model.partial_fit(X, Y)
    if change != "classes_":  # `fit` takes those of y
        model.set_params(warm_start=True)
        with unchanged(model), pytest.raises(ValueError, match=message):
            model.fit(X, Y)


def test_sparse_coef_of_a_perceptron():
    model = copy.deepcopy(perceptron())
    model.coef_ = sp.csr_array(([1.0], [10**7], [0, 0, 1, 1]), shape=(3, 6))
    calls = (lambda X: model.partial_fit(X, Y), lambda X: model.densify())
    for call in (*calls, model.predict, model.decision_function, lambda X: model.to_onnx()):
        with pytest.raises(ValueError, match="coef_ is no valid CSR matrix"):
            call(X)
    valid = copy.deepcopy(perceptron()).sparsify()
    assert_array_equal(valid.predict(X), perceptron().predict(X))
    assert_array_equal(valid.densify().coef_, perceptron().coef_)


@pytest.mark.parametrize(
    "sizes", [(10**30,), (2**32, 2**32), (2**40, 2**40), (2**63 - 1,)], ids=str
)
def test_layers_that_no_memory_can_hold(sizes):
    """Products of such sizes overflow 64 bits: places of other parameters would come out."""
    model = MLPClassifier(sizes)
    with unchanged(model), pytest.raises(ValueError, match="has layers that are too large"):
        model.fit(X, Y)


def test_huge_batches():
    with quiet(), pytest.warns(UserWarning, match="clipped"):
        huge = MLPClassifier((5,), batch_size=10**30, max_iter=2, random_state=0).fit(X, Y)
    with quiet():
        whole = MLPClassifier((5,), batch_size=60, max_iter=2, random_state=0).fit(X, Y)
    assert huge.loss_curve_ == whole.loss_curve_
