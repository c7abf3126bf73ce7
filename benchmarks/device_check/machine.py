"""The machine: packages, the GPU, what the engine sees of it, a kernel, shared memory, copies."""

import importlib.metadata
import os
import subprocess
import sys

from benchmarks import gpu_peers
from benchmarks.device_check import inside, probes
from benchmarks.device_check.predictions import bandwidths
from benchmarks.device_check.worker import NOTHING_TO_CHECK
from benchmarks.gpu import seconds
from benchmarks.peers import cores
from benchmarks.report import cpu_model
from skdeep.engines.choice import find_engine

#: Packages whose versions matter.
PACKAGES = (
    *("numba-cuda", "cuda-bindings", "cuda-core", "cuda-pathfinder", "llvmlite"),
    *("nvidia-nvjitlink", "nvidia-cuda-nvrtc", "nvidia-nvvm", "numpy", "scipy", "scikit-learn"),
)
QUERY = "name,driver_version,memory.total,compute_mode,pcie.link.gen.current,clocks.max.sm"


def run(report, sizes):
    """Say what is there, and try the simplest things; end the check where there is no GPU."""
    _packages(report)
    try:
        find_engine("cuda", None)
    except (RuntimeError, ValueError) as error:
        report.fail("devices", error)
        raise SystemExit(NOTHING_TO_CHECK) from None
    report.measure("devices", 1, detail="or more")
    with report.check("card"):
        report.note("card", "Numba's simulator" if sizes.is_simulated else card())
    _device(report, sizes)
    with report.check("kernel"):
        report.measure("a small kernel compiled", seconds(lambda: probes.add(4)), "s")
    with report.check("shared memory"):
        device = inside.device()
        n_bytes = 1 << 10 if sizes.is_simulated else device.shared_bytes
        wrong = probes.wrong_elements(device, n_bytes)
        report.measure("shared memory", wrong, detail=f"of {n_bytes} B")
    _host(report, sizes)
    _products(report)


def card():
    """Return the name of the GPU and its compute capability."""
    from numba import cuda

    with inside.device().active():
        device = cuda.get_current_device()
    name = device.name
    name = name.decode() if isinstance(name, bytes) else name
    return f"{name}, compute capability {'.'.join(map(str, device.compute_capability))}"


def _packages(report):
    report.note("python", f"{sys.version.split()[0]}; {cpu_model()}, {cores()} cores")
    found = [gpu_peers.versions()]
    for name in PACKAGES:
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    report.note("packages", ", ".join(found))
    report.note("CUDA_HOME", os.environ.get("CUDA_HOME", "is not set"))
    try:
        told = subprocess.run(
            ["nvidia-smi", f"--query-gpu={QUERY}", "--format=csv,noheader"],
            capture_output=True,
            text=True,
            timeout=20,
        )
        report.note("nvidia-smi", told.stdout or told.stderr)
    except (OSError, subprocess.TimeoutExpired) as error:
        report.note("nvidia-smi", f"cannot be asked: {error}")


def _device(report, sizes):
    with report.check("the engine's device"):
        made = []
        took = seconds(lambda: made.append(inside.device()))
        [device] = made
        report.note(
            "the engine's device",
            f"{took:.2f} s to make; {device.processors} processors, {device.shared_bytes} B of "
            f"shared memory, a grid of {device.grid}, {device.free_bytes() / 1e9:.1f} GB free",
        )
        if sizes.is_simulated:
            report.leave_out("cuBLAS", "not on a simulated GPU")
        else:
            report.measure("cuBLAS", device.library is not None)


def _host(report, sizes):
    """Time what the host does around every launch: launching, waiting, copying."""
    device, times = inside.device(), 3 if sizes.is_simulated else 300
    with report.check("a launch"):
        launch = probes.launcher(device)
        launch()
        device.wait()
        took = seconds(lambda: [launch() for _ in range(times)])
        report.measure("a launch", took / times * 1e6, "us", "of the host")
        took = seconds(lambda: [device.wait() for _ in range(times)])
        report.measure("waiting for nothing", took / times * 1e6, "us")
    for name, pinned in (("pinned", True), ("pageable", False)):
        with report.check(name):
            there, back = bandwidths(sizes.copied, pinned)
            report.measure(f"copies to the device, {name}", there / 1e9, "GB/s")
            report.measure(f"copies from the device, {name}", back / 1e9, "GB/s")
    with report.check("4 KB"):
        there, back = bandwidths(1 << 12, pinned=False)
        report.measure("4 KB to the device", 4096 / there * 1e6, "us")
        report.measure("4 KB from the device", 4096 / back * 1e6, "us")


def _products(report):
    for dtype in ("float32", "float64"):
        name = f"product {dtype}"
        if inside.device().library is None:
            report.leave_out(name, "cuBLAS cannot be used")
            continue
        with report.check(name):
            report.measure(name, probes.difference_of_product(dtype))
