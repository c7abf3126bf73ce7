"""Warnings that point to the line of the user's program, whatever stands in between."""

import sys
import warnings

#: Packages whose lines are passed over.
INNER = {"contextlib", "skdeep", "sklearn"}


def warn_user(message, category=UserWarning):
    """Give a warning for the innermost line outside of skdeep and scikit-learn.

    Parameters
    ----------
    message : str
    category : type, default=UserWarning
    """
    frame, level = sys._getframe(1), 2
    while frame.f_back is not None and _package(frame) in INNER:
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level)


def _package(frame):
    return frame.f_globals.get("__name__", "").partition(".")[0]
