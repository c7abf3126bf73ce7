"""What predictions copy: outputs, whether rows are padded in the memory or not, and weights."""

import numpy as np
import pytest

from skdeep import MLPRegressor
from skdeep.engines.cpu.memory.parameters import pack, unpack
from skdeep.engines.cpu.memory.places import row_stride
from skdeep.engines.cpu.planning.plan import plan_prediction
from skdeep.engines.cpu.planning.shape import Shape
from skdeep.network.layout import make_layout
from tests.helpers import quiet

rng = np.random.RandomState(0)
X = rng.randn(40, 4)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("padded", [False, True])
def test_outputs(dtype, padded):
    width = 1024 // np.dtype(dtype).itemsize - (0 if padded else 1)
    assert (row_stride(width, np.dtype(dtype).itemsize) > width) == padded
    rows, y = X.astype(dtype), rng.randn(40, width)
    with quiet():
        model = MLPRegressor(hidden_layer_sizes=(3,), activation="tanh", max_iter=1)
        model.fit(rows, y)
    (W1, W2), (b1, b2) = model.coefs_, model.intercepts_
    expected = np.tanh(rows @ W1 + b1) @ W2 + b2
    for predict in (model.predict, model.make_predictor().predict):
        for n_rows in (1, 40):
            got = predict(rows[:n_rows])
            assert got.dtype == dtype
            np.testing.assert_allclose(got, expected[:n_rows], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("members", [1, 2, 3])
@pytest.mark.parametrize("units", [[513, 1030, 1], [700, 1024, 600, 2]])
def test_large_weights_are_packed(units, members):
    """Blocks of rows, by one thread and by several, have all weights in their places."""
    layout = make_layout(units, ["tanh"] * (len(units) - 2) + ["identity"])
    plan = plan_prediction(layout, Shape(900, 8, None, False), members)
    vector = np.arange(layout.n_parameters, dtype=float)
    packed = np.full(plan.memory_size, -1.0)
    pack(plan, layout, vector, packed)
    np.testing.assert_array_equal(unpack(plan, layout, packed), vector)
    span = plan.spans[0]
    assert span.in_panels and plan.members == members
    for row, column in [(0, 0), (units[0] - 1, units[1] - 1), (17, 33), (16, span.stride)]:
        panel, place = divmod(column, span.stride)
        found = packed[span.ours + (panel * span.fan_in + row) * span.stride + place]
        assert found == vector[span.theirs + row * units[1] + column]
