"""Kernels and libraries are made once, whichever threads ask for them at the same time."""

import os
import signal
import threading
import time
import warnings

import pytest

from skdeep.engines.cuda.hardware.once import once, once_property
from tests.simulated import run_simulated


def in_threads(job, n_threads=16):
    """Return the results of a job in threads that begin together."""
    together, results = threading.Barrier(n_threads), []

    def run():
        together.wait()
        results.append(job())

    threads = [threading.Thread(target=run) for _ in range(n_threads)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_function():
    made = []

    @once
    def make(name):
        made.append(name)
        time.sleep(0.01)
        return object()

    assert len({id(result) for result in in_threads(lambda: make("a"))}) == 1
    assert make("b") is not make("a")
    assert made == ["a", "b"]


def test_function_that_fails():
    """What is raised is not kept."""
    tries = []

    @once
    def make():
        tries.append(1)
        if len(tries) == 1:
            raise OSError
        return "made"

    with pytest.raises(OSError):
        make()
    assert make() == make() == "made"
    assert len(tries) == 2


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_a_fork_while_another_thread_computes():
    """The child has no such thread, and does not wait for it."""
    begun, end = threading.Event(), threading.Event()

    @once
    def make(name):
        if name == "slow":
            begun.set()
            assert end.wait(60)
        return name

    thread = threading.Thread(target=make, args=("slow",))
    thread.start()
    assert begun.wait(60)
    with warnings.catch_warnings():  # of forks beside threads
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        signal.alarm(30)  # ends it if it waits
        os._exit(0 if make("other") == "other" else 1)
    status = os.waitpid(child, 0)[1]
    end.set()
    thread.join()
    assert status == 0


def test_property():
    class Owner:
        made = 0

        @once_property
        def part(self):
            """Return a part."""
            self.made += 1
            time.sleep(0.01)
            return object()

    owner = Owner()
    assert len({id(result) for result in in_threads(lambda: owner.part)}) == 1
    assert owner.made == 1
    owner.part = "another"
    assert owner.part == "another" and Owner().part != "another"
    assert Owner.part.__doc__ == "Return a part."


def test_kernels():
    """Threads that race get the same kernels; requests go together by their formulas anyhow."""
    code = """
import threading, time
from skdeep.engines.cuda.kernels import compiled, formulas
from skdeep.engines.cuda.launching.dispatcher import _Request
from tests.engines.cuda.hardware.test_once import in_threads

usual = formulas.Formulas(
    ("relu",), "squared_error", "adam", "l2", "constant", False, False, "float64"
)
real = compiled._train

def slow(*arguments):
    time.sleep(0.01)
    return real(*arguments)

compiled._train = slow
same = [compiled.kernels_for(usual._replace(dtype=str("float64"))) for _ in range(2)]
assert same[0] is same[1]
for ask in (
    lambda: compiled.kernels_for(usual),
    lambda: compiled.kernels_for(usual).train,
    lambda: compiled.kernels_for(usual).predict,
    lambda: compiled.kernels_for(usual).phase("step"),
    lambda: formulas.make_code(usual._replace(rule="sgd")),
):
    assert len({id(result) for result in in_threads(ask)}) == 1

keys = [_Request(compiled.Kernels(usual), None).key for _ in range(2)]
assert keys[0] == keys[1]
assert keys[0] != _Request(compiled.Kernels(usual._replace(rule="sgd")), None).key
print("same")
"""
    assert run_simulated(code).strip() == "same"
