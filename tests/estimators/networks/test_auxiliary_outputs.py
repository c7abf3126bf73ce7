"""Auxiliary outputs of layers of every kind, and what is said of them."""

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.special import log_softmax

from skdeep import (
    MLPClassifier,
    MLPRegressor,
    NetworkClassifier,
    NetworkRegressor,
    check_gradient,
)
from skdeep.displays import describe_network
from skdeep.layers import Add, Columns, Concatenate, Conv1D, Dense, Embedding, Flatten, MaxPool1D
from tests import datasets
from tests.helpers import assert_close, name_of, quiet, same, unchanged
from tests.layers.problems import codes, fitted, layer_outputs, sequences

RNG = np.random.default_rng(2)
TOKENS = RNG.integers(6, size=(60, 8)).astype(float), RNG.integers(3, size=60)
X, Y = datasets.load("multiclass")
HEAD = {"auxiliary_output": True}
TANH = {"activation": "tanh", **HEAD}
#: name -> data, and layers of which some have auxiliary outputs.
NETWORKS = {
    "convolutions": (
        sequences(),
        [
            ("first", Conv1D(6, 3, padding="same", **TANH)),
            Conv1D(5, 2, strides=2, **TANH),
            Flatten(),
            Dense(6, **TANH),
        ],
    ),
    "pooling": (
        sequences(),
        [Conv1D(6, 3, activation="tanh"), MaxPool1D(2, **HEAD), Flatten(), Dense(6, "tanh")],
    ),
    "columns": (codes(), [Embedding([7, 4], 3, columns=[0, 2], **HEAD), Dense(6, "tanh")]),
    "tokens": (
        TOKENS,
        [Embedding(6, 3, **HEAD), Conv1D(4, 3, **TANH), MaxPool1D(**HEAD), Dense(6, "tanh")],
    ),
    "branches": (
        (X, Y),
        [
            ("a", Dense(6, **TANH)),
            ("b", Dense(6, "tanh", weights_of="a", inputs="features")),
            ("sum", Add(["a", "b"], **TANH)),
            ("some", Columns([0, 2], inputs="features")),
            ("c", Dense(4, inputs=["sum", "some", "a"], **TANH)),
            Concatenate(["c", "sum"]),
        ],
    ),
}


@pytest.mark.parametrize(
    "parameters",
    [{}, {"weight_norm": True, "alpha": 0.1}, {"dropconnect": 0.2, "input_dropout": 0.1}],
    ids=str,
)
@pytest.mark.parametrize("name", NETWORKS)
def test_gradient(name, parameters):
    (samples, y), layers = NETWORKS[name]
    if name in ("columns", "tokens"):
        parameters = {key: value for key, value in parameters.items() if key != "input_dropout"}
    model = fitted(layers, samples, y, batch_size=20, auxiliary_weight=0.7, **parameters)
    # A step so small that pooling takes the same values at both ends.
    assert check_gradient(model, samples, y, step=1e-6) < 1e-6


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", NETWORKS)
def test_loss_beside_numpy(name, dtype):
    """Of every layer alone, all its outputs side by side; predictions know nothing of it."""
    (samples, y), layers = NETWORKS[name]
    model = fitted(layers, samples.astype(dtype), y, alpha=0.0, auxiliary_weight=0.7)
    assert model.auxiliary_coefs_[0].dtype == model._vector.dtype == dtype
    of_layers = layer_outputs(model, samples.astype(dtype))
    read = [key for key, layer in model.layers_ if getattr(layer, "auxiliary_output", False)]
    losses = [
        _loss(model, list(of_layers.values())[-1], model.coefs_[-1], model.intercepts_[-1], y)
    ]
    pairs = zip(read, model.auxiliary_coefs_, model.auxiliary_intercepts_, strict=True)
    losses += [_loss(model, of_layers[key], coef, bias, y) for key, coef, bias in pairs]
    loss = float(model.loss_gradient(samples.astype(dtype), y)[0])
    rtol = 1e-10 if dtype == np.float64 else 1e-5
    assert loss == pytest.approx(losses[0] + 0.7 * sum(losses[1:]), rel=rtol)
    before = model.predict(samples.astype(dtype))
    for coef in model.auxiliary_coefs_:
        coef[...] = 1e6
    np.testing.assert_array_equal(model.predict(samples.astype(dtype)), before)


def _loss(model, read, coef, bias, y):
    outputs = read.reshape(len(y), -1).astype(float) @ coef.astype(float) + bias
    if hasattr(model, "classes_"):
        return -log_softmax(outputs, axis=1)[np.arange(len(y)), y].mean()
    return 0.5 * ((outputs[:, 0] - y) ** 2).mean()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("batch_size", [7, 150, 1100])
