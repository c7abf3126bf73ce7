"""What kernels use of `numba.cuda`, and what stands for it in Numba's simulator.

Kernels and device functions use the names of this module only. In the simulator a kernel is a
plain Python function that runs in one Python thread per CUDA thread, so device functions and
formulas are left as they are.
"""

import contextlib
import ctypes
import functools
import hashlib
import importlib
import pathlib
import threading
import time

import numpy as np
from numba import config
from numba import cuda as numba_cuda
from numba.core.config import ENABLE_CUDASIM

from skdeep.engines.cache import SafeCache
from skdeep.engines.cuda.hardware.records import record_class

#: The package's folder.
PACKAGE = pathlib.Path(__file__).parents[3]
#: Whether kernels are simulated (``NUMBA_ENABLE_CUDASIM=1``).
SIMULATED = bool(ENABLE_CUDASIM)
#: Threads of a block; two blocks of large grids share a multiprocessor.
THREADS = 4 if SIMULATED else 256

#: A grid of a few blocks is what a few models need, and no cause for a warning.
config.CUDA_LOW_OCCUPANCY_WARNINGS = 0


@functools.cache
def source_stamp():
    """Return a hash of the source of everything that kernels can hold."""
    digest = hashlib.sha256()
    engines = PACKAGE / "engines"
    folders = engines.glob("*.py"), engines.glob("cuda/**/*.py"), PACKAGE.glob("formulas/**/*.py")
    for path in sorted(path for paths in folders for path in paths):
        digest.update(path.read_bytes())
    return digest.digest()


if SIMULATED:
    from numba.cuda.simulator.cudadrv.devicearray import FakeCUDAArray
    from numba.cuda.simulator.kernel import _get_kernel_context

    from skdeep.engines.cuda.hardware.simulator import simulated

    def device(function):
        """Compile a function that kernels call."""
        return function

    inlined = device

    def kernel(function):
        """Compile a function that the host launches."""
        return numba_cuda.jit(simulated(function))

    class cuda:
        """What kernels use of the module."""

        class local:
            """Arrays of a thread's own."""

            array = staticmethod(np.empty)

        class shared:
            """The memory that the threads of a block share."""

            @staticmethod
            def array(shape, dtype):
                """Return the only array of a kernel; of shape 0, all that the launch asked for."""
                return _get_kernel_context().shared.array(shape, dtype)

    def activated(number):
        """Let this thread work on a device, within a block."""
        return numba_cuda.gpus[number]

    def active_number():
        """Return the number of the device that is active."""
        return 0

    def address_of(array):
        """Return the address of a device array."""
        return array._ary.ctypes.data

    def array_at(address, n_bytes):
        """Return a range of device memory as an array of bytes."""
        found = (ctypes.c_uint8 * n_bytes).from_address(address)
        return FakeCUDAArray(np.ctypeslib.as_array(found))

    def copy_in(address, array, stream=0):
        """Copy a contiguous array to an address of device memory."""
        ctypes.memmove(address, array.ctypes.data, array.nbytes)

    def copy_out(address, array, stream=0):
        """Copy from an address of device memory to a contiguous array."""
        ctypes.memmove(array.ctypes.data, address, array.nbytes)

    #: ``record_view(fields)(array)``: the beginning of an array as a record, of fields of its type.
    record_view = record_class

    def rows_view(fields):
        """Return ``view(table)``: the rows of an array of int64 as records."""
        record = record_class(fields)

        class Rows:
            """The rows of a table."""

            def __init__(self, table):
                self._table = table

            def __getitem__(self, index):
                return record(self._table[index])

        return Rows

    #: A stream and an event, by which nothing needs to be ordered here.
    separate_stream, sleeping_event = numba_cuda.stream, numba_cuda.event

    def nanoseconds():
        """Return the time of a clock."""
        return time.perf_counter_ns()

    def sync():
        """Wait for all threads of the block."""
        threading.current_thread().syncthreads()

    def thread():
        """Return the number of this thread in its block."""
        return threading.current_thread().threadIdx.x

    def threads():
        """Return how many threads the block has."""
        return threading.current_thread()._manager._block_dim[0]

    def block():
        """Return the number of this block."""
        return threading.current_thread().blockIdx.x

    def blocks():
        """Return how many blocks there are."""
        return threading.current_thread()._manager._grid_dim[0]

