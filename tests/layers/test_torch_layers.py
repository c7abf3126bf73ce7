"""Layers against PyTorch, where it is installed."""

import numpy as np
import pytest

from skdeep.layers import (
    GRU,
    LSTM,
    AveragePool2D,
    Conv1D,
    Conv2D,
    Embedding,
    EncodedDense,
    Flatten,
    MaxPool2D,
    SimpleRNN,
)
from tests.helpers import assert_close
from tests.layers.problems import ENCODED, MEANS, codes, encoded_table, fitted, sequences

torch = pytest.importorskip("torch", reason="compares with PyTorch, which is not installed")

F = torch.nn.functional


def _leaves(arrays):
    return [torch.tensor(np.array(array), requires_grad=True) for array in arrays]


def _compare(model, X, y, outputs):
    """Compare the loss and its gradient with those of a function of weights and biases."""
    coefs, intercepts = _leaves(model.coefs_), _leaves(model.intercepts_)
    found = outputs(coefs, intercepts)
    if hasattr(model, "classes_"):
        loss = F.cross_entropy(found, torch.tensor(y))
    else:
        loss = 0.5 * ((found[:, 0] - torch.tensor(y)) ** 2).mean()
    loss.backward()
    ours, coef_grads, intercept_grads = model.loss_gradient(X, y)
    assert_close(ours, loss.item(), 1e-5)
    for gradient, leaf in zip(coef_grads, coefs, strict=True):
        assert_close(gradient, leaf.grad.numpy(), 1e-5)
    for gradient, leaf in zip(intercept_grads, intercepts, strict=True):
        if gradient.size:
            assert_close(gradient, leaf.grad.numpy(), 1e-5)


def _in_torch(options):
    """Return the options of a convolution by the names that they have in PyTorch."""
    return {"stride" if name == "strides" else name: each for name, each in options.items()}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "options", [{}, {"strides": 2}, {"dilation": 2}, {"padding": "same"}], ids=str
)
def test_conv1d(options, dtype):
    X, y = sequences(dtype=dtype)
    model = fitted([Conv1D(4, 3, activation="tanh", **options), Flatten()], X, y, alpha=0.0)

    def outputs(coefs, intercepts):
        # PyTorch has channels before steps, in samples and in kernels.
        kernel, x = coefs[0].permute(2, 1, 0), torch.tensor(X).permute(0, 2, 1)
        h = torch.tanh(F.conv1d(x, kernel, intercepts[0], **_in_torch(options))).permute(0, 2, 1)
        return h.reshape(len(X), -1) @ coefs[1] + intercepts[1]

    _compare(model, X, y, outputs)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "options", [{}, {"strides": (2, 1)}, {"dilation": (1, 2)}, {"padding": "same"}], ids=str
)
@pytest.mark.parametrize("pool", ["max", "average"])
def test_images(pool, options, dtype):
    X, y = sequences(shape=(9, 8, 2), dtype=dtype)
    pooling = {"max": MaxPool2D, "average": AveragePool2D}[pool]
    layers = [
        Conv2D(11, 3, **options),
        pooling((3, 2), strides=(2, 1)),
        Conv2D(5, (1, 2), activation="tanh"),
        Flatten(),
    ]
    model = fitted(layers, X, y, alpha=0.0)

    def outputs(coefs, intercepts):
        # PyTorch has channels before pixels, in samples and in kernels.
        first, second = (kernel.permute(3, 2, 0, 1) for kernel in coefs[:2])
        x = torch.tensor(X).permute(0, 3, 1, 2)
        h = torch.relu(F.conv2d(x, first, intercepts[0], **_in_torch(options)))
        h = {"max": F.max_pool2d, "average": F.avg_pool2d}[pool](h, (3, 2), (2, 1))
        h = torch.tanh(F.conv2d(h, second, intercepts[1])).permute(0, 2, 3, 1)
        return h.reshape(len(X), -1) @ coefs[2] + intercepts[2]

    _compare(model, X, y, outputs)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_embedding(dtype):
    X, y = codes(dtype=dtype)
    model = fitted([Embedding([7, 4], 3, columns=[0, 2])], X, y.astype(dtype), alpha=0.0)

    def outputs(coefs, intercepts):
        first, second = coefs[0][:7], coefs[0][7:]
        x = torch.tensor(X)
        looked_up = F.embedding(x[:, 0].long(), first), F.embedding(x[:, 2].long(), second)
        return torch.hstack([*looked_up, x[:, [1, 3]]]) @ coefs[1] + intercepts[1]

    _compare(model, X, y.astype(dtype), outputs)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_encoded_dense(dtype):
    X, y = encoded_table(dtype=dtype)
    layer = EncodedDense(6, "tanh", **ENCODED, bin_means=MEANS)
    model = fitted([layer], X, y.astype(dtype), alpha=0.0)
    encoded = torch.tensor(layer.dense_encoding(X))

    def outputs(coefs, intercepts):
        return torch.tanh(encoded @ coefs[0] + intercepts[0]) @ coefs[1] + intercepts[1]

    _compare(model, X, y.astype(dtype), outputs)


