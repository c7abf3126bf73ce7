"""Signals are kept back where an exception would do harm, and reach the caller all the same."""

import signal
import threading

import numpy as np
import pytest

from skdeep import MLPClassifier
from skdeep.engines import signals
from tests.helpers import quiet

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
    with signals.deferred():
        with signals.immediately():
            with pytest.raises(Timeout):
                signal.raise_signal(signal.SIGUSR2)
            with signals.deferred():  # as another fit within a scorer
                signal.raise_signal(signal.SIGUSR1)
                assert not arrived
            assert arrived
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
        with signals.deferred(), signals.immediately():
            seen.append(signal.getsignal(signal.SIGUSR1))
            signals.deliver()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [handler]


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
