"""Count what is compiled and loaded, and say so once where compiling takes a while.

The word goes to the logger ``skdeep``, at level INFO. In an interactive session that shows no such
records it is one line on standard error, unless that logger was given a level. It is no warning:
tests treat those as errors.
"""

import contextlib
import logging
import sys
import threading
import time

#: Compiling for more than so many seconds is worth telling.
SECONDS = 1.0

LOGGER = logging.getLogger("skdeep")
MESSAGE = (
    "skdeep compiles what this fit or prediction needs, once on this machine; that can take some "
    "ten seconds. skdeep.warm_up() compiles ahead."
)

_lock = threading.Lock()


class _Counts:
    """What this process has compiled and loaded.

    Attributes
    ----------
    compiled, loaded : int
        Functions.
    seconds : float
        Spent on compiling.
    told : bool
        Whether it has been said.
    """

    def __init__(self):
        self.compiled, self.loaded, self.seconds, self.told = 0, 0, 0.0, False
        self.begun = {}


COUNTS = _Counts()


def note_loaded():
    """Take note of a function that was loaded."""
    with _lock:
        COUNTS.loaded += 1


def note_begin(long=False):
    """Take note that this thread compiles a function.

    Parameters
    ----------
    long : bool, default=False
        Whether that takes more than a second by itself.
    """
    with _lock:
        COUNTS.begun[threading.get_ident()] = time.perf_counter()
        tell = not COUNTS.told and (long or COUNTS.seconds > SECONDS)
        COUNTS.told = COUNTS.told or tell
    if tell:
        _tell()


def note_end():
    """Take note that this thread has compiled a function."""
    end = time.perf_counter()
    with _lock:
        begin = COUNTS.begun.pop(threading.get_ident(), end)
        COUNTS.compiled, COUNTS.seconds = COUNTS.compiled + 1, COUNTS.seconds + end - begin


def _is_interactive():
    """Return whether somebody sits at a prompt or a notebook."""
    if hasattr(sys, "ps1") or sys.flags.interactive:
        return True
    get_ipython = getattr(sys.modules.get("IPython"), "get_ipython", None)
    return get_ipython is not None and get_ipython() is not None


def _tell():
    if LOGGER.isEnabledFor(logging.INFO) and LOGGER.hasHandlers():
        LOGGER.info(MESSAGE)
    elif _is_interactive() and LOGGER.level == logging.NOTSET and sys.stderr is not None:
        print(MESSAGE, file=sys.stderr)


@contextlib.contextmanager
def silence():
    """Say nothing meanwhile: whoever compiles ahead knows."""
    told, COUNTS.told = COUNTS.told, True
    try:
        yield
    finally:
        COUNTS.told = told
