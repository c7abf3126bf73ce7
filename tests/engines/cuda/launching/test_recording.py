"""Steps as CUDA graphs: what is in them, how often they are launched, and what if none is made."""

import json

import pytest

from tests.engines.cuda.fits import MODES, cuda_settings, fit
from tests.helpers import quiet
from tests.simulated import run_simulated

# A stand-in of the driver: graphs are lists of nodes, and launching one runs its kernels on the
# simulator, in the order that is least like that in which they were added.
PREAMBLE = """
import collections, ctypes, gc, json, types, warnings
import numpy as np
from skdeep import MLPClassifier
from skdeep.engines.cuda import engine
from skdeep.engines.cuda.launching import graphs
from skdeep.engines.cuda.hardware.devices import device_of
from skdeep.engines.cuda.launching.launch import launch
from skdeep.engines.cuda.launching.graphs import (
    ACCOUNT, ALL, GRADIENTS, PASSES, STEPS, Graph, Launch
)

warnings.simplefilter("ignore")

class Node:
    def __init__(self, content, before):
        self.content, self.before = content, before

def in_another_order(nodes):
    done, rest = [], list(nodes)
    while rest:
        last = [node for node in rest if all(each in done for each in node.before)][-1]
        rest.remove(last)
        done.append(last)
    return done

class Driver:
    refused, reason, calls, alive = None, "NOT_SUPPORTED", collections.Counter(), []
    def __getattr__(self, name):
        def call(*arguments):
            self.calls[name] += 1
            if name == self.refused:
                raise RuntimeError(f"Call to {name} results in CUDA_ERROR_{self.reason}")
            return getattr(self, name.removeprefix("cuGraph"))(*arguments)
        return call
    def _new(self, *content):
        made = list(content)
        self.alive.append(made)
        return made
    def Create(self, flags):
        assert flags == 0
        return self._new()
    def _add(self, graph, before, count, content):
        assert count == len(before) == len(set(before))
        assert all(any(each is node for node in graph) for each in before)
        graph.append(Node(content, before))
        return graph[-1]
    AddKernelNode = _add
    def AddChildGraphNode(self, graph, before, count, child):
        return self._add(graph, before, count, list(child))  # is copied
    def Instantiate(self, graph, flags):
        assert flags == 0
        return self._new(*graph)
    def Destroy(self, made):
        [index] = [i for i, each in enumerate(self.alive) if each is made]
        del self.alive[index]
    ExecDestroy = Destroy
    def Launch(self, made, stream):
        assert stream == "stream 0" and any(each is made for each in self.alive)
        for node in in_another_order(made):
            inner = [node] if isinstance(node.content, Launch) else in_another_order(node.content)
            for each in inner:
                each.content.begin()

class Binding:
    CUstream, CUkernel = "stream {}".format, int
    CUDA_KERNEL_NODE_PARAMS = types.SimpleNamespace

driver = Driver()
graphs.driver_interface = lambda: (driver, Binding)
graphs.Recording = Graph
"""
FITS = """
def add_kernel(driver, binding, graph, before, each):
    return driver.cuGraphAddKernelNode(graph, before, len(before), each)

from tests.estimators.in_layers import class_and_parameters

graphs._add_kernel = add_kernel
rng = np.random.default_rng(0)
X, y = rng.normal(size=(23, 4)), np.arange(23) % 3
settings = {"hidden_layer_sizes": (3,), "batch_size": 5, "random_state": 0}

def fit(n_iter, **more):
    parameters = {**settings, **more, "max_iter": n_iter, "device": "cuda"}
    cls, parameters = class_and_parameters("Classifier", parameters)
    return cls(**parameters).fit(X, y)

def apart(model, n_iter, **more):
    plain = MLPClassifier(**{**settings, **more, "max_iter": n_iter}).fit(X, y)
    pairs = zip(model.coefs_, plain.coefs_)
    return float(max(np.abs(a - b).max() for a, b in pairs))

engine.MOST_OPERATIONS_OF_A_BLOCK = 0
"""
#: Two steps an epoch: the simulator takes a quarter of a second for each.
FEW_ROWS = FITS + "X, y = X[:10], y[:10]"


def run(code):
    return json.loads(run_simulated(PREAMBLE + code))


