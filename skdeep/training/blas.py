"""Keep the BLAS of scipy's solvers to one thread."""

import functools
import threading
from contextlib import nullcontext

from threadpoolctl import ThreadpoolController


@functools.cache
def _controller():
    return ThreadpoolController()


def single_threaded_blas():
    """Return a context in which BLAS uses one thread.

    Between the solver's short vector operations, the idle threads of a BLAS would spin on the
    cores that the compiled objective needs. The limit belongs to the process, and OpenBLAS ignores
    its end in another thread than that of its beginning, so only fits in the main thread set it:
    several threads that fit at once could not tell whose limit is to be restored.

    Returns
    -------
    context : context manager
    """
    if threading.current_thread() is threading.main_thread():
        return _controller().limit(limits=1, user_api="blas")
    return nullcontext()
