"""Teams whose members wait for each other step aside where others want the cores."""

import time

import numpy as np
import pytest

from skdeep.engines.cpu.threads.crowding import Crowding

#: Seconds from one look at the clock to the next.
STEP = 1e-3


@pytest.fixture
def clock(monkeypatch):
    """Let a test set the time."""
    now = [0.0]
    monkeypatch.setattr(time, "perf_counter", lambda: now[0])
    return now


def observe(crowding, seconds, thread_share, process_cores):
    """Report a call of two members."""
    crowding.observe(2, seconds, thread_share * seconds, process_cores * seconds)


def pauses_of(crowding, clock, n_calls, process_cores):
    """Return how long work goes on alone after each of some calls on crowded cores."""
    pauses = []
    for _ in range(n_calls):
        observe(crowding, 0.08, 0.5, process_cores)
        start = clock[0]
        while crowding.alone():
            clock[0] += STEP
        pauses.append(clock[0] - start)
    return pauses


@pytest.mark.parametrize("process_cores", [0.2, 1.0, 1.33])
def test_cores_that_other_processes_want_are_left_for_longer_and_longer(clock, process_cores):
    crowding = Crowding()
    pauses = pauses_of(crowding, clock, 10, process_cores)
    first, longest = crowding.FIRST_PAUSE, crowding.LONGEST_PAUSE
    expected = [min(first * 2**i, longest) for i in range(10)]
    assert expected[-1] == longest
    np.testing.assert_allclose(pauses, expected, atol=2 * STEP)


@pytest.mark.parametrize("process_cores", [1.5, 2.0])
def test_cores_that_threads_of_this_process_want_are_soon_tried_again(clock, process_cores):
    """Those of BLAS spin for up to a tenth of a second after their last call."""
    crowding = Crowding()
    pauses = pauses_of(crowding, clock, 6, process_cores)
    longest = crowding.LONGEST_PAUSE_OF_OWN
    assert 0.1 < longest < crowding.LONGEST_PAUSE
    expected = [min(crowding.FIRST_PAUSE * 2**i, longest) for i in range(6)]
    np.testing.assert_allclose(pauses, expected, atol=2 * STEP)


def test_threads_of_this_process_shorten_what_other_processes_have_lengthened(clock):
    crowding = Crowding()
    pauses_of(crowding, clock, 8, 1.0)
    pauses = pauses_of(crowding, clock, 2, 2.0)
    np.testing.assert_allclose(pauses, 2 * [crowding.LONGEST_PAUSE_OF_OWN], atol=2 * STEP)
    pauses = pauses_of(crowding, clock, 2, 1.0)
    expected = crowding.LONGEST_PAUSE_OF_OWN * np.array([1, 2])
    np.testing.assert_allclose(pauses, expected, atol=2 * STEP)


def test_free_cores_are_used_again(clock):
    crowding = Crowding()
    observe(crowding, 0.08, 0.1, 0.2)
    observe(crowding, 0.08, 0.1, 0.2)
    clock[0] = 100.0
    assert not crowding.alone()
    observe(crowding, 0.08, 0.99, 2.0)
    assert not crowding.alone()
    assert crowding.pause == Crowding.FIRST_PAUSE


def test_short_calls_tell_nothing(clock):
    crowding = Crowding()
    observe(crowding, 0.001, 0.0, 0.0)
    assert not crowding.alone()
