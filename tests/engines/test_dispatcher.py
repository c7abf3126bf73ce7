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
class Slot:
    def wait(self): pass
class Device:
    processors = 132
    def slot(self, n): return Slot()
class Kernels:
    def __init__(self, formulas): self.formulas = formulas
kernels, launched = Kernels("a"), []
"""


def run(code):
    return json.loads(run_python(PREAMBLE + code, NUMBA_ENABLE_CUDASIM="1"))


def test_fits_that_wait_are_launched_together():
    code = """
def launch(device, kernels, models, slot):
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
    assert len(launched) <= 20  # 3 if no thread is late; those that are train beside the others


def test_only_models_of_one_kernel_go_together():
    """Fits with other kernels are not waited for."""
    code = """
def launch(device, kernels, models, slot):
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
    assert len(launched) <= 24  # 6 if no thread is late


def test_an_error_reaches_all_who_were_launched_and_no_one_else():
    code = """
import itertools
calls, numbers = {}, itertools.count()
def launch(device, kernels, models, slot):
    number = next(numbers); calls[number] = len(models); time.sleep(0.05)
    if number == 1: raise RuntimeError("fault")
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
def launch(device, kernels, models, slot):
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
def launch(device, kernels, models, slot): launched.append(len(models))
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
def launch(device, kernels, models, slot): launched.append(kernels.formulas)
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
def launch(device, kernels, models, slot): launched.append(len(models))
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
def launch(device, kernels, models, slot): order.append("launch")
module.launch_training = launch
class Waiting(Slot):
    def wait(self): order.append("wait")
Device.slot = lambda self, n: Waiting()
dispatcher = Dispatcher(Device())
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


# A launch whose end the slot is told: it takes 0.4 seconds, however many others there are.
SIDE_BY_SIDE = """
SECONDS, lock, spans, tables = 0.4, threading.Lock(), [], []
class Timed:
    def __init__(self): self.end = 0.0; tables.append(self)
    def wait(self): time.sleep(max(0.0, self.end - time.perf_counter()))
def launch(device, kernels, models, slot):
    with lock:
        begin = time.perf_counter()
        assert slot.end <= begin, "a slot is used for two launches at a time"
        slot.end = begin + SECONDS
        spans.append([begin, slot.end, len(models), kernels.formulas])
def at_once(moment):
    return [span for span in spans if span[0] <= moment < span[1]]
def most_at_once(of=len):
    return max(of(at_once(begin)) for begin, *_ in spans)
def fit(name, after, n_launches=1, seconds=SECONDS):
    time.sleep(after)
    for _ in range(n_launches): dispatcher.run(Kernels(name), Model(), seconds)
def fit_all(fits):
    for name, *_ in fits: dispatcher.enter(name)
    threads = [threading.Thread(target=fit, args=each) for each in fits]
    start = time.perf_counter()
    for t in threads: t.start()
    for t in threads: t.join(60)
    assert not any(t.is_alive() for t in threads)
    return time.perf_counter() - start
module.launch_training = launch
Device.slot = lambda self, n: Timed()
dispatcher = Dispatcher(Device())
"""


def test_fits_that_come_late_train_beside_others():
    """One of the others' launches has begun, and none of them waits for its end."""
    code = """
took = fit_all([("a", 0.0)] * 3 + [("a", 0.15)] * 3 + [("b", 0.2)] * 2)
print(json.dumps([took / SECONDS, most_at_once(), [span[2] for span in spans]]))
"""
    took, together, models = run(SIDE_BY_SIDE + code)
    assert together == 3
    assert models == [3, 3, 2]
    assert took < 1.9  # one after the other they would take at least 3


def test_launches_share_the_multiprocessors():
    """There are never more blocks of several launches than multiprocessors."""
    code = """
found = []
for Device.processors in (1, 4):
    spans.clear()
    fit_all([("ab"[i % 2], 0.05 * i, 2) for i in range(9)])
    blocks = most_at_once(lambda now: sum(s[2] for s in now) if len(now) > 1 else 0)
    found.append([most_at_once() > 1, blocks, sum(s[2] for s in spans)])
    for i in range(9): dispatcher.leave("ab"[i % 2])
print(json.dumps(found))
"""
    (side_by_side, blocks, models), *more = run(SIDE_BY_SIDE + code)
    assert (side_by_side, blocks, models) == (False, 0, 18)
    [(side_by_side, blocks, models)] = more
    assert side_by_side and 1 < blocks <= 4 and models == 18


