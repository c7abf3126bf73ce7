"""Convolutions over images: shapes, numbers beside NumPy's, gradients, layers that do not fit."""

import numpy as np
import pytest
import scipy.sparse as sp

from skdeep import NetworkClassifier, NetworkRegressor, check_gradient
from skdeep.layers import (
    AveragePool2D,
    Conv1D,
    Conv2D,
    Dense,
    Flatten,
    LayerNorm,
    MaxPool2D,
    Scale,
)
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
    ((6, 7, 3), dict(kernel_size=1), (6, 7)),
    ((6, 7, 3), dict(kernel_size=3), (4, 5)),
    ((6, 7, 1), dict(kernel_size=(6, 7)), (1, 1)),
    ((6, 7, 2), dict(kernel_size=(2, 3), strides=(1, 2)), (5, 3)),
    ((9, 8, 2), dict(kernel_size=3, strides=2, dilation=(1, 3)), (4, 1)),
    ((6, 7, 3), dict(kernel_size=3, padding="same"), (6, 7)),
    ((6, 7, 3), dict(kernel_size=(2, 4), padding="same", strides=[3, 2]), (2, 4)),
    ((8, 9, 2), dict(kernel_size=3, padding="same", strides=2, dilation=2), (4, 5)),
    ((2, 3, 2), dict(kernel_size=5, padding="same"), (2, 3)),
    # the kernel's pixels lie around the only one of the image
    ((1, 1, 2), dict(kernel_size=2, padding="same", dilation=2), (1, 1)),
]
IDS = [f"{shape}-{options}" for shape, options, _ in SHAPES]


@pytest.mark.parametrize("shape, options, outputs", SHAPES, ids=IDS)
def test_shapes(shape, options, outputs):
    operation, given = Conv2D(5, **options).check().connect(shape, source=0)
    assert given == operation.output_shape == (*outputs, 5)
    size = np.broadcast_to(options["kernel_size"], 2)
    assert operation.weights.shape == (*size, shape[2], 5)
    assert operation.n_inputs == np.prod(shape)


@pytest.mark.parametrize("filters", [4, 11])
@pytest.mark.parametrize("shape, options, outputs", SHAPES, ids=IDS)
def test_same_as_numpy(shape, options, outputs, filters):
    """For many samples, which products take together, and for two, whose windows they do."""
    X, y = sequences(shape=shape)
    model = fitted([Conv2D(filters, activation="tanh", **options), Flatten()], X, y)
    expected = centred(reference_outputs(model, X), model)
    assert_close(predicted_outputs(model, X), expected, 1e-10)
    assert_close(predicted_outputs(model, X[:2]), expected[:2], 1e-10)


@pytest.mark.parametrize("shape, options, outputs", SHAPES, ids=IDS)
def test_gradient(shape, options, outputs):
    """Of a convolution that reads the features, and of one that reads a layer."""
    X, y = sequences(shape=shape)
    layers = [
        Conv2D(2, 1, activation="tanh"),
        Conv2D(3, activation="tanh", **options),
        Flatten(),
        Dense(3, activation="tanh"),
    ]
    assert check_gradient(fitted(layers[1:], X, y), X, y) < 1e-6
    assert check_gradient(fitted(layers, X, y, alpha=0.1), X, y) < 1e-6
    assert check_gradient(fitted(layers, X[:5], y[:5]), X[:5], y[:5]) < 1e-6


def test_gradient_of_many_filters():
    """Of whole vectors of filters, and some more."""
    X, y = sequences(40, shape=(4, 5, 9))
    layers = [
        Conv2D(9, 2, activation="tanh"),
        Conv2D(37, 2, activation="tanh", batch_norm=True),
        Flatten(),
    ]
    assert check_gradient(fitted(layers, X, y), X, y) < 1e-6


CUT = {
    "small kernels": (
        (9, 8, 3),
        [Conv2D(6, 3, padding="same"), Conv2D(5, 2, strides=2), Flatten()],
    ),
    # whose rows are those of several tiles, which end within a row of the kernel
    "large kernels": ((6, 7, 13), [Conv2D(17, 4, padding="same"), Conv2D(9, 5), Flatten()]),
    "dilated": ((9, 9, 5), [Conv2D(7, 3, dilation=2), Conv2D(9, 2, dilation=(2, 3)), Flatten()]),
}


