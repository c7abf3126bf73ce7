"""The description of a layer that is a graph of neurons: a row for every group of them."""

from skdeep.estimators.presentation.description import LayerDescription


def described_groups(wire, called, notes):
    """Return the descriptions of the groups of a graph of neurons.

    Parameters
    ----------
    wire : Wire
        Of a `NeuronGraph`.
    called : dict of str to tuple of str
        What descriptions call every layer before: a name, or several. That of this layer is added:
        the names of the groups of which it gives some neurons.
    notes : list of str
        What is said of all groups.

    Returns
    -------
    rows : list of LayerDescription
    """
    layer, graph = wire.layer, wire.layer.parsed()
    name, inputs = f"hidden {wire.name}", [each for other in wire.inputs for each in called[other]]
    places = range(len(graph.groups))
    names = [name] if len(places) == 1 else [f"{name}.{k}" for k in places]
    where = {unit: names[k] for k in places for unit in graph.groups[k]}
    rows = []
    for k, units in enumerate(graph.groups):
        read = {where.get(source) for unit in units for source in graph.sources[unit]}
        reads = (*(inputs if None in read else ()), *(each for each in names if each in read))
        count = sum(len(graph.sources[unit]) for unit in units)
        count += len(units) * (1 + 2 * bool(layer.batch_norm))
        said = type(layer).__name__, *notes
        fields = names[k], len(units), graph.activations[k], count, reads, said, units
        rows.append(LayerDescription(*fields))
    groups, columns = graph.groups_of_outputs()
    called[wire.name] = (*(inputs if columns else ()), *(names[k] for k in groups))
    return rows
