"""Have exceptions of signal handlers come at places where they do no harm.

Python runs signal handlers in the main thread, between any two of its steps. An exception that a
handler raises (Ctrl-C, a timeout) may so come while a lock is held, whose release is then missed,
or within code that catches whatever is raised, such as `numpy.array_equal`, and be lost. Here
handlers are called at chosen places instead: where training looks for them (`deliver`), within
functions of the user (`immediately`), and at the end of a call.
"""

import os
import signal
import threading
from contextlib import contextmanager

try:
    from _signal import getsignal as _get_handler
    from _signal import signal as _set_handler
except ImportError:
    from signal import getsignal as _get_handler
    from signal import signal as _set_handler

#: Signals that can have a handler.
_NUMBERS = tuple(sorted(map(int, signal.valid_signals())))
#: How often a thread that waits looks for signals, in seconds.
INTERVAL = 0.01


class _State:
    """What the main thread keeps back. No other thread has anything to do with it.

    Attributes
    ----------
    deferring : bool
        Whether signals are kept back at present.
    pending : list of tuple
        Numbers of the signals that have arrived, and the frames that they have interrupted.
    handlers : dict of int to callable
        The handlers that `_handle` stands for, or has stood for last.
    """

    def __init__(self):
        self.deferring, self.pending, self.handlers = False, [], {}


_state = _State()


def _handle(number, frame):
    """Stand for the handlers of all signals."""
    if _state.deferring:
        _state.pending.append((number, frame))
    else:
        _state.handlers[number](number, frame)


def _stand_in():
    """Set `_handle` in the place of all handlers that run as Python code."""
    for number in _NUMBERS:
        handler = _get_handler(number)
        if callable(handler) and handler is not _handle:
            _state.handlers[number] = handler
            _set_handler(number, _handle)


def _restore():
    """Set the handlers again for which `_handle` stands, unless others have been set meanwhile."""
    for number, handler in tuple(_state.handlers.items()):
        if _get_handler(number) is _handle:
            _set_handler(number, handler)


def _for_certain(function):
    """Call a function to its end: an exception of a handler that runs meanwhile ends it once."""
    try:
        function()
    except BaseException:
        function()
        raise


def _call_handlers(pending):
    """Call the handlers of signals, and take them out of their list."""
    while pending:
        number, frame = pending[0]
        handler = _get_handler(number)
        is_set = callable(handler)
        del pending[0]  # a step after which no other handler runs
        if is_set:
            handler(number, frame)


def _call_all_handlers(pending):
    """Call the handlers of signals, even if some of them raise."""
    try:
        _call_handlers(pending)
    finally:
        if pending:
            _call_all_handlers(pending)


def _in_main_thread():
    return threading.current_thread() is threading.main_thread()


@contextmanager
def deferred():
    """Keep signals back from the code inside, which asks for them by `deliver`.

    What has arrived is delivered in the end. In other threads than the main one, inside of another
    such context, and where Python is embedded such that no thread may set handlers, nothing is
    changed.
    """
    if _state.deferring or not _in_main_thread():
        yield
        return
    try:
        _state.deferring = True
        try:
            _for_certain(_stand_in)
        except ValueError as error:
            if "main thread" not in str(error):  # but is raised by a handler
                raise
            _state.deferring = False
        yield
    finally:
        # From here on, handlers may raise between any two steps, but not at assignments.
        try:
            _for_certain(_restore)
        finally:
            _state.deferring = False
            pending, _state.pending = _state.pending, []
            if pending:
                _call_all_handlers(pending)


def deliver():
    """Call the handlers of the signals that have arrived; their exceptions are raised here."""
    if _state.pending and _state.deferring and _in_main_thread():
        immediately(_do_nothing)


def _do_nothing():
    pass


def immediately(function, /, *arguments, **keywords):
    """Call a function of the user, while handlers run at once, as they would without us.

    A function and no context: an exception of a handler could come while a context is being left,
    and signals would not be kept back again.

    Parameters
    ----------
    function : callable
    *arguments, **keywords : object

    Returns
    -------
    result : object
        What the function returned.
    """
    if not _state.deferring or not _in_main_thread():
        return function(*arguments, **keywords)
    try:
        _restore()
        _state.deferring = False
        _call_handlers(_state.pending)
        return function(*arguments, **keywords)
    finally:
        _state.deferring = True
        _for_certain(_stand_in)


@contextmanager
def held(lock):
    """Hold a lock, for which the main thread waits no longer than until a signal arrives.

    Parameters
    ----------
    lock : Lock
    """
    timeout = INTERVAL if _in_main_thread() else -1
    while not lock.acquire(timeout=timeout):
        deliver()
    try:
        yield
    finally:
        lock.release()


def wait(event):
    """Wait for an event, and deliver signals meanwhile.

    Parameters
    ----------
    event : threading.Event
    """
    if not _state.deferring or not _in_main_thread():
        event.wait()
        return
    while not event.wait(INTERVAL):
        deliver()


def _after_fork():
    """Keep nothing back in a child, whose main thread may be another than that of the fit."""
    _restore()
    _state.deferring = False
    _state.pending.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
