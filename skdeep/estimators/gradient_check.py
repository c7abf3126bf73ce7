"""Compare an estimator's gradient with central differences."""

import numpy as np

from skdeep.network.layout import trained


def check_gradient(estimator, X, y=None, sample_weight=None, *, step=1e-5, max_parameters=2000):
    """Compare the gradient of a fitted estimator with central differences.

    For every trained parameter ``w``, the central difference ``(E(w + h) - E(w - h)) / 2h`` with
    ``h = step * max(1, |w|)`` is compared with ``dE/dw``. All computations are in double precision,
    whatever the precision of the estimator. Near the kinks of piecewise linear activations the two
    can differ although the gradient is right.

    Parameters
    ----------
    estimator : MLPClassifier, MLPRegressor or other network
        A fitted estimator; it is not changed.
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        The features.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
        The targets. Not used by `Autoencoder`.
    sample_weight : array-like of shape (n_samples,), default=None
        Sample weights.
    step : float, default=1e-5
        Relative size of the step.
    max_parameters : int, default=2000
        Maximum number of parameters to check. In larger networks, a fixed random subset is checked.

    Returns
    -------
    error : float
        The largest absolute difference, divided by the largest absolute element of both gradients.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skdeep import MLPClassifier, check_gradient
    >>> X, y = load_iris(return_X_y=True)
    >>> clf = MLPClassifier((5,), activation="tanh", max_iter=5, tol=0.1, random_state=0)
    >>> clf = clf.partial_fit(X, y, classes=[0, 1, 2])
    >>> bool(check_gradient(clf, X, y) < 1e-7)
    True
    """
    if not hasattr(estimator, "_full_batch"):
        raise TypeError(
            "estimator must be a fitted MLPClassifier, MLPRegressor, NetworkClassifier, "
            f"NetworkRegressor or Autoencoder. Got {type(estimator).__name__}."
        )
    function, layout, vector = estimator._full_batch(X, y, sample_weight, np.float64)
    vector = vector.copy()
    _, gradient = function(vector)
    places = np.flatnonzero(trained(layout, estimator._flat_network().masks()))
    if len(places) > max_parameters:
        places = np.random.RandomState(0).choice(places, max_parameters, replace=False)
    numerical = np.array([_central_difference(function, vector, i, step) for i in places])
    analytical = gradient[places]
    scale = max(np.abs(numerical).max(), np.abs(analytical).max(), np.finfo(np.float64).tiny)
    return float(np.abs(numerical - analytical).max() / scale)


def _central_difference(function, vector, index, step):
    value = vector[index]
    h = step * max(1.0, abs(value))
    vector[index] = value + h
    above = function(vector)[0]
    vector[index] = value - h
    below = function(vector)[0]
    vector[index] = value
    return (above - below) / (2 * h)