@pytest.mark.parametrize("batch_size", [7, 150, 1100])
@pytest.mark.parametrize("shape, layers", CUT.values(), ids=CUT)
def test_same_gradient_however_batches_are_cut(shape, layers, batch_size):
    """Few rows, tiles that form the gradient over the batch, and parts with their own."""
    X, y = sequences(batch_size, shape)
    options = dict(solver="sgd", momentum=0.0, alpha=0.0, shuffle=False, max_iter=1, tol=0.0)
    model = fitted(layers, X, y, batch_size=batch_size, **options)
    begun = fitted(layers, X, y, batch_size=batch_size, learning_rate_init=1e-300, **options)
    _, coefs, intercepts = begun.loss_gradient(X, y)
    pairs = (begun.coefs_, coefs, model.coefs_), (begun.intercepts_, intercepts, model.intercepts_)
    for before, gradient, after in pairs:
        for w, g, new in zip(before, gradient, after, strict=True):
            np.testing.assert_allclose(w - 0.01 * g, new, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("batch_size", [32, 150, 1100])
def test_same_bits_for_any_number_of_threads(dtype, batch_size):
    X, y = sequences(2200, (12, 11, 2), dtype)
    layers = [
        Conv2D(9, 5, padding="same", dropout=0.1),
        MaxPool2D(2),
        Conv2D(8, 3, dilation=(1, 2)),
        Flatten(),
    ]
    models = [
        fitted(layers, X, y, batch_size=batch_size, n_threads=n, max_iter=1) for n in (1, 2, 3, 5)
    ]
    for model in models:
        assert model.coefs_[0].dtype == dtype
        assert np.array_equal(model._vector, models[0]._vector)
        assert np.array_equal(model.predict_proba(X), models[0].predict_proba(X))


def test_same_bits_for_single_images():
    """Windows of one sample have the bits that they have among many samples."""
    X, y = sequences(50, (9, 8, 2), np.float32)
    model = fitted([Conv2D(6, 3, padding="same"), MaxPool2D()], X, y)
    whole = model.make_predictor().outputs(X.reshape(len(X), -1))
    alone = [model.make_predictor().outputs(x.reshape(1, -1)) for x in X]
    assert_close(np.vstack(alone), whole, 1e-6)


def test_float32_is_float64_up_to_rounding():
    X, y = sequences(shape=(6, 5, 2))
    layers = [Conv2D(4, 3, activation="gelu", padding="same"), Flatten()]
    double, single = fitted(layers, X, y), fitted(layers, X.astype(np.float32), y)
    assert_close(single.predict_proba(X), double.predict_proba(X), 1e-4)
    assert single.predict_proba(X.astype(np.float32)).dtype == np.float32


def test_same_as_a_dense_layer_where_the_window_is_the_image():
    """The same gradients, and so the same path, from the same first weights."""
    X, y = sequences(shape=(4, 3, 2))
    conv = fitted([Conv2D(6, (4, 3)), Flatten()], X, y)
    dense = fitted([Flatten(), Dense(6)], X, y)
    for a, b in zip(conv.coefs_, dense.coefs_, strict=True):
        assert_close(a.reshape(b.shape), b, 1e-10)


def test_same_as_conv1d_where_images_have_one_column():
    X, y = sequences(shape=(9, 3))
    options = {"activation": "tanh", "padding": "same"}
    flat = fitted([Conv1D(4, 3, strides=2, dilation=2, **options), Flatten()], X, y)
    options |= {"strides": (2, 1), "dilation": (2, 1)}
    image = fitted([Conv2D(4, (3, 1), **options), Flatten()], X[:, :, None], y)
    assert_close(image._vector, flat._vector, 1e-10)


def test_images_of_one_channel():
    """In arrays of three dimensions, or in a matrix with `input_shape`."""
    X, y = sequences(shape=(6, 5))
    layers, flat = [Conv2D(3, 2), MaxPool2D(2), Flatten()], X.reshape(len(X), -1)
    whole = fitted(layers, X[..., None], y)
    assert whole.coefs_[0].shape == (2, 2, 1, 3)
    others = [
        fitted(layers, X, y),
        fitted(layers, X[..., None], y, input_shape=(6, 5, 1)),
        fitted(layers, flat, y, input_shape=(6, 5)),
        fitted(layers, flat, y, input_shape=(6, 5, 1)),
    ]
    for other in others:
        assert other.input_shape_ == (6, 5, 1)
        assert np.array_equal(other._vector, whole._vector)
        for form in (X, X[..., None], flat, X.tolist()):
            assert np.array_equal(other.predict(form), whole.predict(X))
    with pytest.raises(ValueError, match=r"samples of shape \(5, 6\), but the network was fitted"):
        whole.predict(X.transpose(0, 2, 1))


@pytest.mark.nojit
def test_layers_of_images():
    """One after another, as it also runs without the compiler."""
    X, y = sequences(8, (5, 6, 2))
    layers = [
        Conv2D(3, 2, activation="tanh", padding="same"),
        MaxPool2D((2, 1), strides=1),
        LayerNorm(),
        Conv2D(3, 2, strides=2, activation="tanh"),
        Scale(),
        AveragePool2D((2, 1), strides=1),
        Flatten(),
    ]
    model = fitted(layers, X, y, max_iter=1)
    expected = centred(reference_outputs(model, X), model)
    assert_close(predicted_outputs(model, X), expected, 1e-9)
    assert check_gradient(model, X, y) < 1e-6


def test_shared_weights():
    X, y = sequences(shape=(6, 5, 2))
    options = {"activation": "tanh", "padding": "same"}
    layers = [
        ("first", Conv2D(2, 3, **options)),
        ("second", Conv2D(2, 3, weights_of="first", strides=2, **options)),
        ("third", Conv2D(2, 3, weights_of="first", dilation=2, **options)),
        Flatten(),
    ]
    for batch_size in (7, 60):
        model = fitted(layers, X, y, batch_size=batch_size)
        assert [coef.shape for coef in model.coefs_] == [(3, 3, 2, 2), (18, 3)]
        assert check_gradient(model, X, y) < 1e-6


def test_everything_around_it():
    X, y = sequences(shape=(6, 5, 2))
    layers = [("conv", Conv2D(3, 2, dropconnect=0.1, alpha_factor=0.0)), MaxPool2D()]
    model = fitted(layers, X, y, record_gradient_norms=True, clip_norm=1.0, max_norm=2.0)
    assert model.gradient_norms_.shape == (3, 3)
    assert fitted([Conv2D(3, 2), Flatten()], X, y, solver="lbfgs").loss_ > 0
    assert fitted([Conv2D(3, 2), Flatten()], X, y, weight_norm=True, solver="sgd").loss_ > 0
    model.set_params(layers__conv__filters=4)
    with pytest.raises(ValueError, match="Training goes on with the fitted network"):
        model.partial_fit(X, y)


BAD = [
    ([Conv2D(3, 7), Flatten()], r"kernel_size=7 spans 7 rows, but samples of height 6 arrive"),
    ([Conv2D(3, (2, 9))], r"kernel_size=9 spans 9 columns, but samples of width 8 arrive"),
    ([Conv2D(3, 4, dilation=(2, 1))], "kernel_size=4 with dilation=2 spans 7 rows"),
    ([Conv2D(3, 5), Conv2D(3, 3)], r"layers\[1\], Conv2D.*spans 3 rows, but .* height 2 arrive"),
    ([Conv2D(3, 3)], r"outputs of the network read .* but \(4, 6, 3\) arrives .*put Flatten\(\)"),
    ([Conv2D(3, 3), Dense(3)], r"layers\[1\], Dense.*\(4, 6, 3\) arrives: put Flatten\(\) before"),
    ([Conv2D(3, 3), Conv1D(3, 2)], r"takes samples of shape \(steps, channels\), but \(4, 6, 3\)"),
    (
        [Flatten(), ("c", Conv2D(3, 3))],
        r"layers\['c'\], Conv2D.*samples of shape \(height, width, channels\), but \(96,\) arrives",
    ),
    ([Conv2D(0, 3)], r"layers\[0\].*'filters' parameter of Conv2D must be"),
    ([Conv2D(3, 2.5)], "'kernel_size' parameter of Conv2D must be"),
    ([Conv2D(3, (2, 0))], r"'kernel_size' parameter must be an int >= 1, or two of them, .*\(2, 0"),
    ([Conv2D(3, 2, strides=(1, 1, 1))], r"'strides' parameter must be an int >= 1, or two of them"),
    ([Conv2D(3, 2, dilation=[1, True])], "'dilation' parameter must be an int >= 1, or two"),
    ([Conv2D(True, 3)], "'filters' parameter must be a number, got True"),
    ([Conv2D(3, 3, padding="full")], "'padding' parameter of Conv2D must be a str among"),
    ([Conv2D(3, 3, activation="softmax")], "'activation' parameter of Conv2D must be a str among"),
    ([Conv2D(3, 3, dropout=1.0)], "'dropout' parameter of Conv2D must be a float in the range"),
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


def test_features_that_do_not_fit():
    X, y = sequences(shape=(6,))
    model = NetworkClassifier([Conv2D(3, 2), Flatten()])
    with pytest.raises(ValueError, match=r"\(height, width, channels\), but \(6,\) arrives"):
        model.fit(X, y)
    with pytest.raises(TypeError, match="Sparse data was passed for X, but dense data is required"):
        model.fit(sp.csr_array(X), y)
    X, y = sequences(shape=(2, 3, 2, 2))
    with pytest.raises(ValueError, match=r"\(height, width, channels\), but \(2, 3, 2, 2\) arr"):
        model.fit(X, y)
