"""Keep what BLAS computes apart from the number of its threads.

A BLAS shares long vectors and large matrices out among its threads, and its sums depend on how many
there are. Solvers of scipy and decompositions of LAPACK therefore run with one thread; sums of our
own go without BLAS.
"""

import os
import queue
import sys
import threading
import weakref

import numpy as np
from threadpoolctl import ThreadpoolController

from skdeep.engines.compilation import no_thread


def dot(a, b):
    """Return the scalar product of two vectors, whose bits no number of threads changes.

    Parameters
    ----------
    a, b : array of shape (n,)

    Returns
    -------
    product : float

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep.training.blas_threads import dot
    >>> dot(np.array([1.0, 2.0]), np.array([3.0, 4.0]))
    11.0
    """
    return float(np.einsum("i,i->", a, b))


def single_threaded_blas():
    """Return a context in which BLAS uses one thread, in whatever thread it is entered.

    Most BLAS libraries have one number of threads for the whole process. It is 1 while at least one
    such context is open, and is then set to what it was before, also after Ctrl-C at any moment,
    and in a process forked meanwhile. The idle threads of BLAS also leave the cores to the
    compiled objective.

    Returns
    -------
    context : context manager
    """
    return _Limit()


def renew_limit():
    """Limit BLAS again where others have changed it. To be called within `single_threaded_blas`."""
    if any(_is_threaded(library) for library in _KEEPER.libraries):
        _KEEPER.ask()


class _Limit:
    """The context of `single_threaded_blas`."""

    def __enter__(self):
        self._holder = _Holder()
        try:
            _KEEPER.ask(self._holder)
        except BaseException:
            # The traceback refers to this context for as long as the exception is kept.
            self._holder = None
            raise
        self._own = [(library, library.get_num_threads()) for library in _KEEPER.per_thread]
        for library, _ in self._own:
            library.set_num_threads(1)

    def __exit__(self, *exception):
        del self._holder
        for library, n_threads in self._own:
            library.set_num_threads(n_threads)
        _KEEPER.ask()


class _Holder:
    """Keeps the limit for as long as it lives, so that no exception can leave it behind."""

    def __init__(self):
        self.thread = threading.get_ident()


class _Keeper:
    """Limits the BLAS libraries of the process while there are holders.

    A daemon thread makes all changes, one after the other: signal handlers, which may raise
    anywhere in the main thread, do not run there.

    Attributes
    ----------
    libraries : list of threadpoolctl.LibController
        Those with one number of threads for the process.
    per_thread : list of threadpoolctl.LibController
        Those in which every thread that calls them has a number of its own.
    """

    def __init__(self):
        self.libraries, self.per_thread = [], []
        self._holders, self._before, self._n_modules = [], {}, 0
        self._open()

    def _open(self):
        self._requests, self._serving = queue.SimpleQueue(), threading.Lock()

    def ask(self, holder=None):
        """Have the limit set or ended, whichever is due, and wait for it.

        Parameters
        ----------
        holder : _Holder, default=None
            One more.
        """
        if sys.is_finalizing():
            return
        requests, done = self._requests, threading.Lock()
        done.acquire()
        # The queue's `put` is compiled: it serves as a callback in which no signal can arrive.
        requests.put((holder and weakref.ref(holder, requests.put), done))
        del holder  # the traceback of an exception would keep it alive
        if not self._serving.locked():
            try:
                threading.Thread(target=self._serve, name="skdeep-blas", daemon=True).start()
            except RuntimeError as error:
                if not no_thread(error):
                    raise
                self._serve_until(done)
        done.acquire()

    def _serve(self):
        requests, serving = self._requests, self._serving
        if not serving.acquire(blocking=False):
            return  # another thread was started at the same time
        try:
            while True:
                self._answer(requests.get())
        finally:
            serving.release()

    def _serve_until(self, done):
        """Answer requests in this thread until one has been, where no thread can be started."""
        requests, serving = self._requests, self._serving
        while done.locked():
            if not serving.acquire(timeout=0.01):
                continue  # another thread answers meanwhile
            try:
                while done.locked():  # so the request is still in the queue
                    self._answer(requests.get())
            finally:
                serving.release()

    def _answer(self, request):
        # A holder that has died sends its reference.
        holder, done = request if isinstance(request, tuple) else (None, None)
        if holder is not None:
            self._holders.append(holder)
        try:
            self._update()
        finally:
            if done is not None:
                done.release()

    def _update(self):
        self._holders = [holder for holder in self._holders if holder() is not None]
        if self._holders:
            self._limit()
        else:
            self._restore()

    def _limit(self):
        if len(sys.modules) != self._n_modules:  # whose libraries may be new
            self._n_modules = len(sys.modules)
            found = ThreadpoolController().select(user_api="blas").lib_controllers
            self.per_thread = [library for library in found if _is_per_thread(library)]
            self.libraries = [library for library in found if not _is_per_thread(library)]
        for library in self.libraries:
            if _is_threaded(library):
                self._before[library.filepath] = library, library.get_num_threads()
                _set_threads(library, 1)

    def _restore(self):
        for library, n_threads in self._before.values():
            if not _is_threaded(library):  # else it has been set meanwhile
                _set_threads(library, n_threads)
        self._before.clear()

    def after_fork(self):
        """In a forked process, of whose threads one is left, forget the holders of the others."""
        self._open()
        holders = [(reference, reference()) for reference in self._holders]
        me = threading.get_ident()
        self._holders = [r for r, holder in holders if holder is not None and holder.thread == me]
        if not self._holders:
            self._restore()


def _is_threaded(library):
    return (library.get_num_threads() or 1) > 1


def _is_per_thread(library):
    layer = getattr(library, "threading_layer", None)
    return library.internal_api == "openblas" and layer == "openmp"


def _set_threads(library, n_threads):
    # threadpoolctl lets only one thread change OpenBLAS, until it gives that right up; what others
    # set has no effect then.
    give_up = getattr(library, "clear_controlling_thread", None)
    if give_up is not None:
        give_up(force=True)
    library.set_num_threads(n_threads)
    if give_up is not None:
        give_up(force=True)


_KEEPER = _Keeper()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_KEEPER.after_fork)
