"""The recipe of a fit: what the parameters of an estimator mean, resolved and checked."""

from collections.abc import Callable
from typing import NamedTuple

from skdeep.engines.problem import Objective
from skdeep.engines.regularisation import Regularisation
from skdeep.recipe.hidden_layers import Structure
from skdeep.recipe.layer_list import LayerList
from skdeep.schedules import Schedule
from skdeep.solvers import Solver


class Layers(NamedTuple):
    """The hidden layers.

    Attributes
    ----------
    sizes : list of int
        Units of every hidden layer.
    activations : list of str
        Their activations.
    last_activation : str
        The one by which first weights of the output layer are drawn.
    structure : Structure
        How they are connected, and what stands between them.
    initialiser : Initialiser or "auto"
    dropout, dropconnect : list of float
        Rates of the units of every hidden layer, and of the weights into them.
    source : estimator or None
        A fitted network whose first layers are taken over.
    """

    sizes: list
    activations: list
    last_activation: str
    structure: Structure
    initialiser: object
    dropout: list
    dropconnect: list
    source: object

    @property
    def normalises(self):
        """Whether layers are normalised over the batch."""
        return self.structure.batch_norm


class Optimizer(NamedTuple):
    """What minimises the loss.

    Attributes
    ----------
    name : str
    solver : Solver
    schedule : Schedule
        Of the learning rate.
    by_updates : bool
        Whether it updates weight by weight, instead of minimising one fixed function.
    all_rows : bool
        Whether every step needs all rows.
    decoupled : bool
        Whether it decays the weights itself, instead of minimising a penalty.
    parameters : tuple of float
        Values of the parameters of its update rule; 0 where a schedule gives them.
    scheduled : dict of int to callable
        The parameters that a schedule gives, by their place.
    step_wise : str
        Name of the schedule that gives the learning rate of an epoch from that of the last.
    step_wise_parameters : tuple of float
    rate : callable or None
        ``rate(progress)`` returns learning rates, where they follow a curve instead.
    initial_rate : float or None
    """

    name: str
    solver: Solver
    schedule: Schedule
    by_updates: bool
    all_rows: bool
    decoupled: bool
    parameters: tuple = ()
    scheduled: dict = {}
    step_wise: str = "constant"
    step_wise_parameters: tuple = ()
    rate: Callable | None = None
    initial_rate: float | None = None


class Batches(NamedTuple):
    """The rows of an epoch.

    Attributes
    ----------
    size : int or "auto"
        Rows of a batch.
    shuffle : bool
    augment : callable or None
        Changes the rows of an epoch.
    """

    size: int | str
    shuffle: bool
    augment: Callable | None


class Stopping(NamedTuple):
    """When training ends.

    Attributes
    ----------
    max_iter, max_fun : int
    tol, n_iter_no_change : float
    tol_gradient, tol_objective : float or None
    """

    max_iter: int
    max_fun: int
    tol: float
    n_iter_no_change: float
    tol_gradient: float | None
    tol_objective: float | None


class Validation(NamedTuple):
    """What a validation set is for.

    Attributes
    ----------
    early_stopping : bool
        Whether its score decides when training ends and which weights are kept.
    fraction : float
        Share of the rows that is held out, if none is given.
    scoring : str, callable or None
    """

    early_stopping: bool
    fraction: float
    scoring: object


class Loss(NamedTuple):
    """What is minimised, before the targets are known.

    Attributes
    ----------
    name : str
        Public name of the loss.
    parameter : float
        Value of the parameter of the loss, 0 without one.
    out_activation : str
        Name of the activation of the outputs, or "auto".
    alpha : float
        Strength of the penalty.
    penalty : str
        Name of the penalty in its registry.
    penalty_parameter : float
    parameters : tuple of float
        Parameters of the loss for every output; empty where they share `parameter`.
    """

    name: str
    parameter: float
    out_activation: str
    alpha: float
    penalty: str
    penalty_parameter: float
    parameters: tuple = ()


class Recipe(NamedTuple):
    """How a network is trained.

    Attributes
    ----------
    layers : Layers or LayerList
    optimizer : Optimizer
    loss : Loss
    regularisation : Regularisation
        Without a seed and without masks.
    batches : Batches
    stopping : Stopping
    validation : Validation
    n_restarts : int
    incremental : bool
        Whether this is one call of ``partial_fit``.
    record_gradient_norms : bool
    verbose : bool or int
    objective : Objective or None
        The loss with its penalty, once the targets are known.
    frozen_layers : int, default=0
        Hidden layers, from the first, that are not trained.
    """

    layers: Layers | LayerList
    optimizer: Optimizer
    loss: Loss
    regularisation: Regularisation
    batches: Batches
    stopping: Stopping
    validation: Validation
    n_restarts: int
    incremental: bool
    record_gradient_norms: bool
    verbose: bool
    objective: Objective | None = None
    frozen_layers: int = 0
