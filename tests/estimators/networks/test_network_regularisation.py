"""What regularises networks of layers as a whole, and layers for themselves."""

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.datasets import load_iris

from skdeep import MLPClassifier, MLPRegressor, NetworkClassifier, NetworkRegressor, check_gradient
from skdeep.layers import Columns, Conv1D, Dense, Embedding, EncodedDense, Flatten, MaxPool1D
from skdeep.layers._base import Layer
from tests.helpers import quiet, same
from tests.layers.problems import ENCODED, MEANS, codes, encoded_table, fitted, sequences

X, Y = load_iris(return_X_y=True)
RNG = np.random.default_rng(2)
TOKENS = RNG.integers(6, size=(60, 8)).astype(float), RNG.integers(3, size=60)


def layers(name, **options):
    """Return layers, the last of which is dense and has these options."""
    last = Dense(6, "tanh", **options)
    return {
        "convolutions": [
            Conv1D(6, 3, padding="same", activation="tanh"),
            Conv1D(5, 2, strides=2, activation="tanh"),
            Flatten(),
            last,
        ],
        "pooling": [Conv1D(6, 3, activation="tanh"), MaxPool1D(2), Flatten(), last],
        "columns": [Embedding([7, 4], 3, columns=[0, 2]), last],
        "encoded table": [EncodedDense(6, "tanh", **ENCODED, bin_means=MEANS), last],
        "tokens": [Embedding(6, 3), Conv1D(4, 3, activation="tanh"), MaxPool1D(), last],
    }[name]


DATA = {
    "convolutions": sequences(),
    "pooling": sequences(),
    "columns": codes(),
    "encoded table": encoded_table(),
    "tokens": TOKENS,
}
SCALARS = [
    {"dropconnect": 0.3},
    {"max_norm": 0.5},
    {"weight_norm": True},
    {"weight_norm": True, "clip_norm": 0.1},
    {"batch_norm": True},
    {"batch_norm": True, "weight_norm": True},
    {"batch_norm": True, "dropconnect": 0.2, "max_norm": 0.5},
]
DENSE = [*SCALARS, {"max_norm": 0.5, "dropconnect": 0.2, "input_noise": 0.1}]


@pytest.mark.parametrize("parameters", DENSE, ids=str)
@pytest.mark.parametrize("rows", [np.asarray, sp.csr_array, sp.csc_array], ids=lambda f: f.__name__)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dense_layers_are_a_multilayer_perceptron(parameters, rows, dtype):
    """To the bit."""
    if parameters.get("input_noise") and rows is not np.asarray:
        pytest.skip("noise is for dense features")
    samples = rows(X.astype(dtype))
    options = dict(max_iter=4, random_state=0, **parameters)
    pairs = [(MLPClassifier, NetworkClassifier, Y), (MLPRegressor, NetworkRegressor, Y * 0.5)]
    for perceptron, network, y in pairs:
        with quiet():
            expected = perceptron(hidden_layer_sizes=(7, 5), **options).fit(samples, y)
            found = network([Dense(7), Dense(5)], **options).fit(samples, y)
            assert same(found._vector, expected._vector) and found._vector.dtype == dtype
            assert same([*map(tuple, found.batch_norm_)], [*map(tuple, expected.batch_norm_)])
            assert same(found.predict(samples), expected.predict(samples))
            assert same(found.fit(samples, y)._vector, expected._vector)
            assert same(
                found.partial_fit(samples, y)._vector, expected.partial_fit(samples, y)._vector
            )


@pytest.mark.parametrize("parameters", SCALARS, ids=str)
@pytest.mark.parametrize("name", DATA)
def test_gradient(name, parameters):
    samples, y = DATA[name]
    model = fitted(layers(name), samples, y, batch_size=20, **parameters)
    assert np.isfinite(model._vector).all()
    # A step so small that pooling takes the same values at both ends.
    assert check_gradient(model, samples, y, step=1e-6) < 1e-6


@pytest.mark.parametrize("parameters", SCALARS, ids=str)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("batch_size", [150, 1100])
def test_same_bits_for_any_number_of_threads(parameters, dtype, batch_size):
    samples, y = sequences(2200, (16, 4), dtype)
    hidden = [Conv1D(16, 5, padding="same"), MaxPool1D(2), Flatten(), Dense(24)]
    models = [
        fitted(hidden, samples, y, batch_size=batch_size, n_threads=n, max_iter=1, **parameters)
        for n in (1, 2, 3)
    ]
    for model in models:
        assert model._vector.dtype == dtype
        assert same(model._vector, models[0]._vector)
        assert same(model.predict_proba(samples), models[0].predict_proba(samples))