def test_there_are_not_too_many_launches_at_a_time():
    """Each has a slot of its own, and slots are used again."""
    code = """
fit_all([("a", 0.04 * i, 3) for i in range(20)])
print(json.dumps([most_at_once(), len(tables), module.MOST_LAUNCHES, sum(s[2] for s in spans)]))
"""
    together, slots, most, models = run(SIDE_BY_SIDE + code)
    assert models == 60
    assert 1 < together <= most and slots <= most


def test_a_short_launch_does_not_wait_for_a_long_one():
    """Models of a launch go on when the last has ended, so those that end long before do not."""
    code = """
module.SECONDS_OF_QUIET = 0.2
fit_all([("a", 0.0, 1, 2.0)] * 3 + [("a", 0.0, 1, 0.3)] * 2 + [("a", 0.0, 1, 1.5)])
print(json.dumps(sorted(span[2] for span in spans)))
"""
    assert run(SIDE_BY_SIDE + code) == [2, 4]


def test_an_error_reaches_the_fits_of_one_launch_alone():
    """Launches beside it go on, and what the failed one had is not used again."""
    code = """
failed, ended = [], []
def launch_or_fail(device, kernels, models, slot):
    launch(device, kernels, models, slot)
    if kernels.formulas == "b": slot.broken = True
def wait(self):
    time.sleep(max(0.0, self.end - time.perf_counter()))
    if hasattr(self, "broken"): raise RuntimeError("fault")
Timed.wait = wait
module.launch_training = launch_or_fail
def fit(name, after):
    time.sleep(after)
    try: dispatcher.run(Kernels(name), Model(), SECONDS); ended.append(name)
    except RuntimeError: failed.append(name)
fit_all([("a", 0.0)] * 3 + [("b", 0.1)] * 2 + [("c", 0.2)])
together = most_at_once()
fit_all([("a", 0.0), ("c", 0.1)])
used = len(tables), sum(hasattr(each, "broken") for each in dispatcher._slots)
print(json.dumps([together, failed, sorted(ended), used, dispatcher._training.total()]))
"""
    together, failed, ended, used, training = run(SIDE_BY_SIDE + code)
    assert together == 3
    assert failed == ["b", "b"] and ended == ["a"] * 4 + ["c"] * 2
    assert used == [3, 0] and training == 0


def test_an_interrupt_waits_for_what_it_has_launched():
    """The other fits of the launch are told that it has ended when it has, and not before."""
    code = """
import _thread
ends = []
def fit(name, after):
    time.sleep(after)
    dispatcher.run(Kernels(name), Model(), SECONDS)
    ends.append([time.perf_counter(), max(s[1] for s in spans if s[3] == name)])
module.SECONDS_OF_QUIET = 10
module.SECONDS_TO_WAIT = 10
threads = [threading.Thread(target=fit, args=each) for each in (("a", 0.0), ("b", 0.15))]
for name in "aab": dispatcher.enter(name)
for t in threads: t.start()
interrupted = 0
try:
    time.sleep(0.1)
    threading.Timer(0.2, _thread.interrupt_main).start()
    dispatcher.run(Kernels("a"), Model(), SECONDS)  # which launches both
except KeyboardInterrupt:
    interrupted = 1
for t in threads: t.join(20)
print(json.dumps([interrupted, all(told >= end for told, end in ends), len(ends)]))
"""
    assert run(SIDE_BY_SIDE + code) == [1, True, 2]


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
epochs, found = 30, []
for n_threads, host in json.loads(HOSTS):
    seconds, dispatcher, asked = stand_in.fits(n_threads, host, epochs)
    device = epochs * stand_in.BATCHES * stand_in.STEP
    shares = seconds / device, stand_in.busy_seconds(stand_in.launched) / device
    found.append([n_threads, host, *shares, len(dispatcher.launches), min(asked)])
print(json.dumps(found))
"""
    found = run(code.replace("HOSTS", repr(json.dumps(HOSTS))))
    for n_threads, host, total, busy, n_launches, fewest in found:
        what = n_threads, host, total, busy, n_launches, fewest
        assert fewest >= 100, what  # an epoch
        assert busy < 3, what
        assert n_launches <= 60, what
