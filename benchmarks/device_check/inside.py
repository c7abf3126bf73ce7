"""What the checks use of the engine's inside: ways to train, launches, phases, registers.

Only here do they touch what the engine does not offer to others.
"""

import contextlib
import gc
import itertools
import time
from collections import Counter

import numpy as np

#: Ways to train, and the settings that choose them whatever the shape: of the engine's module in
#: capitals, of the device otherwise. Without settings the engine chooses.
WAYS = {
    None: {},
    "shared memory": {"MOST_OPERATIONS_OF_A_BLOCK": np.inf},
    "block": {"MOST_OPERATIONS_OF_A_BLOCK": np.inf, "shared_bytes": 0},
    "grid": {"MOST_OPERATIONS_OF_A_BLOCK": 0, "MOST_OPERATIONS_OF_A_GRAPH": 0},
    "graph": {"MOST_OPERATIONS_OF_A_BLOCK": 0, "MOST_OPERATIONS_OF_A_GRAPH": np.inf},
}
#: Kernels that train or predict, whose registers are of interest.
KERNELS = ("train", "train_in_shared_memory", "predict")


def device():
    """Return the first device of the engine."""
    from skdeep.engines.cuda.hardware.devices import device_of

    return device_of(0)


@contextlib.contextmanager
def replaced(owner, **values):
    """Give attributes other values for a while."""
    before = {name: getattr(owner, name) for name in values}
    for name, value in values.items():
        setattr(owner, name, value)
    try:
        yield
    finally:
        for name, value in before.items():
            setattr(owner, name, value)


@contextlib.contextmanager
def way(name):
    """Train in one of the `WAYS`."""
    from skdeep.engines.cuda import engine

    with contextlib.ExitStack() as stack:
        for setting, value in WAYS[name].items():
            owner = engine if setting.isupper() else device()
            stack.enter_context(replaced(owner, **{setting: value}))
        yield


def one_by_one():
    """Launch what is in a graph of a step kernel by kernel, while it is entered."""
    from skdeep.engines.cuda.launching import graphs

    return replaced(graphs, Recording=graphs.Calls)


@contextlib.contextmanager
def recordings():
    """Yield a list of the graphs of a step that are made, while it is entered."""
    from skdeep.engines.cuda.launching import graphs

    real, made = graphs.Recording, []

    def make(device, launches):
        found = real(device, launches)
        made.append(type(found).__name__)
        return found

    with replaced(graphs, Recording=make):
        yield made


class Launches:
    """Waits for every launch that trains networks in blocks, and times it, while it is entered.

    Attributes
    ----------
    models : list of int
        Networks of every launch.
    spans : list of tuple of float
        When every launch began and ended, by `time.perf_counter`.
    trained : Counter
        Seconds for which every network has been trained, by the device's clock.
    """

    def __init__(self):
        self.models, self.spans, self.trained = [], [], Counter()
        self._stack = contextlib.ExitStack()

    def __enter__(self):
        from skdeep.engines.cuda.launching import dispatcher
        from skdeep.engines.cuda.launching.pace import Pace

        real, learn = dispatcher.launch_training, Pace.learn

        def timed(device, kernels, models, slot):
            start = time.perf_counter()
            try:
                real(device, kernels, models, slot)
                slot.wait()
            finally:
                self.models.append(len(models))
                self.spans.append((start, time.perf_counter()))

        def noted(pace, n_batches, seconds):
            self.trained[pace] += seconds
            learn(pace, n_batches, seconds)

        self._stack.enter_context(replaced(dispatcher, launch_training=timed))
        self._stack.enter_context(replaced(Pace, learn=noted))
        return self

    def __exit__(self, *_):
        self._stack.close()

    @property
    def summed(self):
        """The seconds of all launches, one after the other."""
        return sum(end - begin for begin, end in self.spans)

    @property
    def seconds(self):
        """For how long there was at least one launch."""
        total, reached = 0.0, 0.0
        for begin, end in sorted(self.spans):
            total += max(0.0, end - max(begin, reached))
            reached = max(reached, end)
        return total

    @property
    def longest(self):
        """For how long the network was trained that was trained longest: the least that can be."""
        return max(self.trained.values(), default=0.0)

    @property
    def most_together(self):
        """How many launches there were at a time, at most."""
        begins = [begin for begin, _end in self.spans]
        return max((sum(b <= at < e for b, e in self.spans) for at in begins), default=0)

    def __str__(self):
        if not self.models:
            return "no launches of blocks"
        mean = sum(self.models) / len(self.models)
        return (
            f"{len(self.models)} launches of {mean:.1f} networks, at most {max(self.models)}; "
            f"{self.most_together} at a time, at most; {self.seconds:.3f} s in them, "
            f"{self.summed:.3f} s one by one"
        )


