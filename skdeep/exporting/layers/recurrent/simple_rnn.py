"""Recurrent layers without gates."""

import numpy as np

from skdeep.exporting.numpy_modules.numpy_activations import ACTIVATIONS
from skdeep.exporting.numpy_modules.numpy_parts import through_steps
from skdeep.exporting.recurrence import (
    OWN,
    onnx_recurrence,
    set_torch_parameters,
    torch_recurrence,
)

#: Whether `numpy_outputs` reads the masks of steps behind the features.
READS_MASKS = True
#: The activations by their codes in the settings: in ONNX, and in PyTorch, which has two.
_ONNX = "Tanh", "Relu", "Sigmoid", "Affine"
_TORCH = "tanh", "relu"


def onnx_nodes(write, layer, reads, index):
    """Add the nodes of a layer."""
    activation = _ONNX[layer.settings[OWN]]
    more = {"activation_alpha": [1.0], "activation_beta": [0.0]} if activation == "Affine" else {}
    more["activations"] = [activation]
    return onnx_recurrence(write, "RNN", layer, *reads, index, (0,), **more)


def torch_module(torch, layer, dtype):
    """Return the module of a layer."""
    (_, channels, units), code = layer.settings[:3], layer.settings[OWN]
    if code >= len(_TORCH):
        raise ValueError(
            f"{layer.title} has no form in PyTorch, which knows the activations {_TORCH} alone."
        )
    options = {"nonlinearity": _TORCH[code], "batch_first": True, "dtype": dtype}
    module = torch.nn.RNN(channels, units, **options)
    return set_torch_parameters(torch, module, layer, (0,))


def torch_nodes(torch, root, graph, name, layer, reads):
    """Add the nodes of a layer."""
    return torch_recurrence(torch, graph, name, layer, *reads)


def numpy_outputs(layer, reads):
    """Compute the outputs of a layer before its activation."""
    activation = ACTIVATIONS["tanh relu logistic identity".split()[layer.settings[8]]]

    def cell(x, states):
        return (activation(np.hstack([x, *states]) @ layer.weights + layer.biases),)

    return through_steps(layer, reads, cell, 1)
