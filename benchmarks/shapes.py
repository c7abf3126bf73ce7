"""The table of shapes: what is fitted and predicted, and the data for it.

A new line in `SHAPES` or `MORE` is a new line in every table, CSV file and picture.
"""

import itertools
from typing import NamedTuple

import numpy as np
from scipy import sparse

STATES = {"adam": 2, "sgd": 1}  # numbers that a solver keeps for every weight


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
        roughly a tenth of a second to a second (more where one epoch takes it longer).
    activation, solver : str
        As in scikit-learn.
    task : {"classify", "regress"}
        Which of the two estimators.
    density : float
        Share of the non-zero entries; below 1 the data is a CSR matrix.
    work : {"fit", "predict", "predict_proba"}
        What is timed.
    calls : int
        How often the timed work is repeated inside one measurement; times are per call.
    fast : bool
        Whether skdeep predicts by an object of `make_predictor`.
    dropout : float
        Rate at which units of hidden layers are dropped.
    batch_norm : bool
        Whether hidden layers are normalised over the batch.
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
    fast: bool = False
    dropout: float = 0.0
    batch_norm: bool = False

    @property
    def units(self):
        """Units of every layer, input and output included; two classes need one output."""
        last = 1 if self.task == "classify" and self.outputs == 2 else self.outputs
        return (self.features, *self.hidden, last)

    @property
    def updates(self):
        """Updates of one fit."""
        return self.epochs * -(-self.rows // self.batch)

    @property
    def n_parameters(self):
        """Number of weights and biases."""
        return sum((n + 1) * m for n, m in itertools.pairwise(self.units))

    @property
    def n_states(self):
        """Numbers the solver keeps for every weight, or None where it is not known."""
        return STATES.get(self.solver)

    def flops(self, rows):
        """Return the additions and multiplications of the matrix products for some rows.

        Forward product, weight gradient, and the delta of all layers but the first; a prediction
        has the first of them only.
        """
        first, *rest = (2 * n * m for n, m in itertools.pairwise(self.units))
        first *= self.density
        return rows * (2 * first + 3 * sum(rest) if self.work == "fit" else first + sum(rest))

    def bytes_moved(self, itemsize):
        """Return the bytes that one fit moves.

        Every update reads and writes weights and states once; every row is read once, and every
        output and delta is written and read once.
        """
        weights = 2 * (1 + self.n_states) * self.n_parameters * self.updates
        activations = self.features * self.density + 4 * sum(self.units[1:])
        return itemsize * (weights + activations * self.rows * self.epochs)


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
    Shape(
        "64-(100)-10, one row, fast path",
        1,
        64,
        (100,),
        10,
        200,
        1,
        work="predict",
        calls=1000,
        fast=True,
    ),
)

