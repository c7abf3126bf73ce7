"""Launches of many models: what is trained together, and what becomes of errors."""

import json

import pytest

from tests.simulated import run_simulated

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
    return json.loads(run_simulated(PREAMBLE + code))


@pytest.mark.parametrize("names", ["a" * 20, "ab" * 8])
def test_fits_that_wait_are_launched_together(names):
    """Those of one kernel, which do not wait for those of others."""
    code = f"""
def launch(device, kernels, models, slot):
    launched.append([kernels.formulas, len(models)]); time.sleep(0.05)
module.launch_training = launch
module.SECONDS_OF_QUIET = module.SECONDS_TO_WAIT = 60
dispatcher, names = Dispatcher(Device()), {names!r}
for name in names: dispatcher.enter(name)
def fit(name):
    for _ in range(3): dispatcher.run(Kernels(name), Model())
threads = [threading.Thread(target=fit, args=(name,)) for name in names]
for t in threads: t.start()
for t in threads: t.join()
print(json.dumps(launched))
"""
    expected = [[name, names.count(name)] for name in sorted(set(names)) for _ in range(3)]
    assert sorted(run(code)) == expected


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
from skdeep.engines import signals
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
try:
    with signals.deferred():  # as in a fit
        threading.Timer(0.3, _thread.interrupt_main).start()
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
module.SECONDS_TO_WAIT = module.SECONDS_OF_QUIET = 1e4
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


# Requests by a clock that stands still until it is set, and no threads.
CLOCK = """
class Clock:
    now = 100.0
    def perf_counter(self): return self.now
clock = module.time = Clock()
def ask(name, seconds):
    request = module._Request(Kernels(name), Model(), seconds)
    if not dispatcher._ask(request):
        request.ready = True
        dispatcher._appoint()
    return request
dispatcher = Dispatcher(Device())
"""


def test_those_on_their_way_are_waited_for():
    """As long as they keep coming; one that does not come is not."""
    code = """
for _ in range(10): dispatcher.enter("a")
requests = []
for _ in range(9):
    clock.now += 0.05
    requests.append(ask("a", 10.0))
found = [any(each.taken for each in requests)]
for after in (0.99, 0.02):  # a tenth of the launch after the last has come
    clock.now += after
    found.append(dispatcher._pause(requests[0]) <= 0)
dispatcher._take(requests[0])
print(json.dumps([found, len(requests[0].group)]))
"""
    assert run(CLOCK + code) == [[False, False, True], 9]


def test_a_long_request_is_not_delayed_by_short_launches_for_ever():
    """Launches of other kernels, which begin one after another, delay it for a sixth of it."""
    code = """
dispatcher.enter("long")
for name in "abc":
    dispatcher.enter(name)
short, number = [ask("a", 0.04)], 1
request = ask("long", 0.5)
while not request.taken and clock.now < 102.0:
    clock.now += 0.02
    if dispatcher._pause(request) <= 0: dispatcher._take(request); break
    short.append(ask("abc"[number % 3], 0.04)); number += 1
    if len(short) > 2: dispatcher._end(short.pop(0))
print(json.dumps([request.taken, clock.now - 100.0, number]))
"""
    taken, seconds, n_short = run(CLOCK + code)
    assert taken and n_short > 3  # they did not wait
    assert seconds <= 0.5 / 6 + 0.021


def test_those_who_come_do_not_pass_the_next_to_launch():
    """Where there is one multiprocessor, which short launches of the same kernel would keep."""
    code = """
Device.processors, n_short = 1, 1
for _ in range(5): dispatcher.enter("a")
short = ask("a", 0.08)
dispatcher._take(short)  # nobody else has come
request = ask("a", 0.5)
while not request.taken and clock.now < 103.0:
    dispatcher._end(short)
    clock.now += 0.03
    short, n_short = ask("a", 0.08), n_short + 1
    clock.now += 0.03  # it has been quiet for a tenth of the long launch
    if dispatcher._pause(request) <= 0: dispatcher._take(request)
print(json.dumps([request.taken, short.taken, n_short]))
"""
    assert run(CLOCK + code) == [True, False, 2]


