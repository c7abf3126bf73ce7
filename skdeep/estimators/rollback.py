"""Calls that leave an estimator as it was unless they succeed."""


def or_as_before(estimator, call, *arguments, **keywords):
    """Call a function that changes an estimator; if it fails, put all attributes back.

    That is one step: the exception of a signal handler can come before it or after it, and there is
    nothing in between. So it may also follow another exception.

    Parameters
    ----------
    estimator : object
    call : callable
    *arguments, **keywords : object
        Of the call.

    Returns
    -------
    result : object
        What the call returned.
    """
    before = dict(vars(estimator))
    try:
        return call(*arguments, **keywords)
    except BaseException:
        # Python runs signal handlers when a function is called, so none may be called here.
        estimator.__dict__ = before
        raise
