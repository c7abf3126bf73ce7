"""The partition function of deep Boltzmann machines: by annealed importance sampling, or exactly.

The layers are cut into the even and the odd ones. Given one half, all units of the other are
independent, and are summed out: ``f_beta(x) = exp(b.x) prod_j (1 + exp(c_j + beta a_j(x)))``, where
`x` are the units of one half, `a_j` is what unit `j` of the other half gets from them, and all
weights are multiplied by `beta`. At ``beta = 1`` this sums to `Z`, at ``beta = 0`` to a product
that is known.
"""

import itertools

import numpy as np
from scipy.special import logsumexp

from skdeep.boltzmann.deep_model import inputs_of, one_hot, received, sample_layer
from skdeep.boltzmann.rbm_likelihood import MOST_UNITS, softplus, states_of


def _log_sums(model, layer, inputs):
    """Return the log of the sum over the states of a layer, given what its units get."""
    if not model.has_labels(layer):
        return softplus(inputs).sum(axis=-1)
    n = model.n_features
    return softplus(inputs[..., :n]).sum(axis=-1) + logsumexp(inputs[..., n:], axis=-1)


def _own_terms(model, states, layers):
    """Return the part of ``-E`` that depends on the biases of some layers."""
    return sum(states[layer] @ model.biases[layer] for layer in layers)


def annealed_importance(model, n_chains, n_betas, random_state):
    """Return the logs of importance weights, whose mean estimates the partition function.

    Parameters
    ----------
    model : DeepModel
    n_chains : int
    n_betas : int
        Factors of the weights, from 0 to 1.
    random_state : numpy.random.RandomState

    Returns
    -------
    log_weights : array of shape (n_chains,)
        Of the partition function itself: ``logsumexp(log_weights) - log(n_chains)`` estimates its
        log.

    References
    ----------
    R. Salakhutdinov & I. Murray, "On the quantitative analysis of deep belief networks", ICML 2008.
    """
    kept, summed = range(1, model.n_layers, 2), range(0, model.n_layers, 2)
    states = [np.zeros((n_chains, len(bias))) for bias in model.biases]
    total = 0.0
    for layer, bias in enumerate(model.biases):
        inputs = np.broadcast_to(bias, states[layer].shape)
        states[layer] = sample_layer(model, layer, inputs, random_state)
        total += _log_sums(model, layer, bias)
    log_weights = np.full(n_chains, total)
    betas = np.linspace(0, 1, n_betas)
    for before, beta in itertools.pairwise(betas):
        for layer in summed:
            bias, found = model.biases[layer], received(model, states, layer)
            inputs = bias + beta * found
            log_weights += _log_sums(model, layer, inputs)
            log_weights -= _log_sums(model, layer, bias + before * found)
            states[layer] = sample_layer(model, layer, inputs, random_state)
        for layer in kept:
            inputs = model.biases[layer] + beta * received(model, states, layer)
            states[layer] = sample_layer(model, layer, inputs, random_state)
    return log_weights


def _halves(model):
    """Return the numbers of the layers of the smaller half and of the other."""
    even, odd = range(0, model.n_layers, 2), range(1, model.n_layers, 2)
    sizes = [sum(_bits(model, layer) for layer in half) for half in (even, odd)]
    return (even, odd) if sizes[0] <= sizes[1] else (odd, even)


def _bits(model, layer):
    """Return how many binary units have as many states as a layer."""
    if not model.has_labels(layer):
        return len(model.biases[layer])
    return model.n_features + np.log2(model.n_classes)


def can_be_summed(model):
    """Return whether the partition function is a sum over the states of few units.

    Parameters
    ----------
    model : DeepModel

    Returns
    -------
    possible : bool
    """
    return sum(_bits(model, layer) for layer in _halves(model)[0]) <= MOST_UNITS


def exact_log_partition(model):
    """Return the log of the partition function, a sum over all states of half of the layers.

    Parameters
    ----------
    model : DeepModel

    Returns
    -------
    log_partition : float
    """
    kept, summed = _halves(model)
    labels = any(model.has_labels(layer) for layer in kept)
    sizes = [model.n_features if layer == 0 else len(model.biases[layer]) for layer in kept]
    total = -np.inf
    for bits in states_of(sum(sizes)):
        states = [None] * model.n_layers
        for layer, part in zip(kept, np.split(bits, np.cumsum(sizes)[:-1], axis=1), strict=True):
            states[layer] = part
        features = states[0]
        for code in range(model.n_classes if labels else 1):
            if labels:
                codes = np.full(len(bits), code)
                states[0] = np.hstack([features, one_hot(codes, model.n_classes, bits.dtype)])
            logs = _own_terms(model, states, kept)
            for layer in summed:
                logs = logs + _log_sums(model, layer, inputs_of(model, states, layer))
            total = np.logaddexp(total, logsumexp(logs))
    return float(total)
