"""The step of a network as a CUDA graph: a few launches for many steps.

Nothing is recorded from a stream, which would forbid other threads to wait for the device. A graph
is built of what is launched in a step, kernel after kernel, each with its arguments: they are
copied, and are the same in every step. Where training is, how many rows a batch has, and the
learning rate are read from the device's memory.

A step of a small network takes as long as the longest chain of its launches. What does not need
one another is therefore in branches, which the device runs side by side: the account of losses and
learning rates, and the gradients of the weights, beside the chain of forward and backward passes.
"""

import contextlib
import ctypes
import warnings
import weakref
from typing import NamedTuple

from skdeep.engines.cuda.hardware.shim import SIMULATED
from skdeep.engines.cuda.launching.launch import launch, loaded

#: Steps of the larger of two graphs; the smaller has one.
STEPS = 16


#: Branches of a step. A launch of `PASSES` follows the last of its branch; one of another branch
#: follows the last of its own and the last of `PASSES`; one of `ALL` follows everything.
PASSES, ACCOUNT, GRADIENTS, ALL = "passes", "account", "gradients", "all"


class Launch(NamedTuple):
    """A kernel, its shape and its arguments, as `launch` takes them, and the branch of its step."""

    kernel: object
    shape: tuple
    arguments: tuple
    branch: str = ALL

    def begin(self):
        """Launch it by itself."""
        launch(self.kernel, self.shape, self.arguments)


class _Branches:
    """The last node of every branch."""

    def __init__(self):
        self._last = {}

    def before(self, branch):
        """Return the nodes that a launch of a branch follows."""
        if branch == ALL:
            return list(dict.fromkeys(self._last.values()))
        found = [self._last[name] for name in (branch, PASSES) if name in self._last]
        return list(dict.fromkeys(found))

    def add(self, branch, node):
        """Take note of a node."""
        if branch == ALL:
            self._last = {}
            branch = PASSES
        self._last[branch] = node


class Calls:
    """The launches of a step, one by one: in the simulator, and to compare with.

    Parameters
    ----------
    device : Device
    launches : list of Launch
    """

    def __init__(self, device, launches):
        self._launches = launches

    def run(self, n_steps):
        """Launch so many steps."""
        for _ in range(n_steps):
            for each in self._launches:
                each.begin()


class Graph:
    """The launches of a step as graphs: of one step, and of many.

    Parameters
    ----------
    device : Device
        Which is active, here as in `run`.
    launches : list of Launch
    """

    def __init__(self, device, launches):
        self._driver, binding = driver_interface()
        self._stream, self._made, self._launches = binding.CUstream(0), [], launches
        # Not when the interpreter ends, when the driver may have gone before.
        weakref.finalize(self, _destroy, self._driver, device, self._made).atexit = False
        with contextlib.ExitStack() as parts:
            one, many = self._new(parts), self._new(parts)
            branches = _Branches()
            for each in launches:
                before = branches.before(each.branch)
                node = _add_kernel(self._driver, binding, one, before, each)
                branches.add(each.branch, node)
            before = []
            for _ in range(STEPS):
                before = [self._driver.cuGraphAddChildGraphNode(many, before, len(before), one)]
            for graph in (one, many):
                self._made.append(self._driver.cuGraphInstantiate(graph, 0))

    def _new(self, parts):
        """Return an empty graph, which is needed until it is instantiated."""
        graph = self._driver.cuGraphCreate(0)
        parts.callback(self._driver.cuGraphDestroy, graph)
        return graph

    def run(self, n_steps):
        """Launch so many steps."""
        one, many = self._made
        turns, rest = divmod(n_steps, STEPS)
        for graph in [many] * turns + [one] * rest:
            self._driver.cuGraphLaunch(graph, self._stream)


def driver_interface():
    """Return numba-cuda's driver, whose functions raise errors, and the binding's types."""
    from numba.cuda.cudadrv.driver import binding, driver

    return driver, binding


def _destroy(driver, device, made):
    """Destroy graphs; one that runs ends before."""
    with device.active():
        while made:
            driver.cuGraphExecDestroy(made.pop())


def _add_kernel(driver, binding, graph, before, each):
    """Add a launch to a graph, to come after some nodes; return its node."""
    kernel, (blocks, threads, n_bytes), arguments, _branch = each
    compiled = loaded(kernel, arguments)
    values, back = [], []
    for kind, argument in zip(compiled.argument_types, arguments, strict=True):
        compiled._prepare_args(kind, argument, 0, back, values)
    # What numba-cuda leaves as a number is as long as a pointer.
    values = [v if isinstance(v, ctypes._SimpleCData) else ctypes.c_int64(int(v)) for v in values]
    pointers = (ctypes.c_void_p * len(values))(*map(ctypes.addressof, values))
    node = binding.CUDA_KERNEL_NODE_PARAMS()
    node.kern = binding.CUkernel(int(compiled._codelibrary.get_cufunc().handle))
    node.gridDimX, node.gridDimY, node.gridDimZ = blocks, 1, 1
    node.blockDimX, node.blockDimY, node.blockDimZ = threads, 1, 1
    node.sharedMemBytes, node.kernelParams = n_bytes, ctypes.addressof(pointers)
    return driver.cuGraphAddKernelNode(graph, before, len(before), node)


#: How the steps of a network are launched.
Recording = Calls if SIMULATED else Graph


def record(device, launches):
    """Return how the steps of a network are launched; None where the driver makes no graphs.

    It is not asked again, unless the device had no room for this one.

    Parameters
    ----------
    device : Device
        Which is active.
    launches : list of Launch
        Of one step, the same in every step.

    Returns
    -------
    recording : Calls, Graph or None
    """
    if not device.has_graphs:
        return None
    try:
        return Recording(device, launches)
    except Exception as error:  # of the driver, or of an interface that another version has not
        device.has_graphs = "OUT_OF_MEMORY" in str(error)
        warnings.warn(
            f"The driver makes no CUDA graph of a step ({error}). Networks of medium size are "
            "launched phase by phase, which takes longer.",
            stacklevel=2,
        )
        return None
