"""Predictions without input validation, for programs that predict a few rows at a time."""

import numpy as np

from skdeep.engines.cpu.engine import Predictor
from skdeep.network.guard import check_vector

#: What kernels take as it is; of other subclasses, rows may be of other shapes.
ARRAYS = np.ndarray, np.memmap


class FastPredictor:
    """Copy of a fitted network that predicts without input validation.

    The `predict` method of an estimator spends about 0.2 ms on input validation, whatever the
    number of rows. Here X must already have the dtype and memory layout of the network: nothing is
    converted, and infinities, NaN and category codes out of range are not checked for. Later
    changes of the estimator have no effect. The object can be used from several threads at the same
    time.

    Created by ``estimator.make_predictor()``.

    Parameters
    ----------
    estimator : MLPClassifier, MLPRegressor, NetworkClassifier or NetworkRegressor
        A fitted estimator, whose network is copied.

    Attributes
    ----------
    dtype : numpy dtype
        Required dtype of X, that of ``coefs_``.
    n_features_in_ : int
        Number of features.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import load_iris
    >>> from skdeep import MLPClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> clf = MLPClassifier((5,), solver="lbfgs", random_state=0).fit(X, y)
    >>> predictor = clf.make_predictor()
    >>> predictor.predict(np.array([[5.1, 3.5, 1.4, 0.2]]))
    array([0])
    """

    def __init__(self, estimator):
        layout, vector = estimator._network()
        check_vector(layout, vector)
        self._estimator, self._targets = estimator._shallow_copy(), estimator._targets()
        self._run, self._n_features = Predictor(layout, vector), layout.n_features

    @property
    def dtype(self):
        """Required dtype of X, that of ``coefs_``."""
        return self._run.vector.dtype

    @property
    def n_features_in_(self):
        """Number of features."""
        return self._n_features

    def outputs(self, X):
        """Return the outputs of the network.

        Parameters
        ----------
        X : C-ordered ndarray of shape (n_samples, n_features) and type ``dtype``
            The features.

        Returns
        -------
        outputs : ndarray of shape (n_samples, n_outputs)
            The outputs of the output layer.

        Raises
        ------
        ValueError
            If X has another shape, dtype or memory layout.
        """
        if not (
            type(X) in ARRAYS
            and X.dtype == self._run.vector.dtype
            and X.ndim == 2
            and X.shape[1] == self._n_features
            and X.flags.c_contiguous
            and X.flags.aligned
        ):
            raise ValueError(
                f"X must be a C-ordered array of {self.dtype} of shape (n_samples, "
                f"{self.n_features_in_}); predict of the estimator converts others."
            )
        return self._run(X)

    def predict(self, X):
        """Predict class labels, or targets.

        Parameters
        ----------
        X : C-ordered ndarray of shape (n_samples, n_features) and type ``dtype``
            The features.

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
            Same as the `predict` method of the estimator.
        """
        return self._targets.labels(self.outputs(X))

    def predict_proba(self, X):
        """Predict the probabilities of the classes.

        Parameters
        ----------
        X : C-ordered ndarray of shape (n_samples, n_features) and type ``dtype``
            The features.

        Returns
        -------
        y_prob : ndarray of shape (n_samples, n_classes)
            Same as the `predict_proba` method of the estimator.

        Raises
        ------
        AttributeError
            If the estimator has no `predict_proba`.
        """
        self._estimator._check_probabilities()
        return self._targets.probabilities(self.outputs(X))
