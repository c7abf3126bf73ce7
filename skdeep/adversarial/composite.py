"""The network that a generator is trained in: the discriminator reads what the generator gives."""

from skdeep.layers import Columns, Concatenate
from skdeep.network.flat import connection_masks
from skdeep.network.layout import lay_out

#: Where settings of operations of a kind hold their sources once more. Those of masks are not among
#: them: no sample has one.
SOURCES_IN_SETTINGS = {
    "add": slice(1, None),
    "attention": slice(7, None),
    "concatenate": slice(2, None, 2),
}


def composite_layout(generator, discriminator, n_latent, n_labels):
    """Return the layout of a generator with a discriminator behind it that is not trained.

    Parameters
    ----------
    generator, discriminator : Stack
        The discriminator reads the outputs of the generator, and behind them the labels.
    n_latent, n_labels : int
        Columns that the generator reads: latent numbers, and behind them the labels.

    Returns
    -------
    layout : Layout
        The operations of the generator, those that put the labels behind its outputs, if there are
        any, and those of the discriminator.
    """
    operations = [_named(each, "generator") for each in generator.given]
    if n_labels:
        n_inputs, n_features = n_latent + n_labels, operations[-1].n_outputs
        columns = range(n_latent, n_inputs)
        labels, _ = Columns(columns).connect((n_inputs,), 0)
        sources = len(operations), len(operations) + 1
        joined, _ = Concatenate().connect([(n_features,), (n_labels,)], sources)
        operations += [labels, joined]
    first = len(operations)
    for each in discriminator.given:
        behind = _behind(_named(each, "discriminator"), first)
        operations.append(behind.with_blocks(trained=False))
    return lay_out(tuple(operations), parameter="discriminator")


def _named(operation, owner):
    """Return an operation whose blocks with names have others than those of another network."""
    blocks = {
        name: block._replace(name=f"{owner}, {block.name}")
        for name, block in operation.blocks().items()
        if block.name is not None
    }
    return operation._replace(**blocks)


def _behind(operation, first):
    """Return an operation that reads the outputs of operation `first` instead of the features."""
    sources, settings = tuple(source + first for source in operation.sources), operation.settings
    if operation.kind in SOURCES_IN_SETTINGS:
        settings, places = list(settings), SOURCES_IN_SETTINGS[operation.kind]
        settings[places] = [source + first for source in settings[places]]
        settings = tuple(settings)
    return operation._replace(sources=sources, settings=settings)


def composite_regularisation(composite, sides, lengths):
    """Return how the training of a generator is regularised, by the layers of both networks.

    Parameters
    ----------
    composite : Layout
    sides : sequence of two Regularisation
        Of the generator and of the discriminator.
    lengths : sequence of two int
        Operations of both.

    Returns
    -------
    regularisation : Regularisation
        Units of the discriminator are dropped as in its own training; its weights, which are not
        trained here, are not.
    """
    (generator, discriminator), (n_first, n_last) = sides, lengths
    n_between = len(composite.operations) - n_first - n_last
    dropout = dropconnect = ()
    if generator.dropout or discriminator.dropout:
        units = generator.dropout or n_first * (0.0,)
        behind = discriminator.dropout[1:] or (n_last - 1) * (0.0,)
        dropout = (*units, 0.0, *n_between * (0.0,), *behind)
    if generator.dropconnect:
        dropconnect = (*generator.dropconnect, *(n_between + n_last) * (0.0,))
    masks = connection_masks(composite)
    return generator._replace(dropout=dropout, dropconnect=dropconnect, masks=masks)
