"""Convolutions: shapes, numbers beside NumPy's and PyTorch's, gradients, layers that do not fit."""

import numpy as np
import pytest
import scipy.sparse as sp

from skdeep import NetworkClassifier, NetworkRegressor, check_gradient
from skdeep.layers import Conv1D, Dense, Flatten
from tests.helpers import assert_close
from tests.layers.problems import (
    centred,
    fitted,
    predicted_outputs,
    reference_outputs,
    sequences,
)

# steps, channels, parameters of the layer, new steps
SHAPES = [
    (9, 3, dict(kernel_size=1), 9),
    (9, 3, dict(kernel_size=4), 6),
    (9, 1, dict(kernel_size=9), 1),
    (9, 3, dict(kernel_size=3, strides=2), 4),
    (9, 3, dict(kernel_size=3, strides=4, dilation=2), 2),
    (9, 3, dict(kernel_size=2, padding="same"), 9),
    (9, 3, dict(kernel_size=3, padding="same", strides=3), 3),
    (10, 3, dict(kernel_size=4, padding="same", strides=3, dilation=2), 4),
    (3, 2, dict(kernel_size=8, padding="same"), 3),
    # the kernel's steps lie before and behind the only one of the sequence
    (1, 2, dict(kernel_size=2, padding="same", dilation=2), 1),
]
IDS = [f"{steps}-{channels}-{options}" for steps, channels, options, _ in SHAPES]


@pytest.mark.parametrize("steps, channels, options, new_steps", SHAPES, ids=IDS)
def test_shapes(steps, channels, options, new_steps):
    operation, shape = Conv1D(5, **options).connect((steps, channels), source=0)
    assert shape == operation.output_shape == (new_steps, 5)
    assert operation.weights.shape == (options["kernel_size"], channels, 5)
    assert operation.n_inputs == steps * channels


@pytest.mark.parametrize("steps, channels, options, new_steps", SHAPES, ids=IDS)
def test_same_as_numpy(steps, channels, options, new_steps):
    X, y = sequences(shape=(steps, channels))
    layers = [Conv1D(4, activation="tanh", **options), Flatten()]
    model = fitted(layers, X, y)
    expected = centred(reference_outputs(model, X), model)
    assert_close(predicted_outputs(model, X), expected, 1e-10)


@pytest.mark.parametrize("steps, channels, options, new_steps", SHAPES, ids=IDS)
def test_gradient(steps, channels, options, new_steps):
    """Of a convolution that reads the features, and of one that reads a layer."""
    X, y = sequences(shape=(steps, channels))
    layers = [
        Conv1D(2, 1, activation="tanh"),
        Conv1D(4, activation="tanh", **options),
        Flatten(),
        Dense(3, activation="tanh"),
    ]
    assert check_gradient(fitted(layers[1:], X, y), X, y) < 1e-6
    assert check_gradient(fitted(layers, X, y, alpha=0.1), X, y) < 1e-6