@pytest.mark.parametrize(
    "parameters", [{"max_norm": 0.05}, {"weight_norm": True}, {"dropconnect": 0.3}], ids=str
)
def test_embedding_is_a_dense_layer_of_codes_in_one_hot_form(parameters):
    """One update from the same weights; after it, the dense layer has biases."""
    rng = np.random.default_rng(0)
    samples, y = rng.integers(5, size=(60, 1)).astype(float), np.arange(60) % 3
    one_hot = np.eye(5)[samples[:, 0].astype(int)]
    kinds = ([Embedding(5, 3), Flatten()], samples), ([Dense(3, "identity")], one_hot)
    options = {"solver": "sgd", "momentum": 0.0, "max_iter": 1, "learning_rate_init": 1e-300}
    table, outputs, coefs = rng.normal(size=(5, 3)), rng.normal(size=(3, 3)), []
    for hidden, features in kinds:
        model = fitted(hidden, features, y, warm_start=True, **options)
        model.coefs_, model.intercepts_ = [table, outputs], [0 * b for b in model.intercepts_]
        with quiet():
            model.set_params(learning_rate_init=0.5, **parameters).fit(features, y)
        coefs.append(model.coefs_)
    assert abs(coefs[0][0] - table).max() > 1e-4
    for looked_up, dense in zip(*coefs, strict=True):
        np.testing.assert_allclose(looked_up, dense, rtol=1e-9)


@pytest.mark.parametrize("name", DATA)
def test_max_norm_limits_every_unit(name):
    samples, y = DATA[name]
    model = fitted(layers(name), samples, y, max_norm=0.3, max_iter=5)
    free = fitted(layers(name), samples, y, max_iter=5)

    def largest(network):
        return [
            np.linalg.norm(coef.reshape(-1, coef.shape[-1]), axis=0).max()
            for coef in network.coefs_
        ]

    assert max(largest(model)) <= 0.3 * (1 + 1e-9) < max(largest(free))


@pytest.mark.parametrize("name", DATA)
@pytest.mark.parametrize("training", ["fit", "partial_fit"])
def test_normalisation_of_a_single_layer(name, training):
    """Against NumPy: predictions by running statistics, which are those of the batches."""
    samples, y = DATA[name]
    share, options = 0.1, {"solver": "sgd", "momentum": 0.0, "batch_size": len(samples)}
    model = fitted(layers(name, batch_norm=True), samples, y, learning_rate_init=1e-300, **options)
    if training == "partial_fit":
        model.partial_fit(samples, y)
    updates = 3 + (training == "partial_fit")
    h, index = samples.reshape(len(samples), *model.input_shape_), 0
    for _, layer in model.layers_[:-1]:
        operation, _ = layer.connect(h.shape[1:], source=0)
        if operation is None or operation.weights is None:
            h = layer.reference(h)
        else:
            h = layer.reference(h, model.coefs_[index], model.intercepts_[index])
            index += 1
    a = h @ model.coefs_[index] + model.intercepts_[index]
    (norm,) = model.batch_norm_
    left = (1 - share) ** updates
    np.testing.assert_allclose(norm.mean, (1 - left) * a.mean(axis=0), rtol=1e-9)
    np.testing.assert_allclose(norm.variance, (1 - left) * a.var(axis=0, ddof=1) + left, rtol=1e-9)
    a = norm.scale * (a - norm.mean) / np.sqrt(norm.variance + 1e-5) + norm.shift
    expected = np.tanh(a) @ model.coefs_[-1] + model.intercepts_[-1]
    np.testing.assert_allclose(
        model._outputs(samples) if not hasattr(model, "classes_") else _logits(model, samples),
        expected if not hasattr(model, "classes_") else expected - expected.mean(1, keepdims=True),
        rtol=1e-8,
        atol=1e-10,
    )


def _logits(model, samples):
    logs = model.predict_log_proba(samples)
    return logs - logs.mean(axis=1, keepdims=True)


