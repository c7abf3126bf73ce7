"""Teams step aside where other processes want the cores."""

import numpy as np
import pytest

from skdeep.engines.cpu.threads import team

#: Seconds from one look at the clock to the next.
STEP = 1e-3


@pytest.fixture
def clock(monkeypatch):
    """Let a test set the time."""
    now = [0.0]
    monkeypatch.setattr(team.time, "perf_counter", lambda: now[0])
    return now


def test_crowded_cores_are_left_alone_for_longer_and_longer(clock):
    crowding = team._Crowding()
    pauses = []
    for _ in range(10):
        crowding.observe(seconds=0.08, processor_seconds=0.01)
        assert crowding.alone()
        start = clock[0]
        while crowding.alone():
            clock[0] += STEP
        pauses.append(clock[0] - start)
    first, longest = crowding.FIRST_PAUSE, crowding.LONGEST_PAUSE
    expected = [min(first * 2**i, longest) for i in range(10)]
    assert expected[-1] == longest
    np.testing.assert_allclose(pauses, expected, atol=2 * STEP)


def test_free_cores_are_used_again(clock):
    crowding = team._Crowding()
    crowding.observe(0.08, 0.01)
    crowding.observe(0.08, 0.01)
    clock[0] = 100.0
    assert not crowding.alone()
    crowding.observe(0.08, 0.079)
    assert not crowding.alone()
    assert crowding.pause == team._Crowding.FIRST_PAUSE


def test_short_calls_tell_nothing(clock):
    crowding = team._Crowding()
    crowding.observe(0.001, 0.0)
    assert not crowding.alone()
