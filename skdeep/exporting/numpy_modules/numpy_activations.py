"""Activations in NumPy; modules of predictions hold a copy of this file."""

import math

import numpy as np


def logistic(a):
    """Return ``1 / (1 + e^-a)`` without overflow."""
    e = np.exp(-np.abs(a))
    return np.where(a >= 0, 1, e) / (1 + e)


def softmax(a):
    """Return the softmax along the last axis."""
    e = np.exp(a - a.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def erf(a):
    """Return the error function of every element."""
    return np.vectorize(math.erf, otypes=[np.float64])(a).astype(a.dtype)


def softplus(a):
    """Return ``log(1 + e^a)`` without overflow."""
    return np.maximum(a, 0) + np.log1p(np.exp(-np.abs(a)))


def expm1_below(a):
    """Return ``e^a - 1`` below 0, and 0 above."""
    return np.expm1(np.minimum(a, 0))


#: ``ACTIVATIONS[name](a)`` is the activation of every element, or of the last axis.
ACTIVATIONS = {
    "elu": lambda a: np.maximum(a, 0) + expm1_below(a),
    "exp": np.exp,
    "gelu": lambda a: a * ((1 + erf(a * a.dtype.type(math.sqrt(0.5)))) * a.dtype.type(0.5)),
    "hard_tanh": lambda a: np.clip(a, -1, 1),
    "identity": lambda a: a,
    "leaky_relu": lambda a: np.where(a < 0, a * a.dtype.type(0.01), a),
    "logistic": logistic,
    "mish": lambda a: a * np.tanh(softplus(a)),
    "relu": lambda a: np.maximum(a, 0),
    "selu": lambda a: (
        a.dtype.type(1.0507009873554804934)
        * (np.maximum(a, 0) + a.dtype.type(1.6732632423543772848) * expm1_below(a))
    ),
    "sign": lambda a: np.where(a >= 0, 1, -1).astype(a.dtype),
    "silu": lambda a: a * logistic(a),
    "softmax": softmax,
    "softplus": softplus,
    "step": lambda a: (a >= 0).astype(a.dtype),
    "tanh": np.tanh,
}
