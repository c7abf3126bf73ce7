"""Have exceptions of signal handlers come at places where they do no harm.

Python runs signal handlers in the main thread, between any two of its steps. An exception that a
handler raises (Ctrl-C, a timeout) may so come while a lock is held, whose release is then missed,
or within code that catches whatever is raised, such as `numpy.array_equal`, and be lost. Here
handlers are called at chosen places instead: where training looks for them (`deliver`), within
functions of the user (`immediately`), and at the end of a call.
"""

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
        The handlers that `_handle` stands for.
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
    """Set `_handle` in the place of all handlers that run as Python code; return these."""
    handlers = {number: _get_handler(number) for number in _NUMBERS}
    handlers = {n: handler for n, handler in handlers.items() if callable(handler)}
    handlers = {n: handler for n, handler in handlers.items() if handler is not _handle}
    _state.handlers.update(handlers)
    for number in handlers:
        _set_handler(number, _handle)
    return handlers


def _restore(handlers):
    """Set handlers again, unless others have been set meanwhile.

    A handler runs as soon as it has been set; what it raises is returned, so that the others are
    set, too.
    """
    raised = None
    for number, handler in handlers.items():
        while True:
            try:
                if _get_handler(number) is not _handle:
                    break
                _set_handler(number, handler)
            except BaseException as error:
                raised = error
    return raised


@contextmanager
def deferred():
    """Keep signals back from the code inside, which asks for them by `deliver`.

    What has arrived is delivered in the end. In other threads than the main one, and inside of
    another such context, nothing is changed.
    """
    if _state.deferring or threading.current_thread() is not threading.main_thread():
        yield
        return
    handlers = None
    try:
        _state.deferring = True
        handlers = _stand_in()
        yield
    finally:
        raised = _restore(_state.handlers if handlers is None else handlers)
        _state.deferring = False
        if raised is not None:
            raise raised
        deliver()


def deliver():
    """Call the handlers of the signals that have arrived; their exceptions are raised here."""
    if not _state.pending or threading.current_thread() is not threading.main_thread():
        return
    while _state.pending:
        number, frame = _state.pending.pop(0)
        _state.handlers[number](number, frame)


@contextmanager
def immediately():
    """Let handlers run at once while code of the user runs inside, as they would without us."""
    if not _state.deferring or threading.current_thread() is not threading.main_thread():
        yield
        return
    deliver()
    _state.deferring = False
    try:
        yield
    finally:
        _state.deferring = True


def wait(event):
    """Wait for an event, and deliver signals meanwhile.

    Parameters
    ----------
    event : threading.Event
    """
    if not _state.deferring or threading.current_thread() is not threading.main_thread():
        event.wait()
        return
    while not event.wait(INTERVAL):
        deliver()
