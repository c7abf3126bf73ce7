"""Regions of many slabs in one launch, and what is copied to the device, on the simulator."""

import json

from tests.simulated import run_simulated

PREAMBLE = """
import json, threading, warnings
import numpy as np
from skdeep import MLPClassifier
from skdeep.engines.cuda.hardware import devices
from skdeep.engines.cuda.memory import slabs
from skdeep.engines.cuda.memory.model import Model
warnings.simplefilter("ignore")
rng = np.random.default_rng(0)
X, y = rng.normal(size=(24, 4)), np.arange(24) % 3
settings = {"hidden_layer_sizes": (3,), "max_iter": 2, "batch_size": 8}

def largest(ours, theirs):
    pairs = zip(ours.coefs_ + ours.intercepts_, theirs.coefs_ + theirs.intercepts_)
    return float(max(np.abs(a - b).max() for a, b in pairs))
"""


def run(code):
    return json.loads(run_simulated(PREAMBLE + code))


def test_models_of_many_slabs_train_in_one_launch():
    """Each of these models has its features in other slabs than the rest of it."""
    slabs, launches, differences = run("""
slabs.SLAB_BYTES = 256  # every region has a slab of its own
device, spread = devices.device_of(0), []
real = Model.row
def row(self, begin):
    spread.append(len(self.slabs))
    assert all(slab.address % slabs.ALIGNMENT == 0 for slab in self.slabs)
    return real(self, begin)
Model.row = row
fits = [MLPClassifier(**settings, random_state=i, device="cuda") for i in range(4)]
together = threading.Barrier(4)
def fit(model):
    together.wait()
    model.fit(X, y)
threads = [threading.Thread(target=fit, args=(model,)) for model in fits]
for t in threads: t.start()
for t in threads: t.join()
plain = [MLPClassifier(**settings, random_state=i).fit(X, y) for i in range(4)]
differences = [largest(*pair) for pair in zip(fits, plain)]
print(json.dumps([spread, device.dispatcher.launches, differences]))
""")
    assert min(slabs) == 4
    assert max(launches) > 1
    assert max(differences) < 1e-9


def test_orders_are_copied_once():
    """As numbers of 32 bits, for all calls; the generator ends where that of a CPU's fit does."""
    copied, calls, states = run("""
from skdeep.engines.cuda import engine
from skdeep.training.stochastic import trainer as stochastic
copied, calls, states = [], [0], []
real, advance = Model.set_order, engine.Training._advance
def set_order(self, order):
    copied.append([str(order.dtype), order.size])
    return real(self, order)
def one_by_one(self, max_batches, meanwhile):
    calls[0] += 1
    return advance(self, max_batches, meanwhile)
Model.set_order, engine.Training._advance = set_order, one_by_one
class Slow:  # a batch takes longer than a launch may
    def __init__(self, *arguments): pass
    def batches(self): return 6.5
    def seconds(self, n_batches): return 0.0
    def at_once(self, wanted, rest): return 1
    def learn(self, *arguments): pass
    def note(self, *arguments): pass
engine.Pace = Slow
for device in ("cpu", "cuda"):
    random_state = np.random.RandomState(3)
    own = {**settings, "max_iter": 6, "random_state": random_state, "device": device}
    MLPClassifier(**own).fit(X, y)
    key, position = random_state.get_state()[1:3]
    states.append([int(key.sum()), position])
print(json.dumps([copied, calls[0], states]))
""")
    assert copied == [["int32", 48]] * 3
    assert calls == 18
    assert states[0] == states[1]