def test_same_bits_for_any_number_of_threads(dtype, batch_size):
    samples, y = sequences(1100, (16, 4), dtype)
    hidden = [Conv1D(16, 5, padding="same", **HEAD), MaxPool1D(2, **HEAD), Flatten(), Dense(24)]
    models = [
        fitted(hidden, samples, y, batch_size=batch_size, n_threads=n, max_iter=1)
        for n in (1, 2, 3)
    ]
    for model in models:
        assert model._vector.dtype == dtype
        assert same(model._vector, models[0]._vector)


def test_dense_sparse_and_column_wise_rows():
    """The same numbers, and the same features that are dropped."""
    features = np.where(np.abs(X) < 0.3, 0, X)
    layers = [Dense(5, auxiliary_output=True), Dense(4)]
    options = {"input_dropout": 0.3, "random_state": 0, "max_iter": 4, "batch_size": 20}
    with quiet():
        models = [
            NetworkClassifier(layers, **options).fit(container(features), Y)
            for container in (np.asarray, sp.csr_array, sp.csc_array)
        ]
    assert same(models[1]._vector, models[2]._vector)
    assert_close(models[1]._vector, models[0]._vector, 1e-9)


@pytest.mark.parametrize("container", [np.asarray, sp.csr_array], ids=lambda f: f.__name__)
def test_dropped_features_are_those_of_a_multilayer_perceptron(container):
    """To the bit."""
    options = {"input_dropout": 0.3, "random_state": 0, "max_iter": 4}
    for cls, network, y in (
        (MLPClassifier, NetworkClassifier, Y),
        (MLPRegressor, NetworkRegressor, Y * 0.5),
    ):
        with quiet():
            plain = cls(hidden_layer_sizes=(5,), **options).fit(container(X), y)
            model = network([Dense(5)], **options).fit(container(X), y)
            other = cls(hidden_layer_sizes=(5,), random_state=0, max_iter=4).fit(container(X), y)
        assert same(model._vector, plain._vector)
        assert not np.array_equal(plain.coefs_[0], other.coefs_[0])


def test_codes_are_not_dropped():
    (samples, y), layers = NETWORKS["columns"]
    model = NetworkRegressor(layers, input_dropout=0.1)
    with (
        unchanged(model),
        pytest.raises(ValueError, match=r"input_dropout=0\.1 would change the c"),
    ):
        model.fit(samples, y)


def test_description():
    (samples, y), layers = NETWORKS["convolutions"]
    planned = describe_network(NetworkClassifier(layers, input_shape=(9, 3)))
    model = fitted(layers, samples, y, input_dropout=0.1, weight_norm=True)
    rows = [layer[:6] for layer in describe_network(model).layers]
    assert rows[0][-1] == ("dropout 0.1",)
    trained = ("in training only", "weight norm")
    assert rows[5:] == [
        ("auxiliary first", 3, "softmax", (9 * 6 + 1) * 3, ("hidden first",), trained),
        ("auxiliary 1", 3, "softmax", (4 * 5 + 1) * 3, ("hidden 1",), trained),
        ("auxiliary 3", 3, "softmax", 7 * 3, ("hidden 3",), trained),
        ("output", 3, "softmax", 7 * 3, ("hidden 3",), ("weight norm",)),
    ]
    assert describe_network(model).n_parameters == len(model._vector)
    assert [layer.name for layer in planned.layers] == [row[0] for row in rows]
    assert planned.layers[5].n_parameters is None
    assert "auxiliary first" in str(planned)


BAD_LAYERS = {
    "number": (lambda: Dense(3, auxiliary_output=1), "'auxiliary_output' parameter of Dense"),
    "None": (lambda: Dense(3, auxiliary_output=None), "'auxiliary_output' parameter of Dense"),
    "weight": (
        lambda: Conv1D(3, 2, auxiliary_output=0.3),
        "'auxiliary_output' parameter of Conv1D",
    ),
    "text": (lambda: MaxPool1D(2, auxiliary_output="all"), "'auxiliary_output' parameter of MaxP"),
}


@pytest.mark.parametrize("case", BAD_LAYERS)
def test_bad_layers(case):
    make, words = BAD_LAYERS[case]
    model = NetworkClassifier([make(), Flatten()])
    with unchanged(model), pytest.raises(ValueError, match=rf"layers\[0\], .*{words}"):
        model.fit(X[:, :, None], Y)


@pytest.mark.parametrize("weight", [0, -0.5, np.nan, np.inf, "0.5", None, True, [0.3]], ids=name_of)
@pytest.mark.parametrize("again", [False, True], ids=["new", "fitted"])
def test_bad_weights(weight, again):
    model = NetworkClassifier([Dense(3, auxiliary_output=True)], max_iter=1)
    if again:
        with quiet():
            model.fit(X, Y)
    model.set_params(auxiliary_weight=weight)
    with unchanged(model), pytest.raises(ValueError, match="'auxiliary_weight' parameter"):
        model.fit(X, Y)