def test_one_who_waits_for_others_is_not_passed_for_ever():
    """For as long as a launch may take: afterwards it is the next."""
    code = """
Device.processors, leaders = 1, []
for name in "baab": dispatcher.enter(name)
training = ask("b", 0.08)
dispatcher.leave("b")
dispatcher._take(training) if not training.group else None
early = ask("a", 0.08)
for seconds in (0.1, 0.3, 0.2):
    clock.now += seconds
    request = ask("b", 0.08)
    dispatcher._end(training)
    leaders.append(dispatcher._leader.kernels.formulas)
    training = dispatcher._leader
    dispatcher._take(training)
print(json.dumps(leaders))
"""
    assert run(CLOCK + code) == ["b", "b", "a"]


def test_one_who_needs_no_others_is_told_when_the_last_has_come():
    """Though the last one may not launch yet, since another launch has just begun."""
    code = """
for name in "baa": dispatcher.enter(name)
ask("b", 0.4)
first = ask("a", 0.4)
first.event.clear()
last = ask("a", 0.4)
print(json.dumps([last.taken, first.event.is_set(), dispatcher._pause(first) < 0.04]))
"""
    assert run(CLOCK + code) == [False, True, True]


def test_all_models_of_a_launch_train_for_about_as_long():
    """And not only for about as long as that of the fit that launches."""
    code = """
for _ in range(5): dispatcher.enter("a")
requests = [ask("a", seconds) for seconds in (1.0, 0.5, 2.0, 1.1, 0.9)]
launched = next(each for each in requests if each.group)
print(json.dumps([each.seconds for each in launched.group]))
"""
    assert run(CLOCK + code) == [0.9, 1.0, 0.5]


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
    for t in threads: t.start()
    for t in threads: t.join(60)
    assert not any(t.is_alive() for t in threads)
module.launch_training = launch
Device.slot = lambda self, n: Timed()
dispatcher = Dispatcher(Device())
"""


# Launches that end when `release` is set. A group of fits launches when all of them have asked.
HELD = """
lock, release, spans, tables, waits, threads = threading.Lock(), threading.Event(), [], [], {}, []
begun = [threading.Event() for _ in range(9)]
failed, ended = [], []
class Held:
    name = None
    def __init__(self): tables.append(self)
    def wait(self):
        waits.setdefault(self.name, threading.Event()).set()
        assert release.wait(60)
        self.name, name = None, self.name
        if name == "broken": raise RuntimeError("fault")
def launch(device, kernels, models, slot):
    with lock:
        assert slot.name is None, "a slot is used for two launches at a time"
        slot.name = kernels.formulas
        slot.broken = slot.name == "broken"
        waits[slot.name] = threading.Event()
        spans.append([slot.name, len(models)])
        begun[len(spans) - 1].set()
def fit(name):
    try: dispatcher.run(Kernels(name), Model(), 0.4); ended.append([name, release.is_set()])
    except RuntimeError: failed.append(name)
    finally: dispatcher.leave(name)
def start(name, n_fits):
    for _ in range(n_fits): dispatcher.enter(name)
    new = [threading.Thread(target=fit, args=(name,)) for _ in range(n_fits)]
    threads.extend(new)
    for t in new: t.start()
def begin(name, n_fits):
    number = len(spans)
    start(name, n_fits)
    assert begun[number].wait(60)
def end():
    release.set()
    for t in threads: t.join(60)
    assert not any(t.is_alive() for t in threads)
def wait_until(condition):
    until = time.monotonic() + 60
    while not condition(): assert time.monotonic() < until; time.sleep(0.001)
module.SECONDS_OF_QUIET, module.SHARE_OF_QUIET, module.SHARE_TO_WAIT = 60, 100, 100
module.launch_training = launch
Device.slot = lambda self, n: Held()
dispatcher = Dispatcher(Device())
"""


def test_fits_that_come_late_train_beside_others():
    """Others' launches have begun, and none of them waits for their end."""
    code = """
begin("a", 3); begin("a", 3); begin("b", 2)
before = list(ended)
end()
print(json.dumps([before, spans, len(tables), len(ended)]))
"""
    before, spans, slots, ended = run(HELD + code)
    assert spans == [["a", 3], ["a", 3], ["b", 2]]
    assert before == [] and slots == 3 and ended == 8


