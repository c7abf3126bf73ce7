"""Matrix products of large models, by NVIDIA's cuBLAS.

Three functions of its C interface, called through `ctypes`, which releases the GIL. Where the
library is missing, products are formed by our own kernels, at a fraction of the speed.

``SKDEEP_TF32=1`` in the environment lets float32 products round their factors to 10 bits of
mantissa (TF32), which tensor cores multiply several times faster.
"""

import ctypes
import os
import threading
import warnings

import numpy as np

from skdeep.engines.cuda.hardware import toolkit
from skdeep.engines.cuda.hardware.shim import SIMULATED

#: Whether a matrix is transposed, and the mode of mathematics, as cuBLAS numbers them.
NO, YES = 0, 1
TF32 = 3


class Library:
    """cuBLAS on a device.

    Parameters
    ----------
    library : ctypes.CDLL or stand-in
        With the functions of cuBLAS.
    """

    def __init__(self, library):
        self._library, self._lock = library, threading.Lock()
        self._handle = ctypes.c_void_p()
        self._check(library.cublasCreate_v2(ctypes.byref(self._handle)))
        if os.environ.get("SKDEEP_TF32") == "1":
            self._check(library.cublasSetMathMode(self._handle, TF32))

    @staticmethod
    def _check(status):
        if status != 0:
            raise RuntimeError(f"cuBLAS failed with status {status}.")

    def multiply(self, out, a, b, shape, fresh):
        """Compute ``out = a @ b``, or add it to what is there.

        Parameters
        ----------
        out, a, b : Stored
            Matrices row by row.
        shape : tuple of int
            Rows and columns of the product, and the length of the sums.
        fresh : bool
            Whether what is there is replaced.
        """
        rows, columns, depth = shape
        kind = ctypes.c_float if out.dtype == np.float32 else ctypes.c_double
        multiply = self._library.cublasSgemm_v2
        if out.dtype != np.float32:
            multiply = self._library.cublasDgemm_v2
        one, beta = kind(1), kind(0 if fresh else 1)
        # Column by column, as the library reads them, these matrices are transposed.
        with self._lock:
            status = multiply(
                self._handle,
                YES if b.transposed else NO,
                YES if a.transposed else NO,
                *map(ctypes.c_int, (columns, rows, depth)),
                ctypes.byref(one),
                ctypes.c_void_p(b.address),
                ctypes.c_int(b.stride),
                ctypes.c_void_p(a.address),
                ctypes.c_int(a.stride),
                ctypes.byref(beta),
                ctypes.c_void_p(out.address),
                ctypes.c_int(out.stride),
            )
        self._check(status)


class Stored:
    """A matrix in device memory.

    Parameters
    ----------
    address : int
    stride : int
        Elements from one stored row to the next.
    dtype : numpy dtype
    transposed : bool, default=False
        Whether the stored rows are the matrix's columns.
    """

    def __init__(self, address, stride, dtype, transposed=False):
        self.address, self.stride = int(address), int(stride)
        self.dtype, self.transposed = dtype, transposed


def find_library(device):
    """Return cuBLAS on a device; None, with a warning that says why, where it cannot be used.

    Parameters
    ----------
    device : Device
    """
    if SIMULATED:
        return None
    try:
        library = ctypes.CDLL(toolkit.load("cublas"))
        with device.active():
            return Library(library)
    except Exception as error:  # not installed, of another version, or without room on the device
        warnings.warn(
            f"cuBLAS cannot be used ({error}). skdeep's own kernels form the matrix products of "
            "large networks, which takes several times longer.",
            stacklevel=2,
        )
        return None