def _simple_rnn(gates, h, c):
    return torch.tanh(gates(h)), c


def _gru(gates, h, c):
    units = h.shape[1]
    of_inputs, of_states = gates(h * 0), gates(h) - gates(h * 0)
    r = torch.sigmoid((of_inputs + of_states)[:, :units])
    z = torch.sigmoid((of_inputs + of_states)[:, units : 2 * units])
    n = torch.tanh(of_inputs[:, 2 * units :] + r * of_states[:, 2 * units :])
    return (1 - z) * n + z * h, c


def _lstm(gates, h, c):
    i, f, o, g = gates(h).chunk(4, 1)
    c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(c), c


def _states(cell, x, weights, biases, truncation=None, seen=None):
    """Return the states after every step, with gradients cut at the borders of segments.

    Steps that are not seen leave the state as it is, and are not counted.
    """
    steps, h = x.shape[1], torch.zeros(len(x), 4, dtype=x.dtype)
    seen = torch.ones(x.shape[:2], dtype=torch.bool) if seen is None else seen
    left = seen.flip(1).cumsum(1).flip(1)
    c, found = h, []
    for t in range(steps):
        now = seen[:, t, None]
        if truncation and t:
            ends = now & (left[:, t, None] % truncation == 0)
            h, c = torch.where(ends, h.detach(), h), torch.where(ends, c.detach(), c)

        def gates(h, t=t):
            return torch.cat([x[:, t], h], 1) @ weights + biases

        new_h, new_c = cell(gates, h, c)
        h, c = torch.where(now, new_h, h), torch.where(now, new_c, c)
        found.append(h)
    return torch.stack(found, 1)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("truncation, masked", [(None, False), (4, False), (2, True), (3, True)])
@pytest.mark.parametrize("cls, cell", [(SimpleRNN, _simple_rnn), (GRU, _gru), (LSTM, _lstm)])
def test_recurrent_cells(cls, cell, truncation, masked, dtype):
    """Both directions of all steps, then the last step, and gradients within segments."""
    X, y = sequences(dtype=dtype)
    seen, mask_value = torch.ones(X.shape[:2], dtype=torch.bool), None
    if masked:  # at the end, and anywhere
        rng, mask_value = np.random.default_rng(3), 7.5
        mask = np.arange(9) < rng.integers(1, 10, size=len(X))[:, None]
        mask[::3] = rng.random((len(mask[::3]), 9)) < 0.6
        mask[::3, 4] = True
        X[~mask], seen = mask_value, torch.tensor(mask)
    layers = [
        cls(4, return_sequences=True, bidirectional=True, truncation=truncation),
        cls(4, truncation=truncation),
    ]
    model = fitted(layers, X, y, alpha=0.0, mask_value=mask_value)

    def outputs(coefs, intercepts):
        x = torch.tensor(X)
        forth = _states(cell, x, coefs[0], intercepts[0], truncation, seen)
        back = _states(cell, x.flip(1), coefs[1], intercepts[1], truncation, seen.flip(1)).flip(1)
        h = _states(cell, torch.cat([forth, back], 2), coefs[2], intercepts[2], truncation, seen)
        return h[:, -1] @ coefs[3] + intercepts[3]

    _compare(model, X, y, outputs)
