"""Gated recurrent units, with the gates r and z and the candidate n."""

from skdeep.exporting.recurrence import onnx_recurrence, set_torch_parameters, torch_recurrence


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
