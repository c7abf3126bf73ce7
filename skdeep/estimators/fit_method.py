"""The methods that fit an estimator: they train what has been prepared, or leave it as it was."""

import functools

from skdeep.engines import signals
from skdeep.estimators.callback_tasks import callbacks_torn_down


def fit_method(prepare):
    """Return a method that trains what its function prepares, and is undone as a whole if it fails.

    The function checks the input and returns what is to be trained. It has returned before training
    begins, so that it is not on the stack then.

    All attributes are restored by one assignment, which an exception raised by a signal handler
    cannot divide: it is raised either before the assignment, which then still follows, or after it.

    Parameters
    ----------
    prepare : callable
        ``prepare(estimator, ...)`` returns `Work`.

    Returns
    -------
    fit : callable
    """

    @functools.wraps(prepare)
    def fit(estimator, *arguments, **keywords):
        before = dict(vars(estimator))
        try:
            # In here, so that an error of a callback's `teardown` counts as one of the fit.
            with signals.deferred(), callbacks_torn_down(estimator):
                work = prepare(estimator, *arguments, **keywords)
                work.conclude(work.train())
                return estimator
        except BaseException:
            # Python runs signal handlers when a function is called, so none may be called here.
            estimator.__dict__ = before
            raise

    return fit
