"""Training rows that a function of the user's changes once per epoch."""

import numpy as np
from scipy.sparse import issparse
from sklearn.utils import _safe_indexing

from skdeep.engines import signals
from skdeep.engines.problem import Data
from skdeep.estimators.inputs.conversion import as_rows
from skdeep.estimators.inputs.sparse_structure import check_sparse_structure


class Augmented:
    """The training rows as `augment` makes them, epoch by epoch.

    Parameters
    ----------
    augment : callable
        The user's function.
    check : callable
        ``check(X)`` raises ValueError where the network cannot read the features.
    targets : ClassTargets or NumberTargets
    data : Data
        All rows.
    y : array of shape (n_rows, n_outputs)
        Their targets, not yet coded for the loss.
    seen : int
        Samples seen by earlier calls.
    rows : array of int64
        Those to train on.
    seed : int
    """

    def __init__(self, augment, check, targets, data, y, seen, rows, seed):
        # Calls that go on from earlier ones, as of `partial_fit`, have numbers of their own.
        self.augment, self.check = augment, check
        self.targets, self.seed = targets, [seed, seen]
        weights = None if data.weights is None else data.weights[rows]
        self.data = Data(_safe_indexing(data.X, rows), data.targets[rows], weights)
        self.labels = targets.labels(y[rows])

    def __call__(self, epoch):
        """Return the rows of an epoch.

        Parameters
        ----------
        epoch : int
            From 0.

        Returns
        -------
        data : Data
        """
        X = self.data.X.copy()
        rng = np.random.default_rng([*self.seed, epoch])
        made = signals.immediately(self.augment, X, self.labels.copy(), rng)
        if not isinstance(made, tuple) or len(made) != 2:
            raise ValueError(f"augment must return a tuple (X, y), got {type(made).__name__}.")
        return self.data._replace(X=self._features(made[0]), targets=self._targets(made[1]))

    def _features(self, X):
        given, found = self.data.X, f"{type(X).__name__} of shape {np.shape(X)}"
        check_sparse_structure(X, "The X that augment returned")
        like = hasattr(X, "shape") and issparse(X) == issparse(given)
        X = as_rows(X, given.dtype) if like else None
        if X is None or X.shape != given.shape:
            raise ValueError(
                f"augment must return X of shape {given.shape} as it was given, got {found}."
            )
        if not np.isfinite(X.data if issparse(X) else X).all():
            raise ValueError("augment returned an X that contains NaN or infinity.")
        try:
            self.check(X)
        except ValueError as error:
            raise ValueError(f"The X that augment returned: {error}") from error
        return X

    def _targets(self, y):
        if np.shape(y) != self.labels.shape:
            raise ValueError(
                f"augment must return y of shape {self.labels.shape} as it was given, got "
                f"{np.shape(y)}."
            )
        y = self.targets.encode(y)
        y = self.targets.code(y.reshape(-1, 1) if y.ndim == 1 else y)
        if y.shape != self.data.targets.shape:
            raise ValueError(
                f"The y that augment returned makes targets of shape {y.shape}, but those of the "
                f"fit have {self.data.targets.shape}."
            )
        return y
