"""Memory of the host that a device copies from and to by itself, while the host does other work."""

import concurrent.futures
import contextlib
import itertools
import os
import threading

import numpy as np

from skdeep.engines.cuda.hardware.shim import numba_cuda

#: Processors that this process may use.
PROCESSORS = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
#: Most threads that copy between the rows of a user and this memory: one alone is slower than the
#: device.
COPYING_THREADS = min(16, PROCESSORS or 1)
#: The least number of bytes that is worth a thread.
BYTES_OF_A_THREAD = 1 << 20
#: Buffers that are kept: those of one prediction.
MOST_KEPT = 4


class Staging:
    """Pinned memory of a device, kept for the next prediction, and threads that fill it.

    Where no memory can be pinned, usual memory stands for it: the device's driver then copies it
    through pinned memory of its own.

    Parameters
    ----------
    device : Device
    """

    def __init__(self, device):
        self.device, self._free, self._lock = device, [], threading.Lock()
        self._threads = None

    @contextlib.contextmanager
    def buffer(self, n_bytes):
        """Lend memory of so many bytes or more; whoever has it makes sure that all copies ended.

        Parameters
        ----------
        n_bytes : int

        Yields
        ------
        buffer : array of uint8
        """
        with self._lock:
            fits = [buffer for buffer in self._free if buffer.size >= n_bytes]
            found = min(fits, key=len, default=None)
            self._free = [buffer for buffer in self._free if buffer is not found]
        if found is None:
            found = self._pin(n_bytes)
        try:
            yield found
        finally:
            with self._lock:
                self._free = [*self._free, found][-MOST_KEPT:]

    def _pin(self, n_bytes):
        with self._lock:
            self._free.clear()  # all too small
        try:
            with self.device.active():
                return numba_cuda.pinned_array(n_bytes, np.uint8)
        except Exception:  # systems limit how much can be pinned, and drivers name that variously
            return np.empty(n_bytes, np.uint8)

    def copy(self, target, source):
        """Copy rows to others, by several threads where there are many.

        Parameters
        ----------
        target, source : array of shape (n_rows, n_columns)
        """
        parts = min(COPYING_THREADS, source.nbytes // BYTES_OF_A_THREAD)
        if parts < 2:
            np.copyto(target, source)
            return
        with self._lock:
            if self._threads is None:
                self._threads = concurrent.futures.ThreadPoolExecutor(
                    COPYING_THREADS, "skdeep-copy"
                )
        ends = np.linspace(0, len(source), parts + 1).astype(int)
        pieces = [slice(*piece) for piece in itertools.pairwise(ends)]
        work = []
        try:
            for rows in pieces:
                work.append(self._threads.submit(np.copyto, target[rows], source[rows]))
            for piece in work:
                piece.result()
        finally:  # after Ctrl-C, too: the memory is for others then
            concurrent.futures.wait(work)
