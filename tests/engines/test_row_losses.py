"""The mean loss of rows beside NumPy's average."""

import numpy as np
import pytest

from skdeep.engines.problem import Objective
from skdeep.engines.row_losses import mean_of_rows

LOSSES = np.random.default_rng(0).uniform(0.0, 3.0, 101)
WEIGHTS = np.random.default_rng(1).uniform(0.0, 2.0, 101)


@pytest.mark.parametrize("weights", [None, WEIGHTS])
@pytest.mark.parametrize(
    "loss, as_reported, share",
    [("squared_error", True, 3), ("squared_error", False, 1), ("categorical_log_loss", True, 1)],
)
def test_mean(loss, as_reported, share, weights):
    objective = Objective(loss, 0.0, as_reported=as_reported)
    expected = np.average(LOSSES, weights=weights) / share
    assert mean_of_rows(LOSSES, 3, objective, weights) == pytest.approx(expected, rel=1e-14)


def test_sums_in_double_precision():
    losses = np.full(1 << 16, 0.1, np.float32)
    found = mean_of_rows(losses, 1, Objective("huber", 0.0, 1.0), np.ones(1 << 16, np.float32))
    assert found == pytest.approx(float(np.float32(0.1)), rel=1e-14)


def test_no_weight():
    assert np.isnan(mean_of_rows(LOSSES, 1, Objective("squared_error", 0.0), np.zeros(101)))


def test_sums_of_large_weights_do_not_overflow():
    objective = Objective("squared_error", 0.0)
    weights = np.full(4, 3e38, np.float32)
    assert mean_of_rows(np.ones(4), 1, objective, weights) == pytest.approx(1.0)
    many = np.full(100_001, 0.1, np.float32)
    assert mean_of_rows(np.ones(100_001), 1, objective, many) == pytest.approx(1.0, rel=1e-14)
