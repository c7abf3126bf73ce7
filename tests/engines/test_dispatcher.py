"""Launches of many models: what is trained together, and what becomes of errors."""

import json

import pytest

from tests.helpers import run_python

PREAMBLE = """
import json, threading, time, warnings
import numpy as np
warnings.simplefilter("ignore")
from skdeep.engines.cuda import dispatcher as module
from skdeep.engines.cuda.dispatcher import Dispatcher

class Slab: pass
class Model:
    def __init__(self, slab): self.slab = slab
class Device:
    def table(self, n): return None
    def wait(self): pass
class Kernels:
    def __init__(self, formulas): self.formulas = formulas
slab, kernels, launched = Slab(), Kernels("a"), []
"""


def run(code):
    return json.loads(run_python(PREAMBLE + code, NUMBA_ENABLE_CUDASIM="1"))


def test_fits_that_wait_are_launched_together():
    code = """
def launch(device, kernels, models, table):
    launched.append(len(models)); time.sleep(0.05)
module.launch_training = launch
dispatcher = Dispatcher(Device())
for _ in range(20): dispatcher.enter()
def fit():
    for _ in range(3): dispatcher.run(kernels, Model(slab))
threads = [threading.Thread(target=fit) for _ in range(20)]
for t in threads: t.start()
for t in threads: t.join()
print(json.dumps(launched))
"""
    launched = run(code)
    assert sum(launched) == 60
    assert len(launched) <= 12  # 3 if no thread is late


def test_only_models_of_one_slab_and_kernel_go_together():
    code = """
def launch(device, kernels, models, table):
    launched.append([id(kernels), *{id(m.slab) for m in models}]); time.sleep(0.02)
module.launch_training = launch
dispatcher, others = Dispatcher(Device()), [Kernels("a"), Kernels("b")]
slabs = [Slab(), Slab()]
threads = [threading.Thread(target=dispatcher.run, args=(others[i % 2], Model(slabs[i // 2 % 2])))
           for i in range(16)]
for t in threads: t.start()
for t in threads: t.join()
print(json.dumps([len(each) for each in launched]))
"""
    assert set(run(code)) == {2}


def test_an_error_reaches_all_who_were_launched_and_no_one_else():
    code = """
calls = []
def launch(device, kernels, models, table):
    calls.append(len(models)); time.sleep(0.05)
    if len(calls) == 2: raise RuntimeError("fault")
module.launch_training = launch
dispatcher, failed = Dispatcher(Device()), []
for _ in range(6): dispatcher.enter()
def fit():
    try:
        for _ in range(3): dispatcher.run(kernels, Model(slab))
    except RuntimeError: failed.append(1)
    dispatcher.leave()
threads = [threading.Thread(target=fit) for _ in range(6)]
for t in threads: t.start()
for t in threads: t.join(20)
dispatcher.enter(); dispatcher.run(kernels, Model(slab))  # the next fit works
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
for _ in range(5): dispatcher.enter()
def fit():
    for _ in range(20): dispatcher.run(kernels, Model(slab))
    done.append(1)
threads = [threading.Thread(target=fit) for _ in range(4)]
for t in threads: t.start()
threading.Timer(0.3, _thread.interrupt_main).start()
start = time.perf_counter()
try:
    while True: dispatcher.run(kernels, Model(slab))
except KeyboardInterrupt:
    interrupted.append(time.perf_counter() - start)
    dispatcher.leave()
for t in threads: t.join(20)
print(json.dumps([len(done), interrupted[0], any(t.is_alive() for t in threads)]))
"""
    done, seconds, alive = run(code)
    assert done == 4 and not alive
    assert seconds < 10


@pytest.mark.parametrize("n_models", [1, 5])
def test_a_lone_fit_does_not_wait_for_others(n_models):
    code = f"""
def launch(device, kernels, models, table): launched.append(len(models))
module.launch_training = launch
dispatcher = Dispatcher(Device())
dispatcher.enter()
for _ in range({n_models}): dispatcher.run(kernels, Model(slab))
print(json.dumps(launched))
"""
    assert run(code) == [1] * n_models
