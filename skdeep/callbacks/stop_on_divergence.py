"""Stop training that has diverged."""

import math
from numbers import Integral, Real

from skdeep.callbacks._base import Callback, find_fit, get_epoch


class StopOnDivergence(Callback):
    """Stop training when the loss diverges.

    Training has diverged when the loss of an epoch is not finite, or is above ``lowest + factor *
    |lowest|`` for `patience` consecutive epochs, where ``lowest`` is the lowest loss of the fit so
    far. ``stop_reason_`` is then 'diverged', and a ConvergenceWarning is issued. With
    ``early_stopping``, the best weights are kept. If weights are not finite, `fit` raises an error,
    as without this callback.

    Parameters
    ----------
    factor : float, default=10.0
        Factor that defines when the loss is too far above the lowest one.
    patience : int, default=5
        Number of consecutive epochs.

    Raises
    ------
    ValueError
        If a parameter is out of its range.
    ImportError
        If scikit-learn is older than 1.9.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from skdeep import MLPRegressor
    >>> from skdeep.callbacks import StopOnDivergence
    >>> X, y = load_diabetes(return_X_y=True)
    >>> reg = MLPRegressor(solver="sgd", learning_rate_init=0.002, random_state=0)
    >>> reg = reg.set_callbacks(StopOnDivergence(factor=2.0))
    """

    def __init__(self, factor=10.0, patience=5):
        super().__init__()
        if not isinstance(factor, Real) or isinstance(factor, bool) or not factor > 0:
            raise ValueError(f"factor must be a positive number, got {factor!r}.")
        if not isinstance(patience, Integral) or isinstance(patience, bool) or patience < 1:
            raise ValueError(f"patience must be an integer from 1 on, got {patience!r}.")
        self.factor, self.patience = factor, patience

    def on_fit_task_end(self, estimator, context):
        """Return whether training has diverged."""
        epoch = get_epoch(context)
        if epoch is None or find_fit(context) is context or epoch.loss is None:
            return False
        key = id(find_fit(context))
        if not math.isfinite(epoch.loss):
            return _stop(epoch)
        lowest, above = self._states.get(key, (math.inf, 0))
        lowest = min(lowest, epoch.loss)
        above = above + 1 if epoch.loss > lowest + self.factor * abs(lowest) else 0
        self._states[key] = lowest, above
        return above >= self.patience and _stop(epoch)


def _stop(epoch):
    epoch.stop_reason = epoch.stop_reason or "diverged"
    return True
