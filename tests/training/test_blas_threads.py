"""BLAS has one thread while scipy's solvers run, in whatever thread, and only then."""

import gc
import os
import random
import signal
import threading
import time
import types
import warnings

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from skdeep.initialisers import Orthogonal
from skdeep.training import blas_threads as blas
from skdeep.training.blas_threads import dot, renew_limit, single_threaded_blas


def _blas_threads():
    return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]


def _in_thread(function):
    """Return what a function returns in another thread."""
    results = []
    thread = threading.Thread(target=lambda: results.append(function()))
    thread.start()
    thread.join()
    return results[0]


def _enter_and_leave():
    """Return the numbers of threads within two nested limits, and after them."""
    with single_threaded_blas():
        with single_threaded_blas():
            inside = _blas_threads()
        return inside + _blas_threads()


@pytest.fixture(autouse=True)
def before():
    """Give BLAS several threads, whatever the machine has, and see that it keeps them."""
    with threadpool_limits(3, user_api="blas"):
        numbers = _blas_threads()
        yield numbers
        assert _blas_threads() == numbers


@pytest.fixture
def holder():
    """Hold the limit in another thread until the event is set."""
    inside, leave = threading.Event(), threading.Event()

    def hold():
        with single_threaded_blas():
            inside.set()
            leave.wait()

    thread = threading.Thread(target=hold)
    thread.start()
    inside.wait()
    yield leave
    leave.set()
    thread.join()


@pytest.mark.parametrize("call", [lambda f: f(), _in_thread], ids=["main thread", "other thread"])
def test_limit_holds_inside_and_ends_outside(call, before):
    assert set(call(_enter_and_leave)) <= {1}
    assert _blas_threads() == before


def test_limit_ends_after_an_error(before):
    with pytest.raises(ZeroDivisionError), single_threaded_blas():
        raise ZeroDivisionError
    assert _blas_threads() == before


def test_limits_of_several_threads_overlap(holder, before):
    """The last one that leaves restores."""
    with single_threaded_blas():
        holder.set()
        time.sleep(0.05)
        assert set(_blas_threads()) <= {1}
    assert _blas_threads() == before


def test_limits_of_the_user_around(before):
    with threadpool_limits(2, user_api="blas"):
        two = _blas_threads()
        assert set(_in_thread(_enter_and_leave)) <= {1}
        assert _blas_threads() == two
    assert _blas_threads() == before


def test_limits_of_the_user_inside(before):
    """What somebody else sets meanwhile is undone for the fit, and holds after it."""
    with single_threaded_blas():
        with threadpool_limits(2, user_api="blas"):
            pass
        assert set(_blas_threads()) <= {1}
        threadpool_limits(2, user_api="blas")
        renew_limit()
        assert set(_blas_threads()) <= {1}
    assert set(_blas_threads()) <= {2}
    threadpool_limits(before[0] if before else None, user_api="blas")


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs a timer that sends signals")
def test_exception_of_a_signal_handler_at_any_moment(before):
    class Alarm(Exception):
        pass

    def handler(*_):
        raise Alarm

    rng, n_raised = random.Random(0), 0
    gc.disable()  # Python ignores an exception within what others do when it collects garbage
    previous = signal.signal(signal.SIGALRM, handler)
    try:
        for _ in range(300):
            try:
                signal.setitimer(signal.ITIMER_REAL, rng.uniform(1e-6, 1e-3))
                try:
                    with single_threaded_blas(), single_threaded_blas():
                        renew_limit()
                finally:
                    signal.setitimer(signal.ITIMER_REAL, 0)
            except Alarm:
                n_raised += 1
            blas._KEEPER.ask()  # has looked at the limit once it answers
            assert _blas_threads() == before
    finally:
        signal.signal(signal.SIGALRM, previous)
        gc.enable()
    assert n_raised > 30


def _in_child(function):
    """Return the exit status of a forked process that calls a function."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of forks beside threads
        child = os.fork()
    if child == 0:
        try:
            function()
            os._exit(0)
        except BaseException:
            os._exit(1)
    return os.waitpid(child, 0)[1]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_fork_beside_a_thread_that_holds_the_limit(holder, before):
    def work():
        assert _blas_threads() == before
        assert set(_enter_and_leave()) <= {1}
        assert _blas_threads() == before

    assert _in_child(work) == 0
    assert set(_blas_threads()) <= {1}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_fork_within_the_limit(before):
    limit = single_threaded_blas()

    def work():
        assert set(_blas_threads()) <= {1}
        assert set(_enter_and_leave()) <= {1}
        limit.__exit__(None, None, None)
        assert _blas_threads() == before

    with limit:
        assert _in_child(work) == 0
        assert set(_blas_threads()) <= {1}


def test_libraries_whose_threads_have_limits_of_their_own(monkeypatch):
    """OpenBLAS that was built with OpenMP is limited by the thread that uses it."""

    class Library:
        internal_api, threading_layer, filepath = "openblas", "openmp", "somewhere"

        def __init__(self):
            self.own = threading.local()

        def get_num_threads(self):
            return getattr(self.own, "number", 5)

        def set_num_threads(self, number):
            self.own.number = number

    class Controller:
        library = Library()

        def select(self, user_api):
            self.lib_controllers = [self.library]
            return self

    monkeypatch.setattr(blas, "ThreadpoolController", Controller)
    monkeypatch.setattr(blas, "_KEEPER", blas._Keeper())
    with single_threaded_blas():
        assert Controller.library.get_num_threads() == 1
        assert _in_thread(Controller.library.get_num_threads) == 5
    assert Controller.library.get_num_threads() == 5


def test_no_thread_can_be_started(monkeypatch, before):
    """Then the callers make the changes, one after the other."""

    class Thread(threading.Thread):
        def start(self):
            raise RuntimeError("can't start new thread")

    def work():
        for _ in range(100):
            with single_threaded_blas():
                numbers.update(_blas_threads())
        ended.append(True)

    numbers, ended = set(), []
    threads = [threading.Thread(target=work, daemon=True) for _ in range(4)]
    others = {"Lock": threading.Lock, "get_ident": threading.get_ident}
    monkeypatch.setattr(blas, "threading", types.SimpleNamespace(Thread=Thread, **others))
    monkeypatch.setattr(blas, "_KEEPER", blas._Keeper())
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(ended) == 4 and numbers <= {1}
    blas._KEEPER.ask()  # the last holder's end may still be in the queue
    assert _blas_threads() == before


def test_dot():
    rng = np.random.RandomState(0)
    a, b = rng.standard_normal((2, 50_001))
    products = set()
    for n_threads in (1, 2, 3):
        with threadpool_limits(n_threads, user_api="blas"):
            products |= {dot(a, b), dot(np.r_[0.0, a][1:], b)}
    assert len(products) == 1
    np.testing.assert_allclose(products.pop(), np.sum(a.astype(np.longdouble) * b), rtol=1e-12)


def test_decompositions_of_initialisers():
    drawn = set()
    for n_threads in (1, 3):
        with threadpool_limits(n_threads, user_api="blas"):
            drawn.add(Orthogonal().draw(np.random.RandomState(0), 500, 300).tobytes())
    assert len(drawn) == 1
