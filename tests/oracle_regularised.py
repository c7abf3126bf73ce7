"""Regularised training in NumPy, random masks included: it knows nothing of skdeep.

The masks are drawn anew from the published definitions of "Squares" and SplitMix64, in whole
numbers of Python.
"""

from dataclasses import dataclass, field

import numpy as np
from scipy.special import ndtri

from tests import oracle

MASK = 2**64 - 1
UNITS, WEIGHTS, FEATURES, NOISE = range(4)  # what a stream of a layer is for
EPSILON, SHARE = 1e-5, 0.1  # of batch normalisation

# name -> (a weight's penalty, its derivative), of weights and a parameter
PENALTIES = {
    "l1": (lambda w, p: np.abs(w), lambda w, p: np.sign(w)),
    "l2": (lambda w, p: w**2 / 2, lambda w, p: w),
    "elasticnet": (
        lambda w, p: p * np.abs(w) + (1 - p) * w**2 / 2,
        lambda w, p: p * np.sign(w) + (1 - p) * w,
    ),
    "power": (
        lambda w, p: np.abs(w) ** p,
        lambda w, p: p * np.abs(w) ** (p - 1) * np.sign(w),
    ),
}


def squares(counter, key):
    """Widynski's ``squares32``, line by line: 32 bits from a counter and a key."""
    x = y = counter * key & MASK
    z = y + key & MASK
    for summand in (y, z, y):
        x = x * x + summand & MASK
        x = x >> 32 | x << 32 & MASK
    return (x * x + z & MASK) >> 32


def splitmix(state):
    """Return the number that SplitMix64 makes of its state, after having moved on."""
    z = state + 0x9E3779B97F4A7C15 & MASK
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & MASK
    z = (z ^ z >> 27) * 0x94D049BB133111EB & MASK
    return z ^ z >> 31


def key_of(seed, update, layer, purpose):
    """Return the odd key of a stream."""
    return splitmix(splitmix(splitmix(seed) + update & MASK) + 4 * layer + purpose & MASK) | 1


def bits(shape, seed, update, layer, purpose):
    """Return random bits for the elements of a matrix, counted row by row."""
    key = key_of(seed, update, layer, purpose)
    drawn = [squares(place, key) for place in range(shape[0] * shape[1])]
    return np.reshape(np.array(drawn, dtype=np.uint64), shape)


def factors(rate, *where):
    """Return 0 for what is dropped at some rate, and one over the share of what is kept."""
    return np.where(bits(*where) >= int(rate * 2**32), 1 / (1 - rate), 0.0)


def noise(*where):
    """Return standard normal numbers, by the inverse of the distribution function."""
    return ndtri((bits(*where) + 0.5) / 2**32)


