"""What a GPU machine has beside skdeep: the same steps in PyTorch, bare products, copies."""

import itertools
import time
from importlib.metadata import PackageNotFoundError, version
from statistics import median

import numpy as np

PACKAGES = ("skdeep", "numba", "numba-cuda", "nvidia-cublas", "torch", "cupy", "cupy-cuda13x")


def torch_with_gpu():
    """Return PyTorch and None, or None and what is missing."""
    try:
        import torch
    except ImportError:
        return None, "PyTorch is not installed"
    return (torch, None) if torch.cuda.is_available() else (None, "PyTorch sees no GPU")


def cupy_with_gpu():
    """Return CuPy and None, or None and what is missing."""
    try:
        import cupy

        cupy.cuda.runtime.getDeviceCount()
    except Exception as error:  # not installed, or no driver
        return None, f"CuPy cannot be used: {type(error).__name__}"
    return cupy, None


def versions():
    """Return the packages that are there, with their versions."""
    found = []
    for name in PACKAGES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return ", ".join(found)


class TorchSteps:
    """Steps of Adam in PyTorch on a GPU, the data there already.

    Parameters
    ----------
    torch : module
    sizes : tuple of int
        Features, units of every layer, outputs.
    batch : int
    mode : {"eager", "graph", "compile"}
        Launched one by one; captured as a CUDA graph; compiled.
    """

    def __init__(self, torch, sizes, batch, mode):
        self.torch, self.mode = torch, mode
        layers = []
        for n_in, n_out in itertools.pairwise(sizes):
            layers += [torch.nn.Linear(n_in, n_out), torch.nn.ReLU()]
        self.network = torch.nn.Sequential(*layers[:-1]).cuda()
        self.loss = torch.nn.CrossEntropyLoss()
        self.optimizer = torch.optim.Adam(
            self.network.parameters(), weight_decay=1e-4, fused=True, capturable=mode == "graph"
        )
        self.X = torch.randn(batch, sizes[0], device="cuda")
        self.y = torch.randint(sizes[-1], (batch,), device="cuda")
        self.step = {"eager": self._step, "graph": self._graph, "compile": self._compile}[mode]
        if mode != "eager":
            self.step = self.step()

    def _step(self):
        self.optimizer.zero_grad(set_to_none=True)
        self.loss(self.network(self.X), self.y).backward()
        self.optimizer.step()

    def _graph(self):
        return captured(self.torch, self._step)

    def _compile(self):
        self.network = self.torch.compile(self.network, mode="max-autotune")
        return self._step

    def seconds(self, steps, repeats):
        """Return the median seconds of a step."""
        for _ in range(3):
            self.step()
        return median(timed(self.torch.cuda.synchronize, self.step, steps) for _ in range(repeats))


def captured(torch, step):
    """Return a function that replays a step of PyTorch as a CUDA graph."""
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(3):
            step()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        step()
    return graph.replay


class TorchEnsemble:
    """Steps of many networks of one hidden layer as batched products, in one CUDA graph.

    Parameters
    ----------
    torch : module
    n : int
        Networks, each with rows of its own.
    sizes : tuple of int
        Features, units, outputs.
    batch : int
    """

    def __init__(self, torch, n, sizes, batch):
        self.torch = torch
        n_in, n_hidden, n_out = sizes
        shapes = (n_in, n_hidden), (1, n_hidden), (n_hidden, n_out), (1, n_out)
        self.parameters = [torch.randn(n, *shape, device="cuda") * 0.1 for shape in shapes]
        for parameter in self.parameters:
            parameter.grad = torch.zeros_like(parameter)
        self.adam = torch.optim.Adam(self.parameters, fused=True, capturable=True)
        self.X = torch.randn(n, batch, n_in, device="cuda")
        classes = torch.randint(n_out, (n, batch), device="cuda")
        self.y = torch.nn.functional.one_hot(classes, n_out).float()

    def _step(self):
        torch, X, (w, b, v, c) = self.torch, self.X, self.parameters
        h = torch.relu(torch.baddbmm(b, X, w))
        d = (torch.softmax(torch.baddbmm(c, h, v), 2) - self.y) / X.shape[1]
        torch.bmm(h.transpose(1, 2), d, out=v.grad)
        torch.sum(d, 1, keepdim=True, out=c.grad)
        e = torch.bmm(d, v.transpose(1, 2)) * (h > 0)
        torch.bmm(X.transpose(1, 2), e, out=w.grad)
        torch.sum(e, 1, keepdim=True, out=b.grad)
        self.adam.step()

    def seconds(self, steps, repeats):
        """Return the median seconds of a step of all networks."""
        with self.torch.no_grad():
            step, wait = captured(self.torch, self._step), self.torch.cuda.synchronize
            return median(timed(wait, step, steps) for _ in range(repeats))


def timed(synchronize, job, times):
    """Return the mean seconds of a job that is done so many times and then waited for."""
    synchronize()
    start = time.perf_counter()
    for _ in range(times):
        job()
    synchronize()
    return (time.perf_counter() - start) / times


def products_job(sizes, batch):
    """Return a function that forms the products of a step and no more, how to wait, and by whom.

    Of every layer those forward, of its gradient, and, but for the first, those back; in float32.
    """
    torch, no_torch = torch_with_gpu()
    if torch is not None:
        torch.backends.cuda.matmul.allow_tf32 = False
        empty = lambda *shape: torch.randn(*shape, device="cuda")  # noqa: E731
        return _products(torch.mm, empty, sizes, batch), torch.cuda.synchronize, "torch.mm"
    cupy, no_cupy = cupy_with_gpu()
    if cupy is None:
        raise RuntimeError(f"{no_torch}; {no_cupy}")
    empty = lambda *shape: cupy.random.standard_normal(shape, dtype=np.float32)  # noqa: E731
    return _products(cupy.matmul, empty, sizes, batch), cupy.cuda.Device().synchronize, "cupy"


def _products(multiply, empty, sizes, batch):
    calls = []
    for index, (n_in, n_out) in enumerate(itertools.pairwise(sizes)):
        h, w, d = empty(batch, n_in), empty(n_in, n_out), empty(batch, n_out)
        calls += [(h, w, empty(batch, n_out)), (h.T, d, empty(n_in, n_out))]
        if index > 0:
            calls.append((d, w.T, empty(batch, n_in)))

    def job():
        for a, b, out in calls:
            multiply(a, b, out=out)

    return job


def seconds_of_products(sizes, batch, steps, repeats):
    """Return the median seconds of a step's products, and who formed them."""
    job, synchronize, name = products_job(sizes, batch)
    timed(synchronize, job, 3)
    return median(timed(synchronize, job, steps) for _ in range(repeats)), name


def seconds_of_copies(array, n_out, repeats):
    """Return the median seconds in which an array goes to the device and some bytes come back."""
    from numba import cuda

    there, back = cuda.device_array_like(array), np.empty(n_out, np.uint8)
    result = cuda.device_array(n_out, np.uint8)

    def job():
        there.copy_to_device(array)
        result.copy_to_host(back)

    job()
    return median(timed(cuda.synchronize, job, 1) for _ in range(repeats))


def seconds_of_a_device_copy(n_bytes, repeats):
    """Return the median seconds in which so many bytes are copied within the device."""
    from numba import cuda

    a, b = cuda.device_array(n_bytes, np.uint8), cuda.device_array(n_bytes, np.uint8)
    b.copy_to_device(a)
    return median(timed(cuda.synchronize, lambda: b.copy_to_device(a), 3) for _ in range(repeats))
