"""A small, readable multi-layer perceptron in NumPy that knows nothing of skdeep.

It is the reference for the engines: short formulas, float64, no speed. ``a`` is what goes into
an activation, ``h`` what comes out, ``delta`` the derivative of the summed loss by ``a``.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.special import expit, xlogy


def softmax(a):
    """Rows of exp(a) that sum to one."""
    e = np.exp(a - a.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


# name -> (activation of a, its derivative written in the output h)
ACTIVATIONS = {
    "identity": (lambda a: a, lambda h: np.ones_like(h)),
    "logistic": (expit, lambda h: h * (1 - h)),
    "tanh": (np.tanh, lambda h: 1 - h**2),
    "relu": (lambda a: np.maximum(a, 0), lambda h: (h > 0).astype(h.dtype)),
}


def learn(name, forward, derivative):
    """Take over an activation that the oracle does not know from its scalar formulas."""
    if name not in ACTIVATIONS:
        kinds = {"otypes": [float]}
        ACTIVATIONS[name] = tuple(
            np.vectorize(lambda value, f=f: f(np.float64(value)), **kinds)
            for f in (forward, derivative)
        )


OUTPUTS = {"identity": lambda a: a, "logistic": expit, "softmax": softmax, "exp": np.exp}


def _clip(p):
    eps = np.finfo(p.dtype).eps
    return np.clip(p, eps, 1 - eps)


def _binary_log_loss(y, p):
    return -(xlogy(y, _clip(p)) + xlogy(1 - y, 1 - _clip(p)))


# output activation -> elementwise loss of target y and output o (the pair makes delta = o - y)
LOSSES = {
    "identity": lambda y, o: 0.5 * (y - o) ** 2,
    "logistic": _binary_log_loss,
    "softmax": lambda y, o: -xlogy(y, _clip(o)),
    "exp": lambda y, o: xlogy(y, y / o) - y + o,
}


@dataclass
class Network:
    """Weights, biases and the names of the two activations."""

    coefs: list
    intercepts: list
    hidden: str
    output: str

    @classmethod
    def glorot(cls, sizes, hidden, output, random_state):
        """Draw the initial weights as scikit-learn draws them."""
        coefs, intercepts = [], []
        for fan_in, fan_out in pairwise(sizes):
            bound = np.sqrt((2.0 if hidden == "logistic" else 6.0) / (fan_in + fan_out))
            coefs.append(random_state.uniform(-bound, bound, (fan_in, fan_out)))
            intercepts.append(random_state.uniform(-bound, bound, fan_out))
        return cls(coefs, intercepts, hidden, output)

    @classmethod
    def of(cls, estimator, dtype=np.float64):
        """Copy the network of a fitted estimator."""
        return cls(
            [np.array(w, dtype=dtype) for w in estimator.coefs_],
            [np.array(b, dtype=dtype) for b in estimator.intercepts_],
            estimator.activation,
            estimator.out_activation_,
        )

    @property
    def parameters(self):
        """All arrays: weights, then biases."""
        return self.coefs + self.intercepts

    def forward(self, X):
        """Return the outputs of every layer, the input first."""
        layers = [np.asarray(X.toarray() if hasattr(X, "toarray") else X, dtype=float)]
        for i, (w, b) in enumerate(zip(self.coefs, self.intercepts, strict=True)):
            a = layers[-1] @ w + b
            last = i == len(self.coefs) - 1
            layers.append(OUTPUTS[self.output](a) if last else ACTIVATIONS[self.hidden][0](a))
        return layers

    def loss_gradient(self, X, Y, sample_weight=None, alpha=0.0, averaged=False):
        """Penalised loss and its gradients by weights and biases.

        ``averaged=True`` gives the number scikit-learn records in its loss curve: the squared
        error averaged, not summed, over the outputs (the gradient is that of the sum).
        """
        layers = self.forward(X)
        Y = np.asarray(Y, dtype=float).reshape(layers[-1].shape)
        weight = np.ones(len(Y)) if sample_weight is None else np.asarray(sample_weight, float)
        total = weight.sum()

        per_sample = LOSSES[self.output](Y, layers[-1]).sum(axis=1)
        if averaged and self.output == "identity":
            per_sample = per_sample / Y.shape[1]
        penalty = 0.5 * alpha * sum((w**2).sum() for w in self.coefs)
        loss = (weight @ per_sample + penalty) / total

        coef_grads, intercept_grads = [], []
        delta = (layers[-1] - Y) * weight[:, None]
        for i in reversed(range(len(self.coefs))):
            coef_grads.insert(0, (layers[i].T @ delta + alpha * self.coefs[i]) / total)
            intercept_grads.insert(0, delta.sum(axis=0) / total)
            if i > 0:
                delta = (delta @ self.coefs[i].T) * ACTIVATIONS[self.hidden][1](layers[i])
        return loss, coef_grads, intercept_grads


class SGD:
    """v <- momentum v - rate g;  w <- w + v, or one more look ahead with Nesterov's rule."""

    def __init__(self, rate=0.001, momentum=0.9, nesterov=True, schedule="constant", power_t=0.5):
        self.rate = self.first_rate = rate
        self.momentum, self.nesterov = momentum, nesterov
        self.schedule, self.power_t = schedule, power_t
        self.velocities = None

    def step(self, parameters, gradients):
        """Move the parameters in place."""
        if self.velocities is None:
            self.velocities = [np.zeros_like(w) for w in parameters]
        for w, v, g in zip(parameters, self.velocities, gradients, strict=True):
            v[...] = self.momentum * v - self.rate * g
            w += self.momentum * v - self.rate * g if self.nesterov else v

    def end_epoch(self, samples_seen):
        """Scale the rate down with the number of samples seen."""
        if self.schedule == "invscaling":
            self.rate = self.first_rate / (samples_seen + 1) ** self.power_t


class Adam:
    """Running means of g and g**2, both corrected for their start at zero."""

    def __init__(self, rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-8):
        self.rate, self.beta_1, self.beta_2, self.epsilon = rate, beta_1, beta_2, epsilon
        self.t, self.means, self.squares = 0, None, None

    def step(self, parameters, gradients):
        """Move the parameters in place."""
        if self.means is None:
            self.means = [np.zeros_like(w) for w in parameters]
            self.squares = [np.zeros_like(w) for w in parameters]
        self.t += 1
        rate = self.rate * np.sqrt(1 - self.beta_2**self.t) / (1 - self.beta_1**self.t)
        for w, m, s, g in zip(parameters, self.means, self.squares, gradients, strict=True):
            m[...] = self.beta_1 * m + (1 - self.beta_1) * g
            s[...] = self.beta_2 * s + (1 - self.beta_2) * g**2
            w -= rate * m / (np.sqrt(s) + self.epsilon)

    def end_epoch(self, samples_seen):
        """Adam's rate does not depend on the epoch."""


def train(network, rule, X, Y, *, epochs, batch_size, alpha=0.0, sample_weight=None):
    """Train in the order of the rows, in place; return the loss curve."""
    n = len(X)
    curve = []
    for epoch in range(epochs):
        summed = 0.0
        for start in range(0, n, batch_size):
            rows = slice(start, min(start + batch_size, n))
            weight = None if sample_weight is None else sample_weight[rows]
            loss, *gradients = network.loss_gradient(X[rows], Y[rows], weight, alpha, averaged=True)
            rule.step(network.parameters, gradients[0] + gradients[1])
            summed += loss * (rows.stop - rows.start)
        curve.append(summed / n)
        rule.end_epoch((epoch + 1) * n)
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
