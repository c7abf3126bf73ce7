"""Launches of many models: what is trained together, and what becomes of errors."""

import json

import pytest

from tests.helpers import run_python

PREAMBLE = """
import json, threading, time, warnings
import numpy as np
warnings.simplefilter("ignore")
from skdeep.engines.cuda.launching import dispatcher as module
from skdeep.engines.cuda.launching.dispatcher import Dispatcher

class Model: pass
class Device:
    processors = 132
    def table(self, n): return None
    def wait(self): pass
class Kernels:
    def __init__(self, formulas): self.formulas = formulas
kernels, launched = Kernels("a"), []
"""


def run(code):
    return json.loads(run_python(PREAMBLE + code, NUMBA_ENABLE_CUDASIM="1"))


def test_fits_that_wait_are_launched_together():
    code = """
def launch(device, kernels, models, table):
    launched.append(len(models)); time.sleep(0.05)
module.launch_training = launch
dispatcher = Dispatcher(Device())
for _ in range(20): dispatcher.enter("a")
def fit():
    for _ in range(3): dispatcher.run(kernels, Model())
threads = [threading.Thread(target=fit) for _ in range(20)]
for t in threads: t.start()
for t in threads: t.join()
print(json.dumps(launched))
"""
    launched = run(code)
    assert sum(launched) == 60
    assert len(launched) <= 12  # 3 if no thread is late


def test_only_models_of_one_kernel_go_together():
    """Fits with other kernels are not waited for."""
    code = """
def launch(device, kernels, models, table):
    launched.append([kernels.formulas, len(models)]); time.sleep(0.05)
module.launch_training = launch
dispatcher = Dispatcher(Device())
for name in "ab" * 8: dispatcher.enter(name)
def fit(name):
    for _ in range(3): dispatcher.run(Kernels(name), Model())
threads = [threading.Thread(target=fit, args=(name,)) for name in "ab" * 8]
for t in threads: t.start()
for t in threads: t.join()
print(json.dumps(launched))
"""
    launched = run(code)
    for name in "ab":
        assert sum(n for kernels, n in launched if kernels == name) == 24
    assert len(launched) <= 12  # 6 if no thread is late


def test_an_error_reaches_all_who_were_launched_and_no_one_else():
    code = """
calls = []
def launch(device, kernels, models, table):
    calls.append(len(models)); time.sleep(0.05)
    if len(calls) == 2: raise RuntimeError("fault")
module.launch_training = launch
dispatcher, failed = Dispatcher(Device()), []
for _ in range(6): dispatcher.enter("a")
def fit():
    try:
        for _ in range(3): dispatcher.run(kernels, Model())
    except RuntimeError: failed.append(1)
    dispatcher.leave("a")
threads = [threading.Thread(target=fit) for _ in range(6)]
for t in threads: t.start()
for t in threads: t.join(20)
dispatcher.enter("a"); dispatcher.run(kernels, Model())  # the next fit works
print(json.dumps([calls[1], len(failed), any(t.is_alive() for t in threads)]))
"""
    launched, failed, alive = run(code)
    assert failed == launched and not alive


def test_an_interrupt_ends_one_fit_alone():
    code = """
import _thread
def launch(device, kernels, models, table):
    launched.append(len(models)); time.sleep(0.05)
module.launch_training = launch
dispatcher, done, interrupted = Dispatcher(Device()), [], []
for _ in range(5): dispatcher.enter("a")
def fit():
    for _ in range(20): dispatcher.run(kernels, Model())
    done.append(1)
threads = [threading.Thread(target=fit) for _ in range(4)]
for t in threads: t.start()
threading.Timer(0.3, _thread.interrupt_main).start()
try:
    while True: dispatcher.run(kernels, Model())
except KeyboardInterrupt:
    interrupted.append(1)
    dispatcher.leave("a")
for t in threads: t.join(20)
print(json.dumps([len(done), len(interrupted), any(t.is_alive() for t in threads)]))
"""
    done, interrupted, alive = run(code)
    assert done == 4 and interrupted == 1 and not alive


