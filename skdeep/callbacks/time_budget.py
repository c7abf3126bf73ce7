"""End training when its time is up."""

import time
from numbers import Real

from skdeep.callbacks._base import Callback, find_fit, get_epoch


class TimeBudget(Callback):
    """Stop training before it takes longer than some time.

    Training ends after the epoch that would be followed by one too many, judged by the time that
    the last one took. Every fit has the whole budget; it counts from the beginning of `fit`,
    compilation included. ``stop_reason_`` is then 'callback', and the network is as if `max_iter`
    had been the number of epochs done: with ``early_stopping`` it has the best weights so far.

    Ensembles for tables plan by the budget how many members they train, and for how many epochs,
    and load or compile their kernels before it begins to count, see the
    :doc:`user guide </tabular>`.

    Parameters
    ----------
    seconds : float
        The budget.

    Raises
    ------
    ValueError
        If `seconds` is no positive number.
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
        """Return how much of the budget a fit has left, by which ensembles plan their members.

        Parameters
        ----------
        context : CallbackContext

        Returns
        -------
        seconds : float
            Negative where it has taken longer.
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
