"""Transposed convolutions and repeated pixels: shapes, numbers, gradients, exports, bad input."""

import numpy as np
import pytest

from skdeep import NetworkClassifier, NetworkRegressor, check_gradient
from skdeep.exporting.forms import form_of
from skdeep.layers import (
    Add,
    Conv2D,
    Conv2DTranspose,
    Dense,
    Flatten,
    GlobalAveragePool,
    MaxPool2D,
    Reshape,
    UpSampling2D,
)
from tests.exporting.test_numpy_module import check as check_module
from tests.helpers import assert_close
from tests.layers.problems import (
    centred,
    fitted,
    predicted_outputs,
    reference_outputs,
    sequences,
)

# shape of a sample, parameters of the layer, rows and columns of the outputs
SHAPES = [
    ((3, 4, 3), dict(kernel_size=1), (3, 4)),
    ((3, 4, 3), dict(kernel_size=3), (5, 6)),
    ((1, 1, 2), dict(kernel_size=(6, 7)), (6, 7)),
    ((3, 4, 2), dict(kernel_size=(2, 3), strides=(1, 2)), (4, 9)),
    ((3, 2, 2), dict(kernel_size=3, strides=2, dilation=(1, 3)), (7, 9)),
    ((4, 3, 3), dict(kernel_size=3, padding="same"), (4, 3)),
    ((2, 4, 3), dict(kernel_size=(2, 4), padding="same", strides=[3, 2]), (6, 8)),
    ((4, 5, 2), dict(kernel_size=3, padding="same", strides=2, output_size=(7, 9)), (7, 9)),
    ((3, 2, 2), dict(kernel_size=2, strides=4, output_size=[13, 8]), (13, 8)),
    ((2, 3, 2), dict(kernel_size=1, padding="same", strides=3), (6, 9)),
    ((2, 3, 2), dict(kernel_size=5, padding="same"), (2, 3)),
    ((1, 1, 2), dict(kernel_size=2, padding="same", dilation=2), (1, 1)),
]
IDS = [f"{shape}-{options}" for shape, options, _ in SHAPES]


@pytest.mark.parametrize("shape, options, outputs", SHAPES, ids=IDS)
def test_shapes(shape, options, outputs):
    """Those that a convolution of the same parameters reads."""
    operation, given = Conv2DTranspose(5, **options).check().connect(shape, source=0)
    assert given == operation.output_shape == (*outputs, 5)
    size = np.broadcast_to(options["kernel_size"], 2)
    assert operation.weights.shape == (*size, shape[2], 5)
    conv = Conv2D(7, **{name: value for name, value in options.items() if name != "output_size"})
    assert conv.connect(given, source=0)[1] == (*shape[:2], 7)


@pytest.mark.parametrize("shape, options, outputs", SHAPES, ids=IDS)
def test_transpose_of_a_convolution(shape, options, outputs):
    """The scalar products ``<conv(u), v>`` and ``<u, conv^T(v)>`` are equal."""
    rng = np.random.default_rng(0)
    layer = Conv2DTranspose(5, activation="identity", **options)
    conv = Conv2D(
        shape[2],
        activation="identity",
        **{name: value for name, value in options.items() if name != "output_size"},
    )
    weights = rng.normal(size=(*np.broadcast_to(options["kernel_size"], 2), shape[2], 5))
    u, v = rng.normal(size=(2, *outputs, 5)), rng.normal(size=(2, *shape))
    there = conv.reference(u, weights.transpose(0, 1, 3, 2), np.zeros(shape[2]))
    back = layer.reference(v, weights, np.zeros(5))
    assert_close((there * v).sum(), (u * back).sum(), 1e-12)


@pytest.mark.parametrize("filters", [4, 19])
@pytest.mark.parametrize("shape, options, outputs", SHAPES, ids=IDS)
def test_same_as_numpy(shape, options, outputs, filters):
    """For many samples, which products take together, and for two, whose pixels they do."""
    X, y = sequences(shape=shape)
    model = fitted([Conv2DTranspose(filters, activation="tanh", **options), Flatten()], X, y)
    expected = centred(reference_outputs(model, X), model)
    assert_close(predicted_outputs(model, X), expected, 1e-10)
    assert_close(predicted_outputs(model, X[:2]), expected[:2], 1e-10)


@pytest.mark.parametrize("shape, options, outputs", SHAPES, ids=IDS)
def test_gradient(shape, options, outputs):
    """Of a layer that reads the features, and of one that reads another."""
    X, y = sequences(40, shape)
    layers = [
        Conv2D(2, 1, activation="tanh"),
        Conv2DTranspose(3, activation="tanh", **options),
        Flatten(),
        Dense(3, activation="tanh"),
    ]
    assert check_gradient(fitted(layers[1:], X, y), X, y) < 1e-6
    assert check_gradient(fitted(layers, X, y, alpha=0.1), X, y) < 1e-6
    assert check_gradient(fitted(layers, X[:3], y[:3]), X[:3], y[:3]) < 1e-6


