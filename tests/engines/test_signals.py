"""Signals are kept back where an exception would do harm, and reach the caller all the same."""

import os
import signal
import threading
import warnings

import numpy as np
import pytest

from skdeep import MLPClassifier
from skdeep.engines import signals
from tests.helpers import quiet, run_python

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="the signals of POSIX")


class Timeout(Exception):
    """What the handler raises."""


@pytest.fixture
def arrived():
    """Handle SIGUSR1 by noting it, and SIGUSR2 by an exception."""
    seen = []

    def raise_timeout(number, frame):
        raise Timeout

    before = signal.getsignal(signal.SIGUSR1), signal.getsignal(signal.SIGUSR2)
    signal.signal(signal.SIGUSR1, lambda number, frame: seen.append(number))
    signal.signal(signal.SIGUSR2, raise_timeout)
    yield seen
    signal.signal(signal.SIGUSR1, before[0])
    signal.signal(signal.SIGUSR2, before[1])


def test_signals_wait_until_they_are_asked_for(arrived):
    with signals.deferred():
        signal.raise_signal(signal.SIGUSR1)
        assert not arrived
        signals.deliver()
        assert arrived == [signal.SIGUSR1]
        signal.raise_signal(signal.SIGUSR1)
    assert arrived == 2 * [signal.SIGUSR1]


def test_an_exception_comes_in_the_end(arrived):
    handler, after = signal.getsignal(signal.SIGUSR2), []
    with pytest.raises(Timeout), signals.deferred():
        signal.raise_signal(signal.SIGUSR2)
        after.append("reached")
    assert after == ["reached"]
    assert signal.getsignal(signal.SIGUSR2) is handler
    assert not signals._state.deferring
    assert not signals._state.pending


def test_functions_of_the_user_are_interrupted_at_once(arrived):
    handler = signal.getsignal(signal.SIGUSR1)

    def function(share, *, more):
        assert signal.getsignal(signal.SIGUSR1) is handler
        with pytest.raises(Timeout):
            signal.raise_signal(signal.SIGUSR2)
        with signals.deferred():  # as another fit within a scorer
            signal.raise_signal(signal.SIGUSR1)
            assert not arrived
        assert arrived
        return share + more

    with signals.deferred():
        assert signals.immediately(function, 1, more=2) == 3
        signal.raise_signal(signal.SIGUSR1)
        assert len(arrived) == 1
    assert len(arrived) == 2


def test_other_handlers_set_meanwhile_stay(arrived):
    with signals.deferred():
        signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    assert signal.getsignal(signal.SIGUSR1) == signal.SIG_IGN


def test_waiting_lets_signals_in(arrived):
    event = threading.Event()
    timer = threading.Timer(0.05, signal.raise_signal, [signal.SIGUSR2])
    timer.start()
    with pytest.raises(Timeout), signals.deferred():
        signals.wait(event)
    timer.join()


def test_other_threads_change_no_handlers(arrived):
    handler, seen = signal.getsignal(signal.SIGUSR1), []

    def work():
        with signals.deferred():
            seen.append(signals.immediately(signal.getsignal, signal.SIGUSR1))
            signals.deliver()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [handler]


def test_handlers_that_a_function_of_the_user_sets(arrived):
    """One for its own duration, around another fit, then one that stays."""
    first, others = signal.getsignal(signal.SIGUSR1), []

    def with_timeout():
        before = signal.signal(signal.SIGUSR1, lambda number, frame: others.append(number))
        with signals.deferred():
            signal.raise_signal(signal.SIGUSR1)
            assert not others
        signal.signal(signal.SIGUSR1, before)

    def stay(number, frame):
        others.append("stays")

    with signals.deferred():
        signals.immediately(with_timeout)
        assert others == [signal.SIGUSR1]
        signal.raise_signal(signal.SIGUSR1)
        assert not arrived
        signals.deliver()
        assert arrived
        assert len(others) == 1
        signals.immediately(signal.signal, signal.SIGUSR1, stay)
        signal.raise_signal(signal.SIGUSR1)
        assert len(others) == 1, "the new handler is to wait, too"
    assert others[1:] == ["stays"]
    assert signal.getsignal(signal.SIGUSR1) is stay
    signal.signal(signal.SIGUSR1, first)


