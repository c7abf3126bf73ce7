"""Networks of dense layers by the parameters of multi-layer perceptrons, with what layers say."""

import numpy as np

import skdeep
from skdeep.layers import Dense
from skdeep.losses import LogLoss


def class_and_parameters(task, parameters):
    """Return the class that has some parameters, and the parameters in its terms.

    That is a multi-layer perceptron, unless there are `heads`, places of hidden layers with
    auxiliary outputs, or sequences of rates: these are said by the layers of a network.

    Parameters
    ----------
    task : {"Classifier", "Regressor"}
    parameters : dict

    Returns
    -------
    cls : class
    parameters : dict
    """
    rates = [parameters.get(name, 0.0) for name in ("dropout", "dropconnect")]
    if "heads" in parameters or any(map(np.ndim, rates)):
        if "label_smoothing" in parameters:
            parameters = dict(parameters)
            parameters["loss"] = LogLoss(label_smoothing=parameters.pop("label_smoothing"))
        return getattr(skdeep, f"Network{task}"), in_layers(**parameters)
    return getattr(skdeep, f"MLP{task}"), parameters


def in_layers(
    hidden_layer_sizes=(100,),
    activation="relu",
    heads=(),
    dropout=0.0,
    dropconnect=0.0,
    frozen_layers=0,
    skip_connections=False,
    **parameters,
):
    """Return the parameters of a network of dense layers without names.

    With `skip_connections`, every hidden layer reads the features and those before it, but the
    outputs read the last one alone.
    """
    depth, sizes = len(hidden_layer_sizes), hidden_layer_sizes
    activations, places = _each(activation, depth), list(map(str, range(depth)))
    rates, rates_of_weights = _each(dropout, depth), _each(dropconnect, depth)
    layers = [
        Dense(
            sizes[i],
            activations[i],
            dropout=rates[i],
            dropconnect=rates_of_weights[i],
            trainable=i >= frozen_layers,
            auxiliary_output=i in heads,
            inputs=["features", *places[:i]] if skip_connections and i else None,
        )
        for i in range(depth)
    ]
    for layer in layers:  # of weights that stay, none are dropped
        layer.dropconnect = layer.dropconnect if layer.trainable else None
    return {"layers": layers, **parameters}


def _each(value, depth):
    """Return a value for every layer."""
    return [value] * depth if np.ndim(value) == 0 else list(value)
