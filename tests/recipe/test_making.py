"""The recipe: everything that parameters mean, resolved once and frozen."""

import copy

import numpy as np
import pytest

from skdeep import MLPClassifier, MLPRegressor, NetworkRegressor, schedules, solvers
from skdeep.layers import Dense
from skdeep.losses import Huber
from skdeep.penalties import ElasticNet, Power
from skdeep.recipe import make_recipe
from skdeep.recipe.optimizer import continued
from skdeep.training.stochastic.solver_state import SolverState


def recipe(cls=MLPRegressor, **parameters):
    return make_recipe(cls(**parameters)._parameters())


def test_layers():
    made = recipe(hidden_layer_sizes=(4, 3), activation=["swish", "tanh"])
    assert made.layers.sizes == [4, 3] and made.layers.activations == ["silu", "tanh"]
    assert made.layers.last_activation == "tanh"
    assert made.layers.structure == (False, False)
    assert recipe(hidden_layer_sizes=()).layers.last_activation == "relu"


@pytest.mark.parametrize("name", solvers.names())
def test_optimizers(name):
    optimizer = recipe(solver=name).optimizer
    assert optimizer.name == name
    assert optimizer.by_updates == (name not in ("bold_driver", "cg", "lbfgs"))
    assert optimizer.all_rows == (name in ("bold_driver", "cg", "lbfgs", "rprop"))
    assert optimizer.decoupled == (name == "adamw")


def test_schedules():
    made = recipe(solver="sgd", learning_rate="invscaling", power_t=0.25, learning_rate_init=0.5)
    optimizer = made.optimizer
    assert (optimizer.step_wise, optimizer.step_wise_parameters) == ("invscaling", (0.25,))
    assert optimizer.rate is None and not optimizer.scheduled and optimizer.initial_rate == 0.5
    made = recipe(solver="sgd", learning_rate="linear", momentum=schedules.Linear(1.0, 0.0))
    assert made.optimizer.step_wise == "constant" and made.optimizer.parameters[0] == 0.0
    assert made.optimizer.rate(0.0) == 1e-3 and made.optimizer.scheduled[0](1.0) == 0.0


def test_rates():
    sizes = {"hidden_layer_sizes": (4, 3)}
    regularisation = recipe(**sizes, dropout=0.5, dropconnect=0.25).regularisation
    assert regularisation.dropout == (0.0, 0.5, 0.5)
    assert regularisation.dropconnect == (0.25, 0.25, 0.0)
    regularisation = recipe(**sizes, input_dropout=0.1).regularisation
    assert regularisation.dropout == (0.1, 0.0, 0.0) and regularisation.dropconnect == ()
    assert recipe(dropout=0).regularisation.dropout == ()
    none = recipe(hidden_layer_sizes=(), dropout=0.5, dropconnect=0.5).regularisation
    assert none.dropout == none.dropconnect == ()


def test_rates_of_layers():
    """By operations: one puts side by side what the last layer reads."""
    layers = [
        ("a", Dense(4, dropout=0.1, inputs="features")),
        ("b", Dense(3, dropconnect=0.0, inputs="features")),
        Dense(2, dropout=0.2, dropconnect=0.3, inputs=["b", "a"]),
    ]
    parameters = {"dropconnect": 0.4, "input_dropout": 0.5, "auxiliary_weight": 0.6}
    regularisation = recipe(NetworkRegressor, layers=layers, **parameters).regularisation
    assert regularisation.dropout == (0.5, 0.1, 0.0, 0.0, 0.2)
    assert regularisation.dropconnect == (0.4, 0.0, 0.4, 0.3, 0.0)
    assert regularisation.head_weight == 0.6


def test_loss():
    loss = recipe(loss=Huber(delta=3), penalty=ElasticNet(l1_ratio=0.5)).loss
    assert (loss.name, loss.parameter) == ("huber", 3.0)
    assert (loss.penalty, loss.penalty_parameter) == ("elasticnet", 0.5)
    assert recipe(penalty=3).loss == recipe(penalty=Power(3)).loss
    assert recipe(penalty=3).loss.penalty_parameter == 3.0
    assert recipe(loss="huber").loss.parameter == 1.0
    assert recipe(MLPClassifier).loss.parameter == 0.0


def test_later_changes_of_the_parameters_do_not_change_it():
    solver, schedule = solvers.SGD(momentum=0.5), schedules.Cosine(end=0.5)
    model = MLPRegressor(solver=solver, learning_rate=schedule)
    made = make_recipe(model._parameters())
    before = copy.deepcopy(made.optimizer)
    solver.set_params(momentum=0.0, learning_rate_init=9.0)
    schedule.set_params(end=0.0)
    assert made.optimizer.parameters == before.parameters
    assert made.optimizer.solver.momentum == 0.5 and made.optimizer.schedule.end == 0.5
    assert made.optimizer.rate(1.0) == before.rate(1.0)
    with pytest.raises(AttributeError):
        made.n_restarts = 5


def test_training_goes_on_with_the_optimizer_that_there_is():
    began = recipe(solver="sgd", momentum=0.5, learning_rate="linear").optimizer
    state = SolverState("sgd", 0.1, 3, np.float64, began.solver, began.schedule)
    now = recipe(solver="sgd", momentum=0.1).optimizer
    optimizer, kept = continued(now, state)
    assert kept is state and optimizer.parameters == began.parameters
    assert optimizer.schedule.name == "linear"
    other = recipe(solver="adam").optimizer
    assert continued(other, state) == (other, None) and continued(now, None) == (now, None)
