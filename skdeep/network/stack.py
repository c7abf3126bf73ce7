"""Networks given as lists of layers: their operations, and the shapes between them."""

import functools
import math
import re
from typing import NamedTuple

from skdeep.layers._base import Layer
from skdeep.layers.affine.dense import dense_operation
from skdeep.layers.affine.transposed_dense import transposed_operation
from skdeep.layers.containers.container import Container
from skdeep.layers.convolution.conv1d import Conv1D
from skdeep.layers.convolution.conv2d import Conv2D
from skdeep.layers.joining.concatenate import Concatenate, joined_shape
from skdeep.network.layout import lay_out
from skdeep.network.sharing import Connected, shared_names, with_parameters
from skdeep.network.wiring import FEATURES, restored, title, wire


class Stack(NamedTuple):
    """The architecture of a network that is a list of layers.

    Attributes
    ----------
    given : tuple of Operation
        The last gives the outputs.
    heads : tuple of Operation, default=()
        Auxiliary outputs, which only training computes.
    """

    given: tuple
    heads: tuple = ()

    @property
    def batch_norm(self):
        """Whether hidden operations are normalised."""
        return any(operation.normalised for operation in self.given)

    @property
    def units(self):
        """Features, and what every operation gives for a sample."""
        return (self.given[0].n_inputs, *(operation.n_outputs for operation in self.given))

    def operations(self):
        """Return the operations, the auxiliary outputs before the outputs."""
        return (*self.given[:-1], *self.heads, self.given[-1])

    def layout(self):
        """Return where the parameters are in the vector."""
        masks = (each.weights.mask for each in self.given if each.weights is not None)
        n_bytes = sum(len(mask) for mask in masks if mask is not None)
        is_large = n_bytes + sum(len(each.table) for each in self.given) > LARGE_MASKS
        return (_lay_out_large if is_large else _lay_out)(self)

    def shapes(self):
        """Return the shapes of all weights; those that several operations use are there once."""
        return [each.weights.shape for each in self._with_weights()]

    def bias_shapes(self):
        """Return the shapes of all biases; ``(0,)`` where operations have weights, but none."""
        known, found = set(), []
        for each in self.given:
            if each.weights is None:
                continue
            names = {each.weights.name, getattr(each.biases, "name", None)}
            if each.biases is None and each.weights.name not in known:
                found.append((0,))
            elif each.biases is not None and each.biases.name not in known:
                found.append(each.biases.shape)
            known |= names - {None}
        return found

    def _with_weights(self):
        """Return the operations that have weights which no earlier one has."""
        known, found = set(), []
        for operation in self.given:
            if operation.weights is not None and operation.weights.name not in known:
                known |= {operation.weights.name} - {None}
                found.append(operation)
        return found


#: Bytes of the masks of connections, which are part of what layouts are kept by, from which on few
#: layouts are kept.
LARGE_MASKS = 1 << 16


def _lay_out_anew(stack):
    return lay_out(stack.operations(), len(stack.heads), parameter="layers")


_lay_out = functools.lru_cache(maxsize=64)(_lay_out_anew)
_lay_out_large = functools.lru_cache(maxsize=2)(_lay_out_anew)


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
        pairs += _expanded(*_named(place, entry), pairs[-1][0] if pairs else FEATURES)
    names = [name for name, _ in pairs]
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise ValueError(f"layers holds the name {twice[0]!r} twice.")
    return pairs


def _named(place, entry):
    """Return a layer of a list with its name."""
    pair = entry if isinstance(entry, tuple) else (str(place), entry)
    if len(pair) != 2 or not isinstance(pair[0], str) or not isinstance(pair[1], Layer):
        hint = ""
        if isinstance(entry, type) and issubclass(entry, Layer):
            hint = f": write {entry.__name__}(...), not the class"
        raise TypeError(
            f"layers[{place}] must be a layer of skdeep.layers, or a tuple of its name and the "
            f"layer, got {entry!r}{hint}."
        )
    name = pair[0]
    by_place = re.fullmatch(r"\d+(_\w*[^\W_])?", name)  # also of the layers of a container
    if (not by_place and (not name.isidentifier() or name.endswith("_"))) or "__" in name:
        raise ValueError(
            f"layers[{place}] is called {name!r}: names are made of letters, digits and "
            "single underscores, begin with no digit and end with no underscore."
        )
    if name == FEATURES:
        raise ValueError(
            f"layers[{place}] is called {FEATURES!r}, which is the name of the features."
        )
    return pair


