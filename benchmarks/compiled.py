"""Kernels compiled for GPUs that are not there, with the figures of NVIDIA's own compilers.

Needs the toolchain that ``pip install -e ".[cuda-compile]"`` brings, and neither a GPU nor a
driver: while it compiles, a stand-in is in the place of numba-cuda's current device, which only
tells the architecture.
"""

import contextlib
import re
import shutil
import subprocess
import tempfile
from collections import Counter
from pathlib import Path
from typing import NamedTuple
from unittest import mock

#: Compute capabilities: Turing, Ampere, Hopper, and the two Blackwells.
ARCHITECTURES = ((7, 5), (8, 0), (9, 0), (10, 0), (12, 0))
#: Registers of a multiprocessor, the most of a thread, and the threads of a block that trains.
REGISTERS, REGISTERS_OF_A_THREAD, THREADS = 65536, 255, 256
WHOLE = ("train", "train_in_shared_memory", "predict", "losses")

_INSTRUCTION = re.compile(r"^\s+(?:@!?%p\d+\s+)?([a-z][a-z0-9_]*(?:\.[A-Za-z0-9_:]+)*)[\s;]", re.M)
_SASS = re.compile(r"^\s+/\*[0-9a-f]+\*/\s+(?:@!?\w+\s+)?([A-Z][A-Z0-9_]+(?:\.[A-Z0-9_]+)*)", re.M)


class Report(NamedTuple):
    """What the compilers say of a kernel.

    Attributes
    ----------
    registers, stack, spills : int
        Registers of a thread; bytes of its stack, and bytes that are spilled to it.
    ptx : Counter
        Instructions of PTX, NVIDIA's portable assembler.
    sass : Counter or None
        Instructions of the device; None where ``nvdisasm`` is not installed.
    """

    registers: int
    stack: int
    spills: int
    ptx: Counter
    sass: Counter | None

    def doubles(self):
        """Return how many instructions compute in float64."""
        return sum(n for name, n in self.ptx.items() if ".f64" in name)


def name_of(architecture):
    """Return how the assembler names an architecture."""
    return "sm_{}{}".format(*architecture)


def missing():
    """Return what is missing for compilation, or None."""
    try:
        from cuda.core import Linker  # noqa: F401
        from numba import cuda
        from numba.cuda.cudadrv import nvvm

        if "numba_cuda" not in (cuda.__file__ or ""):
            return "numba-cuda is not installed"
        nvvm.NVVM()
    except Exception as error:  # each of these packages has errors of its own
        return f"{type(error).__name__}: {error}"
    return None


class _Device:
    """What compilation asks of a device."""

    def __init__(self):
        self.compute_capability = ARCHITECTURES[0]


_DEVICE = _Device()


@contextlib.contextmanager
def _stand_in(architecture):
    """Let numba-cuda take its current device to be of an architecture."""
    from numba.cuda import compiler, dispatcher

    _DEVICE.compute_capability = architecture
    with contextlib.ExitStack() as stack:
        for module in (compiler, dispatcher):
            patch = mock.patch.object(module, "get_current_device", lambda: _DEVICE)
            stack.enter_context(patch)
        yield


def signature(dtype, phase):
    """Return the signature that kernels are launched with."""
    from numba import types

    kinds, integers = getattr(types, dtype)[::1], types.int64
    models = (integers[:, ::1], integers[:, ::1])
    arguments = (kinds, types.float64[::1], integers[::1], types.int32[::1], *models)
    return types.void(*arguments, *((integers,) if phase else ()))


def ptx_of(kernels, name, architecture):
    """Return a kernel as PTX.

    Parameters
    ----------
    kernels : Kernels
    name : str
        One of `WHOLE`, or of a phase.
    architecture : tuple of int
    """
    from numba import cuda

    phase = name not in WHOLE
    kernel = kernels.phase(name) if phase else getattr(kernels, name)
    options = {"device": False, "cc": architecture, "output": "ptx", "abi": "numba"}
    with _stand_in(architecture):
        ptx, _type = cuda.compile(
            kernel.py_func, signature(kernels.formulas.dtype, phase), **options
        )
    return ptx


