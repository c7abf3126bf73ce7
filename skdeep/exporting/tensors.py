"""Arrays as tensors of PyTorch."""

import numpy as np


def copy(torch, tensor, array):
    """Write an array into a tensor.

    Parameters
    ----------
    torch : module
    tensor : torch.Tensor
    array : array
    """
    with torch.no_grad():
        tensor.copy_(torch.from_numpy(np.array(array)))


def constant(torch, root, graph, name, array):
    """Add an array that is not trained.

    Parameters
    ----------
    torch : module
    root : torch.nn.Module
    graph : torch.fx.Graph
    name : str
        Of the buffer.
    array : array

    Returns
    -------
    node : torch.fx.Node
    """
    root.register_buffer(name, torch.from_numpy(np.array(array)))
    return graph.get_attr(name)


def parameters(torch, dtype, **arrays):
    """Return a module of parameters alone.

    Parameters
    ----------
    torch : module
    dtype : torch.dtype
    **arrays : array
        By the names of the parameters.

    Returns
    -------
    module : torch.nn.Module
        Which computes nothing by itself.
    """
    module = torch.nn.Module()
    for name, array in arrays.items():
        tensor = torch.empty(array.shape, dtype=dtype)
        copy(torch, tensor, array)
        module.register_parameter(name, torch.nn.Parameter(tensor))
    return module
