"""Blocks of parameters beyond what layers ask for: any may be shared, trained or decayed."""

import numpy as np
import pytest

from skdeep.engines.cpu.engine import FullBatch, Training
from skdeep.engines.problem import Course, Data, Objective
from skdeep.layers.affine.dense import dense_operation
from skdeep.layers.operation import ParameterBlock
from skdeep.network.layout import lay_out, trained
from tests.helpers import assert_close

pytestmark = pytest.mark.nojit

RNG = np.random.default_rng(0)
ALPHA = 0.7


def _operations(*changes):
    """Return a chain of dense operations of four units, some blocks of which are changed."""
    operations = []
    for index, change in enumerate((*changes, {})):
        operation = dense_operation((index,), 4, 4, "tanh" if index < len(changes) else "identity")
        blocks = {
            name: getattr(operation, name)._replace(**fields) for name, fields in change.items()
        }
        operations.append(operation._replace(**blocks))
    return tuple(operations)


NETWORKS = {
    "plain": _operations({}, {}),
    "weights": _operations({"weights": {"name": "w"}}, {"weights": {"name": "w"}}),
    "biases": _operations({"biases": {"name": "b"}}, {}, {"biases": {"name": "b"}}),
    "crossed": _operations(
        {"weights": {"name": "w"}, "biases": {"name": "b"}},
        {"weights": {"name": "w"}, "biases": {"name": "c"}},
        {"weights": {"name": "v"}, "biases": {"name": "b"}},
        {"weights": {"name": "v"}, "biases": {"name": "c"}},
    ),
    "no weights": _operations({}, {"weights": {"trained": False}}, {}),
    "no biases": _operations({"biases": {"trained": False}}, {"biases": {"trained": False}}),
    "penalised biases": _operations({"biases": {"decay": 1.0}}, {}),
    "free weights": _operations({}, {"weights": {"decay": 0.0}}),
    "decays": _operations(
        {"weights": {"decay": 0.5}, "biases": {"decay": 3.0}}, {"weights": {"decay": 3.0}}
    ),
    "shared decays": _operations(*(2 * [{"weights": {"decay": 3.0, "name": "w"}}]), {}),
    "fixed": _operations(*(2 * [{n: {"trained": False} for n in ("weights", "biases")}])),
    "shared and fixed": _operations(
        {}, *(2 * [{"weights": {"trained": False, "name": "w"}}]), {"biases": {"trained": False}}
    ),
}


@pytest.fixture(params=NETWORKS)
def layout(request):
    return lay_out(NETWORKS[request.param])


def _data(rows):
    return Data(RNG.normal(size=(rows, 4)), RNG.normal(size=(rows, 4)), None)


def _vector(layout):
    return RNG.normal(size=layout.n_parameters) / 2


def _objective(penalty="l2"):
    return Objective("squared_error", ALPHA, as_reported=False, penalty=penalty)


def _reference(layout, vector, data):
    """Return the objective in NumPy."""
    h, penalty = data.X, 0.0
    for row, operation in zip(layout.table, layout.operations, strict=True):
        weights, biases = (
            vector[row[place] :][: block.size].reshape(block.shape)
            for place, block in ((7, operation.weights), (8, operation.biases))
        )
        h = h @ weights + biases
        h = np.tanh(h) if operation.activation == "tanh" else h
    for place, rows, width, is_trained, decay, _ in layout.blocks:
        if is_trained:
            square = (vector[place : place + rows * width] ** 2).sum()
            penalty += 0.5 * layout.decays[decay] * square
    loss = 0.5 * ((h - data.targets) ** 2).sum()
    return (loss + ALPHA * penalty) / len(h)


def _slopes(layout, vector, data):
    """Return central differences of the reference, 0 for what is not trained."""
    slopes = np.zeros_like(vector)
    for index in np.flatnonzero(trained(layout)):
        moved = [vector.copy(), vector.copy()]
        moved[0][index] += 1e-6
        moved[1][index] -= 1e-6
        above, below = (_reference(layout, each, data) for each in moved)
        slopes[index] = (above - below) / 2e-6
    return slopes


def test_objective_and_gradient(layout):
    data, vector = _data(23), _vector(layout)
    value, gradient = FullBatch(layout, data, _objective(), n_threads=1)(vector)
    assert_close(value, _reference(layout, vector, data), 1e-10)
    assert_close(gradient, _slopes(layout, vector, data), 1e-5)


@pytest.mark.parametrize("rows", [6, 23, 300])
def test_step(layout, rows):
    """Gradient descent, of batches whose tiles form the gradient, with and without copies."""
    data, vector = _data(rows), _vector(layout)
    course = Course("sgd", (0.0, 0.0), 0.0, "constant", (), 0.1, rows, 0, 10, 0, -np.inf, True)
    states = np.zeros((1, layout.n_parameters))
    training = Training(
        layout, vector, states, data, _objective(), course, gather=False, n_threads=2
    )
    training.numbers[0] = 0.1  # the learning rate
    training.set_epochs(None, rows, 1)
    training.advance(1)
    moved = vector - 0.1 * _slopes(layout, vector, data)
    assert_close(training.parameters(), moved, 1e-6)
    assert np.array_equal(training.parameters()[~trained(layout)], vector[~trained(layout)])


@pytest.mark.parametrize("name", ["penalised biases", "free weights", "crossed", "decays"])
def test_other_penalties(name):
    """Which have loops of their own."""
    layout = lay_out(NETWORKS[name])
    data, vector = _data(9), _vector(layout)
    found = FullBatch(layout, data, _objective("l1"), n_threads=1)(vector)
    plain = FullBatch(layout, data, _objective()._replace(alpha=0.0), n_threads=1)(vector)
    counted = np.zeros(layout.n_parameters)
    for place, n_rows, width, _, decay, _ in layout.blocks:
        counted[place : place + n_rows * width] = layout.decays[decay]
    assert_close(found[0] - plain[0], ALPHA * np.abs(counted * vector).sum() / 9, 1e-10)
    assert_close(found[1] - plain[1], ALPHA * counted * np.sign(vector) / 9, 1e-10)


def test_nothing_is_trained():
    operations = [operation.with_blocks(trained=False) for operation in NETWORKS["plain"]]
    layout = lay_out(tuple(operations))
    data, vector = _data(30), _vector(layout)
    value, gradient = FullBatch(layout, data, _objective(), n_threads=2)(vector)
    assert_close(value, _reference(layout, vector, data), 1e-10)
    assert not gradient.any()


def test_blocks_of_one_name_are_equal():
    first, second = NETWORKS["plain"][:2]
    shared = first._replace(weights=ParameterBlock((4, 4), name="w"))
    other = second._replace(weights=ParameterBlock((4, 4), trained=False, name="w"))
    with pytest.raises(ValueError, match="parameters of the name 'w'"):
        lay_out((shared, other))
