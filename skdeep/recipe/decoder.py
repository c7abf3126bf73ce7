"""The layers of an autoencoder: encoder, decoder, and what lies between them."""

from skdeep.layers import ActivityPenalty, Dense, Dropout, Flatten, TransposedDense
from skdeep.network.stack import named_layers
from skdeep.network.wiring import title
from skdeep.recipe.mirror_images import holds_images, mirrored_images

#: Name of the layer behind the code that penalises its activations.
SPARSITY = "sparsity"
#: Layers of an encoder that a mirrored decoder leaves out.
WITHOUT_MIRROR_IMAGE = Dropout, Flatten


def encoder_and_decoder(parameters):
    """Return the layers that the parameters of an autoencoder ask for.

    Parameters
    ----------
    parameters : SimpleNamespace or estimator
        With ``layers``, ``decoder``, ``tied_weights`` and ``sparsity``.

    Returns
    -------
    layers : list of Layer or of tuple of str and Layer
        All but the outputs. Those without names are called by their places.

    Raises
    ------
    ValueError, TypeError
        If the decoder reads anything but the code, or cannot be made of the encoder, or a layer has
        the name of the penalty on the code.
    """
    encoder, penalty = list(parameters.layers), []
    if not encoder:
        raise ValueError("layers is empty: an autoencoder has at least one layer, which gives it.")
    if parameters.sparsity is not None:
        _check_names([*encoder, *(parameters.decoder or ())])
        penalty = [(SPARSITY, _penalty(parameters))]
    given = parameters.decoder
    if given is None:
        return [*encoder, *penalty, *_mirrored(named_layers(encoder), parameters.tied_weights)]
    if parameters.tied_weights:
        raise ValueError(
            "tied_weights=True makes the decoder of the weights of the encoder: decoder must be "
            f"None, got {given!r}."
        )
    _check_decoder(
        named_layers([*encoder, *penalty, *given]), len(named_layers([*encoder, *penalty]))
    )
    return [*encoder, *penalty, *given]


def _check_names(layers):
    """Check that no layer is called as the penalty on the code is."""
    if any(isinstance(entry, tuple) and entry[:1] == (SPARSITY,) for entry in layers):
        raise ValueError(
            f"A layer is called {SPARSITY!r}, which is the name of the penalty on the code that "
            "the parameter sparsity asks for: choose another name."
        )


def _penalty(parameters):
    """Return the layer that penalises the activations of the code."""
    strength, target = parameters.sparsity_weight, parameters.sparsity_target
    return ActivityPenalty(parameters.sparsity, strength=strength, target=target)


def _mirrored(pairs, tied):
    """Return the layers of a decoder that goes through the sizes of the encoder in reverse."""
    if not tied and holds_images(pairs):
        return mirrored_images(pairs)
    dense = [(name, layer) for name, layer in pairs if not isinstance(layer, WITHOUT_MIRROR_IMAGE)]
    for name, layer in dense:
        if type(layer) is not Dense or layer.inputs is not None or layer.weights_of is not None:
            kinds = "Dense layers" if tied else "Dense layers, or layers of images"
            remedy = "use tied_weights=False" if tied else "give the layers of the decoder"
            raise ValueError(
                f"decoder=None is made of an encoder of {kinds}, each of which reads the one "
                f"before it. {title(name, layer)} is something else: {remedy}."
            )
    if tied and not dense:
        raise ValueError(
            "tied_weights=True makes the outputs of the weights of the first Dense layer: layers "
            "must hold one."
        )
    decoder = []
    for (_, layer), (name, _) in zip(dense[-2::-1], dense[:0:-1], strict=True):
        if tied:
            decoder.append(TransposedDense(layer.units, layer.activation, weights_of=name))
        else:
            same = {"dropconnect": layer.dropconnect, "batch_norm": layer.batch_norm}
            decoder.append(Dense(layer.units, layer.activation, dropout=layer.dropout, **same))
    return decoder


def tied_layer(layers):
    """Return the name of the layer whose transposed weights are those of the outputs.

    Parameters
    ----------
    layers : sequence of Layer or of tuple of str and Layer
        The encoder.

    Returns
    -------
    name : str
        Of the first dense layer.
    """
    return next(
        name for name, layer in named_layers(layers) if not isinstance(layer, WITHOUT_MIRROR_IMAGE)
    )


def _check_decoder(pairs, n_before):
    """Check that the layers of a decoder read the code and one another, and nothing else."""
    own = {name for name, _ in pairs[n_before - 1 :]}
    for name, layer in pairs[n_before:]:
        read = {*(layer.input_names() or ()), getattr(layer, "weights_of", None)} - {None}
        if read - own:
            raise ValueError(
                f"{title(name, layer)}: the decoder reads the code, which is called "
                f"{pairs[n_before - 1][0]!r}, and layers of its own, but {sorted(read - own)} were "
                "asked for."
            )
