"""Weight normalisation beside directions and gains in NumPy, and beside PyTorch."""

import numpy as np
import pytest

from skdeep import MLPClassifier, MLPRegressor, check_gradient
from tests.helpers import CONTAINERS, assert_close, quiet

RATE, ALPHA = 0.02, 0.3
PLAIN = {"solver": "sgd", "momentum": 0.0, "learning_rate_init": RATE, "alpha": ALPHA}
COMMON = {"activation": "tanh", "shuffle": False, "random_state": 0, "weight_norm": True}


def _data(n_rows=40, n_features=5, seed=0):
    rng = np.random.RandomState(seed)
    return rng.normal(size=(n_rows, n_features)), rng.normal(size=(n_rows, 2))


def _start(X, Y, hidden):
    """Return the weights and biases that a fit begins with."""
    network = MLPRegressor(hidden_layer_sizes=hidden, max_iter=1, random_state=0, solver="sgd")
    with quiet():
        network.set_params(learning_rate_init=1e-300).fit(X, Y)
    return [c.copy() for c in network.coefs_], [b.copy() for b in network.intercepts_]


def _gradients(coefs, intercepts, X, Y):
    """Return the gradients of squared error and penalty with respect to weights and biases."""
    h = [X]
    for index, (w, b) in enumerate(zip(coefs, intercepts, strict=True)):
        a = h[-1] @ w + b
        h.append(a if index + 1 == len(coefs) else np.tanh(a))
    d, found = h[-1] - Y, []
    for index in reversed(range(len(coefs))):
        found.append(((h[index].T @ d + ALPHA * coefs[index]) / len(X), d.mean(axis=0)))
        d = d @ coefs[index].T * (1 - h[index] ** 2)
    return found[::-1]


def _oracle(X, Y, hidden, batch_size, n_epochs):
    """Return the weights that gradient descent on directions and gains reaches."""
    directions, intercepts = _start(X, Y, hidden)
    gains = [np.linalg.norm(v, axis=0) for v in directions]
    for _ in range(n_epochs):
        for begin in range(0, len(X), batch_size):
            rows = slice(begin, begin + batch_size)
            norms = [np.linalg.norm(v, axis=0) for v in directions]
            coefs = [g * v / n for g, v, n in zip(gains, directions, norms, strict=True)]
            found = _gradients(coefs, intercepts, X[rows], Y[rows])
            for i, (dw, db) in enumerate(found):
                dg = (dw * directions[i]).sum(axis=0) / norms[i]
                dv = gains[i] / norms[i] * (dw - dg * directions[i] / norms[i])
                gains[i] = gains[i] - RATE * dg
                directions[i] = directions[i] - RATE * dv
                intercepts[i] = intercepts[i] - RATE * db
    return [g * v / np.linalg.norm(v, axis=0) for g, v in zip(gains, directions, strict=True)]


@pytest.mark.parametrize(
    "hidden, batch_size", [((7, 4), 16), ((3,), 5), ((), 40), ((260, 300), 40)], ids=str
)
@pytest.mark.parametrize("container", ["dense", "csr"])
def test_directions_and_gains(hidden, batch_size, container, device):
    X, Y = _data()
    expected = _oracle(X, Y, hidden, batch_size, 3)
    parameters = {**COMMON, **PLAIN, "max_iter": 3, "batch_size": batch_size}
    for n_threads in (1, 3):
        network = MLPRegressor(hidden_layer_sizes=hidden, n_threads=n_threads, **parameters)
        with quiet():
            network.fit(CONTAINERS[container](X), Y)
        for got, wanted in zip(network.coefs_, expected, strict=True):
            assert_close(got, wanted, 1e-10)


