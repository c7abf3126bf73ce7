"""Every kernel really compiled, by NVIDIA's compilers and for GPUs that are not there.

    pytest -m cuda_compile tests/engines/cuda/kernels/test_compilation.py

needs ``pip install -e ".[cuda-compile]"``. Kernels become PTX for the oldest architecture, which
the assemblers of all newer ones read, and device code for each: registers and spills are the
assembler's. With CUDA_COMPILE=all in the environment, every kernel becomes PTX for every
architecture, and every combination of precision and features is compiled whole.
"""

import os

import pytest

from benchmarks import compiled
from benchmarks.compiled import ARCHITECTURES, REGISTERS, REGISTERS_OF_A_THREAD, THREADS, WHOLE

REASON = compiled.missing()
pytestmark = [
    pytest.mark.cuda_compile,
    pytest.mark.skipif(REASON is not None, reason=f"no CUDA toolchain: {REASON}"),
]
ALL = os.environ.get("CUDA_COMPILE") == "all"
SOURCES = ARCHITECTURES if ALL else ARCHITECTURES[:1]
TARGETS = ARCHITECTURES if ALL else (ARCHITECTURES[0], ARCHITECTURES[2], ARCHITECTURES[4])
#: Dense features in float32 are compiled whole, the others by their phases.
VARIANTS = [("float32", False), ("float64", False), ("float32", True), ("float64", True)]
#: Phases that know whether features are dense.
OF_FEATURES = ("gather", "affine", "form_gradient")


def kernels_of(dtype="float32", sparse=False, **changes):
    """Return the kernels of a classifier, with other formulas where told."""
    from skdeep.engines.cuda.kernels.compiled import kernels_for
    from skdeep.engines.cuda.kernels.formulas import Formulas

    usual = Formulas(
        ("relu", "softmax"),
        "categorical_log_loss",
        "adam",
        "l2",
        "constant",
        sparse,
        False,
        dtype,
    )
    return kernels_for(usual._replace(**changes))


def phases():
    """Return the names of all phases."""
    if REASON is not None:
        return []
    from skdeep.engines.cuda.kernels.phases import PHASES

    return list(PHASES)


def registry(kind, name):
    """Return the names of a registry of formulas."""
    import importlib

    return sorted(getattr(importlib.import_module(f"skdeep.formulas.{kind}"), name))


def reports(kernels, name):
    """Yield what the compilers say of a kernel."""
    for source in SOURCES:
        ptx = compiled.ptx_of(kernels, name, source)
        for target in TARGETS:
            # Hopper's and Blackwell's own PTX is not for others.
            if target >= source and (not ALL or target == source):
                yield target, compiled.assemble(ptx, target)


def check(kernels, name):
    """Compile a kernel: it must fit, and spill nothing. Return the last report."""
    for target, report in reports(kernels, name):
        assert report.spills == 0, (name, target, report)
        assert report.registers <= REGISTERS_OF_A_THREAD, (name, target, report)
        assert report.registers * THREADS <= REGISTERS, (name, target, report)
    return report


def of_variants():
    """Yield phases with the precision and features that they are compiled for."""
    for dtype, sparse in VARIANTS:
        for name in phases():
            if ALL or not sparse or name in OF_FEATURES:
                yield pytest.param(name, dtype, sparse, id=f"{name}-{dtype}-{sparse}")


@pytest.mark.parametrize(("name", "dtype", "sparse"), of_variants())
def test_phase(name, dtype, sparse):
    """In float32, only what a single thread keeps account of is computed in float64."""
    from skdeep.engines.cuda.kernels.phases import ALONE

    report = check(kernels_of(dtype, sparse), name)
    if dtype == "float32" and name not in ALONE:
        assert report.doubles() == 0


@pytest.mark.parametrize("name", WHOLE)
@pytest.mark.parametrize(("dtype", "sparse"), VARIANTS if ALL else VARIANTS[:1])
def test_whole(name, dtype, sparse):
    """A kernel that trains has no more float64 than its bookkeeping as kernels of their own."""
    from skdeep.engines.cuda.kernels.phases import ALONE

    kernels = kernels_of(dtype, sparse)
    report = check(kernels, name)
    if dtype == "float32":
        books = [*ALONE, "set_penalty"] if name.startswith("train") else []
        most = sum(next(reports(kernels, book))[1].doubles() for book in books)
        assert report.doubles() <= most


@pytest.mark.parametrize("name", ["train", "train_in_shared_memory"])
def test_validation_within_training(name):
    """It takes no float64, and no memory of the threads."""
    plain, validated = (check(kernels_of(validated=validated), name) for validated in (False, True))
    assert validated.doubles() == plain.doubles()
    assert validated.stack <= plain.stack + 64