def _expanded(name, layer, before):
    """Return a layer with its name, or the layers that it stands for."""
    if not isinstance(layer, Container):
        return [(name, layer)]
    try:
        return layer.expand(name, before)
    except (ValueError, TypeError) as error:
        raise type(error)(f"{title(name, layer)}: {error}") from error


def connect(pairs, shape, masked=False, named=(), masks=None):
    """Return the operations of layers.

    Parameters
    ----------
    pairs : list of tuple of str and Layer
        Checked.
    shape : tuple of int
        Of a sample of the features.
    masked : bool, default=False
        Whether a value for each step, 0 where it is masked, is behind the features.
    named : sequence of str, default=()
        Names of layers whose parameters the outputs use.
    masks : dict of str to tuple of int or None, default=None
        Source and place of the mask of the steps of a layer, by its name, among the features.

    Returns
    -------
    layers : list of Connected
    operations : list of Operation
        Of all layers, with those that put inputs side by side.

    Raises
    ------
    ValueError
        If a layer does not take what arrives; the message names both.

    Examples
    --------
    >>> from skdeep.layers import Conv1D
    >>> from skdeep.network.stack import connect, named_layers
    >>> connect(named_layers([Conv1D(8, 3)]), (10, 2))[0][-1].shape
    (8, 8)
    """
    layers, operations, shared = {}, [], {*shared_names(pairs), *named}
    given, seen = {FEATURES: [(shape, 0)]}, {FEATURES: (0, math.prod(shape)) if masked else None}
    n_features, shapes_read = math.prod(shape) + (shape[0] if masked else 0), {}
    for each in wire(pairs):
        name = each.name
        try:
            each = restored(each, shapes_read)
            arrives = _join(each, [given[other] for other in each.inputs], operations)
            shapes_read[name] = arrives[0]
            mask, seen[name] = _masks(each.layer, [seen[other] for other in each.inputs])
            computed, shape = _computed(each, arrives, mask, operations)
            computed = with_parameters(
                each.layer, computed, name if name in shared else None, layers
            )
        except ValueError as error:
            raise ValueError(f"{title(name, each.layer)}: {error}") from error
        operations += computed
        if each.together:
            _side_by_side([(operations[k - 1].output_shape, k) for k in each.together], operations)
        given[name] = _given(each, shape, operations)
        if masks and name in masks:
            seen[name] = _checked_mask(name, masks[name], shape, n_features)
        layers[name] = Connected(each, tuple(computed), shape, seen[name])
    if masked and operations:
        operations[0] = operations[0]._replace(n_inputs=n_features)
    return list(layers.values()), operations


def _given(each, shape, operations):
    """Return shape and source of all that a layer gives: of operations that lie side by side."""
    if len(each.outputs) == 1:
        return [(shape, *each.outputs)]
    return [(operations[source - 1].output_shape, source) for source in each.outputs]


def restored_layers(pairs, shape, masked=False):
    """Return layers of which none asks for the shape of another's inputs any more.

    Parameters
    ----------
    pairs : list of tuple of str and Layer
    shape : tuple of int
        Of a sample of the features.
    masked : bool, default=False
        As in `connect`.

    Returns
    -------
    pairs : list of tuple of str and Layer
    """
    if all(layer.shape_of is None for _, layer in pairs):
        return pairs
    return [(each.wire.name, each.wire.layer) for each in connect(pairs, shape, masked)[0]]


