"""Greedy layer-wise pre-training with labels."""

from numbers import Real

from sklearn.base import clone

from skdeep.estimators.base import BaseMultilayerPerceptron
from skdeep.estimators.choices import resolve


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
    sizes = resolve(estimator).sizes
    if not sizes:
        raise ValueError("hidden_layer_sizes=() has no layers that could be trained in turn.")
    network = estimator.init_from
    for depth in range(1, len(sizes) + 1):
        stage = clone(estimator).set_params(**_of_first_layers(estimator, sizes, depth))
        stage.set_params(init_from=network)
        stage.fit(X, y, **fit_params)
        # What it began with need not be kept.
        network = stage.set_params(init_from=estimator.init_from)
    return network


def _of_first_layers(estimator, sizes, depth):
    """Return the parameters of a network of the first hidden layers only."""
    activation, dropout, connections = (
        value if isinstance(value, str | Real) else list(value)
        for value in (estimator.activation, estimator.dropout, estimator.dropconnect)
    )
    return {
        "hidden_layer_sizes": tuple(sizes[:depth]),
        "activation": activation[:depth] if isinstance(activation, list) else activation,
        "dropout": dropout[: depth + 1] if isinstance(dropout, list) else dropout,
        "dropconnect": (
            [*connections[:depth], connections[-1]]
            if isinstance(connections, list)
            else connections
        ),
        "frozen_layers": min(estimator.frozen_layers, depth),
    }
