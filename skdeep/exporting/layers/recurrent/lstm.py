"""Long short-term memory, with the gates i, f, o and the candidate g."""

import numpy as np

from skdeep.exporting.numpy_modules.numpy_activations import logistic
from skdeep.exporting.numpy_modules.numpy_parts import through_steps
from skdeep.exporting.recurrence import onnx_recurrence, set_torch_parameters, torch_recurrence

#: Whether `numpy_outputs` reads the masks of steps behind the features.
READS_MASKS = True


def onnx_nodes(write, layer, reads, index):
    """Add the nodes of a layer, with the gates i, o, f, g."""
    return onnx_recurrence(write, "LSTM", layer, *reads, index, (0, 2, 1, 3))


def torch_module(torch, layer, dtype):
    """Return the module of a layer, with the gates i, f, g, o."""
    _, channels, units = layer.settings[:3]
    module = torch.nn.LSTM(channels, units, batch_first=True, dtype=dtype)
    return set_torch_parameters(torch, module, layer, (0, 1, 3, 2))


def torch_nodes(torch, root, graph, name, layer, reads):
    """Add the nodes of a layer."""
    return torch_recurrence(torch, graph, name, layer, *reads)


def numpy_outputs(layer, reads):
    """Compute the outputs of a layer before its activation."""

    def cell(x, states):
        h, c = states
        i, f, o, g = np.split(np.hstack([x, h]) @ layer.weights + layer.biases, 4, axis=1)
        c = logistic(f) * c + logistic(i) * np.tanh(g)
        return logistic(o) * np.tanh(c), c

    return through_steps(layer, reads, cell, 2)
