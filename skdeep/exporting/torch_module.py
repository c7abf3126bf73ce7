"""Networks as modules of PyTorch.

A chain of layers becomes an ``nn.Sequential``. Where layers read several others, or have holes, the
module is a ``torch.fx.GraphModule``. Neither holds a class of skdeep's own, so that modules can be
copied, saved and loaded where there is no skdeep.
"""

from collections import OrderedDict

import numpy as np

from skdeep.exporting.optional import require
from skdeep.formulas.normalisation import BATCH_EPSILON, BATCH_SHARE

#: The modules of activations: name of the class and keywords.
MODULES = {
    "elu": ("ELU", {}),
    "gelu": ("GELU", {}),
    "hard_tanh": ("Hardtanh", {}),
    "leaky_relu": ("LeakyReLU", {"negative_slope": 0.01}),
    "logistic": ("Sigmoid", {}),
    "mish": ("Mish", {}),
    "relu": ("ReLU", {}),
    "selu": ("SELU", {}),
    "silu": ("SiLU", {}),
    "softmax": ("Softmax", {"dim": 1}),
    "softplus": ("Softplus", {}),
    "tanh": ("Tanh", {}),
}
#: Activations that are functions.
FUNCTIONS = ("exp", "sign", "step")


def make_module(network, with_output=True):
    """Make a module of a network.

    Parameters
    ----------
    network : Network
    with_output : bool, default=True
        Whether the activation of the outputs is part of it.

    Returns
    -------
    module : torch.nn.Module
        In the mode of evaluation.

    Raises
    ------
    ImportError
        Without ``torch``.
    ValueError
        If an activation has no form in PyTorch.
    """
    torch = require("torch", "to_torch")
    if not with_output:
        last = network.layers[-1]._replace(activation="identity")
        network = network._replace(layers=(*network.layers[:-1], last))
    names = {layer.activation for layer in network.layers} - {"identity"}
    unknown = sorted(names - set(MODULES) - set(FUNCTIONS))
    if unknown:
        raise ValueError(f"Activations without a form in PyTorch: {unknown}.")
    modules = OrderedDict()
    for index, layer in enumerate(network.layers):
        modules |= _modules(torch, index, layer)
    masked = any(layer.mask is not None for layer in network.layers)
    if network.is_chain and not masked and not names & set(FUNCTIONS):
        return torch.nn.Sequential(modules).eval()
    return _graph_module(torch, network, modules).eval()


def _modules(torch, index, layer):
    """Return the modules of a layer by their names."""
    n_inputs, n_units = layer.weights.shape
    dtype = torch.from_numpy(np.empty(0, dtype=layer.weights.dtype)).dtype
    linear = torch.nn.utils.skip_init(torch.nn.Linear, n_inputs, n_units, dtype=dtype)
    _copy(torch, linear.weight, layer.weights.T)
    _copy(torch, linear.bias, layer.biases)
    modules = OrderedDict({f"layer{index}": linear})
    if layer.norm is not None:
        norm = torch.nn.BatchNorm1d(n_units, BATCH_EPSILON, BATCH_SHARE, dtype=dtype)
        theirs = norm.weight, norm.bias, norm.running_mean, norm.running_var
        for tensor, array in zip(theirs, layer.norm, strict=True):
            _copy(torch, tensor, array)
        modules[f"norm{index}"] = norm
    if layer.activation in MODULES:
        name, keywords = MODULES[layer.activation]
        modules[f"activation{index}"] = getattr(torch.nn, name)(**keywords)
    return modules


def _copy(torch, tensor, array):
    with torch.no_grad():
        tensor.copy_(torch.from_numpy(np.array(array)))


def _graph_module(torch, network, modules):
    """Return the modules connected as the network says."""
    root, graph = torch.nn.Module(), torch.fx.Graph()
    for name, module in modules.items():
        root.add_module(name, module)
    nodes = [graph.placeholder("X")]
    for index, layer in enumerate(network.layers):
        read = [nodes[source] for source in layer.sources]
        h = read[0] if len(read) == 1 else graph.call_function(torch.cat, (read,), {"dim": 1})
        if layer.mask is None:
            h = graph.call_module(f"layer{index}", (h,))
        else:
            h = _masked(torch, root, graph, index, layer.mask, h)
        for name in (f"norm{index}", f"activation{index}"):
            h = graph.call_module(name, (h,)) if name in modules else h
        nodes.append(_function(torch, graph, layer.activation, h))
    graph.output(nodes[-1])
    return torch.fx.GraphModule(root, graph, "Network")


def _masked(torch, root, graph, index, mask, h):
    """Add a layer whose weights are connections where the mask says so, also when trained."""
    dtype = getattr(root, f"layer{index}").weight.dtype
    root.register_buffer(f"mask{index}", torch.from_numpy(np.array(mask.T)).to(dtype))
    weights = graph.get_attr(f"layer{index}.weight")
    weights = graph.call_function(torch.mul, (weights, graph.get_attr(f"mask{index}")))
    biases = graph.get_attr(f"layer{index}.bias")
    return graph.call_function(torch.nn.functional.linear, (h, weights, biases))


def _function(torch, graph, name, a):
    """Add an activation that is a function; others are modules, which have been added."""
    if name == "exp":
        return graph.call_function(torch.exp, (a,))
    if name not in FUNCTIONS:
        return a
    reached = graph.call_function(torch.ge, (a, 0))
    unit = graph.call_method("type_as", (reached, a))
    if name == "step":
        return unit
    return graph.call_function(torch.sub, (graph.call_function(torch.mul, (unit, 2)), 1))
