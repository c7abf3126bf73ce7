"""Fits in many threads share the memory of a device, shown with a stand-in of it."""

import _thread
import gc
import threading
import time

import pytest

from skdeep.engines import signals
from skdeep.engines.cuda.memory import admission
from skdeep.engines.cuda.memory.admission import Admission, Ticket


class StandIn:
    """A device that has memory and nothing else."""

    def __init__(self, total):
        self.total, self.taken, self.most, self._lock = total, 0, 0, threading.Lock()

    def total_bytes(self):
        return self.total

    def free_bytes(self):
        with self._lock:
            return self.total - self.taken

    def take(self, n_bytes):
        with self._lock:
            self.taken += n_bytes
            self.most = max(self.most, self.taken)
            if self.taken > self.total:
                raise MemoryError

    def give(self, n_bytes):
        with self._lock:
            self.taken -= n_bytes


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(admission, "SECONDS_BETWEEN_LOOKS", 0.001)


def in_threads(job, n_threads):
    """Run a job in many threads that begin together; return what was raised."""
    together, raised = threading.Barrier(n_threads), []

    def run(number):
        together.wait()
        try:
            job(number)
        except BaseException as error:
            raised.append(error)

    threads = [threading.Thread(target=run, args=(n,), daemon=True) for n in range(n_threads)]
    for thread in threads:
        thread.start()
    end = time.monotonic() + 60
    for thread in threads:
        thread.join(max(0, end - time.monotonic()))
    assert not any(thread.is_alive() for thread in threads)
    return raised


def test_64_fits_never_take_more_than_there_is():
    """Each takes a tenth of the memory, after a while: all succeed, with all of their data."""
    device = StandIn(10_000)
    rooms, granted = Admission(device), []

    def fit(number):
        ticket = Ticket()
        with rooms.room_for(ticket, 100, 900) as data, ticket.at_work():
            granted.append(data)
            time.sleep(0.001)  # others look at the free memory meanwhile
            device.take(100 + data)
        with ticket.at_work():
            time.sleep(0.002)
        device.give(100 + data)

    assert not in_threads(fit, 64)
    assert granted == [900] * 64
    assert 2_000 < device.most <= 10_000
    assert rooms._promised == 0 and device.taken == 0


def test_a_fit_that_fails_keeps_nothing():
    rooms = Admission(StandIn(1_000))

    def fit(number):
        with rooms.room_for(Ticket(), 10, 400):
            raise KeyError(number)

    assert sorted(error.args[0] for error in in_threads(fit, 16)) == list(range(16))
    assert rooms._promised == 0
    with rooms.room_for(Ticket(), 10, 400) as data:
        assert data == 400


def test_data_larger_than_the_share_come_in_parts():
    """At once, where nothing else is on the device: nobody would make room for them."""
    with Admission(StandIn(1_000)).room_for(Ticket(), 0, 5_000) as data:
        assert data == 500


@pytest.mark.parametrize("why", ["has ended", "has not worked for long", "is of this thread"])
def test_who_keeps_nobody_waiting(why, monkeypatch):
    """There is room for a part: of a fit that goes on, one would wait for the rest."""
    device = StandIn(1_000)
    rooms = Admission(device)
    holders = []

    def hold():
        holders.append(Ticket())
        with rooms.room_for(holders[0], 0, 400):
            device.take(400)

    if why == "is of this thread":
        hold()
    else:
        in_threads(lambda number: hold(), 1)
    if why == "has ended":
        holders.clear()
        gc.collect()
    elif why == "has not worked for long":
        monkeypatch.setattr(admission, "SECONDS_OF_PATIENCE", 0.05)
    with rooms.room_for(Ticket(), 0, 400) as data:
        assert data == 300


def test_a_fit_at_work_is_waited_for():
    device = StandIn(1_000)
    rooms, entered = Admission(device), threading.Event()

    def hold():
        ticket = Ticket()
        with rooms.room_for(ticket, 0, 400), ticket.at_work():
            device.take(400)
            entered.set()
            time.sleep(0.1)
            device.give(400)

    thread = threading.Thread(target=hold)
    thread.start()
    entered.wait()
    with rooms.room_for(Ticket(), 0, 400) as data:
        assert data == 400
    thread.join()