def _checked_mask(name, mask, shape, n_features):
    """Return the mask of the steps of a layer, which must be among the features."""
    source, place = mask
    if source != 0 or not 0 <= place <= n_features - shape[0]:
        raise ValueError(
            f"The mask of the {shape[0]} steps of layers[{name!r}] is not among the {n_features} "
            "features."
        )
    return mask


def _computed(each, arrives, mask, operations):
    """Return the operations of a layer, and the shape of what it gives.

    Parameters
    ----------
    each : Wire
    arrives : tuple
        Shape and source, or those of all inputs.
    mask : tuple of int or None
        Of what it reads, if it reads masks.
    operations : list of Operation
        All before it.
    """
    activations = [operations[k - 1].activation if k else None for k in each.sources]
    each.layer.check_activations(activations)
    if each.layer.crosses:
        return each.layer.operations(*arrives, mask, len(operations) + 1)
    return each.layer.operations(*arrives, *(() if mask is None else (mask,)))


def _masks(layer, read):
    """Return the mask that a layer reads, and that of what it gives, or None without masked steps.

    Parameters
    ----------
    layer : Layer
    read : list
        The masks of its inputs.
    """
    mask = read[0]
    if layer.crosses:
        return read[1], mask
    if all(other is None for other in read):
        return None, None
    if any(other != mask for other in read):
        raise ValueError("it reads steps that are masked beside others that are not.")
    if layer.reads_mask:
        return mask, mask if layer.gives_steps() else None
    if getattr(layer, "batch_norm", False):
        raise ValueError(
            "batch_norm would count steps that are masked, by mask_value or because X holds "
            "sequences of different lengths: use LayerNorm()."
        )
    if layer.gives_steps():
        return None, mask
    raise ValueError(
        "it reads steps of which some are masked, by mask_value or because X holds sequences of "
        "different lengths, and cannot leave these out. Layers that can are SimpleRNN, GRU, LSTM, "
        "SelfAttention, CrossAttention and GlobalAveragePool; behind one that gives a vector there "
        "are no masked steps any more."
    )


def _join(each, read, operations):
    """Return the shape, or shapes, that arrive at a layer, and where they come from.

    Parameters
    ----------
    each : Wire
    read : list of list of tuple
        Shape and source of all that every input gives.
    operations : list of Operation
        Those that put sources side by side are appended to it.
    """
    if each.layer.joins:
        parts = [_side_by_side(given, operations) for given in read]
        return [shape for shape, _ in parts], tuple(source for _, source in parts)
    parts = [part for given in read for part in given]
    if each.joined:
        return _side_by_side(parts, operations, always=True)
    if len(parts) == 1:
        return parts[0]
    return joined_shape([shape for shape, _ in parts]), each.sources


def _side_by_side(parts, operations, always=False):
    """Return shape and source of parts, put side by side if there are several, or always."""
    if len(parts) == 1 and not always:
        return parts[0]
    shapes, sources = zip(*parts, strict=True)
    operation, shape = Concatenate().connect(list(shapes), sources)
    operations.append(operation)
    return shape, len(operations)


def make_stack(
    pairs,
    shape,
    n_outputs,
    activation,
    masked=False,
    weights_of=None,
    masks=None,
    of_images=False,
):
    """Return the architecture of layers and the outputs behind them.

    Parameters
    ----------
    pairs : list of tuple of str and Layer
    shape : tuple of int
    n_outputs : int
    activation : str
        Name of that of the outputs.
    masked : bool, default=False
        As in `connect`.
    weights_of : str or None, default=None
        Name of a dense layer, whose transposed weights the outputs use; None for weights of their
        own.
    masks : dict of str to tuple of int or None, default=None
        As in `connect`.
    of_images : bool, default=False
        As in `read_by_outputs`.

    Returns
    -------
    stack : Stack

    Raises
    ------
    ValueError
        If a layer, or the outputs, do not take what arrives.
    """
    named = () if weights_of is None else (weights_of,)
    layers, operations = connect(pairs, shape, masked, named, masks)
    sources, read, _ = read_by_outputs(layers, shape, masked, of_images)
    output = output_operation(sources, read, n_outputs, activation)
    if masked and not operations:
        output = output._replace(n_inputs=math.prod(shape) + shape[0])
    if weights_of is not None:
        [tied] = [each for each in layers if each.wire.name == weights_of]
        output = transposed_operation(sources, tied.operations[0].weights, activation)
    heads = [
        _head(each, read, n_outputs, activation)
        for each in layers
        if getattr(each.wire.layer, "auxiliary_output", False)
    ]
    return Stack((*operations, output), tuple(heads))