CUT = {
    "small kernels": ((9, 3), [Conv1D(6, 3, padding="same"), Conv1D(5, 2, strides=2), Flatten()]),
    # whose rows are those of several tiles, which end within a step of the kernel
    "large kernels": ((12, 41), [Conv1D(37, 8, padding="same"), Conv1D(30, 6), Flatten()]),
    "large, dilated": ((16, 41), [Conv1D(37, 5, dilation=3), Conv1D(9, 2, dilation=2), Flatten()]),
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
    X, y = sequences(2200, (16, 4), dtype)
    layers = [Conv1D(16, 5, padding="same", dropout=0.1), Conv1D(8, 3, dilation=2), Flatten()]
    models = [
        fitted(layers, X, y, batch_size=batch_size, n_threads=n, max_iter=1) for n in (1, 2, 3, 5)
    ]
    for model in models:
        assert model.coefs_[0].dtype == dtype
        assert np.array_equal(model._vector, models[0]._vector)
        assert np.array_equal(model.predict_proba(X), models[0].predict_proba(X))


def test_float32_is_float64_up_to_rounding():
    X, y = sequences()
    layers = [Conv1D(4, 3, activation="gelu", padding="same"), Flatten()]
    double, single = fitted(layers, X, y), fitted(layers, X.astype(np.float32), y)
    assert_close(single.predict_proba(X), double.predict_proba(X), 1e-4)
    assert single.predict_proba(X.astype(np.float32)).dtype == np.float32


def test_same_as_a_dense_layer_where_the_window_is_the_sequence():
    """The same gradients, and so the same path, from the same first weights."""
    X, y = sequences(shape=(5, 2))
    conv = fitted([Conv1D(6, 5), Flatten()], X, y)
    dense = fitted([Flatten(), Dense(6)], X, y)
    for a, b in zip(conv.coefs_, dense.coefs_, strict=True):
        assert_close(a.reshape(b.shape), b, 1e-10)


def test_matrix_as_sequences():
    """Of one channel, or as `input_shape` says."""
    X, y = sequences(shape=(8, 2))
    flat, layers = X.reshape(len(X), 16), [Conv1D(3, 2), Flatten()]
    model = fitted(layers, flat, y)
    assert model.input_shape_ == (16, 1) and model.coefs_[0].shape == (2, 1, 3)
    given = fitted(layers, flat, y, input_shape=(8, 2))
    whole = fitted(layers, X, y)
    assert np.array_equal(given._vector, whole._vector)
    assert np.array_equal(given.predict(X), whole.predict(flat))
    assert np.array_equal(given.predict(X.tolist()), whole.predict(flat.tolist()))


BAD = [
    ([Conv1D(3, 12), Flatten()], "kernel_size=12 spans 12 steps, but samples of 9 arrive"),
    ([Conv1D(3, 6, dilation=2), Flatten()], "kernel_size=6 with dilation=2 spans 11 steps"),
    ([Conv1D(3, 5), Conv1D(3, 6)], r"layers\[1\], Conv1D.*spans 6 steps, but samples of 5 arrive"),
    ([Conv1D(3, 3)], r"gives a sequence, so y must have a target for every step.*put Flatten\(\)"),
    ([Conv1D(3, 3), Dense(3)], r"layers\[1\], Dense.*\(7, 3\) arrives: put Flatten\(\) before"),
    ([Flatten(), ("c", Conv1D(3, 3))], r"layers\['c'\], Conv1D.*\(27,\) arrives"),
    ([Conv1D(0, 3)], r"layers\[0\].*'filters' parameter of Conv1D must be"),
    ([Conv1D(3, 2.5)], "'kernel_size' parameter of Conv1D must be"),
    ([Conv1D(True, 3)], "'filters' parameter must be a number, got True"),
    ([Conv1D(3, 3, padding="full")], "'padding' parameter of Conv1D must be a str among"),
    ([Conv1D(3, 3, activation="softmax")], "'activation' parameter of Conv1D must be a str among"),
    ([Conv1D(3, 3, activation="step")], "'activation' parameter of Conv1D must be a str among"),
    ([Conv1D(3, 3, dropout=1.0)], "'dropout' parameter of Conv1D must be a float in the range"),
]


@pytest.mark.parametrize("layers, message", BAD, ids=[message for _, message in BAD])
@pytest.mark.parametrize("cls", [NetworkClassifier, NetworkRegressor])
def test_layers_that_do_not_fit(cls, layers, message):
    X, y = sequences()
    model = cls(layers)
    before = dict(vars(model))
    with pytest.raises(ValueError, match=message):
        model.fit(X, y)
    assert vars(model) == before


def test_sparse_features_are_refused():
    X, y = sequences(shape=(6,))
    model = NetworkClassifier([Conv1D(3, 2), Flatten()])
    with pytest.raises(TypeError, match="Sparse data was passed for X, but dense data is required"):
        model.fit(sp.csr_array(X), y)
    model = fitted([Conv1D(3, 2), Flatten()], X, y)
    with pytest.raises(TypeError, match="Sparse data was passed"):
        model.predict(sp.csr_array(X))