def test_who_has_memory_does_not_wait():
    """Nor queue behind one that does: a fit that validates would keep both waiting."""
    device = StandIn(1_000)
    rooms, waited, done = Admission(device), [], threading.Event()

    def wait():
        with rooms.room_for(Ticket(), 0, 400) as data:
            waited.append(data)
            done.set()

    ticket = Ticket()
    with rooms.room_for(ticket, 0, 400):
        device.take(400)
    thread = threading.Thread(target=wait)
    thread.start()
    time.sleep(0.05)
    with ticket.at_work():
        for _ in range(3):
            with rooms.room_for(Ticket(), 0, 400) as data:
                assert 0 < data <= 300
    assert not waited
    device.give(400)
    thread.join(10)
    assert waited == [400]


def test_a_prediction_does_not_wait_for_fits():
    """It runs in chunks anyway, and needs room for no more than one of them."""
    device = StandIn(1_000)
    rooms, holders = Admission(device), []

    def hold():
        holders.append(Ticket())
        with rooms.room_for(holders[0], 0, 400):
            device.take(400)

    in_threads(lambda number: hold(), 1)
    with rooms.room_for(Ticket(), 0, 450, 200) as data:
        assert data == 300


@pytest.mark.parametrize("size", [10, 450])
def test_a_prediction_does_not_queue_behind_a_fit_that_waits(size):
    device = StandIn(1_000)
    rooms, at_work, waits = Admission(device), Ticket(), threading.Event()

    def hold():
        with rooms.room_for(at_work, 0, 400):
            device.take(400)

    def wait():
        with rooms.room_for(Ticket(), 0, 400):
            order.append("fit")

    in_threads(lambda number: hold(), 1)
    order, real = [], rooms._is_anyone_awaited
    rooms._is_anyone_awaited = lambda: waits.set() or real()
    with at_work.at_work():
        fit = threading.Thread(target=wait)
        fit.start()
        assert waits.wait(60)

        def predict(number):
            with rooms.room_for(Ticket(), 0, size, 200) as data:
                assert data == min(size, 300)
                order.append("prediction")

        end = threading.Timer(10, device.give, [400])  # nobody waits for ever
        end.start()
        assert not in_threads(predict, 1)
        order.append("end")
        end.cancel()
        if device.taken:
            device.give(400)
        fit.join(60)
    assert order == ["prediction", "end", "fit"]


@pytest.mark.parametrize("another_waits", [False, True])
def test_ctrl_c(another_waits):
    """It ends a fit that waits for memory, or for its turn to wait; the others go on."""
    device = StandIn(100)
    admission, end, tickets, granted = Admission(device), threading.Event(), [], []

    def hold():
        ticket = Ticket()
        with ticket.at_work():
            with admission.room_for(ticket, 0, 50):
                device.take(80)
            tickets.append(ticket)
            end.wait(60)
            device.give(80)

    def wait():
        with admission.room_for(Ticket(), 0, 50) as room:
            granted.append(room)

    others = [threading.Thread(target=job) for job in (hold, wait)[: 1 + another_waits]]
    others[0].start()
    while not tickets:
        time.sleep(0.001)
    for thread in others[1:]:
        thread.start()
        while not admission._turn.locked():
            time.sleep(0.001)
    press = threading.Timer(0.1, _thread.interrupt_main)
    press.start()
    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt), signals.deferred():
        with admission.room_for(Ticket(), 0, 50):
            raise AssertionError("there is no room")
    assert time.monotonic() - start < 30
    end.set()
    for thread in others:
        thread.join(60)
    assert granted == [50] * another_waits
    with admission.room_for(Ticket(), 0, 50) as room:
        assert room == 50


