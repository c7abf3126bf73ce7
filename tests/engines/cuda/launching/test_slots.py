"""What a launch has to itself, and what it waits for, with stand-ins of streams and events."""

import json

from tests.engines.cuda.memory.test_memory import PREAMBLE
from tests.simulated import run_simulated

# Streams are numbers, 0 the default one; what they are told is noted in the order of coming.
STREAMS = """
from skdeep.engines.cuda.launching import dispatcher, launch, slots

told, streams, launching = [], [0], threading.local()
class Event:
    def record(self, stream=0): told.append(["record", stream])
    def wait(self, stream=0): told.append(["follow", stream])
    def synchronize(self): told.append(["synchronize"])
def separate_stream():
    streams.append(len(streams))
    return streams[-1]
slots.separate_stream, slots.sleeping_event = separate_stream, Event

real_put, real_launch = slabs.Region.put, launch.launch
def put(self, offset, array, stream=0):
    if stream: told.append(["copy", stream])
    real_put(self, offset, array)
def launch_on(kernel, shape, arguments, stream=0):
    told.append(["launch", stream])
    real_launch(kernel, shape, arguments)
slabs.Region.put, launch.launch = put, launch_on
device = devices.device_of(0)
def fit(**own):
    return MLPClassifier(**{**settings, **own}, random_state=0, device="cuda").fit(X, y)
"""


def run(code):
    return json.loads(run_simulated(PREAMBLE + STREAMS + code))


def test_what_a_launch_waits_for():
    """For what the default stream was told before it; and the host for its end alone."""
    told, streams, difference = run("""
plain = MLPClassifier(**settings, random_state=0).fit(X, y)
def wait(self): told.append(["wait for the device"])
devices.Device.wait = wait
ours = fit()
print(json.dumps([told, streams, largest(ours, plain)]))
""")
    one = [["record", 0], ["follow", 1], ["copy", 1], ["launch", 1], ["record", 1], ["synchronize"]]
    n_launches = len(told) // len(one)
    assert n_launches > 0 and told == one * n_launches
    assert streams == [0, 1]
    assert difference < 1e-9


def test_a_launch_that_fails():
    """What of it has begun is waited for, and the next fit takes the slot again."""
    told, streams, works = run("""
def fail(*arguments):
    raise RuntimeError("launch failed")
launch.launch = fail
try:
    fit()
except RuntimeError as error:
    failed = list(told)
launch.launch = launch_on
print(json.dumps([failed, streams, bool(fit().n_iter_)]))
""")
    assert told == [["record", 0], ["follow", 1], ["copy", 1], ["record", 1], ["synchronize"]]
    assert streams == [0, 1] and works


def test_a_table_that_cannot_be_copied():
    """The copy may have begun, so its end is waited for."""
    told, works = run("""
def fail(self, offset, array, stream=0):
    put(self, offset, array, stream)
    if stream:
        raise RuntimeError("copy failed")
slabs.Region.put = fail
try:
    fit()
except RuntimeError:
    failed = list(told)
slabs.Region.put = put
print(json.dumps([failed, bool(fit().n_iter_)]))
""")
    assert told == [["record", 0], ["follow", 1], ["copy", 1], ["record", 1], ["synchronize"]]
    assert works


def test_fits_side_by_side():
    """On a device with room: the numbers of fits alone, by as many slots as allowed."""
    together, n_slots, differences = run("""
import time
device.processors, now, seen = 16, [], []
real = dispatcher.launch_training
def timed(device, kernels, models, slot):
    now.append(slot)
    seen.append(len(now))
    real(device, kernels, models, slot)
    time.sleep(0.05)
    now.remove(slot)
dispatcher.launch_training = timed
cases = [{"activation": ("relu", "tanh")[i % 2], "alpha": 10.0**-i} for i in range(8)]
ours = [None] * len(cases)
def work(number):
    time.sleep(0.02 * number)
    ours[number] = fit(**cases[number])
threads = [threading.Thread(target=work, args=(number,)) for number in range(len(cases))]
for thread in threads: thread.start()
for thread in threads: thread.join()
plain = [MLPClassifier(**settings, **case, random_state=0).fit(X, y) for case in cases]
differences = [largest(a, b) for a, b in zip(ours, plain)]
print(json.dumps([max(seen), len(device.dispatcher._slots), differences]))
""")
    assert 1 < together <= 6 and n_slots <= 6
    assert max(differences) < 1e-9


