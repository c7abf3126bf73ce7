"""Fits on the GPU beside the same fits on the processor."""

import functools
import statistics

import numpy as np

import skdeep
from benchmarks.gpu import network, rows_of, seconds, step_seconds
from benchmarks.peers import NEVER
from skdeep.layers import Dense

ON_GPU = {"device": "cuda"}
ON_CPU = {"device": "cpu", "n_threads": 1}


def median_seconds(job, repeats):
    """Return the median seconds of a job."""
    return statistics.median(seconds(job) for _ in range(repeats))


@functools.cache
def classes(shape, dtype, seed=0):
    """Return rows with some zeros and classes that can be learned.

    Parameters
    ----------
    shape : tuple of int
        Rows, features and classes.
    dtype : str
    seed : int, default=0

    Returns
    -------
    X : array of shape (n_rows, n_features)
    y : array of shape (n_rows,)
    """
    n_rows, n_features, n_classes = shape
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n_rows, n_features))
    noise = rng.standard_normal((n_rows, n_classes))
    y = (X @ rng.standard_normal((n_features, n_classes)) + noise).argmax(axis=1)
    y[:n_classes] = np.arange(n_classes)
    y[n_classes : 2 * n_classes] = np.arange(n_classes)  # two of each, as early stopping wants
    X[np.abs(X) < 0.3] = 0
    return X.astype(dtype), y


def fit(where, sizes, X, y, weight=None, cls="MLPClassifier", **parameters):
    """Return an estimator fitted on a device.

    Parameters
    ----------
    where : dict
        `ON_GPU` or `ON_CPU`.
    sizes : Sizes
    X, y, weight : arrays
    cls : str
        A network of layers has auxiliary outputs after the first hidden layer.
    **parameters
        In the place of the usual ones.
    """
    usual = {
        "hidden_layer_sizes": sizes.hidden,
        "batch_size": sizes.batch,
        "max_iter": sizes.epochs,
        "random_state": 0,
        "alpha": 0.01,
        "learning_rate_init": 0.01,
        "n_iter_no_change": NEVER,
    }
    settings = {**usual, **parameters, **where}
    if cls.startswith("Network"):
        hidden = settings.pop("hidden_layer_sizes")
        settings["layers"] = [Dense(n, auxiliary_output=i == 0) for i, n in enumerate(hidden)]
    return getattr(skdeep, cls)(**settings).fit(X, y, weight)


def parameters_of(model):
    """Return weights and biases as one vector."""
    return np.concatenate([np.ravel(a) for a in (*model.coefs_, *model.intercepts_)])


def curves_of(model):
    """Return losses and validation scores as one vector."""
    scores = getattr(model, "validation_scores_", None)
    curves = [getattr(model, "loss_curve_", ()), () if scores is None else scores]
    return np.concatenate([np.asarray(curve, dtype=float) for curve in curves])


def difference(got, expected):
    """Return how far two fits are apart, relative to the largest number of a kind.

    In float32 that is the difference of the losses, or the median one of the parameters. Adam
    divides a gradient by its size: where it is no more than rounding, the direction of its steps is
    chance, and single parameters, on which the losses hardly depend, differ.

    Returns
    -------
    difference : float
        Infinite after different numbers of epochs.
    """
    if got.n_iter_ != expected.n_iter_:
        return np.inf
    middle = np.median if expected.coefs_[0].dtype == np.float32 else np.max
    parameters = _relative(parameters_of(got), parameters_of(expected), middle)
    curves = curves_of(expected)
    return max(parameters, _relative(curves_of(got), curves, np.max) if curves.size else 0.0)


def _relative(a, b, middle):
    return float(middle(np.abs(a - b)) / max(np.abs(b).max(), 1e-30))


def same_bits(a, b):
    """Return whether two fits have left the same bits behind."""
    return np.array_equal(parameters_of(a), parameters_of(b)) and np.array_equal(
        curves_of(a), curves_of(b)
    )


def timed_step(shape, sizes, batches, epochs, **parameters):
    """Return the seconds of a step, and of a fit beside its steps.

    Parameters
    ----------
    shape : tuple of int
        Features, units of the hidden layers, outputs, and the batch.
    sizes : Sizes
    batches, epochs : int
        Of an epoch; by which two fits differ.
    """
    n_features, *hidden, n_outputs, batch = shape
    X, y = rows_of(batch * batches, n_features, n_outputs)

    def fits(n_epochs):
        network(tuple(hidden), batch, n_epochs, **parameters).fit(X, y)

    return step_seconds(fits, epochs, batches, sizes.repeats)