else:
    if not hasattr(np, "row_stack"):
        # NumPy 2.5 removed this alias, which numba-cuda 0.30 asks for when its library of functions
        # is imported: by the first kernel, or here.
        np.row_stack = np.vstack  # noqa: NPY201
        try:
            importlib.import_module("numba.cuda.cudaimpl")
        finally:
            del np.row_stack  # noqa: NPY201

    from llvmlite import ir
    from numba.core.types import Array, intp
    from numba.cuda import types
    from numba.cuda.cudadrv import devices as cuda_devices
    from numba.cuda.cudadrv import driver as cuda_driver
    from numba.cuda.extending import intrinsic
    from numba.np.numpy_support import from_dtype

    cuda, sync = numba_cuda, numba_cuda.syncthreads
    #: Without optimisation at link time, which numba-cuda does by default wherever nvJitLink is
    #: installed: what runs is what the compilation tests look at, and nothing is compiled twice.
    #: Options must stand beside the function: ``jit(lto=False)(function)`` forgets this one.
    OPTIONS = {"lto": False}

    def device(function):
        """Compile a function that kernels call."""
        return numba_cuda.jit(function, device=True, **OPTIONS)

    def inlined(function):
        """Compile a function that is pasted into its callers: those that return arrays must be."""
        return numba_cuda.jit(function, device=True, inline="always", **OPTIONS)

    def kernel(function):
        """Compile a function that the host launches, and keep it on disk where that is possible."""
        try:
            compiled = numba_cuda.jit(function, cache=True, **OPTIONS)
            compiled._cache = SafeCache(compiled._cache, source_stamp())
        except (RuntimeError, OSError, AttributeError):
            return numba_cuda.jit(function, **OPTIONS)
        return compiled

    @contextlib.contextmanager
    def activated(number):
        """Let this thread work on a device, within a block.

        numba-cuda looks the context of a thread up in every call, under a lock of all threads,
        unless it is noted for the thread: so it is noted here. Code of others that runs within such
        a block, as handlers of signals, cannot use another device by numba-cuda.
        """
        runtime = cuda_devices._runtime
        before = runtime._get_attached_context()
        runtime._set_attached_context(None)
        try:
            with numba_cuda.gpus[number]:
                runtime._set_attached_context(numba_cuda.gpus[number].get_primary_context())
                try:
                    yield
                finally:  # before it is no longer the current one
                    runtime._set_attached_context(None)
        finally:
            runtime._set_attached_context(before)

    def active_number():
        """Return the number of the device that is active."""
        return numba_cuda.current_context().device.id

    def address_of(array):
        """Return the address of a device array."""
        return array.device_ctypes_pointer.value

    def array_at(address, n_bytes):
        """Return a range of device memory as an array of bytes: on the device that is active."""
        found = {"shape": (n_bytes,), "typestr": "|u1", "data": (address, False), "version": 3}
        return numba_cuda.from_cuda_array_interface(found, sync=False)

    # What `DeviceNDArray` does beside such a copy takes ten times as long as a small one.
    def copy_in(address, array, stream=0):
        """Copy a contiguous array to an address of device memory, and wait, or tell a stream to."""
        place = address, array.ctypes.data, array.nbytes
        if stream == 0:
            cuda_driver.driver.cuMemcpyHtoD(*place)
        else:
            cuda_driver.driver.cuMemcpyHtoDAsync(*place, int(stream.handle))

    def copy_out(address, array, stream=0):
        """Copy from an address of device memory to a contiguous array; see `copy_in`."""
        place = array.ctypes.data, address, array.nbytes
        if stream == 0:
            cuda_driver.driver.cuMemcpyDtoH(*place)
        else:
            cuda_driver.driver.cuMemcpyDtoHAsync(*place, int(stream.handle))

    def record_view(fields):
        """Return ``view(array)``: the beginning of an array as a record, of fields of its type."""
        kind = from_dtype(fields)

        @intrinsic
        def view(context, array):
            def codegen(target, builder, signature, arguments):
                data = target.make_array(signature.args[0])(target, builder, arguments[0]).data
                return builder.bitcast(data, target.get_value_type(kind))

            return kind(array), codegen

        return view

    def rows_view(fields):
        """Return ``view(table)``: the rows of an array of int64 as records."""
        kind = Array(from_dtype(fields), 1, "C")

        @intrinsic
        def view(context, table):
            def codegen(target, builder, signature, arguments):
                source = target.make_array(signature.args[0])(target, builder, arguments[0])
                rows = target.make_array(kind)(target, builder)
                step = target.get_constant(intp, fields.itemsize)
                target.populate_array(
                    rows,
                    data=builder.bitcast(source.data, rows.data.type),
                    shape=[builder.extract_value(source.shape, 0)],
                    strides=[step],
                    itemsize=step,
                    meminfo=None,
                )
                return rows._getvalue()

            return kind(table), codegen

        return view

    def separate_stream():
        """Return a stream that waits for no other one, as numba-cuda's do for the default one."""
        flags = cuda_driver.binding.CUstream_flags.CU_STREAM_NON_BLOCKING
        return numba_cuda.external_stream(int(cuda_driver.driver.cuStreamCreate(int(flags))))

    def sleeping_event():
        """Return an event: a thread that waits for it sleeps, and keeps no processor busy."""
        flags = cuda_driver.binding.CUevent_flags
        both = int(flags.CU_EVENT_DISABLE_TIMING) | int(flags.CU_EVENT_BLOCKING_SYNC)
        return cuda_driver.Event(cuda_driver.driver.cuEventCreate(both))

    @intrinsic
    def nanoseconds(context):
        """Return the time of the device's clock, the same one for all its processors."""

        def codegen(context, builder, signature, arguments):
            kind = ir.FunctionType(ir.IntType(64), [])
            read = ir.InlineAsm(kind, "mov.u64 $0, %globaltimer;", "=l", side_effect=True)
            return builder.call(read, [])

        return types.int64(), codegen

    @device
    def thread():
        """Return the number of this thread in its block."""
        return cuda.threadIdx.x

    @device
    def threads():
        """Return how many threads the block has."""
        return cuda.blockDim.x

    @device
    def block():
        """Return the number of this block."""
        return cuda.blockIdx.x

    @device
    def blocks():
        """Return how many blocks there are."""
        return cuda.gridDim.x