def test_compilation_takes_no_launch_from_others():
    """One thread compiles a kernel, and those that want the same one wait for it, but no others."""
    compiled, trained, waited = run("""
from skdeep.engines.cuda import engine
real, compiled, trained = launch.compile_training, [], []
finished, begun = threading.Event(), threading.Event()
class Compiled:
    def bind(self):
        compiled.append("bound")
def compile_kernel(kernel, types):
    assert len(types) == 6 and types[-1] == 2
    compiled.append("compiled")
    if len(compiled) > 2:
        begun.set()
        assert finished.wait(60)
    return Compiled()
kind = type(engine.kernels_for.__wrapped__.__globals__["kernel"](lambda: None))
kind.typeof_pyval, kind.compile = staticmethod(lambda array: array.ndim), compile_kernel
def compile_training(*arguments):
    launch.SIMULATED = False
    real(*arguments)
def launch_simulated(kernel, shape, arguments, stream=0):
    blocks, threads, n_bytes = shape
    with launch._ONE_AT_A_TIME:
        kernel[blocks, threads, 0, n_bytes](*arguments)
launch.launch, engine.compile_training = launch_simulated, compile_training
def work(activation):
    fit(activation=activation)
    trained.append(activation)
work("relu")
late = [threading.Thread(target=work, args=("tanh",)) for _ in range(8)]
for thread in late: thread.start()
assert begun.wait(60)
waiting = sum(map(len, device.dispatcher._waiting.values())), device.dispatcher._n_launches
work("relu")
finished.set()
for thread in late: thread.join()
print(json.dumps([compiled, trained, waiting]))
""")
    assert compiled == ["compiled", "bound"] * 2
    assert trained == ["relu", "relu", *["tanh"] * 8]
    assert waited == [0, 0]


def test_shared_memory_only_grows():
    """Of two launches of a kernel, the one that wants less does not take it from the other."""
    told, allowed = run("""
from types import SimpleNamespace as Some
launch.SIMULATED, told, begun, both = False, [], threading.Event(), threading.Event()
function = Some(_codelibrary=Some(get_cufunc=lambda: None))
launch.loaded = lambda kernel, arguments: function
def set_shared_memory(function, n_bytes):
    begun.set()
    if n_bytes == 60_000:
        both.wait(0.2)  # the other comes meanwhile
    told.append(n_bytes)
launch._set_shared_memory = set_shared_memory
some, kernel = Some(allowed={}), object()
def large():
    assert begun.wait(60)
    launch.allow_shared_memory(some, kernel, (), 100_000)
    both.set()
threads = [threading.Thread(target=large)]
threads[0].start()
launch.allow_shared_memory(some, kernel, (), 60_000)
threads[0].join()
for n_bytes in (60_000, 100_000, 100_001):
    launch.allow_shared_memory(some, kernel, (), n_bytes)
print(json.dumps([told, some.allowed[kernel]]))
""")
    assert told == [60_000, 100_000, 100_001]
    assert allowed == 100_001


def test_a_kernel_that_cannot_be_compiled():
    """Fits that have waited for it get the error; one that comes later tries again."""
    tries, errors, works = run("""
import time
launch.SIMULATED, tries, errors = False, [], []
class Broken:
    def typeof_pyval(self, argument): return "array"
    def compile(self, types):
        tries.append(1)
        time.sleep(0.3)
        if len(tries) == 1:
            raise RuntimeError("does not compile")
        return self
    def bind(self): pass
kernel = Broken()
def work():
    try:
        launch.loaded(kernel, ())
    except RuntimeError as error:
        errors.append(str(error))
threads = [threading.Thread(target=work) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(json.dumps([len(tries), errors, launch.loaded(kernel, ()) is kernel]))
""")
    assert tries == 1 and errors == ["does not compile"] * 8
    assert works
