"""Networks of given weights, for the tests of exporting."""

import numpy as np

import skdeep

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
