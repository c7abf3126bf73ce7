"""The threads of a simulated block, which sleep while they wait.

The simulator's own loop asks the threads of a block over and over whether they have come to a
barrier. It holds the interpreter's lock meanwhile, and takes nine tenths of the time.
"""

import contextlib
import threading

import numpy as np
from numba.cuda.simulator import kernel


class _Thread(kernel.BlockThread):
    """A thread of a block."""

    def __init__(self, block, function, place, index):
        super().__init__(function, block, place, index, False)
        self._block = block

    def run(self):
        """Run the kernel; an error ends the other threads of the block too."""
        super().run()  # which keeps errors
        self._block.leave(self.exception)

    def syncthreads(self):
        """Wait until all threads that still run are here."""
        self._block.meet()


class Block(kernel.BlockManager):
    """Runs the threads of a block, in the place of the simulator's own."""

    def run(self, grid_point, *args):
        """Run the kernel in all threads of a block.

        Parameters
        ----------
        grid_point : tuple of int
            The index of the block.
        *args
            The arguments of the kernel.
        """

        def call():
            self._f(*args)

        self._changed, self._error = threading.Condition(), None
        self._arrived = self._barriers = 0
        places = np.ndindex(*self._block_dim)
        threads = [_Thread(self, call, grid_point, place) for place in places]
        self._running = len(threads)
        try:
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        except BaseException as error:  # Ctrl-C
            self._stop((error, None))
            raise
        if self._error is not None:
            error, traceback = self._error
            raise error.with_traceback(traceback)

    def meet(self):
        """Wait for the threads that have not come to this barrier yet."""
        with self._changed:
            barrier = self._barriers
            self._arrived += 1
            self._open_if_all_are_here()
            while barrier == self._barriers and self._error is None:
                self._changed.wait()
            if self._error is not None:
                raise RuntimeError("Another thread of the block has failed.")

    def leave(self, error):
        """Take note that a thread has come to its end, or failed."""
        if error is not None:  # before a barrier opens, or others would go on
            self._stop(error)
        with self._changed:
            self._running -= 1
            self._open_if_all_are_here()

    def _stop(self, error):
        with self._changed:
            if self._error is None:
                self._error = error
            self._changed.notify_all()

    def _open_if_all_are_here(self):
        if self._arrived == self._running:
            self._arrived = 0
            self._barriers += 1
            self._changed.notify_all()


@contextlib.contextmanager
def sleeping_threads():
    """Have kernels that are launched within run as `Block` does it."""
    usual = kernel.BlockManager
    kernel.BlockManager = Block
    try:
        yield
    finally:
        kernel.BlockManager = usual
