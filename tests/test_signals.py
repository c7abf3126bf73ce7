"""Exceptions of signal handlers at any moment, in processes of their own.

``SKDEEP_SIGNALS=2000`` sends so many signals instead of 200.
"""

import json
import os
import signal

import pytest

from tests.helpers import run_python, start_python

pytestmark = pytest.mark.skipif(os.name == "nt", reason="no signals between threads")
N_SIGNALS = int(os.environ.get("SKDEEP_SIGNALS", "200"))


def answer(call, **environment):
    """Call a function of ``tests.signals`` in a process of its own; return what it prints."""
    code = f"from tests import signals\nsignals.{call}"
    return json.loads(run_python(code, timeout=400 + N_SIGNALS, **environment).splitlines()[-1])


def test_signals_at_random_moments():
    wrong, n_late, n_dropped, same_bits, spinning = answer(
        f"at_random_moments({N_SIGNALS}, seed=0)"
    )
    assert wrong == []
    assert n_late < N_SIGNALS / 2
    assert n_dropped <= 2 + N_SIGNALS / 100
    assert same_bits
    assert spinning < 0.1, "threads are still at work"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_signals_while_kernels_are_loaded():
    n_signals = N_SIGNALS // 8
    wrong, n_late, _ = answer(f"while_loading({n_signals}, seed=0)", PYTHONWARNINGS="ignore")
    assert wrong == []
    assert n_late < n_signals / 2


def test_signals_while_kernels_are_compiled(tmp_path):
    wrong, delays, n_predictions = answer(
        "while_compiling('perceptron', pause=0.5)", NUMBA_CACHE_DIR=tmp_path
    )
    assert wrong == []
    assert len(delays) > 5
    assert sorted(delays)[len(delays) // 2] < 0.1
    assert n_predictions == 400
    assert list(tmp_path.rglob("*.nbc")), "nothing was compiled in the background"


LEAVING = """
import sys, threading, time
import numpy as np
from skdeep import Perceptron
from skdeep.engines import compilation

def say():
    while not compilation._threads:
        time.sleep(0.001)
    time.sleep({after})
    print("compiling", flush=True)

threading.Thread(target=say, daemon=True).start()
X = np.random.RandomState(0).standard_normal((100, 4))
Perceptron().fit(X, X[:, 0] > 0)
"""


@pytest.mark.parametrize("after", [0.0, 0.3, 1.0])
def test_interrupted_compilation_ends_the_process(tmp_path, after):
    """With KeyboardInterrupt, and without a crash."""
    process = start_python(LEAVING.format(after=after), NUMBA_CACHE_DIR=tmp_path)
    try:
        assert process.stdout.readline().strip() == "compiling"
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=300)
    finally:
        process.kill()
    assert "KeyboardInterrupt" in err
    assert "Exception ignored" not in err
    assert "Fatal" not in err
    assert process.returncode in (-signal.SIGINT, 1, 130), err


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_fork_while_something_is_compiled(tmp_path):
    code = """
import os, signal, warnings
import numpy as np
from skdeep import Perceptron
from skdeep.engines import compilation

warnings.simplefilter("ignore")
X = np.random.RandomState(0).standard_normal((100, 4))

def handler(*_):
    raise ZeroDivisionError

signal.signal(signal.SIGALRM, handler)
signal.setitimer(signal.ITIMER_REAL, 0.5)
try:
    Perceptron().fit(X, X[:, 0] > 0)
except ZeroDivisionError:
    print(len(compilation._threads), flush=True)
child = os.fork()
score = Perceptron().fit(X, X[:, 0] > 0).score(X, X[:, 0] > 0)
if child == 0:
    os._exit(0 if score > 0.9 else 1)
print(os.waitpid(child, 0)[1], score > 0.9)
"""
    out = run_python(code, NUMBA_CACHE_DIR=tmp_path)
    assert out.split() == ["1", "0", "True"]