def test_small_fits_do_not_ask_the_driver(monkeypatch):
    """What it has said is used for a while, as long as 32 times what is wanted is left of it."""
    monkeypatch.setattr(admission.time, "monotonic", lambda: 0.0)
    device, asked = StandIn(100_000), []
    free_bytes = device.free_bytes
    device.free_bytes = lambda: asked.append(device.taken) or free_bytes()
    rooms = Admission(device)
    for _ in range(80):
        with rooms.room_for(Ticket(), 100, 900) as granted:
            assert granted == 900
            device.take(1000)
    assert asked == [0, *range(69_000, 80_000, 1000)]
    assert device.taken == 80_000 and rooms._promised == 0


def test_what_the_driver_said_is_forgotten(monkeypatch):
    """After a second one asks again, since others take memory, too; after ten nobody goes on."""
    now = [0.0]
    monkeypatch.setattr(admission.time, "monotonic", lambda: now[0])
    device, asked, inner = StandIn(100_000), [], []
    free_bytes = device.free_bytes
    rooms = Admission(device)

    def answer():
        asked.append(now[0])
        if now[0] == 1.5:  # others do not wait for the answer
            thread = threading.Thread(target=lambda: inner.append(promised()), daemon=True)
            thread.start()
            thread.join(60)
        return free_bytes()

    def promised():
        with rooms.room_for(Ticket(), 0, 20) as granted:
            return granted

    device.free_bytes = answer
    for now[0] in (0.0, 0.5, 0.9, 1.5, 2.4, 2.6, 13.0):
        with rooms.room_for(Ticket(), 0, 10):
            pass
    assert asked == [0.0, 1.5, 2.6, 13.0]
    assert inner == [20] and not rooms._is_asking
    assert rooms._spare == 100_000 - 10


def test_who_waits_for_room_is_not_passed():
    """By small fits, for which there would be room."""
    device = StandIn(10_000)
    rooms, order, begun = Admission(device), [], threading.Event()
    taken = Ticket()
    with rooms.room_for(taken, 0, 5_000):
        device.take(9_000)

    def large():
        with rooms.room_for(Ticket(), 0, 1_000):
            order.append("large")

    def small():
        with rooms.room_for(Ticket(), 0, 10):
            order.append("small")

    with taken.at_work():
        real = rooms._is_anyone_awaited
        rooms._is_anyone_awaited = lambda: begun.set() or real()
        threads = [threading.Thread(target=large)]
        threads[0].start()
        assert begun.wait(60)
        threads.append(threading.Thread(target=small))
        threads[1].start()
        time.sleep(0.02)
        assert order == []
        device.give(8_000)
        for thread in threads:
            thread.join(60)
    assert order == ["large", "small"]


def test_what_is_not_small_beside_a_slab_is_asked_for(monkeypatch):
    """The pool takes slabs, of which a fit of a little more than half of one takes a whole one."""
    monkeypatch.setattr(admission.time, "monotonic", lambda: 0.0)
    monkeypatch.setattr(admission, "BYTES_OF_SPARE", 100)
    device, asked = StandIn(100_000), []
    free_bytes = device.free_bytes
    device.free_bytes = lambda: asked.append(1) or free_bytes()
    rooms = Admission(device)
    for data in (10, 100, 101, 50, 200):
        with rooms.room_for(Ticket(), 0, data) as granted:
            assert granted == data
    assert len(asked) == 3
    assert rooms.free_bytes() == 100_000 - 200 and len(asked) == 3


def test_an_error_of_the_driver():
    """The next fit asks again, and nothing stays promised."""
    device = StandIn(100_000)
    rooms, free_bytes = Admission(device), device.free_bytes

    def fail():
        raise OSError("no driver")

    device.free_bytes = fail
    with pytest.raises(OSError), rooms.room_for(Ticket(), 0, 10):
        pass
    device.free_bytes = free_bytes
    with rooms.room_for(Ticket(), 0, 10) as granted:
        assert granted == 10
    assert rooms._promised == 0 and not rooms._is_asking
