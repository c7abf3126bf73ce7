"""The description of a layer of several groups of units: a row for every one."""

from skdeep.estimators.presentation.description import LayerDescription


def described_groups(wire, groups, called, notes):
    """Return the descriptions of the groups of a layer.

    Parameters
    ----------
    wire : Wire
    groups : list of Group
        Of its layer.
    called : dict of str to tuple of str
        What descriptions call every layer before: a name, or several. That of this layer is added:
        the names of the groups of which it gives some neurons.
    notes : list of str
        What is said of all groups.

    Returns
    -------
    rows : list of LayerDescription
    """
    layer, name = wire.layer, f"hidden {wire.name}"
    inputs = [each for other in wire.inputs for each in called[other]]
    names = [name] if len(groups) == 1 else [f"{name}.{k}" for k in range(len(groups))]
    per_unit = 1 + 2 * bool(getattr(layer, "batch_norm", False))
    rows = []
    for own, group in zip(names, groups, strict=True):
        reads = (*(inputs if group.reads_inputs else ()), *(names[k] for k in group.reads))
        count = group.n_connections + len(group.units) * per_unit
        said = type(layer).__name__, *notes
        fields = own, len(group.units), group.activation, count, reads, said, group.units
        rows.append(LayerDescription(*fields))
    given = (own for own, group in zip(names, groups, strict=True) if group.given)
    called[wire.name] = (*(inputs if layer.copies_inputs else ()), *given)
    return rows
