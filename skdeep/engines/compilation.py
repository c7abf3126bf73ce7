"""Compile and load kernels in a thread of their own, where no signal handler runs.

Python runs signal handlers in the main thread, between any two of its steps. An exception that a
handler raises (Ctrl-C, a timeout) while Numba compiles there can be lost: type inference, the cache
and the callbacks of LLVM catch whatever is raised at many places. So the main thread has another
one compile and waits for it, where an exception ends the waiting only. What was begun is finished
and cached in the background, and the next fit that needs it waits for Numba's own lock.
"""

import _thread
import atexit
import contextvars
import ctypes
import os
import sys
import threading
import time
from concurrent.futures import Future

from numba.core.compiler_lock import global_compiler_lock

from skdeep.engines import signals

#: The thread that compiles for the main thread, which never begins a second one.
_threads = set()
#: Set once its last task has ended. Not the task itself, whose exception refers to frames.
_last_ended = threading.Event()
_last_ended.set()

#: When the process ends, how many seconds it waits for the end of a compilation.
MOST_SECONDS = 30.0


def in_compiler_thread(function, *arguments):
    """Call a function that compiles or loads a kernel, in another thread than the main one.

    Parameters
    ----------
    function : callable
    *arguments : object

    Returns
    -------
    result : object
        What the function returned.
    """
    if threading.current_thread() is not threading.main_thread():
        return function(*arguments)
    with signals.deferred():
        return _in_other_thread(function, arguments)


def _in_other_thread(function, arguments):
    global _last_ended
    signals.wait(_last_ended)  # for what was begun before an exception
    future, ended, context = Future(), threading.Event(), contextvars.copy_context()
    # A daemon does not keep the process from ending; `_end_threads` ends it in time.
    thread = threading.Thread(
        target=_run,
        args=(future, ended, context, function, arguments),
        name="skdeep-compile",
        daemon=True,
    )
    try:
        thread.start()
    except RuntimeError as error:
        if not no_thread(error):
            raise
        return function(*arguments)
    try:
        _last_ended = ended
        signals.wait(ended)
        return future.result()
    finally:
        del future  # an exception refers to this frame


def no_thread(error):
    """Return whether an error says that no thread can be started.

    That is so when the interpreter ends, and where the system has no more threads. A RuntimeError
    of anything else may be that of a signal handler.

    Parameters
    ----------
    error : RuntimeError

    Returns
    -------
    none : bool
    """
    return any(words in str(error) for words in ("new thread", "new futures"))


def _run(future, ended, context, function, arguments):
    thread = threading.current_thread()
    _threads.add(thread)
    try:
        result = context.run(function, *arguments)
    except BaseException as error:
        future.set_exception(error)
    else:
        future.set_result(result)
    finally:
        _threads.discard(thread)
        ended.set()
        del future, thread


def _end_threads():
    """End what still compiles: the code of LLVM must not run while the process is taken down."""
    end, hook = time.monotonic() + MOST_SECONDS, sys.unraisablehook
    sys.unraisablehook = lambda _: None  # callbacks of LLVM cannot raise, and tell of it
    for thread in tuple(_threads):
        while thread.is_alive() and time.monotonic() < end:
            ident = ctypes.c_ulong(thread.ident)
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ident, ctypes.py_object(SystemExit))
            thread.join(0.1)
    sys.unraisablehook = hook


def _raise_after_fork(ident, kind):
    """Raise an exception in a thread once it has left the hooks of a fork, which would lose it."""
    while (frame := sys._current_frames().get(ident)) and frame.f_code.co_filename == __file__:
        time.sleep(0.0005)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(ident), ctypes.py_object(kind))


class _Fork:
    """Has a fork wait for the compiler, whose state in the child could not be used otherwise."""

    def __init__(self):
        self._took_lock, self._error = False, None

    def before(self):
        """Wait until nothing compiles."""
        self._took_lock = not global_compiler_lock.is_locked()  # by this thread
        while not global_compiler_lock.is_locked():
            try:
                global_compiler_lock.acquire()
            except BaseException as error:  # of a signal handler; Python would ignore it here
                self._error = error

    def after_in_parent(self):
        """Let others compile, and raise what a signal handler raised meanwhile."""
        self._release()
        error, self._error = self._error, None
        if error is not None:
            # `Thread.start` would wait for the thread, which waits for the end of this function.
            _thread.start_new_thread(_raise_after_fork, (threading.get_ident(), type(error)))

    def _release(self):
        while self._took_lock and global_compiler_lock.is_locked():
            global_compiler_lock.release()

    def after_in_child(self):
        """Forget the threads of the parent."""
        global _last_ended
        _threads.clear()
        _last_ended = threading.Event()
        _last_ended.set()
        self._error = None
        self._release()


atexit.register(_end_threads)
if hasattr(os, "register_at_fork"):
    _fork = _Fork()
    os.register_at_fork(
        before=_fork.before,
        after_in_parent=_fork.after_in_parent,
        after_in_child=_fork.after_in_child,
    )