def test_gradient_of_repeated_pixels():
    """Of whole vectors of filters, with normalisation; of outputs that are read twice."""
    X, y = sequences(40, (3, 3, 9))
    layers = [
        ("conv", Conv2D(9, 2, activation="tanh")),
        ("up", UpSampling2D((1, 2))),
        ("same", UpSampling2D(1, shape_of="conv", inputs="conv")),
        Conv2DTranspose(17, 2, activation="tanh", batch_norm=True, inputs="up"),
        ("vector", Flatten()),
        ("mean", GlobalAveragePool(inputs="same")),
        Dense(3, "tanh", inputs=["vector", "mean"]),
    ]
    model = fitted(layers, X, y)
    assert check_gradient(model, X, y) < 1e-6
    assert check_gradient(fitted([UpSampling2D(), Flatten()], X, y), X, y) < 1e-6


@pytest.mark.parametrize("size, output_size", [(2, None), ((1, 3), None), (2, (7, 10)), (3, 10)])
def test_repeated_pixels(size, output_size):
    X, y = sequences(shape=(4, 4, 3))
    layer = UpSampling2D(size, output_size=output_size)
    model = fitted([layer, Flatten()], X, y)
    assert_close(predicted_outputs(model, X), centred(reference_outputs(model, X), model), 1e-10)
    if output_size is None:
        high, wide = np.broadcast_to(size, 2)
        assert np.array_equal(layer.reference(X), X.repeat(high, 1).repeat(wide, 2))


LAYERS = [
    Conv2D(9, 3, strides=2, padding="same", dropout=0.1),
    Conv2DTranspose(8, 3, strides=2, padding="same", shape_of="0", dropconnect=0.1),
    UpSampling2D(dropout=0.1),
    MaxPool2D(3),
    Flatten(),
]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("batch_size", [7, 150, 1100])
def test_same_bits_for_any_number_of_threads(dtype, batch_size):
    X, y = sequences(1100 if batch_size > 7 else 70, (9, 8, 2), dtype)
    models = [
        fitted(LAYERS, X, y, batch_size=batch_size, n_threads=n, max_iter=1) for n in (1, 2, 3, 5)
    ]
    for model in models:
        assert model.coefs_[0].dtype == dtype
        assert np.array_equal(model._vector, models[0]._vector)
        assert np.array_equal(model.predict_proba(X), models[0].predict_proba(X))


@pytest.mark.parametrize("batch_size", [7, 150, 1100])
def test_same_gradient_however_batches_are_cut(batch_size):
    """Few rows, tiles that form the gradient over the batch, and parts with their own."""
    X, y = sequences(batch_size, (4, 5, 13))
    layers = [Conv2DTranspose(17, 4, strides=2), Conv2DTranspose(9, 2, padding="same"), Flatten()]
    options = dict(solver="sgd", momentum=0.0, alpha=0.0, shuffle=False, max_iter=1, tol=0.0)
    model = fitted(layers, X, y, batch_size=batch_size, **options)
    begun = fitted(layers, X, y, batch_size=batch_size, learning_rate_init=1e-300, **options)
    _, coefs, intercepts = begun.loss_gradient(X, y)
    pairs = (begun.coefs_, coefs, model.coefs_), (begun.intercepts_, intercepts, model.intercepts_)
    for before, gradient, after in pairs:
        for w, g, new in zip(before, gradient, after, strict=True):
            np.testing.assert_allclose(w - 0.01 * g, new, rtol=1e-9, atol=1e-12)


@pytest.mark.nojit
def test_without_the_compiler():
    X, y = sequences(6, (4, 3, 2))[0], np.arange(6) % 3
    layers = [
        Conv2DTranspose(3, 2, strides=2, activation="tanh"),
        UpSampling2D((1, 2)),
        Conv2DTranspose(2, 2, padding="same", activation="tanh"),
        Flatten(),
    ]
    model = fitted(layers, X, y, max_iter=1)
    expected = centred(reference_outputs(model, X), model)
    assert_close(predicted_outputs(model, X), expected, 1e-9)
    assert check_gradient(model, X, y) < 1e-6


def test_shapes_of_other_layers():
    """`shape_of` is what the named layer reads; searches, clones and files keep the size."""
    X, y = sequences(shape=(9, 7, 1))
    layers = [
        ("conv", Conv2D(3, 3, strides=2)),
        ("pool", MaxPool2D(2)),
        ("up", UpSampling2D(shape_of="pool")),
        ("back", Conv2DTranspose(1, 3, strides=2, shape_of="conv")),
        ("sum", Add(["back", "features"])),
        Flatten(),
    ]
    model = fitted(layers, X, y)
    found = dict(model.layers_)
    assert found["up"].output_size == (4, 3) and found["back"].output_size == (9, 7)
    assert found["back"].shape_of is None and layers[3][1].shape_of == "conv"
    assert check_gradient(model, X, y) < 1e-6
    before = model.predict_proba(X)
    model.set_params(max_iter=1).partial_fit(X, y)
    assert not np.array_equal(model.predict_proba(X), before)