def test_filters_are_normalised_over_all_windows():
    """As a dense layer is that reads every window as a sample."""
    samples, y = sequences(40, (8, 2))
    still = {"solver": "sgd", "momentum": 0.0, "learning_rate_init": 1e-300, "max_iter": 5}
    still |= {"batch_size": 40, "batch_norm": True}
    model = fitted([Conv1D(5, 2, strides=2, activation="tanh"), Flatten()], samples, y, **still)
    windows = samples.reshape(160, 4)
    dense = fitted([Dense(5, "tanh")], windows, np.repeat(y, 4), **still | {"batch_size": 160})
    dense.coefs_[0][:], dense.intercepts_[0][:] = model.coefs_[0].reshape(4, 5), 0
    model.intercepts_[0][:] = 0
    for network, rows, targets in ((model, samples, y), (dense, windows, np.repeat(y, 4))):
        network.set_params(warm_start=True, max_iter=50)
        with quiet():
            network.fit(rows, targets)
    for ours, theirs in zip(model.batch_norm_[0], dense.batch_norm_[0], strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0.02, atol=0.02)
    a = windows @ dense.coefs_[0] + dense.intercepts_[0]
    norm = model.batch_norm_[0]
    h = np.tanh(norm.scale * (a - norm.mean) / np.sqrt(norm.variance + 1e-5) + norm.shift)
    outputs = h.reshape(40, 20) @ model.coefs_[1] + model.intercepts_[1]
    np.testing.assert_allclose(
        _logits(model, samples), outputs - outputs.mean(axis=1, keepdims=True), atol=1e-9
    )


def test_layers_say_for_themselves():
    """Against the network's parameters, and to the bit where all say the same."""
    whole = fitted([Dense(7), Dense(5)], X, Y, batch_norm=True, dropconnect=0.2)
    own = {"batch_norm": True, "dropconnect": 0.2}
    each = fitted([Dense(7, **own), Dense(5, **own)], X, Y)
    assert same(whole._vector, each._vector)
    assert [layer.batch_norm for _, layer in whole.layers_] == [True, True]
    one = fitted([Dense(7, batch_norm=False, dropconnect=0.0), Dense(5)], X, Y, batch_norm=True)
    assert [len(norm.scale) for norm in one.batch_norm_] == [5]
    none = fitted([Dense(7, dropconnect=0.0)], X, Y, dropconnect=0.5)
    assert same(none.coefs_, fitted([Dense(7)], X, Y).coefs_)


def test_going_on_with_normalised_layers():
    model = fitted([Dense(5), Dense(4, batch_norm=False)], X, Y, batch_norm=True)
    model.set_params(layers__0__dropconnect=0.3).partial_fit(X, Y)
    for change in ({"batch_norm": False}, {"layers__1__batch_norm": None}):
        before = model._vector.copy()
        changed = NetworkClassifier(model.layers).set_params(**model.get_params(deep=False))
        changed.__setstate__(model.__getstate__())
        changed.set_params(**change)
        with pytest.raises(ValueError, match="layers, input_shape, batch_norm"):
            changed.partial_fit(X, Y)
        changed.set_params(batch_norm=True, layers__1__batch_norm=False)
        assert same(changed._vector, before)
    model.batch_norm_[0].scale[:] = 0
    model.batch_norm_ = model.batch_norm_[:0]
    with pytest.raises(ValueError, match="batch_norm_ has shapes"):
        model.predict(X)


class Plain(Layer):
    """A kind with an activation and without normalisation, as others may add."""

    kind = "conv1d"

    def __init__(self, activation="relu"):
        self.activation = activation

    def check(self):
        return self

    def connect(self, shape, source):
        raise NotImplementedError

    def reference(self, X, weights, biases):
        raise NotImplementedError


WRONG = [
    ([Plain(), Flatten()], {"batch_norm": True}, r"layers\[0\], Plain\(\) cannot be normalised"),
    ([Dense(3, batch_norm=True)], {"batch_size": 1}, "batch_norm=True needs at least two samples"),
    ([Dense(3)], {"dropconnect": [0.1, 0.1]}, "'dropconnect' parameter of NetworkC"),
    ([Dense(3)], {"dropconnect": 1.0}, "'dropconnect' parameter of NetworkC"),
    ([Dense(3)], {"dropconnect": True}, "'dropconnect' parameter of NetworkC.* Got True"),
    ([Dense(3, dropconnect=-0.1)], {}, r"layers\[0\], .*'dropconnect' parameter of Dense"),
    ([Dense(3, dropconnect=True)], {}, "'dropconnect' parameter must be a number, got True"),
    ([Dense(3, batch_norm="yes")], {}, r"layers\[0\], .*'batch_norm' parameter of Dense"),
    ([Dense(3, batch_norm=1)], {}, r"layers\[0\], .*'batch_norm' parameter of Dense"),
    ([Dense(3)], {"max_norm": 0.0}, "'max_norm' parameter of NetworkC"),
    ([Dense(3)], {"weight_norm": True, "max_norm": 1.0}, "do not go together"),
    ([Dense(3, dropconnect=0.1)], {"weight_norm": True}, "do not go together"),
    ([Dense(3, dropconnect=0.1)], {"solver": "lbfgs"}, "dropconnect=.* minimises one fixed"),
    ([Dense(3)], {"solver": "cg", "max_norm": 1.0}, "max_norm=1.0 .* minimises one fixed"),
]