def test_nothing_is_left_for_the_next_fit(arrived):
    """Several exceptions at once: one comes, the others do not come later."""
    with pytest.raises(Timeout), signals.deferred():
        for number in 2 * (signal.SIGUSR2, signal.SIGUSR1):
            signal.raise_signal(number)
    assert arrived == 2 * [signal.SIGUSR1]
    assert not signals._state.pending
    with pytest.raises(Timeout), signals.deferred():
        for number in 2 * (signal.SIGUSR2, signal.SIGUSR1):
            signal.raise_signal(number)
        signals.deliver()
    assert not signals._state.pending


STORM = """
import signal, time
from skdeep.engines import signals

class Timeout(Exception):
    pass

armed = False

def handler(number, frame):
    if armed:
        raise Timeout

def nothing():
    pass

wrong = set()
signal.signal(signal.SIGALRM, handler)
end = time.monotonic() + 5.0
signal.setitimer(signal.ITIMER_REAL, 0.0002, 0.0002)
n_exceptions = 0
while time.monotonic() < end:
    try:
        armed = True
        with signals.deferred():
            signals.immediately(nothing)
        armed = False
    except Timeout:
        armed = False
        n_exceptions += 1
    if signals._state.deferring:
        wrong.add("signals are kept back after the end")
    if signals._state.pending:
        wrong.add("a signal waits for the next fit")
signal.setitimer(signal.ITIMER_REAL, 0)
with signals.deferred():
    pass
if signal.getsignal(signal.SIGALRM) is not handler:
    wrong.add("the handler is not restored")
if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
    wrong.add("the handler of Ctrl-C is not restored")
assert n_exceptions > 100, n_exceptions
assert not wrong, wrong
"""


def test_exceptions_while_handlers_are_replaced():
    """Some thousand, at every step of it."""
    run_python(STORM)


def test_where_no_handlers_can_be_set(monkeypatch):
    """As where Python is embedded, and `threading` was imported in another thread."""

    def refuse(number, handler):
        raise ValueError("signal only works in main thread of the main interpreter")

    monkeypatch.setattr(signals, "_set_handler", refuse)
    monkeypatch.setattr(signals, "_get_handler", signal.getsignal)
    with signals.deferred():
        assert signals.immediately(len, "abc") == 3
        signals.deliver()
    assert not signals._state.deferring


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_a_child_that_another_thread_forks(arrived):
    """While the main thread trains: its handlers are at work in the child."""
    statuses = []

    def fork():
        child = os.fork()
        if child == 0:
            kept = signals._state.deferring
            signal.raise_signal(signal.SIGUSR1)
            os._exit(0 if arrived and not kept else 1)
        statuses.append(os.waitpid(child, 0)[1])

    with signals.deferred(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Python warns of forks beside threads
        thread = threading.Thread(target=fork)
        thread.start()
        thread.join()
    assert statuses == [0]


@pytest.mark.parametrize("solver", ["adam", "cg", "lbfgs"])
def test_no_exception_is_lost_in_code_that_catches_all(solver, arrived, monkeypatch):
    """As `numpy.array_equal` and scipy's line search do."""
    X = np.random.RandomState(0).standard_normal((40, 3))
    y, compare, sent = X[:, 0] > 0, np.array_equal, []

    def array_equal(*arguments, **keywords):
        sent.append(1)
        try:
            signal.raise_signal(signal.SIGUSR2)
        except Timeout:
            return False
        return compare(*arguments, **keywords)

    model = MLPClassifier((4,), solver=solver, max_iter=3, random_state=0, warm_start=True)
    with quiet():
        model.fit(X, y)
        before = dict(vars(model))
        monkeypatch.setattr(np, "array_equal", array_equal)
        with pytest.raises(Timeout):
            model.fit(X, y)
    assert sent
    assert vars(model).keys() == before.keys()
    assert all(vars(model)[name] is value for name, value in before.items())
