"""Networks as modules of PyTorch.

A chain of layers that are modules of PyTorch, as dense ones are, becomes an ``nn.Sequential``.
Where layers are of other kinds, read several others or have holes, the module is a
``torch.fx.GraphModule``. Neither holds a class of skdeep's own, so that modules can be copied,
saved and loaded where there is no skdeep.
"""

import math
from collections import OrderedDict

import numpy as np

from skdeep.exporting.forms import forms_of
from skdeep.exporting.optional import require
from skdeep.exporting.tensors import copy
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


def make_module(network, with_output=True, input_shape=None):
    """Make a module of a network.

    Parameters
    ----------
    network : Network
    with_output : bool, default=True
        Whether the activation of the outputs is part of it.
    input_shape : tuple of int or None, default=None
        Of a sample; None for a vector.

    Returns
    -------
    module : torch.nn.Module
        In the mode of evaluation.

    Raises
    ------
    ImportError
        Without ``torch``.
    ValueError
        If a layer or an activation has no form in PyTorch.
    """
    forms = forms_of(network, "torch_nodes", "PyTorch")
    torch = require("torch", "to_torch")
    if not with_output:
        last = network.layers[-1]._replace(activation="identity")
        network = network._replace(layers=(*network.layers[:-1], last))
    names = {layer.activation for layer in network.layers} - {"identity"}
    unknown = sorted(names - set(MODULES) - set(FUNCTIONS))
    if unknown:
        raise ValueError(f"Activations without a form in PyTorch: {unknown}.")
    modules = OrderedDict()
    if input_shape is not None and len(input_shape) > 1:
        modules["flatten"] = torch.nn.Flatten()
    shared = {}
    for index, (layer, form) in enumerate(zip(network.layers, forms, strict=True)):
        own = _modules(torch, index, layer, form, network.dtype)
        if layer.weights.size:  # which several layers may use, each with settings of its own
            place, module = layer.weights.__array_interface__["data"][0], own[f"layer{index}"]
            for name, parameter in shared.setdefault(place, module).named_parameters():
                if name in getattr(form, "SHARED", (name,)):
                    setattr(module, name, parameter)
        modules |= own
    if network.output_steps and network.layers[-1].activation == "softmax":  # of every step
        modules[f"activation{len(network.layers) - 1}"] = torch.nn.Softmax(dim=-1)
    alone = not network.output_steps and all(map(_is_module, network.layers, forms))
    if network.is_chain and alone and not names & set(FUNCTIONS):
        return torch.nn.Sequential(modules).eval()
    return _graph_module(torch, network, forms, modules).eval()


def _is_module(layer, form):
    """Return whether a layer that reads one other is a module of PyTorch."""
    return hasattr(form, "alone") and form.alone(layer)


def _modules(torch, index, layer, form, dtype):
    """Return the modules of a layer by their names."""
    dtype = torch.from_numpy(np.empty(0, dtype=dtype)).dtype
    modules = OrderedDict()
    if hasattr(form, "torch_module"):
        modules[f"layer{index}"] = form.torch_module(torch, layer, dtype)
    if layer.norm is not None:
        n_units = len(layer.biases)
        norm = torch.nn.BatchNorm1d(n_units, BATCH_EPSILON, BATCH_SHARE, dtype=dtype)
        theirs = norm.weight, norm.bias, norm.running_mean, norm.running_var
        for tensor, array in zip(theirs, layer.norm, strict=True):
            copy(torch, tensor, array)
        modules[f"norm{index}"] = norm
    if layer.activation in MODULES:
        name, keywords = MODULES[layer.activation]
        modules[f"activation{index}"] = getattr(torch.nn, name)(**keywords)
    return modules


def _graph_module(torch, network, forms, modules):
    """Return the modules connected as the network says."""
    root, graph = torch.nn.Module(), torch.fx.Graph()
    for name, module in modules.items():
        root.add_module(name, module)
    nodes = [graph.placeholder("X")]
    if "flatten" in modules:
        nodes = [graph.call_module("flatten", (nodes[0],))]
    for index, (layer, form) in enumerate(zip(network.layers, forms, strict=True)):
        read = [nodes[source] for source in layer.sources]
        h = form.torch_nodes(torch, root, graph, f"layer{index}", layer, read)
        h = h if layer.norm is None else _normalised(graph, f"norm{index}", layer, h)
        if index == len(network.layers) - 1 and network.output_steps:
            h = graph.call_method("unflatten", (h, 1, layer.output_shape))
        name = f"activation{index}"
        h = graph.call_module(name, (h,)) if name in modules else h
        nodes.append(_function(torch, graph, layer.activation, h))
    graph.output(nodes[-1])
    return torch.fx.GraphModule(root, graph, "Network")


def _normalised(graph, name, layer, h):
    """Add a normalisation, which takes samples of shape (units,) or (units, n_windows)."""
    if len(layer.output_shape) == 1:
        return graph.call_module(name, (h,))
    *windows, n_units = layer.output_shape
    h = graph.call_method("unflatten", (h, 1, (math.prod(windows), n_units)))
    h = graph.call_module(name, (graph.call_method("transpose", (h, 1, 2)),))
    return graph.call_method("flatten", (graph.call_method("transpose", (h, 1, 2)), 1))


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
