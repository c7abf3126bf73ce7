"""The physical limit of a shape: its bare matrix products, and one pass over weights and states.

The products are, for every mini-batch of every epoch and layer by layer, the forward product
``A W``, the weight gradient ``A.T D`` and the delta ``D W.T`` (not for the first layer), through
NumPy's BLAS on all cores, into arrays that exist already: no activation, loss, gathering of rows.

The pass reads and writes, once per update, as many numbers as the network has weights and its
solver states. All cores share it, each keeps its part, and none waits for another: arrays that fit
into a cache are moved at the speed of that cache.
"""

import functools
import itertools
import threading

import numba
import numpy as np
from scipy import sparse

ALONE = 1 << 14  # bytes up to which one core moves an array sooner than two


@numba.njit(nogil=True)
def sweep(values, scale, shift, passes):
    """Read and write every element of a 1-D array some times over."""
    for _ in range(passes):
        for i in range(len(values)):
            values[i] = values[i] * scale + shift


def sweep_job(size, passes, dtype, cores):
    """Return a function that reads and writes `size` numbers, `passes` times, on some cores."""
    dtype = np.dtype(dtype)
    cores = 1 if size * dtype.itemsize <= ALONE else cores
    parts = np.array_split(np.ones(size, dtype), cores)
    scale, shift = dtype.type(0.5), dtype.type(0.5)
    sweep(np.ones(1, dtype), scale, shift, 1)  # compile

    def job():
        arguments = [(part, scale, shift, passes) for part in parts]
        helpers = [threading.Thread(target=sweep, args=each) for each in arguments[1:]]
        for helper in helpers:
            helper.start()
        sweep(*arguments[0])
        for helper in helpers:
            helper.join()

    return job


def update_job(shape, dtype, cores):
    """Return the passes over weights and states of one fit."""
    size = (1 + shape.n_states) * shape.n_parameters
    return sweep_job(size, shape.updates, dtype, cores)


class Products:
    """Matrix products of one network, with their buffers.

    Parameters
    ----------
    units : tuple of int
        Units of every layer.
    batch : int
        Largest number of rows that is asked for.
    dtype : numpy dtype
    """

    def __init__(self, units, batch, dtype):
        self.rng = np.random.default_rng(0)
        self.weights = [
            self.rng.standard_normal((n, m), dtype=dtype) / np.asarray(n**0.5, dtype)
            for n, m in itertools.pairwise(units)
        ]
        self.outputs = [np.empty((batch, m), dtype) for m in units[1:]]

    @functools.cached_property
    def gradients(self):
        """Arrays for the gradients of the weights; predictions do without."""
        return [np.empty_like(weight) for weight in self.weights]

    @functools.cached_property
    def deltas(self):
        """Arrays for the deltas, filled with numbers; predictions do without."""
        return [self.rng.standard_normal(out.shape, dtype=out.dtype) for out in self.outputs]

    def forward(self, X):
        """Multiply rows through all layers; X is an array or CSR matrix of shape (n, features)."""
        below = X
        for weight, output in zip(self.weights, self.outputs, strict=True):
            output = output[: X.shape[0]]
            if sparse.issparse(below):
                output[...] = below @ weight
            else:
                np.dot(below, weight, out=output)
            below = output

    def backward(self, X):
        """Form the weight gradients and deltas of X, from the last layer to the first."""
        n = X.shape[0]
        for layer in range(len(self.weights) - 1, -1, -1):
            delta = self.deltas[layer][:n]
            if layer == 0:
                break
            np.dot(self.outputs[layer - 1][:n].T, delta, out=self.gradients[layer])
            np.dot(delta, self.weights[layer].T, out=self.deltas[layer - 1][:n])
        if sparse.issparse(X):
            self.gradients[0] = X.T @ delta
        else:
            np.dot(X.T, delta, out=self.gradients[0])


def products_job(shape, data):
    """Return a function that performs the bare products of one fit or predict.

    Parameters
    ----------
    shape : Shape
    data : tuple
        From `make_data`.
    """
    X = data[2]
    batch = min(shape.batch if shape.work == "fit" else shape.rows, shape.rows)
    products = Products(shape.units, batch, X.dtype)

    def forward():
        for _ in range(shape.calls):
            products.forward(X)

    if shape.work != "fit":
        return forward
    # The slices are views; those of a sparse matrix are copies, so they are cut beforehand.
    batches = [X[start : start + batch] for start in range(0, shape.rows, batch)]

    def job():
        for _ in range(shape.epochs):
            for rows in batches:
                products.forward(rows)
                products.backward(rows)

    return job