_STACK = re.compile(r"(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads")


def assemble(ptx, architecture, with_sass=False):
    """Return what the assembler makes of PTX for an architecture.

    Parameters
    ----------
    ptx : str
    architecture : tuple of int
        That of the PTX or a newer one.
    with_sass : bool, default=False
        Whether to count the device's own instructions, which takes longer.

    Returns
    -------
    report : Report
    """
    from cuda.core import Linker, LinkerOptions, ObjectCode

    options = LinkerOptions(arch=name_of(architecture), ptxas_options=["-v"])
    linker = Linker(ObjectCode.from_ptx(ptx.encode()), options=options)
    code = linker.link("cubin").code
    log = linker.get_info_log()
    # One line for every function that is not pasted into the kernel.
    frames = [tuple(map(int, numbers)) for numbers in _STACK.findall(log)]
    stack, spills = max(frame[0] for frame in frames), sum(sum(frame[1:]) for frame in frames)
    registers = max(map(int, re.findall(r"Used (\d+) registers", log)))
    instructions = Counter(_INSTRUCTION.findall(ptx))
    return Report(registers, stack, spills, instructions, _sass(code) if with_sass else None)


def _sass(code):
    """Return the instructions of device code, or None where it cannot be read."""
    tool = shutil.which("nvdisasm")
    if tool is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "kernel.cubin"
        path.write_bytes(code)
        text = subprocess.run([tool, path], capture_output=True, text=True, check=True).stdout
    return Counter(_SASS.findall(text))


def _count(instructions, *beginnings):
    return sum(n for name, n in instructions.items() if name.startswith(beginnings))


def show(names=None, output=None):
    """Compile kernels of a classifier for all architectures; print and write a table.

    Parameters
    ----------
    names : list of str or None
        Kernels; by default those of `WHOLE` and the phases that form products or change weights.
    output : Path or None
        Folder for ``gpu_compiled.csv``.

    Returns
    -------
    rows : list of dict
    """
    from benchmarks.report import write_rows
    from skdeep.engines.cuda.kernels.compiled import kernels_for
    from skdeep.engines.cuda.kernels.formulas import Formulas

    reason = missing()
    if reason is not None:
        raise SystemExit(f'no CUDA toolchain ({reason}): pip install -e ".[cuda-compile]"')
    products = ("affine", "backward", "form_gradient")
    by_blocks = (f"{name}_by_blocks" for name in products)
    names = names or [*WHOLE, *products, *by_blocks, "loss_gradient", "step"]
    rows = []
    print(
        "| kernel | dtype | GPU | registers | stack | spills | FMA | shared | global | f64 | sync |"
    )
    print("| --- | --- | --- " + "| ---: " * 8 + "|")
    for dtype in ("float32", "float64"):
        activations, loss = ("relu", "softmax"), "categorical_log_loss"
        formulas = Formulas(activations, loss, "adam", "l2", "constant", False, False, dtype)
        for name in names:
            for architecture in ARCHITECTURES:
                ptx = ptx_of(kernels_for(formulas), name, architecture)
                made = assemble(ptx, architecture)
                rows.append(
                    {
                        "kernel": name,
                        "dtype": dtype,
                        "GPU": name_of(architecture),
                        "registers": made.registers,
                        "stack": made.stack,
                        "spills": made.spills,
                        "FMA": _count(made.ptx, f"fma.rn.f{dtype[-2:]}"),
                        "shared": _count(made.ptx, "ld.shared", "st.shared"),
                        "global": _count(made.ptx, "ld.global", "st.global"),
                        "f64": made.doubles(),
                        "sync": _count(made.ptx, "bar."),
                    }
                )
                print("| " + " | ".join(map(str, rows[-1].values())) + " |", flush=True)
    if output is not None:
        write_rows(output / "gpu_compiled.csv", rows)
    return rows
