"""Greedy layer-wise pre-training, with or without labels."""

from types import SimpleNamespace

import numpy as np
from sklearn.base import clone

from skdeep.estimators.inputs.sequences import as_matrix, as_shape
from skdeep.estimators.multilayer import MultilayerPerceptron
from skdeep.estimators.networks.layered import with_channel
from skdeep.estimators.networks.reconstruction import Reconstruction
from skdeep.layers import Conv2D, Dense
from skdeep.network.stack import connect, named_layers
from skdeep.network.wiring import wire
from skdeep.recipe import make_recipe
from skdeep.recipe.layer_list import resolve_layer_list
from skdeep.recipe.rules import check


def greedy_pretraining(estimator, X, y=None, *, freeze=True, **fit_params):
    """Train a deep network layer by layer (greedy layer-wise pre-training).

    The first stage trains a network with the first hidden layer only. Each further stage adds one
    hidden layer and a new output layer, and trains these; the layers of earlier stages keep their
    weights (``init_from`` and ``frozen_layers``). With an MLP this is the supervised variant of
    Bengio, Lamblin, Popovici & Larochelle, "Greedy layer-wise training of deep networks", NIPS
    2006. With an `Autoencoder`, labels are not needed: each stage adds one dense or convolutional
    layer to the encoder and has a new decoder. To train all layers together afterwards
    (fine-tuning), fit a network with the result as its `init_from`.

    Parameters
    ----------
    estimator : MLPClassifier, MLPRegressor or Autoencoder
        The network to train, or an autoencoder. It is not changed. Every stage has its parameters,
        restricted to the layers of the stage.
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        The features; for autoencoders of images, of shape (n_samples, height, width, channels).
    y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
        The targets. Not used by autoencoders.
    freeze : bool, default=True
        Whether the layers of earlier stages keep their weights. If False, every stage trains all of
        its layers.
    fit_params : keyword arguments
        Passed to the ``fit`` of the estimator, such as `sample_weight`.

    Returns
    -------
    network : MLPClassifier, MLPRegressor or Autoencoder
        The fitted network of the last stage, with all hidden layers and the parameters of
        `estimator`. Use it directly, or as the `init_from` of another network.

    Raises
    ------
    ValueError
        If the estimator is not a network with hidden layers or cannot be fitted.

    See Also
    --------
    Autoencoder : Networks that are trained without labels.

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
    if isinstance(estimator, Reconstruction):
        _check_freeze(freeze)
        return _pretrained_autoencoder(estimator, X, freeze, fit_params)
    return _pretrained_perceptron(estimator, X, y, freeze, fit_params)


def _check_freeze(freeze):
    if not isinstance(freeze, bool | np.bool_):
        raise ValueError(f"freeze must be True or False, got {freeze!r}.")


def _pretrained_perceptron(estimator, X, y, freeze, fit_params):
    """Return a multi-layer perceptron whose layers have been trained one after the other."""
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


def _pretrained_autoencoder(estimator, X, freeze, fit_params):
    """Return an autoencoder whose layers have been trained one after the other."""
    if estimator.decoder is not None:
        raise ValueError(
            "Every stage has a decoder of its own, which mirrors its encoder: decoder must be "
            f"None, got {estimator.decoder!r}."
        )
    estimator._validate_params()
    resolve_layer_list(estimator._parameters())  # says what is wrong with any layer
    stages, network = _stages(estimator, freeze), estimator.init_from
    for stage in stages:
        pairs = make_recipe(stage._parameters()).layers.pairs
        connect(pairs, _shape_of_samples(estimator, X, pairs))
    for stage in stages:
        stage.set_params(init_from=network).fit(X, **fit_params)
        # What it began with need not be kept.
        network = stage.set_params(init_from=estimator.init_from)
    return network.set_params(layers=clone(estimator).layers)


def _shape_of_samples(estimator, X, pairs):
    """Return the shape of a sample that the first layer reads."""
    if estimator.input_shape is not None:
        shape = as_shape(estimator.input_shape)
    else:
        shape = as_matrix(X)[1] or np.shape(X)[1:] or (1,)  # what is no matrix, a fit refuses
    return with_channel(shape, wire(pairs))


def _stages(estimator, freeze):
    """Return the autoencoders that are trained one after the other.

    The encoder of each ends with one more layer that is trained, that of the last with all layers.
    """
    layers, begin, stages = list(estimator.layers), 0, []
    pairs = named_layers(layers)
    ends = [k for k, (_, layer) in enumerate(pairs, 1) if isinstance(layer, (Dense, Conv2D))]
    for end in [*ends[:-1], len(layers)]:
        earlier = [_frozen(entry) if freeze else entry for entry in layers[:begin]]
        stage = clone(estimator).set_params(init_from=None, layers=[*earlier, *layers[begin:end]])
        stages.append(stage)
        begin = end
    return stages


def _frozen(entry):
    """Return a layer of a list, with or without a name, that is not trained."""
    name, layer = entry if isinstance(entry, tuple) else (None, entry)
    if hasattr(layer, "trainable"):
        layer = clone(layer).set_params(trainable=False)
    return layer if name is None else (name, layer)


def _resolve(estimator, freeze):
    """Return the layers of a network that can be trained one after the other."""
    if not isinstance(estimator, MultilayerPerceptron):
        raise ValueError(
            f"estimator must be an MLPClassifier, MLPRegressor or Autoencoder, got {estimator!r}."
        )
    _check_freeze(freeze)
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
