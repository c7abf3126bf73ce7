"""Training of deep Boltzmann machines: layer by layer, then all layers together."""

from typing import NamedTuple

import numpy as np
from scipy.special import expit

from skdeep.boltzmann.deep_model import DeepModel, gibbs_steps, mean_field
from skdeep.boltzmann.epoch_loop import Machine
from skdeep.boltzmann.rbm_training import Parameters, Settings, Trainer
from skdeep.training.blas_threads import single_threaded_blas


class DeepSettings(NamedTuple):
    """How a machine is trained.

    Attributes
    ----------
    learning_rate, momentum, weight_decay : float
        Of all layers together. The learning rate falls to 0 in the course of the epochs.
    n_iter : int
        Epochs of all layers together.
    pretraining_rate : float
        Learning rate of the pretraining.
    batch_size, n_gibbs_steps, n_mean_field_steps, n_chains : int
    n_pretraining : int
        Epochs of the pretraining of each layer.
    """

    learning_rate: float
    momentum: float
    weight_decay: float
    n_iter: int
    pretraining_rate: float
    batch_size: int
    n_gibbs_steps: int
    n_mean_field_steps: int
    n_chains: int
    n_pretraining: int


def pretrain(X, labels, sizes, settings, random_state):
    """Return a model whose layers have been trained as restricted Boltzmann machines, one by one.

    A hidden layer has neighbours on both sides, but its machine knows one of them. In its place,
    the input from the known one is doubled: upwards in all layers but the last, downwards in all
    but the first (Salakhutdinov & Hinton 2009, section 3.1).

    Parameters
    ----------
    X : array of shape (n_samples, n_features)
    labels : array of shape (n_samples, n_classes) or None
        Visible units of the first machine, beside the features.
    sizes : tuple of int
        Units of the hidden layers.
    settings : DeepSettings
    random_state : numpy.random.RandomState

    Returns
    -------
    model : DeepModel

    Raises
    ------
    ValueError
        If the pretraining of a layer diverges.
    """
    data = X if labels is None else np.hstack([X, labels])
    weights, biases, last = [], [], len(sizes) - 1
    for place, n_units in enumerate(sizes):
        up, down = 1.0 if place == last else 2.0, 1.0 if place == 0 else 2.0
        machine = _train_layer(data, n_units, up, down, settings, random_state)
        if not all(np.isfinite(array).all() for array in machine[:3]):
            raise ValueError(
                f"Pretraining of hidden layer {place + 1} has diverged: parameters are no longer "
                "finite. Use a smaller learning_rate_pretraining, or scale the features."
            )
        weights.append(machine.weights)
        biases += (
            [machine.visible_bias, machine.hidden_bias] if place == 0 else [machine.hidden_bias]
        )
        if place < last:
            data = _probabilities(data, machine, up)
    return DeepModel(tuple(weights), tuple(biases), 0 if labels is None else labels.shape[1])


def _probabilities(data, machine, up):
    """Return the probabilities of the hidden units of a machine, which the next one learns."""
    with single_threaded_blas():
        return np.ascontiguousarray(expit(up * (data @ machine.weights) + machine.hidden_bias))


def _train_layer(data, n_units, up, down, settings, random_state):
    """Return the parameters of a machine with one hidden layer."""
    n_features, dtype = data.shape[1], data.dtype
    weights = random_state.normal(0, 0.01, (n_features, n_units)).astype(dtype)
    biases = np.zeros(n_units, dtype), np.zeros(n_features, dtype)
    chains = np.zeros((settings.batch_size, n_units), dtype)
    shapes = [a.shape if settings.momentum else 0 for a in (weights, *biases)]
    velocity = tuple(np.zeros(shape, dtype) for shape in shapes)
    parameters = Parameters(weights, *biases, chains, velocity)
    how = Settings(
        *(settings.pretraining_rate, settings.momentum, settings.weight_decay),
        *(settings.batch_size, 1, False, False, up, np.full(n_features, down)),
    )
    trainer = Trainer(np.ascontiguousarray(data), parameters, how, random_state)
    for _ in range(settings.n_pretraining):
        trainer.epoch()
    trainer.write_back()
    return parameters


class DeepMachine(Machine):
    """A deep Boltzmann machine whose layers are trained together.

    The gradient of the log-likelihood is the difference of two expectations of products of units:
    given the data, by mean field, and of the model, by Markov chains that go on from batch to
    batch.

    Parameters
    ----------
    X : array of shape (n_samples, n_features)
    labels : array of shape (n_samples, n_classes) or None
    model : DeepModel
        Changed by training.
    settings : DeepSettings
    random_state : numpy.random.RandomState

    Attributes
    ----------
    model : DeepModel
    chains : list of arrays of shape (n_chains, n_units)
    """

    def __init__(self, X, labels, model, settings, random_state):
        self.X, self.labels, self.settings = X, labels, settings
        self.random_state, self.model = random_state, model
        n, dtype = settings.n_chains, X.dtype
        places = random_state.randint(0, len(X), n)
        self.chains = [np.zeros((n, len(bias)), dtype) for bias in model.biases]
        self._start_chains(places)
        self.n_epochs = np.zeros(1)
        self.velocity = [np.zeros_like(part) for part in (*model.weights, *model.biases)]
        parts = {"weights": model.weights, "biases": model.biases}
        parts |= {"chains": self.chains, "velocity": self.velocity}
        self.arrays = {
            f"{name}_{i}": part for name, all_of in parts.items() for i, part in enumerate(all_of)
        }
        self.arrays["n_epochs"] = self.n_epochs

    def _start_chains(self, places):
        """Let the chains begin at some rows of the data."""
        labels = None if self.labels is None else self.labels[places]
        with single_threaded_blas():
            states = mean_field(self.model, self.X[places], 1, labels)
        for chain, state in zip(self.chains, states, strict=True):
            chain[:] = state

    def epoch(self):
        """Train on all rows once, in a random order."""
        order = self.random_state.permutation(len(self.X))
        size = self.settings.batch_size
        with single_threaded_blas():
            for begin in range(0, len(order), size):
                done = self.n_epochs[0] + begin / len(order)
                rate = self.settings.learning_rate * (1 - done / self.settings.n_iter)
                self._batch(order[begin : begin + size], rate)
        self.n_epochs += 1

    def _batch(self, rows, rate):
        settings, model = self.settings, self.model
        labels = None if self.labels is None else self.labels[rows]
        positive = mean_field(model, self.X[rows], settings.n_mean_field_steps, labels)
        negative = list(self.chains)
        gibbs_steps(model, negative, settings.n_gibbs_steps, self.random_state)
        for kept, state in zip(self.chains, negative, strict=True):
            kept[:] = state
        gradients = [
            a.T @ b / len(rows) - c.T @ d / settings.n_chains - settings.weight_decay * w
            for a, b, c, d, w in zip(
                *(positive, positive[1:], negative, negative[1:], model.weights), strict=False
            )
        ]
        gradients += [
            a.mean(axis=0) - c.mean(axis=0) for a, c in zip(positive, negative, strict=True)
        ]
        parameters = (*model.weights, *model.biases)
        for part, velocity, gradient in zip(parameters, self.velocity, gradients, strict=True):
            velocity *= settings.momentum
            velocity += rate * gradient
            part += velocity