@pytest.mark.parametrize("n_models", [1, 5])
def test_a_lone_fit_does_not_wait_for_others(n_models):
    code = f"""
def launch(device, kernels, models, table): launched.append(len(models))
module.launch_training = launch
dispatcher = Dispatcher(Device())
dispatcher.enter("a")
for _ in range({n_models}): dispatcher.run(kernels, Model())
print(json.dumps(launched))
"""
    assert run(code) == [1] * n_models


def test_fits_of_other_kernels_are_not_waited_for():
    """Nor is one that has ended."""
    code = """
def launch(device, kernels, models, table): launched.append(kernels.formulas)
module.launch_training = launch
module.SECONDS_TO_WAIT = module.SECONDS_OF_QUIET = 60
dispatcher = Dispatcher(Device())
dispatcher.enter("b")
dispatcher.enter("a")
dispatcher.run(kernels, Model())
dispatcher.enter("a")
threading.Timer(0.2, dispatcher.leave, "a").start()
dispatcher.run(kernels, Model())
print(json.dumps(launched))
"""
    assert run(code) == ["a", "a"]


def test_those_on_their_way_are_waited_for():
    """As long as they keep coming; one that does not come is not."""
    code = """
def launch(device, kernels, models, table): launched.append(len(models))
module.launch_training = launch
module.SECONDS_OF_QUIET = 0.3
dispatcher = Dispatcher(Device())
for _ in range(10): dispatcher.enter("a")
def fit(number):
    time.sleep(0.05 * number)
    dispatcher.run(kernels, Model(), 10.0)
module.SHARE_OF_QUIET = 0.03
threads = [threading.Thread(target=fit, args=(number,)) for number in range(9)]
for t in threads: t.start()
for t in threads: t.join()
print(json.dumps(launched))
"""
    assert run(code) == [9]


def test_what_a_fit_does_meanwhile_concerns_no_other():
    code = """
order, failed = [], []
def launch(device, kernels, models, table): order.append("launch")
module.launch_training = launch
class Waiting(Device):
    def wait(self): order.append("wait")
dispatcher = Dispatcher(Waiting())
dispatcher.run(kernels, Model(), meanwhile=lambda: order.append("meanwhile"))
for _ in range(4): dispatcher.enter("a")
def fail(): raise ZeroDivisionError
def fit(number):
    try: dispatcher.run(kernels, Model(), 0.0, fail if number == 3 else lambda: None)
    except ZeroDivisionError: failed.append(number)
    dispatcher.leave("a")
threads = [threading.Thread(target=fit, args=(number,)) for number in range(4)]
for t in threads: t.start()
for t in threads: t.join(20)
print(json.dumps([order[:3], failed, any(t.is_alive() for t in threads)]))
"""
    assert run(code) == [["launch", "meanwhile", "wait"], [3], False]


#: Threads, and seconds for which every call of a fit keeps the interpreter to itself.
HOSTS = [(16, 3e-4), (16, 1e-3), (16, 3e-3), (64, 3e-4), (64, 1e-3), (132, 3e-4), (132, 1e-3)]


def test_launches_do_not_collapse():
    """However long the host takes: the device trains nearly all fits at once, for many batches.

    A launch of half of the fits would take as long as one of all. What the device is busy for is
    compared with what one launch of everything would take, not with a clock. A crowded machine may
    keep some threads from a launch, so the bounds are wide.
    """
    code = """
from tests.engines import stand_in
epochs, found = 60, []
for n_threads, host in json.loads(HOSTS):
    seconds, dispatcher, asked = stand_in.fits(n_threads, host, epochs)
    device = epochs * stand_in.BATCHES * stand_in.STEP
    shares = seconds / device, sum(stand_in.launched) / device
    found.append([n_threads, host, *shares, len(dispatcher.launches), min(asked)])
print(json.dumps(found))
"""
    found = run(code.replace("HOSTS", repr(json.dumps(HOSTS))))
    for n_threads, host, total, busy, n_launches, fewest in found:
        what = n_threads, host, total, busy, n_launches, fewest
        assert fewest >= 100, what  # an epoch
        assert busy < 3, what
        assert n_launches <= 30, what
