"""Autoencoders of images: mirrored and given decoders, outputs pixel by pixel."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone

from skdeep import (
    Autoencoder,
    check_gradient,
    greedy_pretraining,
    load_safetensors,
    save_safetensors,
)
from skdeep.displays import describe_network
from skdeep.layers import (
    AveragePool2D,
    Conv1D,
    Conv2D,
    Conv2DTranspose,
    Dense,
    Dropout,
    Flatten,
    MaxPool2D,
    Reshape,
    UpSampling2D,
)
from tests.exporting.test_numpy_module import check as check_module
from tests.helpers import assert_close, quiet, unchanged

X = np.random.default_rng(0).uniform(size=(40, 7, 6))
COLOURS = np.random.default_rng(1).uniform(size=(40, 7, 6, 2))
TANH = {"activation": "tanh"}
# encoder, and what the mirrored decoder gives, layer by layer
ENCODERS = {
    "convolution": ([Conv2D(3, 3, **TANH)], [(7, 6, 3)]),
    "strides": (
        [Conv2D(3, 3, strides=2, padding="same", **TANH), Conv2D(2, 2, dilation=(2, 1), **TANH)],
        [(4, 3, 3), (7, 6, 3)],
    ),
    "pooling": (
        [
            Conv2D(3, 2, **TANH),
            MaxPool2D(2),
            Conv2D(4, 2, activation="softplus"),
            Dropout(0.1),
            Flatten(),
            Dense(3, **TANH),
        ],
        [(8,), (2, 1, 4), (3, 2, 3), (6, 5, 3), (7, 6, 3)],
    ),
    "dense layers": (
        [AveragePool2D(3, strides=2), Flatten(), Dense(5, **TANH), Dense(2, "identity")],
        [(5,), (6,), (3, 2, 1), (7, 6, 1)],
    ),
}


def fitted(data, layers, **parameters):
    options = {"max_iter": 3, "random_state": 0, **parameters}
    with quiet():
        return Autoencoder(layers, **options).fit(data)


@pytest.mark.parametrize("name", ENCODERS)
@pytest.mark.parametrize("data", [X, COLOURS], ids=["grey", "colours"])
def test_mirrored_decoders(name, data):
    layers, shapes = ENCODERS[name]
    if data is COLOURS and name == "dense layers":
        layers, shapes = layers[:3], [(12,), (3, 2, 2), (7, 6, 2)]
    if data is COLOURS and name == "pooling":
        layers, shapes = layers[:3], shapes[2:]
    model, channels = fitted(data, layers, sparsity="l1"), data.size // X.size
    before, found = None, []
    for each in model._architecture_now().given:
        found.append(each.output_shape)
    assert found[-1] == (7, 6, channels)
    assert model.coefs_[-1].shape == (1, 1, shapes[-1][-1], channels)
    given = [shape for shape in shapes if len(shape) == 3 and shape != before]
    assert [shape for shape in found if shape in given][-1] == shapes[-1]
    restored = [getattr(layer, "output_size", None) for _, layer in model.layers_]
    assert (7, 6) in restored
    code = model.transform(data)
    rebuilt = model.reconstruct(data)
    assert rebuilt.shape == (40, 42 * channels)
    assert_close(model.inverse_transform(code), rebuilt, 1e-12)
    expected = -((rebuilt - data.reshape(40, -1)) ** 2).sum(axis=1) / 2
    assert_close(model.score_samples(data), expected, 1e-12)
    assert model.get_feature_names_out().shape == (code.shape[1],)


@pytest.mark.parametrize("name", ENCODERS)
def test_gradient(name):
    layers, _ = ENCODERS[name]
    layers = [layer for layer in layers if not isinstance(layer, Dropout)]
    for parameters in ({}, {"loss": "log_loss", "sparsity": "l1"}):
        model = fitted(X[:12], layers, alpha=0.01, **parameters)
        assert check_gradient(model, X[:12]) < 1e-6


@pytest.mark.parametrize("batch_size", [7, 150])
def test_same_bits_for_any_number_of_threads(batch_size):
    data = np.random.default_rng(0).uniform(size=(3 * batch_size, 9, 8)).astype(np.float32)
    layers = [Conv2D(8, 3, padding="same"), MaxPool2D(2), Conv2D(9, 2), Flatten(), Dense(6)]
    options = {"batch_size": batch_size, "max_iter": 1, "masking": 0.1}
    models = [fitted(data, layers, n_threads=n, **options) for n in (1, 2, 3, 5)]
    for model in models:
        assert model.coefs_[-1].dtype == np.float32
        assert np.array_equal(model._vector, models[0]._vector)
        assert np.array_equal(model.reconstruct(data), models[0].reconstruct(data))


def test_outputs_of_pixels_are_those_of_a_dense_layer():
    """The outputs are a convolution of one pixel: the same for all, and trained for all."""
    model = fitted(COLOURS, [Conv2D(3, 3, **TANH)])
    features = Autoencoder.transform(model, COLOURS)
    assert features.shape == (40, 5 * 4 * 3)
    decoder = dict(model.layers_)["1"]
    hidden = decoder.reference(features.reshape(40, 5, 4, 3), model.coefs_[1], model.intercepts_[1])
    expected = hidden @ model.coefs_[2][0, 0] + model.intercepts_[2]
    assert_close(model.reconstruct(COLOURS), expected.reshape(40, -1), 1e-12)


def test_given_decoders():
    encoder = [("conv", Conv2D(3, 3, strides=2)), ("flat", Flatten()), ("code", Dense(4, "tanh"))]
    decoder = [
        Dense(18, "tanh"),
        ("back", Reshape(shape_of="flat")),
        ("up", UpSampling2D(2, shape_of="conv")),
        Conv2D(2, 3, padding="same", auxiliary_output=True, **TANH),
        Conv2DTranspose(2, 1, inputs="up", **TANH, auxiliary_output=True),
    ]
    with pytest.raises(ValueError, match="Nothing reads the outputs"):
        fitted(X, encoder, decoder=decoder)
    model = fitted(X, encoder, decoder=[*decoder[:3], *decoder[4:]])
    assert len(model.auxiliary_coefs_) == 1 and model.auxiliary_coefs_[0].shape == (1, 1, 2, 1)
    code = model.transform(X)
    assert code.shape == (40, 4)
    assert_close(model.inverse_transform(code), model.reconstruct(X), 1e-12)
    assert check_gradient(model, X[:10]) < 1e-6


def test_saved_cloned_and_trained_on(tmp_path):
    layers, _ = ENCODERS["pooling"]
    model = fitted(X, layers, early_stopping=True, tol=1.0)
    expected = model.reconstruct(X)
    again = pickle.loads(pickle.dumps(model))
    assert np.array_equal(again.reconstruct(X), expected)
    safetensors = pytest.importorskip("safetensors")
    assert safetensors
    save_safetensors(model, tmp_path / "model.safetensors")
    loaded = load_safetensors(tmp_path / "model.safetensors")
    assert np.array_equal(loaded.reconstruct(X), expected)
    assert np.array_equal(loaded.inverse_transform(loaded.transform(X)), expected)
    with quiet():
        model.set_params(early_stopping=False).partial_fit(X)
        again = clone(model).fit(X)
    assert again.coefs_[0].shape == model.coefs_[0].shape
    text = str(describe_network(model))
    assert "Conv2DTranspose" in text and "7 x 6 x 1  identity" in text
    assert "Conv2DTranspose" in str(describe_network(clone(model)))
    assert "7 x 6 x 3" in str(describe_network(clone(model).set_params(input_shape=(7, 6, 1))))
    model.set_params(layers__0__filters=4)
    with (
        unchanged(model),
        pytest.raises(ValueError, match="layers, input_shape, batch_norm"),
    ):
        model.partial_fit(X)


@pytest.mark.parametrize("name", ENCODERS)
def test_exports(name, tmp_path):
    layers, _ = ENCODERS[name]
    model = fitted(X, layers)
    check_module(model, X, tmp_path)
    pytest.importorskip("onnx", reason="onnx is not installed")
    runtime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    file = model.to_onnx().SerializeToString()
    session = runtime.InferenceSession(file, providers=["CPUExecutionProvider"])
    (found,) = session.run(None, {"X": X[..., None]})
    assert_close(found, model.reconstruct(X), 1e-5)


@pytest.mark.parametrize("name", ENCODERS)
def test_torch(name):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    layers, _ = ENCODERS[name]
    model = fitted(X, layers)
    found = model.to_torch()(torch.tensor(X)).detach().numpy()
    assert_close(found, model.reconstruct(X), 1e-9)


@pytest.mark.parametrize(
    "layers, parameters, message",
    [
        ([Conv2D(3, 3), MaxPool2D()], {}, "whose pooling has windows. .*MaxPool2D"),
        ([Conv2D(3, 3), Conv2D(3, 1, weights_of="0")], {}, "Conv2D.* is something else: give the"),
        ([Conv2D(3, 3), Reshape((10, 6)), Conv1D(3, 3)], {}, "Reshape.* is something else"),
        ([Conv2D(3, 3)], {"tied_weights": True}, "Conv2D.* is something else: use tied_weights=F"),
        ([Conv2D(3, 3)], {"decoder": [UpSampling2D(2)]}, r"\(10, 8, 3\) arrives .* and X has sam"),
        (
            [Conv2D(3, 3)],
            {"decoder": [Conv2DTranspose(2, 3)], "out_activation": "softmax"},
            "no 'softmax'",
        ),
        ([Conv2D(3, 3)], {"device": "cuda"}, "no kernels for layers"),
        ([Conv2D(3, 9)], {}, "spans 9 rows, but samples of height 7 arrive"),
        (
            [Conv2D(3, 3), Flatten(), Dense(3)],
            {"decoder": [Dense(5, auxiliary_output=True), Dense(84), Reshape((7, 6, 2))]},
            r"auxiliary_output=True needs the \(7, 6\) pixels",
        ),
    ],
)
def test_what_does_not_go_together(layers, parameters, message):
    model = Autoencoder(layers, **parameters)
    with unchanged(model), pytest.raises(ValueError, match=message):
        model.fit(X)


def test_greedy_pretraining():
    """A stage for each convolution and each dense layer, of grey images and of rows of them."""
    layers = [Conv2D(3, 2, **TANH), MaxPool2D(2), Conv2D(2, 2, **TANH), Flatten(), Dense(2)]
    with quiet():
        found = greedy_pretraining(Autoencoder(layers, max_iter=3, random_state=0), X)
    model = fitted(X, layers[:1])
    frozen = [Conv2D(3, 2, trainable=False, **TANH), MaxPool2D(2)]
    model = fitted(X, [*frozen, layers[2]], init_from=model)
    frozen.append(Conv2D(2, 2, trainable=False, **TANH))
    model = fitted(X, [*frozen, *layers[3:]], init_from=model)
    assert all(map(np.array_equal, found.coefs_, model.coefs_))
    rows = Autoencoder(layers, max_iter=3, random_state=0, input_shape=(7, 6, 1))
    with quiet():
        rows = greedy_pretraining(rows, X.reshape(len(X), -1))
    assert all(map(np.array_equal, rows.coefs_, found.coefs_))
    with pytest.raises(ValueError, match=r"layers\[2\], Conv2D.* spans 9 rows"):
        greedy_pretraining(model.set_params(layers=[*layers[:2], Conv2D(2, 9)]), X)