# What `--full` adds: rows 150 to 1,000,000, features 4 to 2,000, depth 0 to 10, width 8 to 2,048,
# batch 1 to all rows, four activations, both solvers, both tasks.
MORE = (
    Shape("4-(10)-3, batch 1", 150, 4, (10,), 3, 1, 12),
    Shape("20-(50)-3, batch 1, sgd", 1000, 20, (50,), 3, 1, 2, solver="sgd"),
    Shape("100-(100,50)-10, batch 1", 500, 100, (100, 50), 10, 1, 2),
    Shape("20-(8)-2, batch 32", 5000, 20, (8,), 2, 32, 8),
    Shape("8-(100)-1, regression, batch 200", 20_640, 8, (100,), 1, 200, 4, task="regress"),
    Shape("64-()-10, no hidden layer", 1797, 64, (), 10, 200, 60),
    Shape("64-(100)-10, batch 16", 1797, 64, (100,), 10, 16, 8),
    Shape("64-(100)-10, batch 200, logistic", 1797, 64, (100,), 10, 200, 40, activation="logistic"),
    Shape("64-(100)-10, batch 200, gelu", 1797, 64, (100,), 10, 200, 40, activation="gelu"),
    Shape("64-(100)-10, batch 200, dropout", 1797, 64, (100,), 10, 200, 40, dropout=0.5),
    Shape("64-(100)-10, batch 200, batch norm", 1797, 64, (100,), 10, 200, 40, batch_norm=True),
    Shape("64-(100)-10, full batch", 1797, 64, (100,), 10, 1797, 100),
    Shape("30-(50)x10-2, batch 64", 2000, 30, (50,) * 10, 2, 64, 5),
    Shape("54-(64,32)-7, 100,000 rows", 100_000, 54, (64, 32), 7, 1000, 1),
    Shape("54-(256,256)-7, batch 256, tanh", 10_000, 54, (256, 256), 7, 256, 2, activation="tanh"),
    Shape("54-(256,256)-7, batch 256, gelu", 10_000, 54, (256, 256), 7, 256, 3, activation="gelu"),
    Shape("54-(256,256)-7, batch 256, dropout", 10_000, 54, (256, 256), 7, 256, 3, dropout=0.5),
    Shape(
        "54-(256,256)-7, batch 256, batch norm", 10_000, 54, (256, 256), 7, 256, 3, batch_norm=True
    ),
    Shape("54-(128)-7, full batch of 20,000", 20_000, 54, (128,), 7, 20_000, 5),
    Shape(
        "4-(8)-1, 1,000,000 rows, sgd", 1_000_000, 4, (8,), 1, 10_000, 1, "relu", "sgd", "regress"
    ),
    Shape("20-(32)-2, 1,000,000 rows", 1_000_000, 20, (32,), 2, 2000, 1),
    Shape("100-(200)-50, 50 targets", 4000, 100, (200,), 50, 128, 4, task="regress"),
    Shape("2000-(256,64)-10, logistic", 1000, 2000, (256, 64), 10, 100, 4, activation="logistic"),
    Shape("784-(512,512)-10, batch 128, tanh", 2560, 784, (512, 512), 10, 128, 2, "tanh"),
    Shape("784-(512,512)-10, batch 128, sgd", 2560, 784, (512, 512), 10, 128, 2, solver="sgd"),
    Shape("784-(512,512)-10, batch 1000", 5000, 784, (512, 512), 10, 1000, 2),
    Shape("512-(512)-10, batch 512", 5120, 512, (512,), 10, 512, 3),
    Shape("256-(1024,1024)-10, batch 256, sgd", 2560, 256, (1024, 1024), 10, 256, 2, solver="sgd"),
    Shape("128-(2048)-10, batch 512", 5120, 128, (2048,), 10, 512, 2),
    Shape("64-(2048,2048)-10, batch 256", 1024, 64, (2048, 2048), 10, 256, 1),
    Shape("50000-(100)-10, sparse 0.1%", 20_000, 50_000, (100,), 10, 200, 1, density=0.001),
    Shape("300-(768,768)-10, batch 128", 2560, 300, (768, 768), 10, 128, 2),
    Shape("784-(128)-10, batch 200", 5000, 784, (128,), 10, 200, 5),
)

# Rows at once, and how often they are predicted in one measurement.
ROWS = {1: 200, 100: 50, 2000: 5, 20_000: 1, 150_000: 1}
NETWORKS = {
    "40-(100)-10": (40, (100,)),
    "90-(256,128)-10": (90, (256, 128)),
    "784-(256)-10": (784, (256,)),
    "784-(1024,1024)-10": (784, (1024, 1024)),
    "50-(64)x6-10": (50, (64,) * 6),
}


def _predictions():
    """Yield probabilities of every network for every number of rows, and the fast path of one."""
    for name, (features, hidden) in NETWORKS.items():
        common = {"batch": 200, "epochs": 1, "work": "predict_proba"}
        for rows, calls in ROWS.items():
            text = f"{name}, {rows:,} row{'s' * (rows > 1)}"
            yield Shape(text, rows, features, hidden, 10, calls=calls, **common)
        text = f"{name}, 1 row, fast path"
        yield Shape(text, 1, features, hidden, 10, calls=1000, fast=True, **common)


PREDICTIONS = tuple(_predictions())


def select(pattern, full=False):
    """Return the shapes whose name, solver, activation or work holds `pattern`.

    Parameters
    ----------
    pattern : str
        Alternatives separated by ``|``; empty selects everything.
    full : bool
        Whether the large table is searched, fits first.
    """
    words = pattern.lower().split("|")

    def text(shape):
        return f"{shape.work} {shape.name} {shape.solver} {shape.activation}".lower()

    shapes = SHAPES + MORE + PREDICTIONS if full else SHAPES
    shapes = sorted(shapes, key=lambda shape: shape.work)
    return [shape for shape in shapes if any(word in text(shape) for word in words)]


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
        ``rows`` rows; for predictions a few rows, enough to fit a model.
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
