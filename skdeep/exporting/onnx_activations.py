"""Activations as nodes of ONNX.

Made of operators that ONNX Runtime has in both precisions, which leaves out Elu, Selu, Softplus,
Mish and others; only the error function of gelu is computed in float32.
"""

import math

import numpy as np

SELU_SCALE, SELU_ALPHA = 1.0507009873554804934193349852946, 1.6732632423543772848170429916717


def _single(operator, **attributes):
    """Return the form of an activation that is an operator."""
    return lambda write, a: write.node(operator, a, **attributes)


def _below(write, a):
    """Return ``e^a - 1`` below 0, and 0 above."""
    return write.node("Sub", write.node("Exp", write.node("Min", a, write.zero)), write.one)


def _elu(write, a):
    return write.node("Add", write.node("Max", a, write.zero), _below(write, a))


def _selu(write, a):
    low = write.node("Mul", _below(write, a), write.number(SELU_ALPHA))
    both = write.node("Add", write.node("Max", a, write.zero), low)
    return write.node("Mul", both, write.number(SELU_SCALE))


def _leaky_relu(write, a):
    return write.node("Max", a, write.node("Mul", a, write.number(0.01)))


def _softplus(write, a):
    e = write.node("Exp", write.node("Neg", write.node("Abs", a)))
    rest = write.node("Log", write.node("Add", e, write.one))
    return write.node("Add", write.node("Max", a, write.zero), rest)


def _silu(write, a):
    return write.node("Mul", a, write.node("Sigmoid", a))


def _mish(write, a):
    return write.node("Mul", a, write.node("Tanh", _softplus(write, a)))


def _gelu(write, a):
    scaled = write.node("Mul", a, write.number(1 / math.sqrt(2)))
    single = write.cast(scaled, np.float32)
    erf = write.cast(write.node("Erf", single), write.dtype)
    return write.node("Mul", write.node("Mul", a, write.number(0.5)), _plus_one(write, erf))


def _plus_one(write, a):
    return write.node("Add", a, write.one)


def _hard_tanh(write, a):
    return write.node("Clip", a, write.number(-1), write.one)


def _threshold(low):
    """Return the form of a unit that gives 1 from 0 on, and `low` below."""

    def form(write, a):
        reached = write.node("GreaterOrEqual", a, write.zero)
        return write.node("Where", reached, write.one, write.number(low))

    return form


#: ``form(write, a)`` adds the nodes for the tensor `a` and returns the name of the result.
FORMS = {
    "elu": _elu,
    "exp": _single("Exp"),
    "gelu": _gelu,
    "hard_tanh": _hard_tanh,
    "identity": lambda write, a: a,
    "leaky_relu": _leaky_relu,
    "logistic": _single("Sigmoid"),
    "mish": _mish,
    "relu": _single("Relu"),
    "selu": _selu,
    "sign": _threshold(-1.0),
    "silu": _silu,
    "softmax": _single("Softmax", axis=-1),
    "softplus": _softplus,
    "step": _threshold(0.0),
    "tanh": _single("Tanh"),
}
