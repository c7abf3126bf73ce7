"""The engine that an estimator's parameters `device` and `n_threads` ask for.

`skdeep.engines.interface` says what an engine is.
"""

import functools
import importlib.metadata
import os
import re
import threading

from skdeep.engines.cpu import engine as cpu
from skdeep.engines.cpu.threads import team
from skdeep.engines.interface import Engine
from skdeep.engines.table import KINDS

#: How the packages for GPUs are installed.
INSTALL = 'pip install "numba-cuda[cu13]>=0.30.4,<0.31" "nvidia-cublas>=13,<14"'
#: Fits that may wait for one launch on a GPU at the same time.
MOST_FITS_ON_GPU = 256
_NAME = re.compile(r"cuda(?::(\d+))?")
#: Numbers of GPUs that this process has found to be usable: nothing is looked for again.
_usable = set()
#: Held while the devices are counted: numba-cuda initialises the driver for one thread at a time.
_counting = threading.RLock()


def has_kinds(device, kinds):
    """Return whether the engine for a device has all of some kinds of layers.

    Parameters
    ----------
    device : str
        Checked; "auto" has all of them, as it may be the CPU.
    kinds : iterable of str

    Returns
    -------
    complete : bool
    """
    if device.partition(":")[0] != "cuda":
        return set(kinds) <= set(KINDS)
    from skdeep.engines.cuda import layers

    return set(kinds) <= set(layers.KINDS)


def check_device(device):
    """Check a name of a device.

    Parameters
    ----------
    device : object
        The parameter `device`.

    Raises
    ------
    ValueError
        If it is none.
    """
    if device not in ("cpu", "auto") and not _NAME.fullmatch(str(device)):
        raise ValueError(
            "device must be 'cpu', 'auto', 'cuda' or 'cuda:' with the number of a device, as in "
            f"'cuda:1'. Got {device!r} instead."
        )


def find_engine(device, n_threads, needed=True):
    """Return the engine for a device.

    Parameters
    ----------
    device : str
        "cpu", "cuda", "cuda:1" or the like, or "auto": a GPU where one can be used.
    n_threads : int or None
        For processors.
    needed : bool, default=True
        Whether a GPU that cannot be used is an error; otherwise the CPU takes its place.

    Returns
    -------
    engine : Engine

    Raises
    ------
    ValueError
        If there is no device of this name.
    RuntimeError
        If a GPU is asked for and cannot be used; the message says what is missing.
    """
    check_device(device)
    if device != "cpu":
        try:
            return _cuda_engine(0 if device == "auto" else int(_NAME.fullmatch(device)[1] or 0))
        except (RuntimeError, ValueError):
            if needed and device != "auto":
                raise
    n_threads = n_threads or team.available_threads()
    return Engine(
        functools.partial(cpu.Training, n_threads=n_threads),
        functools.partial(cpu.FullBatch, n_threads=n_threads),
        functools.partial(cpu.predict, n_threads=n_threads),
        functools.partial(cpu.mean_loss, n_threads=n_threads),
        n_threads,
        reads_doubles=True,
        loss_by_output=True,
    )


def _cuda_engine(number):
    if number not in _usable:
        _check_cuda(number)
    try:
        from skdeep.engines.cuda import engine
        from skdeep.engines.cuda.hardware.devices import device_of
    except (ImportError, AttributeError) as error:
        raise RuntimeError(
            f"device='cuda' cannot import numba-cuda: {error}. The versions that go together are "
            f"installed by: {INSTALL}."
        ) from error

    device = device_of(number)
    _usable.add(number)
    return Engine(
        functools.partial(engine.Training, device=device),
        functools.partial(engine.FullBatch, device=device),
        functools.partial(engine.predict, device=device),
        functools.partial(engine.mean_loss, device=device),
        MOST_FITS_ON_GPU,
    )


def _check_cuda(number):
    """Check that a GPU can be used; say what is missing where it cannot."""
    if os.environ.get("NUMBA_ENABLE_CUDASIM") != "1":
        try:
            importlib.metadata.version("numba-cuda")
        except importlib.metadata.PackageNotFoundError:
            raise RuntimeError(
                "device='cuda' needs the package numba-cuda, which is not installed. Install it "
                f"with: {INSTALL}"
            ) from None
    n_devices, why = _count_devices()
    if n_devices == 0:
        raise RuntimeError(
            f"device='cuda' needs an NVIDIA GPU and its driver, and found none: {why}. The "
            f"packages that go with it are installed by: {INSTALL}. Use device='auto' for the GPU "
            "where there is one, and the CPU elsewhere."
        )
    if number >= n_devices:
        names = ", ".join(f"'cuda:{i}'" for i in range(n_devices))
        raise ValueError(f"There is no device 'cuda:{number}'. This machine has {names}.")
    lacking = _missing_library()
    if lacking:
        raise RuntimeError(
            f"device='cuda' has a GPU, but not all libraries that compile for it: {lacking}. "
            f"All of them are installed by: {INSTALL}."
        )


def _count_devices():
    """Return how many GPUs there are, and if there are none, why. Needs the driver alone."""
    try:
        with _counting:
            from numba import cuda

            return len(cuda.gpus), "the driver lists no device"
    except Exception as error:  # a driver of another version, or none
        return 0, " ".join(str(error).split()).strip(" :") or type(error).__name__


def _missing_library():
    """Return which library of the CUDA toolkit is missing and how to get it; empty if none is."""
    if os.environ.get("NUMBA_ENABLE_CUDASIM") == "1":
        return ""
    from skdeep.engines.cuda.hardware import toolkit

    try:
        toolkit.require()
    except toolkit.MissingLibrary as error:
        return str(error)
    return ""


def _after_fork():
    global _counting
    _counting = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
