"""The end of a mini-batch and of an epoch: progress, patience, and what ends training."""

import numpy as np
import pytest

from skdeep.formulas import stopping
from skdeep.formulas.schedules import STEPWISE


def test_stalled_epochs_are_those_of_scikit_learn():
    """Of `BaseMultilayerPerceptron._update_no_improvement_count`, written down again."""
    losses = np.abs(np.random.default_rng(0).normal(size=200)).round(1)
    best, tol, count = np.inf, 0.1, 0
    expected_best, expected = np.inf, 0
    for loss in losses:
        count = stopping.epochs_without_progress(count, loss, best, tol)
        best = stopping.best_loss(loss, best)
        expected = expected + 1 if loss > expected_best - tol else 0
        expected_best = min(loss, expected_best)
        assert (count, best) == (expected, expected_best)
        assert stopping.has_stalled(count, 10) == (expected > 10)


def test_nan_is_no_best_loss():
    assert stopping.best_loss(np.nan, 1.0) == 1.0
    assert stopping.best_loss(0.5, 1.0) == 0.5


def test_a_batch_counts_as_many_times_as_it_has_rows():
    """The mean over an epoch is then that over its rows, each batch by its own weights."""
    assert stopping.loss_of_rows(6.0, 1.5, 3.0, 4) == pytest.approx(10.0)
    assert stopping.loss_of_rows(6.0, 1.5, 0.0, 4) == 0.0


@pytest.mark.parametrize(("n_rows", "size", "expected"), [(10, 5, 2), (11, 5, 3), (3, 5, 1)])
def test_batches_of_an_epoch(n_rows, size, expected):
    assert stopping.n_batches(n_rows, size) == expected


def test_rate_of_an_update():
    assert stopping.rate_of_update(0.5, 0.1) == 0.5
    assert stopping.rate_of_update(0.0, 0.1) == 0.0
    assert stopping.rate_of_update(-1.0, 0.1) == 0.1


@pytest.mark.parametrize(
    ("name", "stalled", "expected"),
    [
        ("constant", False, (0.1, False)),
        ("constant", True, (0.1, True)),
        ("adaptive", False, (0.1, False)),
        ("adaptive", True, (0.02, False)),
        ("invscaling", False, (0.2 / 401**0.5, False)),
        ("invscaling", True, (0.2 / 401**0.5, True)),
    ],
)
def test_rate_after_an_epoch(name, stalled, expected):
    schedule = STEPWISE[name]
    p = {"adaptive": (5.0, 1e-6), "invscaling": (0.5, 0.0)}.get(name, (0.0, 0.0))
    rate, ends = stopping.rate_after_epoch(
        schedule.epoch_end, schedule.plateau, (0.1, 0.2, 400.0), stalled, p
    )
    assert (rate, bool(ends)) == (pytest.approx(expected[0]), expected[1])


def test_reasons_to_stop():
    """A small gradient is the stronger reason; what is not watched for is none."""
    reasons = stopping.BY_CHANGE, stopping.BY_GRADIENT, stopping.BY_OBJECTIVE
    assert sorted(reasons) == [1, 2, 3]
    assert stopping.reason_to_stop(0, 1.0, 0.0, 0.0, 0.0) == 0
    assert stopping.reason_to_stop(stopping.BY_CHANGE, 1.0, 0.0, 0.0, 0.0) == stopping.BY_CHANGE
    assert stopping.reason_to_stop(0, 0.5, 1.0, 0.6, 0.1) == stopping.BY_OBJECTIVE
    assert stopping.reason_to_stop(0, 0.5, 0.05, 0.6, 0.1) == stopping.BY_GRADIENT
    assert stopping.reason_to_stop(0, np.nan, np.nan, 0.6, 0.1) == 0
