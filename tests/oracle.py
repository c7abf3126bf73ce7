"""A small, readable multi-layer perceptron in NumPy that knows nothing of skdeep.

It is the reference for the engines: short formulas, float64, no speed. ``a`` is what goes into
an activation, ``h`` what comes out, ``delta`` the derivative of the summed loss by ``a``.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.special import expit, ndtr, xlogy


def softmax(a):
    """Rows of exp(a) that sum to one."""
    e = np.exp(a - a.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def _mish_slope(a):
    t = np.tanh(np.logaddexp(0, a))
    return t + a * (1 - t**2) * expit(a)


SELU = 1.0507009873554805, 1.6732632423543772

# name -> (activation of a, its derivative by a: that of the left side at a kink)
ACTIVATIONS = {
    "identity": (lambda a: a, np.ones_like),
    "logistic": (expit, lambda a: expit(a) * expit(-a)),
    "tanh": (np.tanh, lambda a: 4 * expit(2 * a) * expit(-2 * a)),
    "relu": (lambda a: np.maximum(a, 0), lambda a: np.where(a > 0, 1.0, 0.0)),
    "leaky_relu": (lambda a: np.maximum(a, 0.01 * a), lambda a: np.where(a > 0, 1.0, 0.01)),
    "elu": (
        lambda a: np.where(a > 0, a, np.expm1(np.minimum(a, 0))),
        lambda a: np.exp(np.minimum(a, 0)),
    ),
    "selu": (
        lambda a: SELU[0] * np.where(a > 0, a, SELU[1] * np.expm1(np.minimum(a, 0))),
        lambda a: SELU[0] * np.where(a > 0, 1.0, SELU[1] * np.exp(np.minimum(a, 0))),
    ),
    "gelu": (
        lambda a: a * ndtr(a),
        lambda a: ndtr(a) + a * np.exp(-0.5 * a**2) / np.sqrt(2 * np.pi),
    ),
    "silu": (lambda a: a * expit(a), lambda a: expit(a) * (1 + a * expit(-a))),
    "mish": (lambda a: a * np.tanh(np.logaddexp(0, a)), _mish_slope),
    "softplus": (lambda a: np.logaddexp(0, a), expit),
    "hard_tanh": (
        lambda a: np.clip(a, -1, 1),
        lambda a: np.where((a > -1) & (a <= 1), 1.0, 0.0),
    ),
    "exp": (np.exp, np.exp),
}
THRESHOLDS = {
    "sign": lambda a: np.where(a < 0, -1.0, 1.0),
    "step": lambda a: np.where(a < 0, 0.0, 1.0),
}
ALIASES = {"linear": "identity", "sigmoid": "logistic", "swish": "silu"}
# activation -> where its derivative jumps
KINKS = {"relu": [0.0], "leaky_relu": [0.0], "selu": [0.0], "hard_tanh": [-1.0, 1.0]}


def learn(name, forward, slope):
    """Take over an activation that the oracle does not know from its scalar formulas."""
    if name not in ACTIVATIONS:
        kinds = {"otypes": [float]}
        ACTIVATIONS[name] = tuple(
            np.vectorize(lambda value, f=f: f(np.float64(value)), **kinds) for f in (forward, slope)
        )


def _clip(p):
    eps = np.finfo(p.dtype).eps
    return np.clip(p, eps, 1 - eps)


def _binary_log_loss(y, p):
    return -(xlogy(y, _clip(p)) + xlogy(1 - y, 1 - _clip(p)))


def _huber(y, o, delta):
    e = np.abs(y - o)
    return np.where(e < delta, 0.5 * e**2, delta * (e - 0.5 * delta))


# name -> (loss of target y, output o and parameter p; its derivative by o); with exclusive classes
# and outputs that are normalised, "log_loss" means "cross_entropy"
LOSSES = {
    "squared_error": (lambda y, o, p: 0.5 * (y - o) ** 2, lambda y, o, p: o - y),
    "absolute_error": (lambda y, o, p: np.abs(y - o), lambda y, o, p: np.sign(o - y)),
    "huber": (_huber, lambda y, o, p: np.clip(o - y, -p, p)),
    "quantile": (
        lambda y, o, p: np.maximum(p * (y - o), (p - 1) * (y - o)),
        lambda y, o, p: np.where(o < y, -p, np.where(o > y, 1 - p, 0.0)),
    ),
    "poisson": (lambda y, o, p: xlogy(y, y / o) - y + o, lambda y, o, p: 1 - y / o),
    "log_loss": (
        lambda y, o, p: _binary_log_loss(y, o),
        lambda y, o, p: (1 - y) / (1 - _clip(o)) - y / _clip(o),
    ),
    "cross_entropy": (lambda y, o, p: -xlogy(y, _clip(o)), lambda y, o, p: -y / _clip(o)),
    "hinge": (lambda y, o, p: np.maximum(0, 1 - y * o), lambda y, o, p: np.where(y * o < 1, -y, 0)),
}
# loss -> what is 0 where its derivative jumps
LOSS_KINKS = {
    "absolute_error": lambda y, o, p: y - o,
    "quantile": lambda y, o, p: y - o,
    "huber": lambda y, o, p: np.abs(y - o) - p,
    "hinge": lambda y, o, p: 1 - y * o,
}
# output activation -> the loss that goes with it: the pair makes delta = o - y
PAIRS = {
    "identity": "squared_error",
    "logistic": "log_loss",
    "softmax": "cross_entropy",
    "exp": "poisson",
}
PARAMETERS = {"huber": ("delta", 1.0), "quantile": ("quantile", 0.5)}


@dataclass
class Network:
    """Weights, biases, the activations (one name, or one per hidden layer), and the loss."""

    coefs: list
    intercepts: list
    hidden: object
    output: str
    loss: str | None = None
    parameter: float | None = None

    def __post_init__(self):
        one = isinstance(self.hidden, str)
        names = [self.hidden] * (len(self.coefs) - 1) if one else self.hidden
        self.layers = [ALIASES.get(name, name) for name in names]
        self.output = ALIASES.get(self.output, self.output)
        self.loss = self.loss or PAIRS[self.output]

    @classmethod
    def glorot(cls, sizes, hidden, output, random_state, **loss):
        """Draw the initial weights as scikit-learn draws them."""
        coefs, intercepts = [], []
        for fan_in, fan_out in pairwise(sizes):
            bound = np.sqrt((2.0 if hidden == "logistic" else 6.0) / (fan_in + fan_out))
            coefs.append(random_state.uniform(-bound, bound, (fan_in, fan_out)))
            intercepts.append(random_state.uniform(-bound, bound, fan_out))
        return cls(coefs, intercepts, hidden, output, **loss)

    @classmethod
    def of(cls, estimator, dtype=np.float64, loss=None):
        """Copy the network of a fitted estimator, for a loss of another name if need be."""
        output = estimator.out_activation_
        name = getattr(estimator.loss, "name", estimator.loss)
        loss = loss or ("cross_entropy" if (name, output) == ("log_loss", "softmax") else name)
        return cls(
            [np.array(w, dtype=dtype) for w in estimator.coefs_],
            [np.array(b, dtype=dtype) for b in estimator.intercepts_],
            estimator.activation,
            output,
            loss,
            getattr(estimator.loss, *PARAMETERS[loss]) if loss in PARAMETERS else None,
        )

    @property
    def parameters(self):
        """All arrays: weights, then biases."""
        return self.coefs + self.intercepts

    def arguments(self, X):
        """Return what goes into the activations of every layer, and what comes out of the last."""
        h = np.asarray(X.toarray() if hasattr(X, "toarray") else X, dtype=float)
        arguments = []
        for w, b, name in zip(
            self.coefs, self.intercepts, [*self.layers, self.output], strict=True
        ):
            a = h @ w + b
            arguments.append(a)
            h = softmax(a) if name == "softmax" else _forward(name)(a)
        return arguments, h

    def forward(self, X):
        """Return the outputs of every layer, the input first."""
        arguments, o = self.arguments(X)
        X = np.asarray(X.toarray() if hasattr(X, "toarray") else X, dtype=float)
        pairs = zip(self.layers, arguments, strict=False)
        return [X, *(_forward(name)(a) for name, a in pairs), o]

    def delta(self, Y, a, o):
        """Return the derivative of the loss of every sample by what goes into the outputs."""
        if PAIRS.get(self.output) == self.loss:
            return o - Y
        slope = LOSSES[self.loss][1](Y, o, self.parameter)
        if self.output == "softmax":
            return o * (slope - (slope * o).sum(axis=1, keepdims=True))
        return slope * ACTIVATIONS[self.output][1](a)

    def loss_gradient(self, X, Y, sample_weight=None, alpha=0.0, averaged=False):
        """Penalised loss and its gradients by weights and biases.

        ``averaged=True`` gives the number scikit-learn records in its loss curve: the squared
        error averaged, not summed, over the outputs (the gradient is that of the sum).
        """
        layers, (arguments, o) = self.forward(X), self.arguments(X)
        Y = np.asarray(Y, dtype=float).reshape(o.shape)
        weight = np.ones(len(Y)) if sample_weight is None else np.asarray(sample_weight, float)
        total = weight.sum()

        per_sample = LOSSES[self.loss][0](Y, o, self.parameter).sum(axis=1)
        if averaged and self.loss == "squared_error":
            per_sample = per_sample / Y.shape[1]
        penalty = 0.5 * alpha * sum((w**2).sum() for w in self.coefs)
        loss = (weight @ per_sample + penalty) / total

        coef_grads, intercept_grads = [], []
        delta = self.delta(Y, arguments[-1], o) * weight[:, None]
        for i in reversed(range(len(self.coefs))):
            coef_grads.insert(0, (layers[i].T @ delta + alpha * self.coefs[i]) / total)
            intercept_grads.insert(0, delta.sum(axis=0) / total)
            if i > 0:
                slope = ACTIVATIONS[self.layers[i - 1]][1](arguments[i - 1])
                delta = (delta @ self.coefs[i].T) * slope
        return loss, coef_grads, intercept_grads

    def distance_to_kinks(self, X, Y):
        """Return how far the nearest jump of a derivative is away."""
        arguments, o = self.arguments(X)
        distances = [np.inf]
        for name, a in zip([*self.layers, self.output], arguments, strict=True):
            distances += [np.abs(a - kink).min() for kink in KINKS.get(name, ())]
        if self.loss in LOSS_KINKS:
            distance = np.abs(LOSS_KINKS[self.loss](Y, o, self.parameter))
            moves = self.output == "softmax" or ACTIVATIONS[self.output][1](arguments[-1]) != 0
            distances.append(np.where(moves, distance, np.inf).min())
        return min(distances)


def _forward(name):
    return THRESHOLDS[name] if name in THRESHOLDS else ACTIVATIONS[name][0]


def train(
    network,
    rule,
    X,
    Y,
    *,
    epochs,
    batch_size,
    alpha=0.0,
    sample_weight=None,
    rates=None,
    momenta=None,
    after_epoch=None,
):
    """Train in the order of the rows, in place; return the loss curve.

    ``rates`` and ``momenta``, functions of the number of the update (from 0), replace what the
    rule has; ``after_epoch(rate, samples_seen, loss)`` returns the next rate, or None to stop.
    """
    n, update = len(X), 0
    curve = []
    for epoch in range(epochs):
        summed = 0.0
        for start in range(0, n, batch_size):
            rows = slice(start, min(start + batch_size, n))
            weight = None if sample_weight is None else sample_weight[rows]
            loss, *gradients = network.loss_gradient(X[rows], Y[rows], weight, alpha, averaged=True)
            rule.rate = rule.rate if rates is None else rates(update)
            if momenta is not None:
                rule.momentum = momenta(update)
            rule.step(network.parameters, gradients[0] + gradients[1])
            summed += loss * (rows.stop - rows.start)
            update += 1
        curve.append(summed / n)
        if after_epoch is not None:
            following = after_epoch(rule.rate, (epoch + 1) * n, curve[-1])
            if following is None:
                break
            rule.rate = following
    return curve


def central_differences(objective, arrays, step=1e-6):
    """Gradient of ``objective()`` by every number in ``arrays``, which it moves in place."""
    gradients = []
    for array in arrays:
        gradient = np.empty(array.shape)
        for index in np.ndindex(array.shape):
            centre = array[index]
            array[index] = centre + step
            above = objective()
            array[index] = centre - step
            below = objective()
            array[index] = centre
            gradient[index] = (above - below) / (2 * step)
        gradients.append(gradient)
    return gradients
