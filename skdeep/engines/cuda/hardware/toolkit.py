"""The libraries of the CUDA toolkit: where they are, and what is missing.

numba-cuda finds libraries in NVIDIA's Python packages, in folders that the system's loader knows,
and in ``CUDA_HOME``. Where a part comes from a package and another from a toolkit beside it, it
gives up. What it does not find is therefore looked for here, in every place where toolkits are
installed, and loaded: all of CUDA's packages for Python take a library that the process has loaded.
The environment of the process stays as it is.
"""

import contextlib
import ctypes
import glob
import importlib.metadata
import os
import pathlib
import shutil
import sys

from skdeep.engines.cuda.hardware.once import once

#: Libraries -> what they are called, and the packages that have them for CUDA 13 and CUDA 12.
LIBRARIES = {
    "nvrtc": ("NVRTC", "nvidia-cuda-nvrtc", "nvidia-cuda-nvrtc-cu12"),
    "nvvm": ("libNVVM", "nvidia-nvvm", "nvidia-cuda-nvcc-cu12"),
    "nvJitLink": ("nvJitLink", "nvidia-nvjitlink", "nvidia-nvjitlink-cu12"),
    "cublasLt": ("cuBLASLt", "nvidia-cublas", "nvidia-cublas-cu12"),
    "cublas": ("cuBLAS", "nvidia-cublas", "nvidia-cublas-cu12"),
}
#: What a library needs that the loader would not find.
NEEDED_BY = {"cublas": ("cublasLt",)}
#: Folders of a toolkit that hold libraries, and where it has the functions of mathematics.
FOLDERS = (
    "nvvm/lib64",
    "lib64",
    "lib",
    "targets/x86_64-linux/lib",
    "targets/sbsa-linux/lib",
)
LIBDEVICE = "nvvm/libdevice/libdevice.10.bc"
#: Where toolkits are installed, newest versions first.
SYSTEM = ("/usr/local/cuda", "/usr/local/cuda-*", "/opt/cuda", "/usr/lib/cuda")


class MissingLibrary(RuntimeError):
    """A part of the CUDA toolkit that is not there; the message says how to install it."""


def roots():
    """Return the folders that may hold a toolkit or a part of it, the most explicit first."""
    nvcc = shutil.which("nvcc")
    named = [os.environ.get("CUDA_HOME"), os.environ.get("CUDA_PATH")]
    packages = [
        folder
        for entry in sys.path
        for folder in sorted(glob.glob(f"{entry or '.'}/nvidia/*"))[::-1]
    ]
    beside_nvcc = [os.path.dirname(os.path.dirname(os.path.realpath(nvcc)))] if nvcc else []
    conda = [os.environ.get("CONDA_PREFIX"), sys.prefix]
    installed = [root for pattern in SYSTEM for root in sorted(glob.glob(pattern), key=_version)]
    found = [*named, *packages, *conda, *beside_nvcc, *installed]
    return list(dict.fromkeys(root for root in found if root and os.path.isdir(root)))


def _version(folder):
    """Return what puts folders of newer versions first."""
    numbers = folder.rpartition("-")[2].split(".")
    return [-int(number) for number in numbers if number.isdigit()]


def _files(name):
    """Yield the files of a library."""
    for root in roots():
        for folder in FOLDERS:
            yield from sorted(glob.glob(os.path.join(root, folder, f"lib{name}.so*")))


def load(name):
    """Load a library of the CUDA toolkit.

    Parameters
    ----------
    name : str
        One of `LIBRARIES`.

    Returns
    -------
    path : str
        Its file.

    Raises
    ------
    MissingLibrary
        If it is nowhere.
    """
    from cuda import pathfinder

    with contextlib.suppress(Exception):  # of several kinds, which differ between versions
        return pathfinder.load_nvidia_dynamic_lib(name).abs_path
    for needed in NEEDED_BY.get(name, ()):
        load(needed)
    for path in _files(name):
        with contextlib.suppress(OSError):  # of another architecture, or in want of others
            ctypes.CDLL(path, mode=ctypes.RTLD_GLOBAL)
            with contextlib.suppress(Exception):  # a version that it does not know
                return pathfinder.load_nvidia_dynamic_lib(name).abs_path
    raise MissingLibrary(_tell(name))


def _tell(name, what=None):
    """Say that a library is missing, and how to get it."""
    title, *packages = LIBRARIES[name]
    try:
        version = importlib.metadata.version("cuda-bindings").partition(".")[0]
    except importlib.metadata.PackageNotFoundError:
        version = "13"
    package = packages[1] if version == "12" else packages[0]
    home = os.environ.get("CUDA_HOME") or os.environ.get("CUDA_PATH")
    where = f"CUDA_HOME is {home}" if home else "CUDA_HOME is not set"
    return (
        f"{what or title} was found neither among the Python packages nor in a CUDA toolkit "
        f'({where}). Install it with: pip install "{package}=={version}.*", or set CUDA_HOME to '
        f"the folder of a toolkit of CUDA {version} that has it"
    )


@contextlib.contextmanager
def _home(folder):
    """Set ``CUDA_HOME`` for a moment."""
    before = os.environ.get("CUDA_HOME")
    os.environ["CUDA_HOME"] = folder
    try:
        yield
    finally:
        if before is None:
            os.environ.pop("CUDA_HOME", None)
        else:
            os.environ["CUDA_HOME"] = before


def _provide_libdevice(nvvm):
    """Let numba-cuda know where the functions of mathematics are: beside libNVVM if they are there.

    It looks in packages, ``CUDA_HOME`` and ``/usr/local/cuda``, once, and keeps what it finds.
    """
    from numba.cuda import cuda_paths

    def found():
        path = cuda_paths.get_cuda_paths()["libdevice"].info
        return path is not None and os.path.isfile(path)

    if found():
        return
    around = [str(folder) for folder in pathlib.Path(nvvm).resolve().parents]
    for root in [*around, *roots()]:
        if os.path.isfile(os.path.join(root, LIBDEVICE)):
            vars(cuda_paths.get_cuda_paths).pop("_cached_result", None)
            with _home(root):
                if found():
                    return
    raise MissingLibrary(_tell("nvvm", "libdevice (libdevice.10.bc, a part of libNVVM's package)"))


@once
def require():
    """Load all that kernels are compiled with.

    Success is kept. After a failure, the next call looks again: a package may have been installed.

    Raises
    ------
    MissingLibrary
        If a part is missing.
    """
    load("nvrtc")
    nvvm = load("nvvm")
    with contextlib.suppress(MissingLibrary):  # the driver can take its place
        load("nvJitLink")
    _provide_libdevice(nvvm)
