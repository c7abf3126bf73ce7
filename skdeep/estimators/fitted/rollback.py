"""Restore the attributes of an estimator when a call fails."""

import functools


def undone_on_failure(method):
    """Return a method that restores all attributes of its estimator if it raises.

    The attributes are restored by one assignment, which an exception raised by a signal handler
    cannot divide: it is raised either before the assignment, which then still follows, or after it.

    Parameters
    ----------
    method : callable
        The method to decorate, which changes attributes.

    Returns
    -------
    method : callable
    """

    @functools.wraps(method)
    def undone(estimator, *arguments, **keywords):
        before = dict(vars(estimator))
        try:
            return method(estimator, *arguments, **keywords)
        except BaseException:
            # Python runs signal handlers when a function is called, so none may be called here.
            estimator.__dict__ = before
            raise

    return undone