def test_beside_pytorch(device):
    torch = pytest.importorskip("torch")
    X, Y = _data()
    coefs, intercepts = _start(X, Y, (6, 4))
    layers = []
    for w, b in zip(coefs, intercepts, strict=True):
        layer = torch.nn.Linear(*w.shape).double()
        layer.weight.data, layer.bias.data = torch.tensor(w.T.copy()), torch.tensor(b.copy())
        layers.append(torch.nn.utils.parametrizations.weight_norm(layer, dim=0))
    optimizer = torch.optim.Adam([p for m in layers for p in m.parameters()], 0.01, eps=1e-30)
    for begin in [*range(0, 40, 8)] * 3:
        h = torch.tensor(X[begin : begin + 8])
        for layer in layers[:-1]:
            h = torch.tanh(layer(h))
        error = layers[-1](h) - torch.tensor(Y[begin : begin + 8])
        optimizer.zero_grad()
        (0.5 * (error**2).sum() / 8).backward()
        optimizer.step()
    parameters = {**COMMON, "alpha": 0.0, "batch_size": 8, "learning_rate_init": 0.01}
    network = MLPRegressor(hidden_layer_sizes=(6, 4), max_iter=3, epsilon=1e-30, **parameters)
    with quiet():
        network.fit(X, Y)
    for got, layer in zip(network.coefs_, layers, strict=True):
        assert_close(got, layer.weight.detach().numpy().T, 1e-10)


@pytest.mark.parametrize("solver", ["sgd", "adam", "rmsprop", "rprop"])
def test_training_goes_on_where_it_ended(solver, device):
    """Directions, gains and the solver's states for them are kept from call to call."""
    X, Y = _data()
    parameters = {**COMMON, "tol": 0, "solver": solver, "batch_size": 10, "max_iter": 4}
    whole = MLPRegressor(hidden_layer_sizes=(6,), **parameters)
    with quiet():
        whole.fit(X, Y)
    if solver == "rprop":
        assert np.isfinite(whole.loss_)
        return
    parts = MLPRegressor(hidden_layer_sizes=(6,), **parameters)
    for _ in range(4):
        parts.partial_fit(X, Y)
    for a, b in zip(whole.coefs_, parts.coefs_, strict=True):
        np.testing.assert_array_equal(a, b)
    parts.coefs_[0][:] *= 2  # other weights: their directions and gains begin anew
    parts.partial_fit(X, Y)
    assert np.isfinite(parts.loss_)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("hidden, batch_size", [((9, 5), 16), ((300, 310), 64), ((8,), 4)], ids=str)
def test_same_bits_with_everything_on(hidden, batch_size, dtype, device):
    X, Y = _data(120, 9)
    networks = []
    for n_threads in (1, 2, 5):
        network = MLPRegressor(
            hidden_layer_sizes=hidden,
            **COMMON,
            max_iter=2,
            batch_size=batch_size,
            clip_norm=0.5,
            dropout=0.2,
            batch_norm=True,
            penalty="l1",
            input_noise=0.1,
            early_stopping=True,
            n_threads=n_threads,
        )
        with quiet():
            networks.append(network.fit(X.astype(dtype), Y))
    for other in networks[1:]:
        for a, b in zip(networks[0].coefs_, other.coefs_, strict=True):
            assert a.dtype == dtype
            np.testing.assert_array_equal(a, b)
    if dtype == np.float64 and hidden[0] < 100:
        assert check_gradient(networks[0], X, Y) < 1e-6


def test_frozen_layers_keep_their_weights(device):
    X, Y = _data()
    parameters = {**COMMON, "max_iter": 3, "batch_size": 10}
    network = MLPRegressor(hidden_layer_sizes=(6, 4), **parameters, warm_start=True)
    with quiet():
        before = [c.copy() for c in network.fit(X, Y).coefs_]
        network.set_params(frozen_layers=1).fit(X, Y)
    np.testing.assert_array_equal(network.coefs_[0], before[0])
    assert not np.array_equal(network.coefs_[1], before[1])


@pytest.mark.parametrize(
    "parameters",
    [
        {"dropconnect": 0.1},
        {"max_norm": 1.0},
        {"solver": "lbfgs"},
        {"solver": "cg"},
        {"solver": "adamw", "alpha": 0.1},
    ],
    ids=str,
)
def test_what_does_not_go_together(parameters):
    X, Y = _data()
    with pytest.raises(ValueError, match="weight_norm=True"):
        MLPRegressor(hidden_layer_sizes=(4,), weight_norm=True, **parameters).fit(X, Y)


def test_classes(device):
    X, _ = _data(60)
    y = np.where(X[:, 0] * X[:, 1] > 0, "yes", "no")
    clf = MLPClassifier((20,), weight_norm=True, max_iter=400, random_state=0, tol=1e-6)
    with quiet():
        assert clf.fit(X, y).score(X, y) > 0.95
