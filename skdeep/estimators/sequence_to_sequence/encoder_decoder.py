"""The layers of a transformer: an encoder of the source, and a decoder that reads it.

Rows of the network have the codes of the source, those of the target, moved one place to the right
behind the code of the beginning, and the mask of the source. The layers are those of Vaswani et
al., with normalisation before each part of a block instead of behind it, as in Xiong et al., "On
layer normalization in the transformer architecture", ICML 2020: so training needs no warm-up.
"""

from typing import NamedTuple

import numpy as np

from skdeep.layers import (
    Columns,
    Conv1D,
    CrossAttention,
    Embedding,
    LayerNorm,
    PositionalEncoding,
    Residual,
    SelfAttention,
)
from skdeep.network.stack import Stack, connect, make_stack, named_layers
from skdeep.network.wiring import FEATURES

#: Code of the end of a target, which is also what the decoder reads before its first token.
END = 0
#: Names of the layers that read the source and the target, and of what the encoder gives.
SOURCE, TARGET, MEMORY = "source", "target", "memory"


class Sizes(NamedTuple):
    """What the layers follow from beside the parameters.

    Attributes
    ----------
    source_length : int
        Most tokens of a source.
    target_length : int
        Most tokens of a target, with the end.
    n_source_codes : int
    n_target_codes : int
        With that of the end; at least 3, so that the outputs are shares of several classes.
    """

    source_length: int
    target_length: int
    n_source_codes: int
    n_target_codes: int

    @property
    def n_columns(self):
        """Columns of the rows that the network reads."""
        return 2 * self.source_length + self.target_length


def _part(name, *layers):
    """Return what some layers make of normalised steps, added to these steps."""
    return name, Residual([LayerNorm(), *layers])


def _units(name, parameters):
    """Return the small network that is applied to each step."""
    wide = Conv1D(parameters.units, 1, activation=parameters.activation)
    narrow = Conv1D(parameters.dim, 1, activation="identity", dropout=parameters.dropout)
    return _part(name, wide, narrow)


def _embedded(name, n_codes, parameters):
    """Return the vectors of codes with those of their positions."""
    return [
        (f"{name}_embedding", Embedding(n_codes, parameters.dim)),
        (
            f"{name}_positions",
            PositionalEncoding(parameters.learned_positions, dropout=parameters.dropout),
        ),
    ]


def encoder_layers(parameters, sizes):
    """Return the layers of the encoder with their names.

    Parameters
    ----------
    parameters : object
        With those of the estimator as attributes.
    sizes : Sizes

    Returns
    -------
    layers : list of tuple of str and layer
    """
    p, layers = parameters, [(SOURCE, Columns(range(sizes.source_length), inputs=FEATURES))]
    layers += _embedded(SOURCE, sizes.n_source_codes, p)
    for k in range(p.n_encoder_layers):
        attention = SelfAttention(p.heads, dropout=p.dropout)
        layers += [_part(f"encoder{k}_attention", attention), _units(f"encoder{k}_units", p)]
    return [*layers, (MEMORY, LayerNorm())]


def decoder_layers(parameters, sizes):
    """Return the layers of the decoder behind the codes of the target, with their names.

    Parameters
    ----------
    parameters : object
        With those of the estimator as attributes.
    sizes : Sizes

    Returns
    -------
    layers : list of tuple of str and layer
    """
    p, layers = parameters, _embedded(TARGET, sizes.n_target_codes, parameters)
    for k in range(p.n_decoder_layers):
        earlier = SelfAttention(p.heads, causal=True, dropout=p.dropout)
        source = CrossAttention(MEMORY, p.heads, dropout=p.dropout)
        layers += [
            _part(f"decoder{k}_attention", earlier),
            _part(f"decoder{k}_source", source),
            _units(f"decoder{k}_units", p),
        ]
    return [*layers, ("decoder", LayerNorm())]


def all_layers(parameters, sizes):
    """Return all layers of the network but the outputs, with their names.

    Parameters
    ----------
    parameters : object
        With those of the estimator as attributes.
    sizes : Sizes

    Returns
    -------
    layers : list of tuple of str and layer
    """
    columns = range(sizes.source_length, sizes.source_length + sizes.target_length)
    target = (TARGET, Columns(columns, inputs=FEATURES))
    encoder = encoder_layers(parameters, sizes)
    return [*encoder, target, *decoder_layers(parameters, sizes)]


def masks(sizes):
    """Return where the mask of the source is in the rows, by the name of the layer that has it.

    Parameters
    ----------
    sizes : Sizes

    Returns
    -------
    masks : dict of str to tuple of int
    """
    return {SOURCE: (0, sizes.source_length + sizes.target_length)}


def rows_of(sources, targets, sizes):
    """Return the rows that the network reads.

    Parameters
    ----------
    sources : list of list of int
        Codes of the tokens.
    targets : list of list of int
        Codes of the tokens before each of those that are to be given.
    sizes : Sizes

    Returns
    -------
    rows : ndarray of float32 of shape (n_samples, sizes.n_columns)
    """
    rows = np.zeros((len(sources), sizes.n_columns), dtype=np.float32)
    begin, behind = sizes.source_length, sizes.source_length + sizes.target_length
    for row, source, target in zip(rows, sources, targets, strict=True):
        row[: len(source)] = source
        row[begin : begin + len(target)] = target
        row[behind : behind + len(source)] = 1
    return rows


def encoder_stack(pairs, sizes):
    """Return the encoder as a network of its own.

    Parameters
    ----------
    pairs : list of tuple of str and Layer
        All layers of the network.
    sizes : Sizes

    Returns
    -------
    stack : Stack
        Its operations are the first of the network.
    """
    place = [name for name, _ in pairs].index(MEMORY) + 1
    _, operations = connect(pairs[:place], (sizes.n_columns,), masks=masks(sizes))
    return Stack(tuple(operations))


def decoder_stack(pairs, sizes, outputs, n_steps):
    """Return the decoder of the first steps as a network of its own.

    Its features are what the encoder gives for a source, the mask of the source, and the codes of
    the steps.

    Parameters
    ----------
    pairs : list of tuple of str and Layer
        All layers of the network.
    sizes : Sizes
    outputs : Operation
        The last one of the network.
    n_steps : int

    Returns
    -------
    stack : Stack
        Its operations are the last of the network, but for the first.
    """
    names, layers = [name for name, _ in pairs], dict(pairs)
    shape = sizes.source_length, layers[f"{TARGET}_embedding"].n_outputs
    n_memory = shape[0] * shape[1]
    first = n_memory + sizes.source_length
    memory = Columns(range(n_memory), output_shape=shape, inputs=FEATURES)
    target = Columns(range(first, first + n_steps), inputs=FEATURES)
    behind = pairs[names.index(TARGET) + 1 :]
    return make_stack(
        named_layers([(MEMORY, memory), (TARGET, target), *behind]),
        (first + n_steps,),
        outputs.output_shape[-1],
        outputs.activation,
        masks={MEMORY: (0, n_memory)},
    )
