"""How many batches a launch trains."""

import pytest

from skdeep.engines.cuda.launching.pace import SECONDS_OF_FRAME, Pace

#: Operations of a batch, and in a second: a batch takes 120 microseconds.
OPERATIONS, RATE = 1e6, 1e10
SECONDS = SECONDS_OF_FRAME + OPERATIONS / RATE


def seconds_of_a_launch(most=False):
    return 0.5 if most else 0.08


def test_an_epoch_or_more():
    """To the end of the epoch, unless that is too long."""
    pace = Pace({}, "a", OPERATIONS, RATE, seconds_of_a_launch)
    assert pace.batches() == pytest.approx(0.08 / SECONDS)
    assert pace.at_once(100, 50) == 100
    assert pace.at_once(100, 3000) == 3000
    assert pace.at_once(100, 10_000) == int(0.5 / SECONDS)


def test_rates_are_shared():
    rates = {}
    pace = Pace(rates, "a", OPERATIONS, RATE, seconds_of_a_launch)
    pace.learn(10, 10 * (SECONDS_OF_FRAME + 1e-3))
    assert rates == {"a": pytest.approx(OPERATIONS / 1e-3)}
    other = Pace(rates, "a", 2 * OPERATIONS, RATE, seconds_of_a_launch)
    assert other.seconds(1) == pytest.approx(SECONDS_OF_FRAME + 2e-3)
