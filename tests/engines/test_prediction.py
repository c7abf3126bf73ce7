"""Predictions are written row by row, whether rows of outputs are padded in the memory or not."""

import numpy as np
import pytest

from skdeep import MLPRegressor
from skdeep.engines.cpu.memory.places import row_stride
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
