"""The team of threads: everyone arrives, results do not depend on who came."""

import gc
import threading
import time

import numba
import numpy as np
import pytest

from skdeep.engines.cpu.compiling import jit
from skdeep.engines.cpu.threads import team
from skdeep.engines.cpu.threads.crowding import Crowding

pytestmark = pytest.mark.skipif(numba.config.DISABLE_JIT, reason="teams need compiled code")
OPTIONS = {"nogil": True}


@pytest.fixture(autouse=True)
def uncrowded(monkeypatch):
    """Whatever else the machine does: teams come, as on cores of their own."""
    crowding = Crowding()
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


@numba.njit(**OPTIONS)
def _share_pieces(takers, came, shared, member):
    """Whoever takes a piece notes it, and how many members there are."""
    members = team.join(shared, member)
    if members == 0:
        return
    piece = team.take(shared, members)
    while piece < len(takers):
        takers[piece] += 1
        came[member] = members
        piece = team.take(shared, members)


@pytest.mark.parametrize("members", [1, 2, 3, 5])
def test_every_piece_is_taken_once(members):
    for _ in range(20):
        takers, came = np.zeros(1000, dtype=np.int64), np.zeros(8, dtype=np.int64)
        team.run(_share_pieces, (takers, came), members, barriers=False)
        np.testing.assert_array_equal(takers, 1)
        assert 1 <= came.max() <= members


class _Observed(Crowding):
    """Keeps what it is told."""

    def __init__(self, alone):
        super().__init__()
        self.calls, self.alone_now = [], alone

    def alone(self):
        return self.alone_now

    def observe(self, *call):
        self.calls.append(call)


def test_teams_without_barriers_come_to_crowded_cores(monkeypatch):
    crowding = _Observed(alone=True)
    monkeypatch.setattr(team, "_crowding", crowding)
    for barriers, members in ((True, 1), (False, 3)):
        takers, came = np.zeros(100, dtype=np.int64), np.zeros(8, dtype=np.int64)
        team.run(_share_pieces, (takers, came), 3, barriers=barriers)
        assert came.max() == members
    assert crowding.calls == []


def test_teams_with_barriers_are_observed(monkeypatch):
    crowding = _Observed(alone=False)
    monkeypatch.setattr(team, "_crowding", crowding)
    numbers, seen = np.zeros(8, dtype=np.int64), np.zeros(8, dtype=np.int64)
    team.run(_count, (10, numbers, seen), 1)
    assert crowding.calls == []
    team.run(_count, (10, numbers, seen), 2)
    [(members, *seconds)] = crowding.calls
    assert members == 2 and len(seconds) == 3 and min(seconds) >= 0


def test_helpers_that_come_too_late_are_not_waited_for_without_barriers():
    """The threads of the pool are busy until the call has ended."""
    team._cores.reset()
    team.run(_share_pieces, (np.zeros(1), np.zeros(8)), 3, barriers=False)
    pool, go_on = team._cores.pool, threading.Event()
    busy = [pool.submit(go_on.wait, 60) for _ in range(team._cores.pool_size)]
    takers, came = np.zeros(100, dtype=np.int64), np.zeros(8, dtype=np.int64)
    team.run(_share_pieces, (takers, came), 3, barriers=False)
    assert not any(future.done() for future in busy)
    go_on.set()
    assert all(future.result() for future in busy)
    np.testing.assert_array_equal(takers, 1)
    assert came.tolist() == [3] + 7 * [0]


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


@pytest.mark.parametrize("error", [RuntimeError("can't start new thread"), TimeoutError()])
def test_helpers_for_whom_no_thread_is_started(monkeypatch, error):
    """Their calls are queued by then: they join no team, and no team waits for them."""

    def start(thread):
        if thread.name.startswith("skdeep_"):
            started.append(thread)
            if len(started) % 3 == 2:
                raise error
        plainly(thread)

    started, plainly, teams, errors = [], threading.Thread.start, [], 0
    team._cores.reset()
    monkeypatch.setattr(threading.Thread, "start", start)
    for _ in range(20):
        numbers, seen = np.zeros(8, dtype=np.int64), np.zeros(8, dtype=np.int64)
        try:
            team.run(_count, (300, numbers, seen), 3)
        except TimeoutError:
            errors += 1
        else:
            teams.append((seen[0], seen))
    team._cores.pool.shutdown()
    assert errors == isinstance(error, TimeoutError) and len(teams) + errors == 20
    for members, seen in teams:
        assert seen[:members].tolist() == members * [members] and not seen[members:].any()
    assert [members for members, _ in teams][-1] == 3
    team._cores.reset()


def test_a_call_that_is_queued_for_a_thread_that_cannot_start_ends(monkeypatch):
    """The first helper's thread does not start while another thread of the pool is at work."""

    def kernel(seconds, shared, member):  # what `join` does
        if member == 0 and shared[team.MEMBERS] > 1:
            shared[team.GATE] = shared[team.MEMBERS]
        begin = time.monotonic()
        while member > 0 and shared[team.GATE] == 0 and time.monotonic() < begin + 10:
            time.sleep(0.001)
        if member > 0:
            gates.append(int(shared[team.GATE]))
            at_work.set()
        time.sleep(seconds)

    def refused(thread):
        raise RuntimeError("can't start new thread")

    gates, at_work = [], threading.Event()
    monkeypatch.setattr(team, "available_threads", lambda: 4)
    monkeypatch.setattr(team, "prepare", lambda *_: None)
    monkeypatch.setattr(team._crowding, "alone", lambda: False)
    team._cores.reset()
    first = threading.Thread(target=team.run, args=(kernel, (0.5,), 2))
    first.start()
    assert at_work.wait(10)
    pool = team._cores.pool
    with monkeypatch.context() as refusing:
        refusing.setattr(threading.Thread, "start", refused)
        team.run(kernel, (0.0,), 2)
    first.join()
    pool.shutdown()  # waits for what is queued
    assert gates[0] == 2 and all(gate != 0 for gate in gates)
    team._cores.reset()


def test_cores_are_given_back_after_an_error():
    def broken(shared, member):
        raise ZeroDivisionError

    for _ in range(5):
        with pytest.raises(ZeroDivisionError):
            team.run(broken, (), 1)
    test_all_come_when_nobody_else_is_at_work()


def test_cores_of_threads_that_ended_within_a_call_are_free():
    """A signal handler's exception can end a call before it gives its cores back."""
    before = team._cores.busy

    def take():
        team._cores.take(2, 8)
        taken.append(team._cores.busy)

    for _ in range(3):
        taken = []
        thread = threading.Thread(target=take)
        thread.start()
        thread.join()
        del thread
        gc.collect()
        assert taken == [before + 3] and team._cores.busy == before


def test_kernels_are_not_taken_for_others_that_are_gone():
    for _ in range(5):
        kernel = numba.njit(lambda shared, member: None)
        team.prepare(kernel, ())
        assert len(kernel.signatures) == 1
        n_prepared = len(jit._prepared)
        del kernel
        gc.collect()
        assert len(jit._prepared) == n_prepared - 1


def test_threads_available(monkeypatch):
    assert team.available_threads() >= 1
    monkeypatch.setattr(numba.config, "NUMBA_NUM_THREADS", 1)
    assert team.available_threads() == 1
