"""Gated recurrent units, with the gates r and z and the candidate n."""

import numpy as np

from skdeep.exporting.numpy_modules.numpy_activations import logistic
from skdeep.exporting.numpy_modules.numpy_parts import through_steps
from skdeep.exporting.recurrence import onnx_recurrence, set_torch_parameters, torch_recurrence

#: Whether `numpy_outputs` reads the masks of steps behind the features.
READS_MASKS = True


def onnx_nodes(write, layer, reads, index):
    """Add the nodes of a layer, with the gates z, r, n."""
    order = 1, 0, 2
    return onnx_recurrence(write, "GRU", layer, *reads, index, order, linear_before_reset=1)


def torch_module(torch, layer, dtype):
    """Return the module of a layer, with the gates r, z, n."""
    _, channels, units = layer.settings[:3]
    module = torch.nn.GRU(channels, units, batch_first=True, dtype=dtype)
    return set_torch_parameters(torch, module, layer, (0, 1, 2))


def torch_nodes(torch, root, graph, name, layer, reads):
    """Add the nodes of a layer."""
    return torch_recurrence(torch, graph, name, layer, *reads)


def numpy_outputs(layer, reads):
    """Compute the outputs of a layer before its activation."""
    channels = layer.settings[1]

    def cell(x, states):
        a = np.split(x @ layer.weights[:channels] + layer.biases, 3, axis=1)
        b = np.split(states[0] @ layer.weights[channels:], 3, axis=1)
        r, z = logistic(a[0] + b[0]), logistic(a[1] + b[1])
        return ((1 - z) * np.tanh(a[2] + r * b[2]) + z * states[0],)

    return through_steps(layer, reads, cell, 1)
