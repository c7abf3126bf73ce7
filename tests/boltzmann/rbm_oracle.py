"""A restricted Boltzmann machine in NumPy, which draws its random numbers in the same order."""

import numpy as np
from scipy.special import expit


def train(X, rng, *, n_hidden, batch_size, n_iter, learning_rate=0.1, n_gibbs_steps=1, **options):
    """Return weights, both biases and the chains after some epochs."""
    persistent, gaussian = options.get("persistent", True), options.get("gaussian", False)
    momentum, decay = options.get("momentum", 0.0), options.get("weight_decay", 0.0)
    up, down = options.get("up", 1.0), options.get("down", 1.0)
    weights = options.get("weights")
    parameters = [rng.normal(0, 0.01, (n_hidden, X.shape[1])).T if weights is None else weights]
    parameters += [np.zeros(n_hidden), np.zeros(X.shape[1])]
    velocity = [np.zeros_like(part) for part in parameters]
    h = np.zeros((batch_size, n_hidden))

    def hidden(v):
        return expit(up * (v @ parameters[0]) + parameters[1])

    def sample_visible(h):
        mean = down * (h @ parameters[0].T) + parameters[2]
        if not gaussian:
            return (rng.uniform(size=mean.shape) < expit(mean)).astype(float)
        u = rng.uniform(size=(*mean.shape, 2))
        return mean + np.sqrt(-2 * np.log(1 - u[..., 0])) * np.cos(2 * np.pi * u[..., 1])

    for _ in range(n_iter):
        for begin in range(0, len(X), batch_size):
            v = X[begin : begin + batch_size]
            positive = hidden(v)
            if not persistent:
                h = (rng.uniform(size=positive.shape) < positive).astype(float)
            for _ in range(n_gibbs_steps):
                sampled = sample_visible(h)
                negative = hidden(sampled)
                h = (rng.uniform(size=negative.shape) < negative).astype(float)
            gradients = [
                v.T @ positive - sampled.T @ negative,
                positive.sum(axis=0) - negative.sum(axis=0),
                v.sum(axis=0) - sampled.sum(axis=0),
            ]
            for i, gradient in enumerate(gradients):
                change = learning_rate / len(v) * gradient + momentum * velocity[i]
                change -= learning_rate * decay * parameters[i] if i == 0 else 0
                parameters[i] += change
                velocity[i] = change
    return *parameters, h
