"""Long short-term memory, with the gates i, f, o and the candidate g."""

from skdeep.exporting.recurrence import onnx_recurrence, set_torch_parameters, torch_recurrence


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