def test_launches_share_the_multiprocessors():
    """What has no multiprocessor left for it waits for the end of a launch."""
    code = """
Device.processors = 4
begin("a", 2); begin("b", 2)
start("c", 1)
wait_until(lambda: any(each.ready for each in dispatcher._waiting.get("c", ())))
before = list(spans)
end()
print(json.dumps([before, spans, len(ended)]))
"""
    before, spans, ended = run(HELD + code)
    assert before == [["a", 2], ["b", 2]]
    assert spans == [*before, ["c", 1]] and ended == 5


def test_there_are_not_more_blocks_than_multiprocessors():
    """Not of several launches: a single one may have more."""
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
    (side_by_side, blocks, models), (_, more_blocks, more_models) = run(SIDE_BY_SIDE + code)
    assert (side_by_side, blocks, models) == (False, 0, 18)
    assert more_blocks <= 4 and more_models == 18


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
module.SECONDS_OF_QUIET, module.SHARE_OF_QUIET, module.SHARE_TO_WAIT = 60, 100, 100
fit_all([("a", 0.0, 1, 2.0)] * 3 + [("a", 0.0, 1, 0.3)] * 2 + [("a", 0.0, 1, 1.5)])
print(json.dumps(sorted(span[2] for span in spans)))
"""
    assert run(SIDE_BY_SIDE + code) == [2, 4]


def test_an_error_reaches_the_fits_of_one_launch_alone():
    """Launches beside it go on, and what the failed one had is not used again."""
    code = """
begin("a", 3); begin("broken", 2); begin("c", 1)
end()
begin("a", 1); begin("c", 1)
end()
used = any(each.broken for each in dispatcher._slots)
names = sorted(name for name, _ in ended)
print(json.dumps([failed, names, used, dispatcher._training.total()]))
"""
    failed, ended, used, training = run(HELD + code)
    assert failed == ["broken"] * 2 and ended == ["a"] * 4 + ["c"] * 2
    assert not used and training == 0


def test_an_interrupt_waits_for_what_it_has_launched():
    """The other fits of the launch are told that it has ended when it has, and not before."""
    code = """
import signal
begin("b", 1)
dispatcher.enter("a"); start("a", 1)
wait_until(lambda: any(each.ready for each in dispatcher._waiting.get("a", ())))
main, interrupted = threading.main_thread().ident, 0
def interrupt():
    wait_until(lambda: "a" in waits and waits["a"].is_set())
    signal.pthread_kill(main, signal.SIGINT)
    time.sleep(0.2)
    release.set()
try:
    threading.Thread(target=interrupt).start()
    dispatcher.run(Kernels("a"), Model(), 0.4)  # which launches both
except KeyboardInterrupt:
    interrupted = 1
end()
print(json.dumps([interrupted, spans, sorted(ended), len(dispatcher._slots)]))
"""
    spans, ended = [["b", 1], ["a", 2]], [["a", True], ["b", True]]
    assert run(HELD + code) == [1, spans, ended, 2]  # slots, which are used again


#: Threads, and seconds for which every call of a fit keeps the interpreter to itself.
HOSTS = [(n_threads, host) for n_threads in (16, 64, 132) for host in (3e-4, 1e-3, 3e-3)]


def test_launches_do_not_collapse():
    """However long the host takes: the device trains nearly all fits at once, for many batches.

    A launch of half of the fits would take as long as one of all. What the device is busy for is
    compared with what one launch of everything would take, not with a clock. A crowded machine may
    keep some threads from a launch, so the bounds are wide, and the best of three runs counts.
    """
    code = """
from tests.engines import stand_in
epochs, found = 30, []
device = epochs * stand_in.BATCHES * stand_in.STEP
for n_threads, host in json.loads(HOSTS):
    for _ in range(3):
        seconds, dispatcher, asked = stand_in.fits(n_threads, host, epochs)
        busy, n_launches = stand_in.busy_seconds(stand_in.launched), len(dispatcher.launches)
        if busy < 3 * device and n_launches <= 60: break
    found.append([n_threads, host, seconds / device, busy / device, n_launches, min(asked)])
print(json.dumps(found))
"""
    found = run(code.replace("HOSTS", repr(json.dumps(HOSTS))))
    for n_threads, host, total, busy, n_launches, fewest in found:
        what = n_threads, host, total, busy, n_launches, fewest
        assert fewest >= 100, what  # an epoch
        assert busy < 3, what
        assert n_launches <= 60, what
