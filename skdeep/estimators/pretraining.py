"""Greedy layer-wise pre-training with labels."""

from sklearn.base import clone

from skdeep.estimators.base import BaseMultilayerPerceptron
from skdeep.estimators.choices import hidden_activations
from skdeep.estimators.constraints import hidden_sizes


def greedy_pretraining(estimator, X, y, **fit_params):
    """Train a deep network layer by layer: one hidden layer, then two, and so on.

    Every stage begins with the hidden layers of the one before (``init_from``), has one more, and a
    new output layer, and trains all of them. Bengio, Lamblin, Popovici & Larochelle, "Greedy
    layer-wise training of deep networks", NIPS 2006, have a supervised variant of it; here lower
    layers go on learning.

    Parameters
    ----------
    estimator : MLPClassifier or MLPRegressor
        The network wanted; it is not changed. Its parameters are those of every stage.
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        The features.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        The targets.
    fit_params : keyword arguments
        Of the estimator's ``fit``, such as `sample_weight`.

    Returns
    -------
    network : MLPClassifier or MLPRegressor
        The last stage, fitted, with all hidden layers. Use it as it is, or as the `init_from` of
        another, such as one with another learning rate.

    Raises
    ------
    ValueError
        If the estimator is no network with hidden layers, or cannot be fitted.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skdeep import MLPClassifier, greedy_pretraining
    >>> X, y = load_iris(return_X_y=True)
    >>> deep = MLPClassifier((8, 8, 8), solver="lbfgs", max_iter=500, random_state=0)
    >>> pretrained = greedy_pretraining(deep, X, y)
    >>> [coef.shape for coef in pretrained.coefs_]
    [(4, 8), (8, 8), (8, 8), (8, 3)]
    >>> deep = deep.set_params(init_from=pretrained).fit(X, y)
    """
    if not isinstance(estimator, BaseMultilayerPerceptron):
        raise ValueError(f"estimator must be an MLPClassifier or MLPRegressor, got {estimator!r}.")
    estimator._validate_params()
    sizes, activation = hidden_sizes(estimator.hidden_layer_sizes), estimator.activation
    hidden_activations(activation, len(sizes))
    if not sizes:
        raise ValueError("hidden_layer_sizes=() has no layers that could be trained in turn.")
    network = estimator.init_from
    for depth in range(1, len(sizes) + 1):
        stage = clone(estimator).set_params(
            hidden_layer_sizes=tuple(sizes[:depth]),
            activation=activation if isinstance(activation, str) else list(activation)[:depth],
            init_from=network,
        )
        stage.fit(X, y, **fit_params)
        # What it began with need not be kept.
        network = stage.set_params(init_from=estimator.init_from)
    return network