class HostTime:
    """Times how long the host launches the batches of large networks, while it is entered.

    Attributes
    ----------
    seconds : float
    """

    def __init__(self):
        self.seconds, self._stack = 0.0, contextlib.ExitStack()

    def __enter__(self):
        from skdeep.engines.cuda.launching.grid import Grid

        real = Grid.train

        def timed(grid, *arguments):
            start = time.perf_counter()
            try:
                return real(grid, *arguments)
            finally:
                self.seconds += time.perf_counter() - start

        self._stack.enter_context(replaced(Grid, train=timed))
        return self

    def __exit__(self, *_):
        self._stack.close()


@contextlib.contextmanager
def timed_phases(spent, calls):
    """Wait for every phase and every product of large networks, and add up their seconds.

    Parameters
    ----------
    spent, calls : Counter
        Seconds and launches by name.
    """
    from skdeep.engines.cuda.hardware.blas import Library
    from skdeep.engines.cuda.launching.grid import Grid

    run, multiply, there = Grid.run, Library.multiply, device()

    def timed(name, job):
        there.wait()
        start = time.perf_counter()
        job()
        there.wait()
        spent[name] += time.perf_counter() - start
        calls[name] += 1

    def timed_run(grid, name, index=0):
        timed(name, lambda: run(grid, name, index))

    def timed_multiply(library, *arguments):
        timed("cuBLAS", lambda: multiply(library, *arguments))

    with replaced(Grid, run=timed_run), replaced(Library, multiply=timed_multiply):
        yield


def phases_of(job):
    """Return the seconds and the launches of every phase while a job runs."""
    spent, calls = Counter(), Counter()
    with timed_phases(spent, calls):
        job()
    return spent, calls


def kernels_made():
    """Return the sets of kernels of this process."""
    from skdeep.engines.cuda.kernels.compiled import Kernels

    return [item for item in gc.get_objects() if isinstance(item, Kernels)]


def registers():
    """Yield what the driver says of compiled kernels: name, registers and bytes of local memory."""
    for kernels, name in itertools.product(kernels_made(), KERNELS):
        compiled = getattr(vars(kernels).get(name), "overloads", {})
        for each in compiled.values():
            yield name, each.regs_per_thread, each.local_mem_per_thread


def _address(array):
    host = getattr(array, "_ary", None)  # in the simulator
    return array.device_ctypes_pointer.value if host is None else host.ctypes.data


def multiply(out, a, b, shape, a_transposed=False, b_transposed=False):
    """Form a product of arrays on the device by the engine's cuBLAS; see `Library.multiply`."""
    from skdeep.engines.cuda.hardware.blas import Stored

    library = device().library
    if library is None:
        raise RuntimeError("cuBLAS cannot be used")
    stored = [
        Stored(_address(array), array.shape[1], array.dtype, transposed)
        for array, transposed in ((out, False), (a, a_transposed), (b, b_transposed))
    ]
    with device().active():
        library.multiply(*stored, shape, True)


def products(sizes, batch):
    """Return a function that forms the matrix products of a step and nothing else, in float32.

    Parameters
    ----------
    sizes : tuple of int
        Features, units of every layer, outputs.
    batch : int
    """
    from numba import cuda

    def empty(*shape):
        return cuda.to_device(np.ones(shape, np.float32))

    calls = []
    with device().active():
        for index, (n_in, n_out) in enumerate(itertools.pairwise(sizes)):
            h, w, d = empty(batch, n_in), empty(n_in, n_out), empty(batch, n_out)
            calls.append((empty(batch, n_out), h, w, (batch, n_out, n_in)))
            calls.append((empty(n_in, n_out), h, d, (n_in, n_out, batch), True))
            if index > 0:
                calls.append((empty(batch, n_in), d, w, (batch, n_in, n_out), False, True))

    def job():
        for call in calls:
            multiply(*call)

    return job