@pytest.mark.parametrize("hidden, parameters, message", WRONG, ids=[m for _, _, m in WRONG])
def test_wrong_parameters(hidden, parameters, message):
    model = NetworkClassifier(hidden, **parameters)
    before = dict(vars(model))
    with pytest.raises(ValueError, match=message):
        model.fit(X, Y)
    assert vars(model) == before


SHARED = [
    Dense(6, "tanh", batch_norm=True),
    Dense(6, "tanh", weights_of="0", batch_norm=True),
    Dense(6, "tanh", weights_of="0"),
]


@pytest.mark.parametrize(
    "parameters", [{}, {"weight_norm": True}, {"dropconnect": 0.2}, {"max_norm": 0.4}], ids=str
)
def test_layers_that_share_weights_have_normalisations_of_their_own(parameters):
    samples, y = sequences(shape=(6,))
    model = fitted(SHARED, samples, y, batch_size=20, n_threads=1, **parameters)
    assert len(model.coefs_) == 2 and len(model.batch_norm_) == 2
    assert not same(model.batch_norm_[0].mean, model.batch_norm_[1].mean)
    assert check_gradient(model, samples, y) < 1e-6
    again = fitted(SHARED, samples, y, batch_size=20, n_threads=3, **parameters)
    assert same(model._vector, again._vector)
    begun = fitted(SHARED, samples, y, init_from=model, solver="sgd", learning_rate_init=1e-300)
    assert same(begun.coefs_[0], model.coefs_[0])
    assert same([norm.scale for norm in begun.batch_norm_], [n.scale for n in model.batch_norm_])


@pytest.mark.parametrize("parameters", [p for p in SCALARS if "batch_norm" not in p], ids=str)
def test_layers_that_are_not_trained_stay(parameters):
    samples, y = sequences(shape=(6,))
    still = {"max_iter": 1, "solver": "sgd", "learning_rate_init": 1e-300}
    hidden = Dense(4, "tanh"), Dense(5, "tanh")
    model = fitted([Dense(4, "tanh", trainable=False), hidden[1]], samples, y, **parameters)
    drawn = fitted([*hidden], samples, y, **still)
    np.testing.assert_array_equal(model.coefs_[0], drawn.coefs_[0])
    assert check_gradient(model, samples, y) < 1e-6


OF_B = [Dense(4, weights_of="b", batch_norm=True)]
WITH_BLOCKS = [
    ([Dense(3, trainable=False, batch_norm=True)], {}, "trainable=False and batch_norm=True"),
    ([Dense(3, trainable=False)], {"batch_norm": True}, "trainable=False and batch_norm=True"),
    ([Dense(4), Dense(4, weights_of="0", dropconnect=0.1)], {}, "dropconnect=0.1 and weights_of"),
    (
        [Dense(4, trainable=False), Dense(4, weights_of="0", batch_norm=True)],
        {},
        r"layers\[1\], Dense.*trainable=False and batch_norm=True",
    ),
    (
        [("a", Dense(4, trainable=False)), ("b", Dense(4, weights_of="a")), *OF_B],
        {},
        r"layers\[2\], Dense.* with the weights of layers\['a'\], Dense.*: trainable=False and bat",
    ),
    ([Dense(3, trainable=False, dropconnect=0.1)], {}, "trainable=False and dropconnect do not"),
    *(
        ([("other", other), *end, Dense(4, weights_of="other", batch_norm=True)], {}, "of one kind")
        for other, *end in ([Flatten()], [Columns([0, 1])], [Conv1D(4, 2), Flatten()])
    ),
    (
        [
            *(Dense(4), Dense(4, weights_of="later", batch_norm=True)),
            ("later", Dense(4, trainable=False)),
        ],
        {},
        "weights_of='later' is not the name of an earlier layer",
    ),
]


@pytest.mark.parametrize(
    "hidden, parameters, message", WITH_BLOCKS, ids=[m for _, _, m in WITH_BLOCKS]
)
def test_what_does_not_go_with_other_parameters_of_layers(hidden, parameters, message):
    with pytest.raises(ValueError, match=message):
        NetworkClassifier(hidden, **parameters).fit(X, Y)