def test_nodes():
    """Kernels in their order, with shape and arguments, in a graph of a step and one of many."""
    found = run("""
class Kernel:
    argument_types = ("array", "int64")
    def __init__(self, handle): self.handle = handle
    def typeof_pyval(self, value): return "int64" if isinstance(value, int) else "array"
    def compile(self, types):
        assert types == self.argument_types
        return self
    def bind(self): self.bound = True
    @property
    def _codelibrary(self):
        assert self.bound
        return self
    def get_cufunc(self): return self
    def _prepare_args(self, kind, value, stream, back, values):
        assert stream == 0
        # As numba-cuda does: bare numbers of an array, its pointers among them, or of ctypes.
        values.extend([0, 1 << 40] if kind == "array" else [ctypes.c_int64(value)])

seen = []

def read(graph, before, count, node):
    pointers = (ctypes.c_void_p * 3).from_address(node.kernelParams)
    values = [ctypes.c_int64.from_address(pointer).value for pointer in pointers]
    grid = [node.gridDimX, node.gridDimY, node.gridDimZ]
    block = [node.blockDimX, node.blockDimY, node.blockDimZ]
    seen.append([node.kern, grid, block, node.sharedMemBytes, values])
    return Driver._add(driver, graph, before, count, node)

driver.AddKernelNode = read
there = device_of(0)
branches = {7: PASSES, 5: ACCOUNT, 9: PASSES, 2: GRADIENTS, 4: ALL}
graph = Graph(
    there,
    [Launch(Kernel(k), (k, 4, 8 * k), ("memory", -k), branch) for k, branch in branches.items()],
)
one, many = graph._made
kerns = lambda graph: [node.content.kern for node in graph]
contents = [kerns(one), [kerns(child.content) for child in many]]
before = [[node.content.kern for node in each.before] for each in one]
chained = [child.before == many[i - 1 : i] for i, child in enumerate(many) if i]
counts = dict(driver.calls), len(driver.alive)
driver.Launch = lambda made, stream: seen.append(1 if made is one else 16 if made is many else 0)
n = len(seen)
graph.run(37)
replays = seen[n:]
del graph, one, many
gc.collect()
order = before, chained
print(json.dumps([seen[:n], contents, order, counts, replays, len(driver.alive), STEPS]))
""")
    seen, (one, many), order, (calls, alive), replays, left, steps = found
    assert one == [7, 5, 9, 2, 4] and many == [one] * steps
    assert seen == [[k, [k, 1, 1], [4, 1, 1], 8 * k, [0, 1 << 40, -k]] for k in one]
    assert order == [[[], [7], [7], [9], [9, 5, 2]], [True] * (steps - 1)]
    assert calls["cuGraphCreate"] == calls["cuGraphDestroy"] == calls["cuGraphInstantiate"] == 2
    assert alive == 2 and left == 0  # what is launched; nothing once that is forgotten
    assert replays == [steps] * 2 + [1] * 5


def test_fits():
    """As many steps as there are batches, the last of an epoch with fewer rows; made once a fit."""
    found = run(
        FITS
        + """
out = []
# In one call, and with a return to the host after every epoch.
for more in ({}, {"early_stopping": True, "validation_fraction": 0.3}):
    driver.calls.clear()
    counts = collections.Counter()
    real = Driver.Launch
    def counted(made, stream):
        counts[len(made)] += 1
        real(driver, made, stream)
    driver.Launch = counted
    model = fit(4, **more)
    out.append([apart(model, 4, **more), driver.calls["cuGraphCreate"], sorted(counts.values())])
model = None
gc.collect()
print(json.dumps([out, len(driver.alive)]))
"""
    )
    ((first, made, launches), (second, made_again, after_epochs)), left = found
    assert max(first, second) < 1e-12
    assert made == made_again == 2
    assert launches == [1, 4]  # of 16 steps and of one: 20 of five batches in four epochs
    assert after_epochs == [16]  # four batches, not enough for the larger graph
    assert left == 0


def test_branches():
    """What is in different branches of a step can be run in any order."""
    same = run(
        FEW_ROWS
        + """
settings["hidden_layer_sizes"] = 4, 3
out = []
for more in (
    {"batch_norm": True, "solver": "sgd", "dropconnect": 0.2},
    {"weight_norm": True, "skip_connections": True, "clip_norm": 0.1, "heads": (0,)},
):
    fits = []
    for graphs.Recording in (graphs.Calls, Graph):
        fits.append(fit(2, **more))
    a, b = fits
    pairs = [(a.loss_curve_, b.loss_curve_), *zip(a.coefs_, b.coefs_)]
    out.append(all(np.array_equal(x, y) for x, y in pairs))
print(json.dumps(out))
"""
    )
    assert same == [True] * 2


