"""Deep Boltzmann machines as a stack of layers: conditionals, mean field, Gibbs sampling, energy.

With layers ``x_0`` (the visible units), ``x_1`` and so on, weights ``W_l`` between ``x_l`` and
``x_{l+1}`` and biases ``b_l``, the energy is
``E(x) = -sum_l b_l.x_l - sum_l x_l.W_l.x_{l+1}``. Where there are labels, they are the last units
of ``x_0``: one for each class, of which exactly one is 1.
"""

from typing import NamedTuple

import numpy as np
from scipy.special import expit, softmax


class DeepModel(NamedTuple):
    """Weights and biases.

    Attributes
    ----------
    weights : tuple of arrays of shapes (n_units_l, n_units_l+1)
    biases : tuple of arrays of shapes (n_units_l,)
    n_classes : int
        How many of the visible units stand for labels: the last ones.
    """

    weights: tuple
    biases: tuple
    n_classes: int

    @property
    def n_layers(self):
        """Layers with that of the visible units."""
        return len(self.biases)

    @property
    def n_features(self):
        """Visible units that are no labels."""
        return len(self.biases[0]) - self.n_classes

    def has_labels(self, layer):
        """Return whether some units of a layer are labels."""
        return layer == 0 and self.n_classes > 0


def received(model, states, layer):
    """Return what the units of a layer get from the layers beside it, without their biases.

    Parameters
    ----------
    model : DeepModel
    states : list of arrays of shape (n_samples, n_units)
        Of all layers; that of the layer itself is not read.
    layer : int

    Returns
    -------
    inputs : array of shape (n_samples, n_units)
    """
    if layer == 0:
        return states[1] @ model.weights[0].T
    total = states[layer - 1] @ model.weights[layer - 1]
    if layer < model.n_layers - 1:
        total += states[layer + 1] @ model.weights[layer].T
    return total


def inputs_of(model, states, layer):
    """Return what the units of a layer get from the layers beside it, with their biases.

    Parameters
    ----------
    model, states, layer
        As of `received`.

    Returns
    -------
    inputs : array of shape (n_samples, n_units)
    """
    return received(model, states, layer) + model.biases[layer]


def probabilities(model, layer, inputs):
    """Return the probabilities of the units of a layer given what they get.

    Parameters
    ----------
    model : DeepModel
    layer : int
    inputs : array of shape (n_samples, n_units)

    Returns
    -------
    p : array of shape (n_samples, n_units)
    """
    if not model.has_labels(layer):
        return expit(inputs)
    n = model.n_features
    return np.hstack([expit(inputs[:, :n]), softmax(inputs[:, n:], axis=1)])


def sample_layer(model, layer, inputs, random_state):
    """Return samples of the units of a layer given what they get.

    Parameters
    ----------
    model : DeepModel
    layer : int
    inputs : array of shape (n_samples, n_units)
    random_state : numpy.random.RandomState

    Returns
    -------
    states : array of shape (n_samples, n_units)
    """
    p = probabilities(model, layer, inputs)
    states = (random_state.uniform(size=p.shape) < p).astype(p.dtype)
    if model.has_labels(layer):
        n = model.n_features
        reached = p[:, n:].cumsum(axis=1) > random_state.uniform(size=(len(p), 1))
        reached[:, -1] = True  # sums may end below 1 by rounding
        states[:, n:] = one_hot(reached.argmax(axis=1), model.n_classes, p.dtype)
    return states


def one_hot(codes, n_classes, dtype):
    """Return a row for every code, with a 1 at its place.

    Parameters
    ----------
    codes : array of int of shape (n_samples,)
    n_classes : int
    dtype : numpy dtype

    Returns
    -------
    rows : array of shape (n_samples, n_classes)
    """
    return np.eye(n_classes, dtype=dtype)[codes]


def gibbs_steps(model, states, n_steps, random_state, labels=None):
    """Sample all even layers given the odd ones, then all odd layers, `n_steps` times.

    Parameters
    ----------
    model : DeepModel
    states : list of arrays of shape (n_chains, n_units)
        Replaced by new arrays.
    n_steps : int
    random_state : numpy.random.RandomState
    labels : array of shape (n_chains, n_classes), default=None
        Where they are not to be sampled.
    """
    for _ in range(n_steps):
        for layer in (*range(0, model.n_layers, 2), *range(1, model.n_layers, 2)):
            inputs = inputs_of(model, states, layer)
            states[layer] = sample_layer(model, layer, inputs, random_state)
            if layer == 0 and labels is not None:
                states[0][:, model.n_features :] = labels


def bottom_up(model, visible):
    """Return probabilities of all layers, from one pass in which each reads the one below.

    The weights are doubled where a layer has another one above, of which nothing is known yet.

    Parameters
    ----------
    model : DeepModel
    visible : array of shape (n_samples, n_visible)

    Returns
    -------
    states : list of arrays of shape (n_samples, n_units)
    """
    states = [visible]
    for layer in range(1, model.n_layers):
        factor = 1.0 if layer == model.n_layers - 1 else 2.0
        inputs = factor * (states[-1] @ model.weights[layer - 1]) + model.biases[layer]
        states.append(expit(inputs))
    return states


def mean_field(model, X, n_steps, labels=None):
    """Return the probabilities of a factorised distribution near that of the hidden units.

    Every step makes the divergence between the two smaller, layer after layer:
    ``m_l = logistic(b_l + m_{l-1} W_{l-1} + m_{l+1} W_l^T)``. Labels that are not known are
    inferred in the same way, from the distribution that their biases give.

    Parameters
    ----------
    model : DeepModel
    X : array of shape (n_samples, n_features)
    n_steps : int
    labels : array of shape (n_samples, n_classes), default=None
        Where the labels are known.

    Returns
    -------
    states : list of arrays of shape (n_samples, n_units)
        Of all layers.
    """
    n, unknown = model.n_features, model.n_classes > 0 and labels is None
    visible = X if labels is None else np.hstack([X, labels])
    if unknown:
        prior = softmax(model.biases[0][n:])
        visible = np.hstack([X, np.broadcast_to(prior, (len(X), len(prior)))])
    states = bottom_up(model, visible)
    for _ in range(n_steps):
        for layer in range(1, model.n_layers):
            states[layer] = expit(inputs_of(model, states, layer))
        if unknown:
            inputs = states[1] @ model.weights[0][n:].T + model.biases[0][n:]
            states[0][:, n:] = softmax(inputs, axis=1)
    return states


def negative_energy(model, states):
    """Return ``-E`` of every row.

    Parameters
    ----------
    model : DeepModel
    states : list of arrays of shape (n_samples, n_units)

    Returns
    -------
    energy : array of shape (n_samples,)
    """
    total = sum(state @ bias for state, bias in zip(states, model.biases, strict=True))
    for low, weights, high in zip(states, model.weights, states[1:], strict=False):
        total = total + np.einsum("ij,ij->i", low @ weights, high)
    return total


def bound(model, states):
    """Return the variational lower bound of ``log p(x_0) + log Z`` of every row.

    Parameters
    ----------
    model : DeepModel
    states : list of arrays of shape (n_samples, n_units)
        What `mean_field` has returned for known labels, or a model without labels.

    Returns
    -------
    bound : array of shape (n_samples,)
    """
    total = negative_energy(model, states)
    for p in states[1:]:
        total = total + _binary_entropy(p).sum(axis=1)
    return total


def _binary_entropy(p):
    q = 1 - p
    return -(p * np.log(np.where(p > 0, p, 1)) + q * np.log(np.where(q > 0, q, 1)))