def test_auxiliary_outputs_alone_are_no_readers():
    """Predictions would compute the layer for nothing."""
    layers = [("a", Dense(3, auxiliary_output=True)), ("b", Dense(3, inputs="features"))]
    model = NetworkClassifier(layers)
    with unchanged(model), pytest.raises(ValueError, match=r"Nothing reads .*layers\['a'\]"):
        model.fit(X, Y)


@pytest.mark.parametrize("cls", [MLPClassifier, MLPRegressor])
def test_multilayer_perceptrons_have_none(cls):
    for name in ("auxiliary_outputs", "auxiliary_weight", "auxiliary_output"):
        with pytest.raises(TypeError, match=name):
            cls(**{name: 0.5})


def _headed(**parameters):
    layers = [("a", Dense(5, auxiliary_output=True)), ("b", Dense(4))]
    return fitted(layers, X, Y, **parameters)


def _head(model):
    model.auxiliary_coefs_[0] = np.ones((4, 4))


def _bias(model):
    model.auxiliary_intercepts_ = [np.ones(3)]


def _none(model):
    model.auxiliary_coefs_ = []


def _deleted(model):
    del model.auxiliary_intercepts_


def _forgotten(model):
    model.layers_[0][1].auxiliary_output = False


def _one_more(model):
    model.layers_[1][1].auxiliary_output = True


CHANGES = {
    "weights": (_head, r"auxiliary_coefs_ has the shapes \[\(4, 4\)\], but \[\(5, 4\)\] were exp"),
    "biases": (_bias, r"auxiliary_intercepts_ has the shapes \[\(3,\)\], but \[\(4,\)\] were"),
    "none": (_none, r"auxiliary_coefs_ has the shapes \[\], but"),
    "deleted": (_deleted, r"auxiliary_intercepts_ has the shapes \[\], but"),
    "forgotten": (_forgotten, r"auxiliary_coefs_ has the shapes .*, but \[\] were"),
    "one more": (_one_more, r"auxiliary_coefs_ has .*, but \[\(5, 4\), \(4, 4\)\] were"),
}


@pytest.mark.parametrize("case", CHANGES)
def test_replaced_by_other_shapes(case):
    change, words = CHANGES[case]
    model = _headed()
    change(model)
    for call in (model.predict, lambda X: model.partial_fit(X, Y)):
        with unchanged(model), pytest.raises(ValueError, match=words):
            call(X)


@pytest.mark.parametrize("way", ["partial_fit", "fit"])
def test_training_goes_on_with_the_same_auxiliary_outputs(way):
    """Their weight may change."""
    model = _headed(warm_start=True)
    model.set_params(layers__b__auxiliary_output=True)
    with unchanged(model), pytest.raises(ValueError, match="goes on with the fitted network"):
        getattr(model, way)(X, Y)
    model.set_params(layers__b__auxiliary_output=False, auxiliary_weight=3.0)
    other = _headed(warm_start=True)
    with quiet():
        heads = [getattr(each, way)(X, Y).auxiliary_coefs_ for each in (model, other)]
    assert not np.array_equal(*heads)


@pytest.mark.parametrize("headed", [False, True])
def test_init_from_takes_over_the_layers(headed):
    """Of networks with auxiliary outputs or without; these are new, as the outputs are."""
    source = _headed() if headed else fitted([Dense(5), Dense(4)], X, Y)
    options = {"init_from": source, "solver": "sgd", "learning_rate_init": 1e-300}
    for layers in ([Dense(5), Dense(4)], [Dense(5), Dense(4, auxiliary_output=True)]):
        model = fitted(layers, X, Y, **options, max_iter=1)
        assert same(model.coefs_[:2], source.coefs_[:2])
        assert not np.array_equal(model.coefs_[2], source.coefs_[2])


def test_layers_that_are_not_trained():
    """All of them: what reads them learns."""
    source = _headed()
    layers = [Dense(5, trainable=False, auxiliary_output=True), Dense(4, trainable=False)]
    model = fitted(layers, X, Y, init_from=source)
    assert same(model.coefs_[:2], source.coefs_[:2])
    begun = fitted(layers, X, Y, init_from=source, solver="sgd", learning_rate_init=1e-300)
    assert not np.array_equal(model.auxiliary_coefs_[0], begun.auxiliary_coefs_[0])
    assert not np.array_equal(model.coefs_[2], begun.coefs_[2])
    assert check_gradient(model, X, Y) < 1e-6
