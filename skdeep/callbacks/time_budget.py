"""Limit the time of training."""

import time
from numbers import Real

from skdeep.callbacks._base import Callback, find_fit, get_epoch


class TimeBudget(Callback):
    """Stop training before a time limit is exceeded.

    Training ends when another epoch that takes as long as the last one would exceed the budget. The
    time is counted from the beginning of `fit` and includes compilation; each fit has the whole
    budget. ``stop_reason_`` is then 'callback', and the result is the same as with `max_iter` set
    to the number of completed epochs: with ``early_stopping``, the best weights so far are kept.

    `TabularClassifier` and `TabularRegressor` choose the number of members and epochs according to
    the budget, and load or compile their kernels before the time is counted; see the :doc:`user
    guide </tabular>`.

    Parameters
    ----------
    seconds : float
        Time limit in seconds.

    Raises
    ------
    ValueError
        If `seconds` is not a positive number.
    ImportError
        If scikit-learn is older than 1.9.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skdeep import MLPClassifier
    >>> from skdeep.callbacks import TimeBudget
    >>> X, y = load_digits(return_X_y=True)
    >>> clf = MLPClassifier(max_iter=100_000, tol=0, n_iter_no_change=100_000, random_state=0)
    >>> clf.set_callbacks(TimeBudget(seconds=0.2)).fit(X, y).stop_reason_
    'callback'
    """

    def __init__(self, seconds):
        super().__init__()
        if not isinstance(seconds, Real) or isinstance(seconds, bool) or not seconds > 0:
            raise ValueError(f"seconds must be a positive number, got {seconds!r}.")
        self.seconds = seconds

    def setup(self, estimator, context):
        """Start the clock."""
        self._states[id(context)] = time.monotonic()

    def seconds_left(self, context):
        """Return the remaining time of a fit, which ensembles use to plan their members.

        Parameters
        ----------
        context : CallbackContext

        Returns
        -------
        seconds : float
            Negative if the budget has been exceeded.
        """
        return self.seconds - (time.monotonic() - self._state_of(context))

    def on_fit_task_begin(self, estimator, context):
        """Note when an epoch begins."""
        if get_epoch(context) is not None:
            self._states[id(context)] = time.monotonic()

    def on_fit_task_end(self, estimator, context):
        """Return whether another epoch would take too long."""
        if get_epoch(context) is None or find_fit(context) is context:
            return False
        began, now = self._states.pop(id(context)), time.monotonic()
        return now - self._state_of(context) + (now - began) > self.seconds
