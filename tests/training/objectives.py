"""Objectives for the full-batch solvers, in NumPy: each returns its value and gradient."""

import numpy as np
from scipy.optimize import rosen, rosen_der

# eigenvalues 1, 10 and 100
_BASIS = np.linalg.qr(np.random.RandomState(0).standard_normal((3, 3)))[0]
MATRIX = _BASIS * [1.0, 10.0, 100.0] @ _BASIS.T
LINEAR = np.array([1.0, -2.0, 0.5])
LOWEST = np.linalg.solve(MATRIX, LINEAR)
START = np.array([-1.2, 1.0, 0.7])


def quadratic(x):
    """A bowl, lowest at `LOWEST`."""
    return 0.5 * x @ MATRIX @ x - LINEAR @ x, MATRIX @ x - LINEAR


def rosenbrock(x):
    """A curved valley, lowest at ones."""
    return float(rosen(x)), rosen_der(x)


def uphill(x):
    """A bowl whose gradient has the wrong sign."""
    value, gradient = quadratic(x)
    return value, -gradient


_X = np.random.RandomState(1).standard_normal((20, 2))
_Y = np.sin(2 * _X[:, :1]) + _X[:, 1:]


def perceptron(x):
    """The squared loss of a network of 3 tanh units and one output, with weight decay."""
    W, b, V, c = x[:6].reshape(2, 3), x[6:9], x[9:12].reshape(3, 1), x[12:]
    hidden = np.tanh(_X @ W + b)
    delta = (hidden @ V + c - _Y) / len(_X)
    delta_hidden = (delta @ V.T) * (1 - hidden**2)
    weights = np.r_[x[:6], 0 * b, x[9:12], 0 * c]
    parts = [_X.T @ delta_hidden, delta_hidden.sum(0), hidden.T @ delta, delta.sum(0)]
    value = 0.5 * len(_X) * np.sum(delta**2) + 0.05 * weights @ weights
    return value, np.concatenate([part.ravel() for part in parts]) + 0.1 * weights


PERCEPTRON_START = np.random.RandomState(2).uniform(-1, 1, 13)

#: name -> objective and start
ALL = {
    "quadratic": (quadratic, START),
    "rosenbrock": (rosenbrock, START),
    "perceptron": (perceptron, PERCEPTRON_START),
}


class Recorded:
    """Counts and keeps the evaluations of an objective, and tampers with the `n`-th and later.

    Parameters
    ----------
    objective : callable
    n : int, default=0
        The first evaluation, from 1, that is tampered with; 0 for none.
    tamper : callable, default=None
        ``tamper(value, gradient)`` returns what takes their place; None presses Ctrl-C.
    """

    def __init__(self, objective, n=0, tamper=None):
        self.objective, self.n, self.tamper = objective, n, tamper
        self.points, self.values, self.calls = [], [], 0

    def __call__(self, x):
        self.calls += 1
        value, gradient = self.objective(x)
        if self.n and self.calls >= self.n:
            if self.tamper is None:
                raise KeyboardInterrupt
            value, gradient = self.tamper(value, gradient)
        self.points.append(x.copy())
        self.values.append(value)
        return value, gradient
