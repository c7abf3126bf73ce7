"""Graphs of layers with shared, frozen and slow weights, regularised as a whole."""

import numpy as np
import pytest

from skdeep import NetworkRegressor, check_gradient
from skdeep.layers import Add, Dense
from tests.layers.problems import fitted

RNG = np.random.default_rng(0)
X = RNG.normal(size=(90, 6))
Y = X[:, 0] * X[:, 1] + X[:, 2]


def _layers(**parameters):
    def tanh(units, **others):
        return Dense(units, "tanh", **parameters, **others)

    return [
        *(("a", tanh(5)), ("b", tanh(5)), ("c", tanh(5, weights_of="b")), ("d", Add(["a", "c"]))),
        *(tanh(3, inputs=["d", "features"], learning_rate_factor=0.5), Dense(4, trainable=False)),
    ]


@pytest.mark.parametrize("batch_size", [9, 90])
@pytest.mark.parametrize(
    "options",
    [{"weight_norm": True}, {"max_norm": 0.5}, {"dropconnect": 0.2, "clip_norm": 0.1}, {}],
    ids=str,
)
def test_gradient_and_threads(options, batch_size):
    """Without any of these, with batch normalisation, which every layer has of its own."""
    layers = _layers(batch_norm=not options)
    options = dict(options, batch_size=batch_size, alpha=0.1)
    models = [fitted(layers, X, Y, **options, n_threads=n) for n in (1, 2, 3)]
    assert check_gradient(models[0], X, Y) < 1e-6
    for model in models[1:]:
        assert np.array_equal(model._vector, models[0]._vector)


def test_frozen_statistics():
    message = r"layers\[0\], Dense.*trainable=False and batch_norm=True.* do not go together"
    with pytest.raises(ValueError, match=message):
        NetworkRegressor([Dense(3, batch_norm=True, trainable=False)]).fit(X, Y)
    with pytest.raises(ValueError, match=message):
        NetworkRegressor([Dense(3, trainable=False)], batch_norm=True).fit(X, Y)


def test_layers_taken_over_may_share_weights():
    source = fitted([("a", Dense(6)), Dense(6, weights_of="a")], X, Y)
    layers = [("a", Dense(6)), Dense(6, weights_of="a"), Dense(3)]
    model = fitted(layers, X, Y, init_from=source, learning_rate_init=1e-300, max_iter=1)
    assert np.array_equal(model.coefs_[0], source.coefs_[0])