@dataclass
class Regularised(oracle.Network):
    """A network with penalties, masks and batch normalisation; every evaluation is an update.

    ``dropout`` has the rate of the features and of every hidden layer, ``dropconnect`` that of
    every layer of weights. ``norms`` are lists [scale, shift, mean, variance], one for every hidden
    layer, or none.
    """

    seed: int = 0
    dropout: tuple = ()
    dropconnect: tuple = ()
    input_noise: float = 0.0
    penalty: str = "l2"
    penalty_parameter: float = 0.0
    clip_norm: float = np.inf
    frozen: int = 0
    norms: list = field(default_factory=list)
    update: int = 0

    def __post_init__(self):
        super().__post_init__()
        n_layers = len(self.coefs)
        self.dropout = self.dropout or (0.0,) * n_layers
        self.dropconnect = self.dropconnect or (0.0,) * n_layers

    @property
    def parameters(self):
        """All arrays that are trained."""
        return [*self.coefs, *self.intercepts, *(part for norm in self.norms for part in norm[:2])]

    def normalise_all(self):
        """Begin with scales 1 and shifts 0."""
        widths = [len(b) for b in self.intercepts[:-1]]
        self.norms = [[np.ones(n), np.zeros(n), np.zeros(n), np.ones(n)] for n in widths]

    def connections(self):
        """Return the factors of all weights in this update."""
        return [
            factors(self.dropconnect[i] if i >= self.frozen else 0, w.shape, *self._where(i, 1))
            for i, w in enumerate(self.coefs)
        ]

    def _where(self, layer, purpose):
        return self.seed, self.update, layer, purpose

    def _inputs(self, X):
        h = np.asarray(X.toarray() if hasattr(X, "toarray") else X, dtype=float)
        if self.input_noise:
            h = h + self.input_noise * noise(h.shape, *self._where(0, NOISE))
        return h * factors(self.dropout[0], h.shape, *self._where(0, FEATURES))

    def _standardise(self, a, layer):
        """Return standardised arguments and deviations; the running statistics follow."""
        _, _, mean, variance = self.norms[layer]
        deviation = np.sqrt(a.var(axis=0) + EPSILON)
        mean += SHARE * (a.mean(axis=0) - mean)
        variance += SHARE * (a.var(axis=0, ddof=1) - variance)
        return (a - a.mean(axis=0)) / deviation, deviation

    def walk(self, X):
        """Go forward through the network as in training; return the inputs of every layer.

        Returns
        -------
        inputs : list of array
        slopes : list of array
            Derivatives of the hidden outputs by what goes into the activations, masks included.
        standard : list of (array, array)
            Standardised arguments and deviations; empty without batch normalisation.
        a, o : arrays
            Arguments and outputs of the last layer.
        """
        inputs, slopes, standard = [self._inputs(X)], [], []
        for i, masks in enumerate(self.connections()):
            a = inputs[i] @ (self.coefs[i] * masks) + self.intercepts[i]
            if i == len(self.coefs) - 1:
                break
            if self.norms:
                standard.append(self._standardise(a, i))
                a = self.norms[i][0] * standard[i][0] + self.norms[i][1]
            kept = factors(self.dropout[i + 1], a.shape, *self._where(i, UNITS))
            forward, slope = oracle.ACTIVATIONS[self.layers[i]]
            inputs.append(forward(a) * kept)
            slopes.append(slope(a) * kept)
        o = oracle.softmax(a) if self.output == "softmax" else oracle._forward(self.output)(a)
        return inputs, slopes, standard, a, o

    def loss_gradient(self, X, Y, sample_weight=None, alpha=0.0, averaged=False):
        """Return the penalised loss, gradients by weights, and by everything else."""
        self.update += 1
        inputs, slopes, standard, a, o = self.walk(X)
        masks = self.connections()
        Y = np.asarray(Y, dtype=float).reshape(o.shape)
        weight = np.ones(len(Y)) if sample_weight is None else np.asarray(sample_weight, float)
        per_sample = oracle.LOSSES[self.loss][0](Y, o, self.parameter).sum(axis=1)
        if averaged and self.loss == "squared_error":
            per_sample = per_sample / Y.shape[1]
        value, derivative = PENALTIES[self.penalty]
        trained = self.coefs[self.frozen :]
        penalty = alpha * sum(value(w, self.penalty_parameter).sum() for w in trained)
        gradients = [np.zeros_like(w) for w in self.parameters]
        n, delta = len(self.coefs), self.delta(Y, a, o) * weight[:, None]
        for i in reversed(range(self.frozen, n)):
            fall = alpha * derivative(self.coefs[i], self.penalty_parameter)
            gradients[i] = ((inputs[i].T @ delta) * masks[i] + fall) / weight.sum()
            gradients[n + i] = delta.sum(axis=0) / weight.sum()
            if i > self.frozen:
                delta = (delta @ (self.coefs[i] * masks[i]).T) * slopes[i - 1]
                if self.norms:
                    place = 2 * n + 2 * (i - 1)
                    delta, by_norm = self._through_norm(i - 1, delta, *standard[i - 1])
                    gradients[place : place + 2] = [g / weight.sum() for g in by_norm]
        length = np.sqrt(sum((g**2).sum() for g in gradients))
        gradients = [g * min(1, self.clip_norm / length) for g in gradients]
        return (weight @ per_sample + penalty) / weight.sum(), gradients[:n], gradients[n:]

    def _through_norm(self, layer, delta, x, deviation):
        by_scale, by_shift = (delta * x).sum(axis=0), delta.sum(axis=0)
        inner = delta - delta.mean(axis=0) - x * (delta * x).mean(axis=0)
        return self.norms[layer][0] / deviation * inner, (by_scale, by_shift)


class Limited:
    """A rule after whose steps the norms of the weights into every unit are limited."""

    def __init__(self, rule, network, most):
        self.rule, self.network, self.most = rule, network, most

    @property
    def rate(self):
        """The learning rate."""
        return self.rule.rate

    @rate.setter
    def rate(self, rate):
        self.rule.rate = rate

    def step(self, parameters, gradients):
        """Move the parameters in place."""
        self.rule.step(parameters, gradients)
        for w in self.network.coefs[self.network.frozen :]:
            w *= np.minimum(1, self.most / np.sqrt((w**2).sum(axis=0)))


def predict(estimator, X):
    """Return the outputs of a fitted network with batch normalisation, from its attributes."""
    network = oracle.Network.of(estimator)
    h = np.asarray(X.toarray() if hasattr(X, "toarray") else X, dtype=float)
    for i, name in enumerate(network.layers):
        a = h @ network.coefs[i] + network.intercepts[i]
        norm = estimator.batch_norm_[i]
        a = norm.scale * (a - norm.mean) / np.sqrt(norm.variance + EPSILON) + norm.shift
        h = oracle.ACTIVATIONS[name][0](a)
    a = h @ network.coefs[-1] + network.intercepts[-1]
    return oracle.softmax(a) if network.output == "softmax" else oracle._forward(network.output)(a)
