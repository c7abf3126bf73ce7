"""Networks as modules of PyTorch.

A chain of dense layers becomes an ``nn.Sequential``. Where layers are of other kinds, read several
others or have holes, the module is a ``torch.fx.GraphModule``. Neither holds a class of skdeep's
own, so that modules can be copied, saved and loaded where there is no skdeep.
"""

from collections import OrderedDict

import numpy as np

from skdeep.exporting.operations import check_kinds, kind_of
from skdeep.exporting.optional import require
from skdeep.exporting.torch_layers import FORMS, copy
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
    check_kinds(network, {"dense", *FORMS}, "PyTorch")
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
    for index, layer in enumerate(network.layers):
        own = _modules(torch, index, layer, network.dtype)
        if layer.weights.size:  # which several layers may use, each with settings of its own
            place, module = layer.weights.__array_interface__["data"][0], own[f"layer{index}"]
            for name, parameter in shared.setdefault(place, module).named_parameters():
                setattr(module, name, parameter)
        modules |= own
    plain = all(each.mask is None and kind_of(each) == "dense" for each in network.layers)
    if network.is_chain and plain and not names & set(FUNCTIONS):
        return torch.nn.Sequential(modules).eval()
    return _graph_module(torch, network, modules).eval()


def _modules(torch, index, layer, dtype):
    """Return the modules of a layer by their names."""
    dtype = torch.from_numpy(np.empty(0, dtype=dtype)).dtype
    kind = kind_of(layer)
    make = _linear if kind == "dense" else FORMS[kind].modules
    modules = OrderedDict({} if make is None else {f"layer{index}": make(torch, layer, dtype)})
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


def _linear(torch, layer, dtype):
    linear = torch.nn.utils.skip_init(torch.nn.Linear, *layer.weights.shape, dtype=dtype)
    copy(torch, linear.weight, layer.weights.T)
    copy(torch, linear.bias, layer.biases)
    return linear


def _graph_module(torch, network, modules):
    """Return the modules connected as the network says."""
    root, graph = torch.nn.Module(), torch.fx.Graph()
    for name, module in modules.items():
        root.add_module(name, module)
    nodes = [graph.placeholder("X")]
    if "flatten" in modules:
        nodes = [graph.call_module("flatten", (nodes[0],))]
    for index, layer in enumerate(network.layers):
        read = [nodes[source] for source in layer.sources]
        connect = _affine if kind_of(layer) == "dense" else FORMS[layer.kind].connect
        h = connect(torch, root, graph, f"layer{index}", layer, read)
        h = h if layer.norm is None else _normalised(graph, f"norm{index}", layer, h)
        name = f"activation{index}"
        h = graph.call_module(name, (h,)) if name in modules else h
        nodes.append(_function(torch, graph, layer.activation, h))
    graph.output(nodes[-1])
    return torch.fx.GraphModule(root, graph, "Network")


def _affine(torch, root, graph, name, layer, reads):
    """Add a dense layer."""
    h = reads[0] if len(reads) == 1 else graph.call_function(torch.cat, (reads,), {"dim": 1})
    if layer.mask is None:
        return graph.call_module(name, (h,))
    return _masked(torch, root, graph, int(name.removeprefix("layer")), layer.mask, h)


def _masked(torch, root, graph, index, mask, h):
    """Add a layer whose weights are connections where the mask says so, also when trained."""
    dtype = getattr(root, f"layer{index}").weight.dtype
    root.register_buffer(f"mask{index}", torch.from_numpy(np.array(mask.T)).to(dtype))
    weights = graph.get_attr(f"layer{index}.weight")
    weights = graph.call_function(torch.mul, (weights, graph.get_attr(f"mask{index}")))
    biases = graph.get_attr(f"layer{index}.bias")
    return graph.call_function(torch.nn.functional.linear, (h, weights, biases))


def _normalised(graph, name, layer, h):
    """Add a normalisation, which takes samples of shape (units,) or (units, steps)."""
    if kind_of(layer) == "dense":
        return graph.call_module(name, (h,))
    h = graph.call_method("unflatten", (h, 1, layer.output_shape))
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
