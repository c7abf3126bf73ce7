"""Networks of given weights, for the tests of exporting."""

import numpy as np

import skdeep
from skdeep.layers import Conv1D, Flatten
from tests.helpers import quiet

#: Activations that the package comes with, all of which can be exported.
SHIPPED = (
    *("elu", "exp", "gelu", "hard_tanh", "identity", "leaky_relu", "logistic", "mish"),
    *("relu", "selu", "sign", "silu", "softmax", "softplus", "step", "tanh"),
)


def network(hidden, output, dtype):
    """Return a network 4-6-5-3 with these activations."""
    rng = np.random.RandomState(1)
    shapes = [(4, 6), (6, 5), (5, 3)]
    coefs = [rng.standard_normal(shape).astype(dtype) for shape in shapes]
    intercepts = [rng.standard_normal(shape[1]).astype(dtype) for shape in shapes]
    return skdeep.MLPRegressor.from_weights(
        coefs, intercepts, activation=hidden, out_activation=output
    )


def shared_convolutions():
    """Return a network of convolutions that share weights, but not strides, and its features."""
    X = np.random.RandomState(3).standard_normal((20, 9, 3))
    options = {"padding": "same", "activation": "tanh"}
    layers = [
        ("first", Conv1D(3, 2, **options)),
        ("strided", Conv1D(3, 2, strides=2, weights_of="first", **options)),
        ("dilated", Conv1D(3, 2, dilation=3, weights_of="first", **options)),
        Flatten(),
    ]
    with quiet():
        model = skdeep.NetworkRegressor(layers, max_iter=1, random_state=0)
        return model.fit(X, X[:, 0, 0]), X
