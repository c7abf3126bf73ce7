"""Keep the BLAS of scipy's solvers to one thread."""

import functools
import threading
from contextlib import contextmanager

from threadpoolctl import ThreadpoolController


@functools.cache
def _controller():
    return ThreadpoolController()


class _SingleThreadedBlas:
    """Limits the BLAS libraries of the process while at least one fit wants it so.

    The limit belongs to the process. With a count, fits that run in several threads at once leave
    behind what the first of them found.
    """

    def __init__(self):
        self._lock = threading.Lock()
        self._users = 0
        self._limiter = None

    @contextmanager
    def __call__(self):
        with self._lock:
            if self._users == 0:
                self._limiter = _controller().limit(limits=1, user_api="blas")
            self._users += 1
        try:
            yield
        finally:
            with self._lock:
                self._users -= 1
                if self._users == 0:
                    self._limiter.restore_original_limits()


#: Context in which BLAS uses one thread. Its idle threads would spin on the cores that the compiled
#: objective needs between the solver's short vector operations.
single_threaded_blas = _SingleThreadedBlas()
