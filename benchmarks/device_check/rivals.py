"""The same steps in PyTorch: eager, captured as a CUDA graph, and compiled."""

import warnings

from benchmarks import gpu_peers

#: What is expected of skdeep beside PyTorch comes first: network, mode, and steps that are timed.
STEPS = (
    ("mid-size", "graph", 200),
    ("large", "compile", 30),
    ("large", "eager", 30),
    ("large", "graph", 30),
    ("mid-size", "eager", 200),
    ("small", "graph", 300),
    ("small", "eager", 200),
)
#: Steps that `torch.compile` is waited for.
COMPILED = tuple((network, mode, 3) for network, mode, _ in STEPS if mode == "compile")


def _shapes(sizes):
    """Return features, units and outputs, and the batch, of every network."""
    shapes = {"small": sizes.small, "mid-size": sizes.mid_size, "large": sizes.large}
    return {name: (shape[:-1], shape[-1]) for name, shape in shapes.items()}


def _torch(report, names):
    """Return PyTorch; leave everything out where it has no GPU."""
    torch, reason = gpu_peers.torch_with_gpu()
    if torch is None:
        for name in names:
            report.leave_out(name, reason)
    return torch


def _time_steps(report, torch, sizes, steps, suffix=""):
    for name, mode, times in steps:
        what = f"{name}, {mode}{suffix}"
        with report.check(what):
            layers, batch = _shapes(sizes)[name]
            job = gpu_peers.TorchSteps(torch, layers, batch, mode)
            report.measure(what, job.seconds(times, sizes.repeats) * 1e6, "us")


def run(report, sizes):
    """Time PyTorch's steps in float32, those of ensembles, and all of them in TF32."""
    names = [f"{name}, {mode}" for name, mode, _ in STEPS]
    torch = _torch(report, names)
    if torch is None:
        return
    warnings.simplefilter("ignore")
    for precision, suffix in (("highest", ""), ("high", ", TF32")):
        torch.set_float32_matmul_precision(precision)
        steps = STEPS if not suffix else [step for step in STEPS if step[1] == "graph"]
        _time_steps(report, torch, sizes, steps, suffix)
        for n in (1, sizes.many[0]):
            what = f"{n} small networks as batched products, graph{suffix}"
            with report.check(what):
                layers, batch = _shapes(sizes)["small"]
                ensemble = gpu_peers.TorchEnsemble(torch, n, layers, batch)
                report.measure(what, ensemble.seconds(200, sizes.repeats) * 1e6, "us")


def compile_only(report, sizes):
    """Let `torch.compile` fill its cache while others compile."""
    torch = _torch(report, ["compiled"])
    if torch is None:
        return
    warnings.simplefilter("ignore")
    torch.set_float32_matmul_precision("highest")
    _time_steps(report, torch, sizes._replace(repeats=1), COMPILED)