def output_operation(sources, shape, n_outputs, activation):
    """Return the operation that gives the outputs of samples, or of every step of a sequence.

    Parameters
    ----------
    sources : tuple of int
    shape : tuple of int
        Of what arrives for a sample: (n_inputs,), (steps, channels) or (height, width, channels).
    n_outputs : int
        Of a sample, or of a step where it has several.
    activation : str

    Returns
    -------
    operation : Operation
        Dense, or the same dense layer applied to each step, or to each pixel: a convolution of one.

    Raises
    ------
    ValueError
        If the pixels of an image cannot have these outputs.
    """
    if len(shape) == 1:
        return dense_operation(sources, *shape, n_outputs, activation)
    if len(shape) == 3:
        channels, rest = divmod(n_outputs, shape[0] * shape[1])
        if rest or not channels or activation == "softmax":
            raise ValueError(
                f"The outputs read images of shape {shape}, of which every pixel has the same "
                f"number of outputs, and no 'softmax', but there are {n_outputs} outputs by "
                f"{activation!r}: put Flatten() at the end."
            )
        operation, _ = Conv2D(channels, 1).connect(shape, *sources)
        return operation._replace(activation=activation)
    operation, _ = Conv1D(n_outputs, 1).connect(shape, *sources)
    return operation._replace(activation=activation)


def _head(connected, read, n_outputs, activation):
    """Return the operation of an auxiliary output; `read` is the shape that the outputs read."""
    each, shape = connected.wire, connected.shape
    if len(read) == 1 and connected.mask is not None:
        raise ValueError(
            f"{title(each.name, each.layer)}: auxiliary_output=True would read steps that are "
            "masked: use a layer behind which there are none."
        )
    if len(read) == 1:
        shape = (math.prod(shape),)
    elif len(shape) != len(read) or shape[:-1] != read[:-1]:
        several = f"{read[0]} steps" if len(read) == 2 else f"{read[:-1]} pixels"
        raise ValueError(
            f"{title(each.name, each.layer)}: auxiliary_output=True needs the {several} that the "
            f"outputs of the network have, but the layer gives samples of shape {shape}."
        )
    return output_operation(each.outputs, shape, n_outputs, activation)


def read_by_outputs(layers, shape, masked=False, of_images=False):
    """Return what the outputs of a network read: what the last layer gives.

    Parameters
    ----------
    layers : list of Connected
    shape : tuple of int
        Of a sample of the features.
    masked : bool, default=False
        As in `connect`.
    of_images : bool, default=False
        Whether images can be read, too, whose pixels then have outputs.

    Returns
    -------
    sources : tuple of int
        Neighbours.
    shape : tuple of int
        Of a sample.
    mask : tuple of int or None
        Source of the mask of the steps of a sequence, and the place of its first value; None where
        no step is masked.

    Raises
    ------
    ValueError
        If that is neither a vector nor a sequence, nor an image that can be read.
    """
    sources, mask = (0,), (0, math.prod(shape)) if masked else None
    if layers:
        sources, shape, mask = layers[-1].wire.outputs, layers[-1].shape, layers[-1].mask
    if len(shape) > (3 if of_images and len(sources) == 1 else 2):
        raise ValueError(
            "The outputs of the network read samples of shape (n_inputs,), or (steps, channels) "
            f"for outputs of every step, but {shape} arrives from the last layer: put Flatten() at "
            "the end of layers."
        )
    return sources, shape, mask if len(shape) == 2 else None
