"""The CUDA devices of the machine."""

import contextlib
import os
import threading

from scipy.sparse import issparse

from skdeep.engines.cuda.hardware.blas import find_library
from skdeep.engines.cuda.hardware.once import once_property
from skdeep.engines.cuda.hardware.shim import SIMULATED, THREADS, activated, numba_cuda
from skdeep.engines.cuda.hardware.staging import Staging
from skdeep.engines.cuda.launching.dispatcher import Dispatcher
from skdeep.engines.cuda.launching.slots import Slot
from skdeep.engines.cuda.launching.ways import Crowd
from skdeep.engines.cuda.memory.admission import Admission
from skdeep.engines.cuda.memory.slabs import Pool, Table

#: The simulator has no end of memory, but no time.
SIMULATED_MEMORY = 1 << 26
#: Rows that a block predicts together, and blocks for every multiprocessor.
PREDICTION_ROWS = 8 if SIMULATED else 64
BLOCKS_PER_PROCESSOR = 4
#: Shares of the parameters in which a grid forms sums: the same ones on every device.
GRID_LANES = 8 if SIMULATED else 1 << 17
#: The device that a thread works on, while it does.
_ACTIVE = threading.local()


class Device:
    """A device, with its memory and its launches.

    Parameters
    ----------
    number : int

    Attributes
    ----------
    threads : int
        Of a block.
    grid : tuple of int
        Blocks and threads of a grid that shares a phase.
    grid_lanes : int
        Shares of the parameters in which it forms sums.
    shared_bytes : int
        Most shared memory of a block.
    allowed : dict
        Kernels -> shared memory that their blocks may have, where that is more than usual.
    """

    def __init__(self, number):
        self.number, self.threads = number, THREADS
        self.processors, self.shared_bytes = 1, 1 << 16
        if not SIMULATED:
            with self.active():
                device = numba_cuda.get_current_device()
                self.processors = device.MULTIPROCESSOR_COUNT
                self.shared_bytes = device.MAX_SHARED_MEMORY_PER_BLOCK_OPTIN
        self.grid, self.grid_lanes = (2 * self.processors, THREADS), GRID_LANES
        self.prediction_rows, self.has_graphs = PREDICTION_ROWS, True
        self.allowed = {}
        self.prediction_blocks = BLOCKS_PER_PROCESSOR * self.processors
        self.pool, self.admission = Pool(self), Admission(self)
        self.dispatcher, self.crowd, self.staging = Dispatcher(self), Crowd(), Staging(self)

    @once_property
    def library(self):
        """CuBLAS, looked for when the first large network is trained; None where it is missing."""
        return find_library(self)

    @contextlib.contextmanager
    def active(self):
        """Let this thread work on the device; nested blocks do nothing."""
        before = getattr(_ACTIVE, "device", None)
        if before is self:
            yield
            return
        with activated(self.number):
            _ACTIVE.device = self
            try:
                yield
            finally:
                _ACTIVE.device = before

    def free_bytes(self):
        """Return how much memory is free, that of empty slabs included."""
        if SIMULATED:
            return SIMULATED_MEMORY
        return self.pool.empty_bytes(lambda: self._memory().free)

    def total_bytes(self):
        """Return how much memory the device has."""
        return SIMULATED_MEMORY if SIMULATED else self._total_bytes

    @once_property
    def _total_bytes(self):
        return self._memory().total

    def _memory(self):
        with self.active():
            return numba_cuda.current_context().get_memory_info()

    def wait(self):
        """Wait until the device has done everything that it was told."""
        with self.active():
            numba_cuda.synchronize()

    def stream(self):
        """Return a stream: what it is told is done one after another, beside other streams."""
        with self.active():
            return numba_cuda.stream()

    def table(self, n_models):
        """Return room for a table of models."""
        return Table(self.pool, n_models)

    def slot(self, n_models):
        """Return what a launch of so many models, or rows of their table, has to itself."""
        return Slot(self, n_models)

    def rows_at_once(self, n_bytes, X, row_bytes=0):
        """Return how many rows of features so much memory takes, with `row_bytes` beside each."""
        row = feature_bytes(X) / max(1, X.shape[0]) + row_bytes
        return min(X.shape[0], max(self.prediction_rows, int(n_bytes / max(1.0, row))))

    def prediction_row_bytes(self, layout, X):
        """Return the bytes that a prediction takes for a row beside its features."""
        return layout.n_outputs * X.dtype.itemsize


def feature_bytes(X):
    """Return the size of features."""
    if issparse(X):
        return X.data.nbytes + 4 * len(X.indices) + 8 * len(X.indptr)
    return X.nbytes


_DEVICES, _LOCK, _OWNER = {}, threading.Lock(), []


def device_of(number):
    """Return a device of the machine, the same one in every call.

    Parameters
    ----------
    number : int

    Returns
    -------
    device : Device

    Raises
    ------
    RuntimeError
        In a process that was forked from one that used CUDA.
    """
    if _OWNER and _OWNER[0] != os.getpid():
        raise RuntimeError(
            "CUDA cannot be used in this process: it was forked from one that had used CUDA. Use "
            "threads (joblib's 'threading' backend), which train together on the device, or "
            "processes that are started anew (the 'loky' backend, multiprocessing's 'spawn')."
        )
    if not _OWNER:  # before the lock: a process that is forked meanwhile would wait for it
        _OWNER.append(os.getpid())
    with _LOCK:
        if number not in _DEVICES:
            _DEVICES[number] = Device(number)
    return _DEVICES[number]
