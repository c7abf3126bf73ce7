"""What an engine is asked to do: the data, the objective, and the course of training."""

from typing import NamedTuple

import numpy as np


class Data(NamedTuple):
    """The rows that a network is trained on.

    Attributes
    ----------
    X : C-ordered array or CSR matrix of shape (n_rows, n_features)
    targets : array of shape (n_rows, n_outputs) or None
    weights : array of shape (n_rows,) or (n_rows, n_steps) or None
        Those of steps are for networks with outputs for every step: the loss is then the mean over
        all steps, weighted by them.
    """

    X: object
    targets: np.ndarray | None
    weights: np.ndarray | None


class Objective(NamedTuple):
    """What is minimised.

    Attributes
    ----------
    loss : str
        Name of the loss in its registry.
    alpha : float
        Strength of the penalty.
    parameter : float
        Of the loss.
    as_reported : bool
        Whether losses that are reported as the mean over the outputs of a sample are averaged, or
        summed as in the gradient.
    penalty : str
        Name of the penalty in its registry.
    penalty_parameter : float
    parameters : tuple of float
        Parameters of the loss for every output of a sample; empty where they share `parameter`.
    """

    loss: str
    alpha: float
    parameter: float = 0.0
    as_reported: bool = True
    penalty: str = "l2"
    penalty_parameter: float = 0.0
    parameters: tuple = ()


class Course(NamedTuple):
    """How a stochastic solver goes about it.

    Attributes
    ----------
    rule : str
        Name of the update rule.
    parameters : sequence of float
        Values of the rule's parameters.
    decay : float
        Strength of the penalty, where the rule applies it to the weights.
    schedule : str
        Name of the step-wise schedule of the learning rate.
    schedule_parameters : tuple of float
        Values of its parameters.
    initial_rate : float
    batch_size : int
    tol, patience : float
        Training stalls after more than `patience` epochs that do not improve by `tol`.
    tol_gradient, tol_objective : float
        Training ends when the mean norm of the gradients of an epoch's batches, or the loss of an
        epoch, falls below; 0 and ``-inf`` for never.
    watch_loss : bool
        Whether the training loss decides when to stop.
    watch_layers : bool
        Whether the norms of the layers' gradients are recorded.
    validated : bool
        Whether the network is validated after every epoch.
    """

    rule: str
    parameters: tuple
    decay: float
    schedule: str
    schedule_parameters: tuple
    initial_rate: float
    batch_size: int
    tol: float
    patience: float
    tol_gradient: float
    tol_objective: float
    watch_loss: bool
    watch_layers: bool = False
    validated: bool = False