def test_few_steps():
    """Before a graph pays, steps are launched kernel by kernel, with the same bits."""
    same, launches = run(
        FEW_ROWS
        + """
from skdeep.engines.cuda.launching import grid
fits, launches = [], []
for grid.LEAST_STEPS_OF_A_GRAPH in (1, 3, 100):
    driver.calls.clear()
    model = MLPClassifier(**settings, device="cuda")
    for _ in range(3):
        model.partial_fit(X, y, classes=range(3))
    model.set_params(max_iter=2, warm_start=True).fit(X, y)
    fits.append(model)
    launches.append(driver.calls["cuGraphLaunch"])
same = [all(map(np.array_equal, fits[0].coefs_, each.coefs_)) for each in fits]
print(json.dumps([same, launches]))
"""
    )
    assert same == [True] * 3
    # Three calls of two steps, and one of four, which may return to the host before its last.
    assert launches[0] == 10
    assert 10 > launches[1] > 0 == launches[2]


def test_memory_that_moves():
    """A graph is made again where addresses have changed, and the old one is destroyed."""
    made, alive, difference = run(
        FEW_ROWS
        + """
from skdeep.engines.cuda.launching.grid import Grid
begin, grids = Grid.begin, []

def moved(self):
    grids.append(1)
    if len(grids) == 3:
        self._span = None
    begin(self)

Grid.begin = moved
model = fit(4, early_stopping=True, validation_fraction=0.3)
gc.collect()
alive = len(driver.alive)
own = {"early_stopping": True, "validation_fraction": 0.3}
print(json.dumps([driver.calls["cuGraphInstantiate"], alive, apart(model, 4, **own)]))
"""
    )
    assert made == 4 and alive == 0 and difference < 1e-12


@pytest.mark.parametrize(
    "refused",
    [f"cuGraph{name}" for name in ("Create", "AddKernelNode", "AddChildGraphNode", "Instantiate")],
)
def test_a_driver_that_refuses(refused):
    """One warning; fits go on phase by phase, and what was made of a graph is destroyed."""
    warned, differences, left, calls, looked = run(
        FEW_ROWS
        + f"""
driver.refused = {refused!r}
with warnings.catch_warnings(record=True) as seen:
    warnings.simplefilter("always")
    differences = [apart(fit(2), 2) for _ in range(2)]
gc.collect()
told = [str(each.message) for each in seen if "graph" in str(each.message)]
looked = "library" in vars(device_of(0))
print(json.dumps([told, differences, len(driver.alive), driver.calls[driver.refused], looked]))
"""
    )
    assert len(warned) == 1 and f"{refused} results in CUDA_ERROR_NOT_SUPPORTED" in warned[0]
    assert max(differences) < 1e-12
    assert left == 0 and calls == 1
    assert looked  # products are cuBLAS's then


def test_no_room_for_a_graph():
    """One fit goes on phase by phase; the next has a graph again."""
    warned, differences, launches, left = run(
        FEW_ROWS
        + """
driver.refused, driver.reason = "cuGraphInstantiate", "OUT_OF_MEMORY"
with warnings.catch_warnings(record=True) as seen:
    warnings.simplefilter("always")
    differences = [apart(fit(2), 2)]
    driver.refused = None
    differences.append(apart(fit(2), 2))
gc.collect()
told = [str(each.message) for each in seen if "graph" in str(each.message)]
print(json.dumps([told, differences, driver.calls["cuGraphLaunch"], len(driver.alive)]))
"""
    )
    assert len(warned) == 1 and "OUT_OF_MEMORY" in warned[0]
    assert max(differences) < 1e-12
    assert launches == 4 and left == 0


@pytest.mark.parametrize("parameters", [{}, {"data": "csr"}, {"skip_connections": True}])
def test_same_bits_as_tiles(parameters, device):
    """Products by blocks add in the order of tiles in registers."""
    if device == "cpu":
        pytest.skip("has no grid")
    fits = []
    for mode in ("grid", "graph"):
        with cuda_settings(device, **MODES[mode]), quiet():
            fits.append(fit("multiclass", {"dtype": "float32", **parameters}, device))
    for tiles, blocks in zip(fits[0].coefs_, fits[1].coefs_, strict=True):
        assert (tiles == blocks).all()
