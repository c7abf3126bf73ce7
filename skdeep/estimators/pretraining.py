"""Greedy layer-wise pre-training with labels."""

from types import SimpleNamespace

import numpy as np
from sklearn.base import clone

from skdeep.estimators.multilayer import MultilayerPerceptron
from skdeep.recipe import make_recipe
from skdeep.recipe.rules import check


def greedy_pretraining(estimator, X, y, *, freeze=True, **fit_params):
    """Train a deep network layer by layer: one hidden layer, then two, and so on.

    Every stage begins with the hidden layers of the one before (``init_from``), and has one more
    and a new output layer, which it trains; the layers of earlier stages keep their weights
    (``frozen_layers``). This is the supervised variant of Bengio, Lamblin, Popovici & Larochelle,
    "Greedy layer-wise training of deep networks", NIPS 2006, who then train ("fine-tune") all
    layers together: fit the network wanted with the result as its `init_from`.

    Parameters
    ----------
    estimator : MLPClassifier or MLPRegressor
        The network wanted; it is not changed. Its parameters are those of every stage, as far as
        they concern layers that the stage has.
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        The features.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        The targets.
    freeze : bool, default=True
        Whether the layers of earlier stages keep their weights. Otherwise every stage trains all of
        its layers.
    fit_params : keyword arguments
        Of the estimator's ``fit``, such as `sample_weight`.

    Returns
    -------
    network : MLPClassifier or MLPRegressor
        The last stage, fitted, with all hidden layers and the parameters of `estimator`. Use it as
        it is, or as the `init_from` of another.

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
    layers, network = _resolve(estimator, freeze), estimator.init_from
    for depth in range(1, len(layers.sizes) + 1):
        stage = clone(estimator).set_params(
            **_cut(estimator, layers, depth, freeze), init_from=network
        )
        stage.fit(X, y, **fit_params)
        # What it began with need not be kept.
        network = stage.set_params(init_from=estimator.init_from)
    kept = {name: getattr(estimator, name) for name in _cut(estimator, layers, depth, freeze)}
    return network.set_params(**kept)


def _resolve(estimator, freeze):
    """Return the layers of a network that can be trained one after the other."""
    if not isinstance(estimator, MultilayerPerceptron):
        raise ValueError(f"estimator must be an MLPClassifier or MLPRegressor, got {estimator!r}.")
    if not isinstance(freeze, bool | np.bool_):
        raise ValueError(f"freeze must be True or False, got {freeze!r}.")
    estimator._validate_params()
    parameters = estimator._parameters()
    layers = make_recipe(parameters).layers
    facts = SimpleNamespace(**vars(parameters), n_hidden=len(layers.sizes), freeze=freeze)
    check("greedy_pretraining", facts)
    return layers


def _cut(estimator, layers, depth, freeze):
    """Return the parameters of the stage with so many hidden layers that concern layers."""
    cut = {
        "hidden_layer_sizes": tuple(layers.sizes[:depth]),
        "frozen_layers": depth - 1 if freeze else 0,
    }
    if not isinstance(estimator.activation, str):
        cut["activation"] = list(estimator.activation)[:depth]
    return cut
