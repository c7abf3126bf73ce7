"""Small kernels and products, to see whether a device does what it should."""

import threading

import numpy as np

from benchmarks.device_check import inside
from skdeep.engines.cuda.hardware.shim import (
    SIMULATED,
    cuda,
    kernel,
    numba_cuda,
    sync,
    thread,
    threads,
)
from skdeep.engines.cuda.launching.launch import allow_shared_memory, launch

THREADS = 4 if SIMULATED else 256


def _add(a, n):
    a[thread()] += n


def _reverse(out):
    memory, i = cuda.shared.array(0, out.dtype), thread()
    for k in range(i, memory.size, threads()):
        memory[k] = k
    sync()
    out[i] = memory[memory.size - 1 - i]


def add(n):
    """Compile a kernel, and let it add a number to an array; return the array."""
    with inside.device().active():
        array = numba_cuda.to_device(np.zeros(THREADS, np.float32))
        launch(kernel(_add), (1, THREADS, 0), (array, n))
        found = array.copy_to_host()
    if not (found == n).all():
        raise AssertionError(f"a kernel that adds {n} to zeros has made {found[:3]}")
    return found


def launcher(device):
    """Return a function that launches a small kernel as the engine does."""
    with device.active():
        add_one, array = kernel(_add), numba_cuda.to_device(np.zeros(THREADS, np.float32))

    def job():
        with device.active():
            launch(add_one, (1, THREADS, 0), (array, 1))

    return job


def wrong_elements(device, n_bytes):
    """Return how many elements are wrong that were written to shared memory and read again.

    Parameters
    ----------
    device : Device
    n_bytes : int
        Of shared memory, all of which is used.
    """
    reverse = kernel(_reverse)
    with device.active():
        out = numba_cuda.to_device(np.zeros(THREADS, np.float32))
        allow_shared_memory(device, reverse, (out,), n_bytes)
        launch(reverse, (1, THREADS, n_bytes), (out,))
        found = out.copy_to_host()
    return int((found != n_bytes // 4 - 1 - np.arange(THREADS)).sum())


def difference_of_product(dtype):
    """Return how far a product of the engine's cuBLAS, formed in another thread, is from NumPy's.

    That thread has no context of its own, as those of a grid search have none.
    """
    rng = np.random.default_rng(0)
    a = rng.standard_normal((37, 70)).astype(dtype)
    b = rng.standard_normal((50, 70)).astype(dtype)
    with inside.device().active():
        A, B, C = map(numba_cuda.to_device, (a, b, np.zeros((37, 50), dtype)))
    errors = []

    def product():
        try:
            inside.multiply(C, A, B, (37, 50, 70), b_transposed=True)
            inside.device().wait()
        except Exception as error:
            errors.append(error)

    thread = threading.Thread(target=product)
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    with inside.device().active():
        return float(np.abs(C.copy_to_host() - a @ b.T).max())
