"""The team of threads: everyone arrives, results do not depend on who came."""

import threading

import numba
import numpy as np
import pytest

from skdeep.engines.cpu import team

pytestmark = pytest.mark.skipif(numba.config.DISABLE_JIT, reason="teams need compiled code")
OPTIONS = {"nogil": True}


@pytest.fixture(autouse=True)
def uncrowded(monkeypatch):
    """Whatever else the machine does: teams come, as on cores of their own."""
    crowding = team._Crowding()
    crowding.SHARE = 0.0
    monkeypatch.setattr(team, "_crowding", crowding)


@numba.njit(**OPTIONS)
def _count(rounds, numbers, seen, shared, member):
    """Every round, all members write, and after the barrier every one reads what all wrote."""
    members = team.join(shared, member)
    if members == 0:
        return
    for i in range(rounds):
        numbers[member] = i + 1
        team.barrier(shared, members)
        total = 0
        for k in range(members):
            total += numbers[k]
        if total != members * (i + 1):
            seen[member] = -1
        team.barrier(shared, members)
    if seen[member] == 0:
        seen[member] = members


@pytest.mark.parametrize("members", [1, 2, 3, 5])
def test_everyone_meets_at_the_barrier(members):
    numbers, seen = np.zeros(8, dtype=np.int64), np.zeros(8, dtype=np.int64)
    team.run(_count, (300, numbers, seen), members)
    came = seen[0]
    assert 1 <= came <= members
    np.testing.assert_array_equal(seen[:came], came)
    np.testing.assert_array_equal(seen[came:], 0)


def test_all_come_when_nobody_else_is_at_work():
    numbers, seen = np.zeros(8, dtype=np.int64), np.zeros(8, dtype=np.int64)
    team.run(_count, (10, numbers, seen), 3)
    assert seen[0] == 3


def test_many_calls_from_many_threads():
    results = []

    def work():
        for _ in range(100):
            numbers, seen = np.zeros(8, dtype=np.int64), np.zeros(8, dtype=np.int64)
            team.run(_count, (3, numbers, seen), 3)
            results.append(int(seen[0]))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert not any(thread.is_alive() for thread in threads)
    assert len(results) == 400 and min(results) >= 1


def test_cores_are_given_back_after_an_error():
    def broken(shared, member):
        raise ZeroDivisionError

    for _ in range(5):
        with pytest.raises(ZeroDivisionError):
            team.run(broken, (), 1)
    test_all_come_when_nobody_else_is_at_work()


def test_threads_available(monkeypatch):
    assert team.available_threads() >= 1
    monkeypatch.setattr(numba.config, "NUMBA_NUM_THREADS", 1)
    assert team.available_threads() == 1
