"""LeNet-5 in JAX: an epoch in one compiled function, a `lax.scan` over mini-batches."""

import importlib
from functools import partial

import numpy as np

RATE = 1e-3
BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-8
#: Kernels, then dense weights, of images of 28 x 28 pixels.
KERNELS = (5, 5, 1, 6), (5, 5, 6, 16)
DENSE = (256, 120), (120, 84), (84, 10)


def first_parameters(rng, dtype):
    """Return kernels and weights with their biases, drawn uniformly."""
    parameters = []
    for shape in (*KERNELS, *DENSE):
        bound = np.sqrt(6 / np.prod(shape[:-1]))
        pair = rng.uniform(-bound, bound, shape), np.zeros(shape[-1])
        parameters.append(tuple(each.astype(dtype) for each in pair))
    return parameters


def _make_outputs(jax):
    """Return the function from parameters and images to what goes into the softmax."""
    lax, nn = jax.lax, jax.nn

    def outputs(parameters, X):
        for kernel, bias in parameters[: len(KERNELS)]:
            X = lax.conv_general_dilated(
                X, kernel, (1, 1), "VALID", dimension_numbers=("NHWC", "HWIO", "NHWC")
            )
            X = nn.relu(X + bias)
            X = lax.reduce_window(X, -np.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")
        X = X.reshape(len(X), -1)
        *hidden, (last, bias) = parameters[len(KERNELS) :]
        for weights, shift in hidden:
            X = nn.relu(X @ weights + shift)
        return X @ last + bias

    return outputs


def _make_epoch(jax, outputs):
    """Return the compiled epoch: parameters, both states of Adam and the count in and out."""
    jnp, tree, nn = jax.numpy, jax.tree, jax.nn

    def loss(parameters, X, y):
        logs = nn.log_softmax(outputs(parameters, X))
        return -jnp.take_along_axis(logs, y[:, None], axis=1).mean()

    def step(state, X, y):
        parameters, first, second, count = state
        gradients, count = jax.grad(loss)(parameters, X, y), count + 1
        first = tree.map(lambda m, g: BETA_1 * m + (1 - BETA_1) * g, first, gradients)
        second = tree.map(lambda v, g: BETA_2 * v + (1 - BETA_2) * g * g, second, gradients)
        rate = RATE * jnp.sqrt(1 - BETA_2**count) / (1 - BETA_1**count)
        parameters = tree.map(
            lambda w, m, v: w - rate * m / (jnp.sqrt(v) + EPSILON), parameters, first, second
        )
        return parameters, first, second, count

    @partial(jax.jit, static_argnums=4)
    def epoch(state, order, X, y, batch):
        n_whole = len(order) // batch * batch

        def on_rows(state, rows):
            return step(state, X[rows], y[rows]), None

        state, _ = jax.lax.scan(on_rows, state, order[:n_whole].reshape(-1, batch))
        if n_whole < len(order):
            state, _ = on_rows(state, order[n_whole:])
        return state

    return epoch


def make_jobs(X, y, batch):
    """Return functions that train for an epoch, and predict one image, and all of them.

    Parameters
    ----------
    X : array of float32 of shape (n_samples, 28, 28, 1)
    y : array of int of shape (n_samples,)
    batch : int
        Samples of a mini-batch.

    Returns
    -------
    jobs : tuple of three callables, or None
        None where JAX is not installed. The first returns the parameters.
    """
    try:
        jax = importlib.import_module("jax")
    except ImportError:
        return None
    outputs = _make_outputs(jax)
    epoch = _make_epoch(jax, outputs)
    predict = jax.jit(lambda parameters, X: jax.nn.softmax(outputs(parameters, X)))
    images, labels = jax.numpy.asarray(X), jax.numpy.asarray(y)

    def fit():
        rng = np.random.default_rng(0)
        parameters = first_parameters(rng, X.dtype)
        zeros = jax.tree.map(np.zeros_like, parameters)
        state = parameters, zeros, zeros, np.float32(0)
        order = rng.permutation(len(y)).astype(np.int32)
        return jax.block_until_ready(epoch(state, order, images, labels, batch))[0]

    parameters = fit()
    return (
        fit,
        lambda: np.asarray(predict(parameters, X[:1])),
        lambda: np.asarray(predict(parameters, X)),
    )
