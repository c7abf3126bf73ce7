"""Warnings that point to the line of the user's program, whatever stands in between."""

import sys
import threading
import warnings
from contextlib import contextmanager

#: Packages whose lines are passed over.
INNER = {"contextlib", "skdeep", "sklearn"}
#: Categories that are left out, in the thread that has asked for it.
_left_out = threading.local()


@contextmanager
def without(category):
    """Leave out the warnings of a category that code inside would give, in this thread only.

    `warnings.catch_warnings` changes the filters of all threads, and where contexts of several
    threads overlap, it leaves them changed.

    Parameters
    ----------
    category : type
    """
    before = getattr(_left_out, "categories", ())
    _left_out.categories = (*before, category)
    try:
        yield
    finally:
        _left_out.categories = before


def warn_user(message, category=UserWarning):
    """Give a warning for the innermost line outside of skdeep and scikit-learn.

    Parameters
    ----------
    message : str
    category : type, default=UserWarning
    """
    if issubclass(category, getattr(_left_out, "categories", ())):
        return
    frame, level = sys._getframe(1), 2
    while frame.f_back is not None and _package(frame) in INNER:
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level)


def _package(frame):
    return frame.f_globals.get("__name__", "").partition(".")[0]
