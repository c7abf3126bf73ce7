"""What a model takes of shared memory, which follows from shapes alone."""

import numpy as np
import pytest

from skdeep import MLPClassifier
from skdeep.engines.cuda.memory.plan import Shape, make_plan
from skdeep.engines.cuda.memory.structures import LayerRecord
from skdeep.engines.regularisation import PLAIN
from tests.helpers import quiet

#: The most that a block can have on Hopper, in float32.
HOPPER = (227 << 10) // 4
PLANS = {
    "plain": {},
    "gelu": {"activation": "gelu"},
    "batch_norm": {"batch_norm": True},
    "dropout": {"dropout": (0.0, 0.5)},
    "all": {"activation": "gelu", "batch_norm": True, "dropout": (0.2, 0.5)},
}


def plan_of(activation="relu", batch_norm=False, dropout=()):
    """Return the plan of a 64-(100)-10 network at batch 200."""
    X, y = np.zeros((20, 64), np.float32), np.arange(20) % 10
    model = MLPClassifier((100,), activation=activation, batch_norm=batch_norm, max_iter=1)
    with quiet():
        layout, _vector = model.fit(X, y)._network()
    shape = Shape(200, 2, 256, 0, True, False, True, PLAIN._replace(dropout=dropout))
    return make_plan(layout, shape)


@pytest.mark.parametrize("name", PLANS)
def test_shared_memory(name):
    """What is read but once or twice in a batch takes none, so that no feature is a cliff."""
    plain, plan = plan_of(), plan_of(**PLANS[name])
    assert plan.memory <= HOPPER
    assert plan.memory - plain.memory < 1000  # parameters and statistics of the normalisation
    first = LayerRecord(plan.layers[0])
    kept = int(first.slope >= 0) + int(first.standard >= 0)
    assert kept == {"plain": 0, "all": 2}.get(name, 1)
    assert plan.store - plain.store >= kept * 200 * 101
