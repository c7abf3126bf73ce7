"""Restore the attributes of an estimator when a call fails."""


def restore_on_failure(estimator, call, *arguments, **keywords):
    """Call a function that changes an estimator, and restore all attributes if it raises.

    The attributes are restored by one assignment, which an exception raised by a signal handler
    cannot divide: it is raised either before the assignment, which then still follows, or after it.

    Parameters
    ----------
    estimator : object
    call : callable
        The function to call.
    *arguments, **keywords : object
        Its arguments.

    Returns
    -------
    result : object
        The return value of the call.
    """
    before = dict(vars(estimator))
    try:
        return call(*arguments, **keywords)
    except BaseException:
        # Python runs signal handlers when a function is called, so none may be called here.
        estimator.__dict__ = before
        raise
