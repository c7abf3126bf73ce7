"""The table of shapes: what is fitted and predicted, and the data for it.

A new line in `SHAPES` is a new line in every table, CSV file and picture.
"""

from typing import NamedTuple

import numpy as np
from scipy import sparse


class Shape(NamedTuple):
    """One line of the benchmark.

    Parameters
    ----------
    name : str
        Short and unique; ``--shapes`` selects by a part of it.
    rows, features : int
        Shape of the data.
    hidden : tuple of int
        Hidden layer sizes.
    outputs : int
        Number of classes, or of targets for a regression.
    batch : int
        Rows of a mini-batch; ``rows`` stands for the full batch.
    epochs : int
        Epochs (or L-BFGS iterations) of one timed fit. Chosen so that a fit takes scikit-learn
        roughly a tenth of a second to a second.
    activation, solver : str
        As in scikit-learn.
    task : {"classify", "regress"}
        Which of the two estimators.
    density : float
        Share of the non-zero entries; below 1 the data is a CSR matrix.
    work : {"fit", "predict"}
        What is timed.
    calls : int
        How often the timed work is repeated inside one measurement; times are per call.
    """

    name: str
    rows: int
    features: int
    hidden: tuple[int, ...]
    outputs: int
    batch: int
    epochs: int
    activation: str = "relu"
    solver: str = "adam"
    task: str = "classify"
    density: float = 1.0
    work: str = "fit"
    calls: int = 1

    @property
    def units(self):
        """Units of every layer, input and output included; two classes need one output."""
        last = 1 if self.task == "classify" and self.outputs == 2 else self.outputs
        return (self.features, *self.hidden, last)


SHAPES = (
    Shape("30-(24)-2, batch 1", 569, 30, (24,), 2, 1, 3),
    Shape("20-(64,64)-2, batch 32", 2000, 20, (64, 64), 2, 32, 15),
    Shape("64-(100)-10, batch 200", 1797, 64, (100,), 10, 200, 50),
    Shape("64-(100)-10, batch 200, tanh", 1797, 64, (100,), 10, 200, 40, activation="tanh"),
    Shape("64-(100)-10, batch 200, sgd", 1797, 64, (100,), 10, 200, 50, solver="sgd"),
    Shape("64-(64)x8-10, batch 200", 1797, 64, (64,) * 8, 10, 200, 15),
    Shape("54-(256,256)-7, batch 256", 10_000, 54, (256, 256), 7, 256, 3),
    Shape("54-(256,256)-7, batch 256, sgd", 10_000, 54, (256, 256), 7, 256, 3, solver="sgd"),
    Shape("784-(100)-10, batch 200", 5000, 784, (100,), 10, 200, 5),
    Shape("784-(512,512)-10, batch 128", 2560, 784, (512, 512), 10, 128, 2),
    Shape("256-(1024,1024)-10, batch 256", 2560, 256, (1024, 1024), 10, 256, 2),
    Shape("4-(10)-3, full batch", 150, 4, (10,), 3, 150, 300),
    Shape("2000-(100)-1, wide regression", 500, 2000, (100,), 1, 100, 10, task="regress"),
    Shape("20000-(100)-10, sparse 0.1%", 2000, 20_000, (100,), 10, 200, 1, density=0.001),
    Shape("50-(100)-10, L-BFGS", 20_000, 50, (100,), 10, 20_000, 12, solver="lbfgs"),
    Shape("64-(100)-10, 100,000 rows", 100_000, 64, (100,), 10, 200, 1, work="predict"),
    Shape("64-(100)-10, one row", 1, 64, (100,), 10, 200, 1, work="predict", calls=200),
)


def select(pattern):
    """Return the shapes whose name, solver, activation or work holds `pattern`.

    Parameters
    ----------
    pattern : str
        Alternatives separated by ``|``; empty selects everything.
    """
    words = pattern.lower().split("|")

    def text(shape):
        return f"{shape.work} {shape.name} {shape.solver} {shape.activation}".lower()

    return [shape for shape in SHAPES if any(word in text(shape) for word in words)]


def _matrix(rng, rows, shape, dtype):
    """Return random inputs, standard normal or sparse, of shape (rows, features)."""
    if shape.density < 1:
        return sparse.random(
            rows, shape.features, density=shape.density, format="csr", dtype=dtype, rng=rng
        )
    return rng.standard_normal((rows, shape.features), dtype=dtype)


def make_data(shape, dtype, seed=0):
    """Return the data of a shape: a linear teacher with noise.

    Parameters
    ----------
    shape : Shape
    dtype : numpy dtype
        Of the inputs and, in a regression, of the targets.
    seed : int

    Returns
    -------
    X_train : ndarray or csr_matrix of shape (n, features)
        ``rows`` rows; for work "predict" a few rows, enough to fit a model.
    y_train : ndarray of shape (n,) or (n, outputs)
    X : ndarray or csr_matrix of shape (rows, features)
        What is predicted.
    """
    rng = np.random.default_rng(seed)
    X = _matrix(rng, shape.rows, shape, dtype)
    X_train = X if shape.work == "fit" else _matrix(rng, 400, shape, dtype)
    scores = X_train @ rng.standard_normal((shape.features, shape.outputs))
    scores = scores / scores.std() + 0.1 * rng.standard_normal(scores.shape)
    if shape.task == "classify":
        return X_train, scores.argmax(axis=1), X
    y = scores.astype(dtype)
    return X_train, y.ravel() if shape.outputs == 1 else y, X