def test_shared_memory_is_read_as_such():
    """The address space is known: a generic read may be of the tile, which is then stored first."""
    ptx = compiled.ptx_of(kernels_of(), "train_in_shared_memory", (7, 5))
    mix = compiled.assemble(ptx, (7, 5)).ptx
    assert mix["ld.f32"] == 0
    assert mix["ld.shared.f32"] > mix["ld.global.f32"]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("phase", ["affine", "normalise", "backward"])
def test_all_activations(phase, dtype):
    """One kernel with every activation of the registry."""
    kernels = kernels_of(dtype, activations=tuple(registry("activations", "REGISTRY")))
    report = check(kernels, phase)
    assert dtype == "float64" or report.doubles() == 0


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("loss", registry("losses", "REGISTRY"))
def test_loss(loss, dtype):
    report = check(kernels_of(dtype, loss=loss), "loss_gradient")
    assert dtype == "float64" or report.doubles() == 0


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("rule", [*registry("optimizers", "REGISTRY"), "gradient"])
def test_rule(rule, dtype):
    """A rule prepares a step in float64, and takes it in the network's precision."""
    kernels = kernels_of(dtype, rule=rule)
    check(kernels, "prepare")
    report = check(kernels, "step")
    assert dtype == "float64" or report.doubles() == 0


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("penalty", registry("penalties", "REGISTRY"))
def test_penalty(penalty, dtype):
    report = check(kernels_of(dtype, penalty=penalty), "step")
    assert dtype == "float64" or report.doubles() == 0


@pytest.mark.parametrize("schedule", registry("schedules", "STEPWISE"))
def test_schedule(schedule):
    check(kernels_of(schedule=schedule), "end_batch")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_noise(dtype):
    """Which is drawn in float64, whatever the network's precision: the same on every device."""
    check(kernels_of(dtype, noisy=True), "gather")


def test_arguments_of_a_graph_node(monkeypatch):
    """They are the parameters of the kernel: as many, and each of the size of a pointer."""
    import ctypes
    import re
    from types import SimpleNamespace

    import numpy as np
    from cuda.bindings import driver as binding
    from numba.cuda.args import ArgHint
    from numba.cuda.dispatcher import _Kernel

    from skdeep.engines.cuda.launching import graphs
    from skdeep.engines.cuda.launching.graphs import Launch, _add_kernel

    class Array(ArgHint):
        def __init__(self, dtype, *shape):
            self.dtype, self.shape, self.size, self.ptr = np.dtype(dtype), shape, 7, 1 << 47
            self._layout = SimpleNamespace(strides_in_bytes=(8,) * len(shape))

        def to_device(self, retr, stream=0):
            return self

    compiled_kernel = _Kernel.__new__(_Kernel)  # which needs a device when it is made
    compiled_kernel.extensions = []
    compiled_kernel.signature = compiled.signature("float32", True)
    compiled_kernel.bind = lambda: None
    function = SimpleNamespace(handle=binding.CUkernel(77))
    compiled_kernel._codelibrary = SimpleNamespace(get_cufunc=lambda: function)
    kernel = object()
    monkeypatch.setattr(graphs, "loaded", lambda kernel, arguments: compiled_kernel)
    ptx = compiled.ptx_of(kernels_of(), "multiply_by_slopes", SOURCES[0])
    sizes = re.findall(r"\.param \.[a-z]+(\d+) \S+_param_\d+", ptx)
    found = []

    def add(graph, before, count, node):
        addresses = (ctypes.c_void_p * 11).from_address(node.getPtr())
        pointers = (ctypes.c_void_p * len(sizes)).from_address(addresses[5])
        found.extend(ctypes.c_int64.from_address(pointer).value for pointer in pointers)
        assert int(node.kern) == 77 and (node.gridDimX, node.blockDimX) == (9, 256)

    flat = [Array(kind, 7) for kind in ("f4", "f8", "i8", "i4")]
    arguments = (*flat, Array("i8", 7, 1), Array("i8", 7, 1), 3)
    driver = SimpleNamespace(cuGraphAddKernelNode=add)
    _add_kernel(driver, binding, None, [], Launch(kernel, (9, 256, 0), arguments))
    assert set(sizes) == {"64"}
    vectors = [[0, 0, 7, size, 1 << 47, 7, 8] for size in (4, 8, 8, 4)]
    tables = [[0, 0, 7, 8, 1 << 47, 7, 1, 8, 8]] * 2
    assert found == [number for array in vectors + tables for number in array] + [3]