@pytest.mark.parametrize("shape, options, outputs", SHAPES, ids=IDS)
def test_exports(shape, options, outputs, tmp_path):
    X, y = sequences(shape=shape)
    layers = [UpSampling2D((1, 2)), Conv2DTranspose(5, activation="tanh", **options), Flatten()]
    if "output_size" in options:
        layers = layers[1:]
    model = fitted(layers, X, y)
    check_module(model, X, tmp_path)
    runtime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    pytest.importorskip("onnx", reason="the extra skdeep[onnx] is not installed")
    file = model.to_onnx().SerializeToString()
    session = runtime.InferenceSession(file, providers=["CPUExecutionProvider"])
    found = session.run(["probabilities"], {"X": X})[0]
    assert_close(found, model.predict_proba(X), 1e-6)


@pytest.mark.parametrize("shape, options, outputs", SHAPES, ids=IDS)
def test_torch(shape, options, outputs):
    """Outputs, and gradients of a layer with PyTorch's module."""
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    X, _ = sequences(shape=shape)
    layers = [UpSampling2D((1, 2)), Conv2DTranspose(5, activation="tanh", **options), Flatten()]
    if "output_size" in options:
        layers = layers[1:]
    model = fitted(layers, X, X[:, 0, 0, 0], alpha=0.0)
    module = model.to_torch()
    assert_close(module(torch.tensor(X)).detach().numpy()[:, 0], model.predict(X), 1e-9)
    loss = ((module(torch.tensor(X))[:, 0] - torch.tensor(X[:, 0, 0, 0])) ** 2).mean() / 2
    loss.backward()
    _, coefs, intercepts = model.loss_gradient(X, X[:, 0, 0, 0])
    [layer] = [each for each in module.modules() if isinstance(each, torch.nn.ConvTranspose2d)]
    assert_close(layer.weight.grad.numpy().transpose(2, 3, 0, 1), coefs[0], 1e-9)
    assert_close(layer.bias.grad.numpy(), intercepts[0], 1e-9)


def test_forms():
    for kind in ("conv2d_transpose", "up_sampling2d"):
        assert {"onnx_nodes", "torch_nodes", "numpy_outputs"} <= set(vars(form_of(kind)))


BAD = [
    ([Conv2DTranspose(3, 3)], r"outputs of the network read .* but \(8, 10, 3\) arrives"),
    ([Flatten(), Conv2DTranspose(3, 3)], r"\(height, width, channels\), but \(96,\) arrives"),
    ([Conv2DTranspose(0, 3)], r"'filters' parameter of Conv2DTranspose must be"),
    ([Conv2DTranspose(3, (2, 0))], r"'kernel_size' parameter must be an int >= 1, or two of them"),
    ([Conv2DTranspose(3, 3, padding="full")], "'padding' parameter of Conv2DTranspose must be"),
    (
        [Conv2DTranspose(3, 3, strides=2, output_size=16)],
        r"output_size=16 asks for 16 rows, of which a convolution makes 7, but samples of height 6",
    ),
    ([Conv2DTranspose(3, 3, output_size=2)], r"kernel_size=3 spans 3 rows, but samples of height"),
    (
        [Conv2DTranspose(3, 3, output_size=9, shape_of="0")],
        r"output_size=9 and shape_of='0' both say how large",
    ),
    (
        [("a", Flatten()), Reshape((6, 8, 2)), UpSampling2D(shape_of="b")],
        r"shape_of='b' is not the name of an earlier layer: those are called \['a', '1'\]",
    ),
    (
        [Flatten(), ("a", Dense(12)), Reshape((3, 4, 1)), UpSampling2D(shape_of="a")],
        r"shape_of='a' must be the name of a layer that reads samples of shape \(height, width",
    ),
    ([UpSampling2D(0)], "'size' parameter of UpSampling2D must be"),
    ([UpSampling2D((2, 2, 2))], "'size' parameter must be an int >= 1, or two of them"),
    (
        [UpSampling2D(3, output_size=(20, 5))],
        r"output_size=\(20, 5\) asks for 5 columns, but the 8 that arrive need at least 22",
    ),
    (
        [("a", UpSampling2D(shape_of="a")), Flatten()],
        r"shape_of='a' is not the name of an earlier layer: there is none",
    ),
]


@pytest.mark.parametrize("layers, message", BAD, ids=[message for _, message in BAD])
@pytest.mark.parametrize("cls", [NetworkClassifier, NetworkRegressor])
def test_layers_that_do_not_fit(cls, layers, message):
    X, y = sequences(shape=(6, 8, 2))
    model = cls(layers)
    before = dict(vars(model))
    with pytest.raises(ValueError, match=message):
        model.fit(X, y)
    assert vars(model) == before
    with pytest.raises(ValueError, match="no kernels for"):
        cls([Conv2DTranspose(3, 3), Flatten()], device="cuda").fit(X, y)
