"""Recurrent layers, which read the steps of sequences in either direction."""

import operator
from typing import NamedTuple

import numpy as np

from skdeep.exporting.masks import refuse_masks


class Recurrence(NamedTuple):
    """A recurrent layer of one direction.

    Attributes
    ----------
    steps, channels, units : int
    sequences : bool
        Whether the outputs of all steps are given.
    reverse : bool
        Whether steps are read from the last to the first.
    """

    steps: int
    channels: int
    units: int
    sequences: bool
    reverse: bool


#: Settings of a layer: the place of the mask, and what the kind adds.
_MASK_PLACE, OWN = 7, 8


def recurrence_of(layer):
    """Return what a recurrent layer reads and gives.

    Parameters
    ----------
    layer : ExportedLayer

    Returns
    -------
    recurrence : Recurrence

    Raises
    ------
    ValueError
        If steps can be masked.
    """
    steps, channels, units, sequences, reverse = layer.settings[:5]
    refuse_masks(layer, layer.settings[_MASK_PLACE])
    return Recurrence(steps, channels, units, bool(sequences), bool(reverse))


def _by_gates(array, units, order):
    """Return an array whose columns are those of gates with the gates in another order."""
    return np.concatenate([array[..., g * units : (g + 1) * units] for g in order], axis=-1)


def onnx_recurrence(write, kind, layer, read, index, order, **attributes):
    """Add the nodes of a recurrent layer.

    Runtimes compute these operators in single precision.

    Parameters
    ----------
    write : Writer
    kind : str
        Of the operator: "LSTM", "GRU" or "RNN".
    layer : ExportedLayer
    read : str
        Name of the tensor of sequences.
    index : int
        Place of the layer.
    order : tuple of int
        Of the gates in ONNX, as places among ours.
    **attributes
        Of the operator.

    Returns
    -------
    name : str
        Of a tensor with a vector for each sample.
    """
    cell = recurrence_of(layer)
    weights = _by_gates(layer.weights, cell.units, order).astype(np.float32)
    biases = _by_gates(layer.biases, cell.units, order).astype(np.float32)
    both = np.concatenate([biases, np.zeros_like(biases)])
    constants = [
        write.constant(array[None], f"{name}_{index}")
        for name, array in (
            ("coefs_of_inputs", weights[: cell.channels].T),
            ("coefs_of_states", weights[cell.channels :].T),
            ("intercepts", both),
        )
    ]
    sequence = write.cast(write.reshape(read, (cell.steps, cell.channels)), np.float32)
    sequence = write.node("Transpose", sequence, perm=[1, 0, 2])
    all_steps, last = f"{kind}_{index}_all", f"{kind}_{index}_last"
    node = write.onnx.helper.make_node(
        kind,
        [sequence, *constants],
        [all_steps, last],
        name=f"{kind}_{index}",
        hidden_size=cell.units,
        direction="reverse" if cell.reverse else "forward",
        **attributes,
    )
    write.nodes.append(node)
    if cell.sequences:  # (steps, 1, n_samples, units)
        found = write.node("Transpose", all_steps, perm=[2, 0, 1, 3])
    else:  # (1, n_samples, units)
        found = write.node("Transpose", last, perm=[1, 0, 2])
    return write.cast(write.flatten(found), write.dtype)


def set_torch_parameters(torch, module, layer, order):
    """Write the parameters of a layer into a module of PyTorch.

    Parameters
    ----------
    torch : module
    module : torch.nn.RNNBase
    layer : ExportedLayer
    order : tuple of int
        Of the gates in PyTorch, as places among ours.

    Returns
    -------
    module : torch.nn.RNNBase
    """
    cell = recurrence_of(layer)
    weights = _by_gates(layer.weights, cell.units, order)
    biases = _by_gates(layer.biases, cell.units, order)
    pairs = (
        (module.weight_ih_l0, weights[: cell.channels].T),
        (module.weight_hh_l0, weights[cell.channels :].T),
        (module.bias_ih_l0, biases),
        (module.bias_hh_l0, np.zeros_like(biases)),
    )
    with torch.no_grad():
        for tensor, array in pairs:
            tensor.copy_(torch.from_numpy(np.array(array)))
    return module


def torch_recurrence(torch, graph, name, layer, read):
    """Add nodes that apply a recurrent module.

    Parameters
    ----------
    torch : module
    graph : torch.fx.Graph
    name : str
        Of the module.
    layer : ExportedLayer
    read : torch.fx.Node

    Returns
    -------
    node : torch.fx.Node
        With a vector for each sample.
    """
    cell = recurrence_of(layer)
    h = graph.call_method("unflatten", (read, 1, (cell.steps, cell.channels)))
    if cell.reverse:
        h = graph.call_function(torch.flip, (h, (1,)))
    h = graph.call_function(operator.getitem, (graph.call_module(name, (h,)), 0))
    if not cell.sequences:
        return graph.call_function(torch.select, (h, 1, -1))
    if cell.reverse:
        h = graph.call_function(torch.flip, (h, (1,)))
    return graph.call_method("flatten", (h, 1))
