"""Stop training that has diverged."""

import math
from numbers import Integral, Real

from skdeep.callbacks._base import Callback, find_fit, get_epoch


class StopOnDivergence(Callback):
    """Stop training when the loss explodes.

    Training has diverged when the loss of an epoch is not finite, or for `patience` epochs in a row
    lies above ``lowest + factor * |lowest|``, with the lowest loss of the fit so far.
    ``stop_reason_`` is then 'diverged', and `fit` warns as it does without this callback, but then
    only at the end and if the loss has risen much further. With ``early_stopping`` the best weights
    are kept. Weights that are themselves no longer finite make `fit` fail, as ever.

    Parameters
    ----------
    factor : float, default=10.0
        How far above the lowest loss is too far.
    patience : int, default=5
        Epochs in a row.

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
