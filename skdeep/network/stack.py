"""Networks given as lists of layers: their operations, and the shapes between them."""

import functools
from typing import NamedTuple

from skdeep.layers._base import Layer
from skdeep.layers.operation import dense_operation
from skdeep.network.layout import lay_out
from skdeep.network.sharing import Connected, shared_names, with_parameters


class Stack(NamedTuple):
    """The architecture of a network that is a list of layers, each of which reads the one before.

    Attributes
    ----------
    given : tuple of Operation
        The last gives the outputs.
    """

    given: tuple

    @property
    def batch_norm(self):
        """Whether hidden operations are normalised."""
        return False

    @property
    def units(self):
        """Features, and what every operation gives for a sample."""
        return (self.given[0].n_inputs, *(operation.n_outputs for operation in self.given))

    def operations(self):
        """Return the operations."""
        return self.given

    def layout(self):
        """Return where the parameters are in the vector."""
        return _lay_out(self)

    def shapes(self):
        """Return the shapes of all weights; those that several operations use are there once."""
        return [each.weights.shape for each in self._with_weights()]

    def bias_shapes(self):
        """Return the shapes of the biases of the same operations; ``(0,)`` without any."""
        biases = [each.biases for each in self._with_weights()]
        return [(0,) if block is None else block.shape for block in biases]

    def _with_weights(self):
        """Return the operations that have weights which no earlier one has."""
        known, found = set(), []
        for operation in self.given:
            if operation.weights is not None and operation.weights.name not in known:
                known |= {operation.weights.name} - {None}
                found.append(operation)
        return found


@functools.lru_cache(maxsize=64)
def _lay_out(stack):
    return lay_out(stack.given, parameter="layers")


def named_layers(layers):
    """Return the layers of a list with their names.

    Parameters
    ----------
    layers : sequence of Layer or of tuple of str and Layer
        Layers without a name are called by their place.

    Returns
    -------
    pairs : list of tuple of str and Layer

    Raises
    ------
    ValueError, TypeError
        If it holds anything else, or a name is no identifier or appears twice.
    """
    pairs = []
    for place, entry in enumerate(layers):
        pair = entry if isinstance(entry, tuple) else (str(place), entry)
        if len(pair) != 2 or not isinstance(pair[0], str) or not isinstance(pair[1], Layer):
            hint = ""
            if isinstance(entry, type) and issubclass(entry, Layer):
                hint = f": write {entry.__name__}(...), not the class"
            raise TypeError(
                f"layers[{place}] must be a layer of skdeep.layers, or a tuple of its name and the "
                f"layer, got {entry!r}{hint}."
            )
        own = pair[0] != str(place)
        if own and (not pair[0].isidentifier() or "__" in pair[0]):
            raise ValueError(
                f"layers[{place}] is called {pair[0]!r}: names are made of letters, digits and "
                "single underscores, and begin with no digit."
            )
        pairs.append(pair)
    names = [name for name, _ in pairs]
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise ValueError(f"layers holds the name {twice[0]!r} twice.")
    return pairs


def title(name, layer):
    """Return what messages call a layer.

    Parameters
    ----------
    name : str
        Its own, or its place.
    layer : Layer

    Returns
    -------
    title : str

    Examples
    --------
    >>> from skdeep.layers import Dense
    >>> from skdeep.network.stack import title
    >>> title("2", Dense(5))
    'layers[2], Dense(units=5)'
    """
    return f"layers[{name if name.isdigit() else repr(name)}], {' '.join(repr(layer).split())}"


def connect(pairs, shape):
    """Return the operations of layers, each of which reads the one before.

    Parameters
    ----------
    pairs : list of tuple of str and Layer
        Checked.
    shape : tuple of int
        Of a sample of the features.

    Returns
    -------
    operations : list of Operation
    shape : tuple of int
        Of what the last of them gives for a sample.

    Raises
    ------
    ValueError
        If a layer does not take what arrives; the message names both.

    Examples
    --------
    >>> from skdeep.layers import Conv1D, Flatten
    >>> from skdeep.network.stack import connect, named_layers
    >>> operations, shape = connect(named_layers([Conv1D(8, 3), Flatten()]), (10, 2))
    >>> [operation.output_shape for operation in operations], shape
    ([(8, 8)], (64,))
    """
    operations, earlier, shared = [], {}, shared_names(pairs)
    for name, layer in pairs:
        called = title(name, layer)
        try:
            operation, shape = layer.connect(shape, len(operations))
            if operation is not None:
                own = name if name in shared else None
                operation = with_parameters(layer, operation, own, earlier)
                operations.append(operation)
        except ValueError as error:
            raise ValueError(f"{called}: {error}") from error
        earlier[name] = Connected(called, layer, operation)
    return operations, shape


def make_stack(pairs, shape, n_outputs, activation):
    """Return the architecture of layers and the outputs behind them.

    Parameters
    ----------
    pairs : list of tuple of str and Layer
    shape : tuple of int
    n_outputs : int
    activation : str
        Name of that of the outputs.

    Returns
    -------
    stack : Stack

    Raises
    ------
    ValueError
        If a layer, or the outputs, do not take what arrives.
    """
    operations, shape = connect(pairs, shape)
    check_outputs(shape)
    source = (len(operations),)
    return Stack((*operations, dense_operation(source, shape[0], n_outputs, activation)))


def check_outputs(shape):
    """Check that the outputs of a network can read what the last layer gives.

    Parameters
    ----------
    shape : tuple of int
        Of a sample of it.

    Raises
    ------
    ValueError
        If that is no vector.
    """
    if len(shape) != 1:
        raise ValueError(
            f"The outputs of the network read samples of shape (n_inputs,), but {shape} arrives "
            "from the last layer: put Flatten() at the end of layers."
        )
