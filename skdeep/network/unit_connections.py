"""Which units of a network of dense layers read which, one by one."""

import numpy as np

from skdeep.network.layout import operation_views


def units_read(layout):
    """Return the units that every dense operation of a network reads.

    Parameters
    ----------
    layout : Layout

    Returns
    -------
    read : list of array of int, or None
        Of every dense operation, in the order of the rows of its weights: features count from 0,
        and the units of the dense operations follow. None where operations of other kinds compute
        anything, other than to put units side by side or to select some.

    Examples
    --------
    >>> from skdeep.network.layout import make_layout
    >>> from skdeep.network.unit_connections import units_read
    >>> layout = make_layout([2, 1, 1], ["relu", "identity"], skips=True)
    >>> [read.tolist() for read in units_read(layout)]
    [[0, 1], [0, 1, 2]]
    """
    n_units = layout.n_features
    given, found = [np.arange(n_units)], []
    for _, operation in layout.operations_with_roles(auxiliary=False):
        read = np.concatenate([given[source] for source in operation.sources])
        if operation.kind == "dense":
            found.append(read)
            read = np.arange(n_units, n_units + operation.n_outputs)
            n_units += operation.n_outputs
        elif operation.selected is None:
            return None
        else:
            read = read[list(operation.selected)]
        given.append(read)
    return found


def weights_between_units(layout, vector):
    """Return the weights of every dense operation, by all units that it could read.

    Parameters
    ----------
    layout : Layout
    vector : array of shape (n_parameters,)

    Returns
    -------
    weights : list of array of shape (n_units_before, n_units), or None
        NaN where there is no connection. Their rows are the units of the operation before, where it
        reads these alone, or else the features and the units of all dense operations before it.
        None where `units_read` is.
    """
    found, n_before, read = [], [0, layout.n_features], units_read(layout)
    if read is None:
        return None
    operations = [
        (row, operation)
        for row, operation in layout.operations_with_roles(auxiliary=False)
        if operation.kind == "dense"
    ]
    for (row, operation), units in zip(operations, read, strict=True):
        weights, _ = operation_views(row, operation, vector)
        mask = operation.weights.connections
        weights = weights if mask is None else np.where(mask, weights, np.nan)
        if not np.array_equal(units, np.arange(*n_before[-2:])):
            rows = np.full((n_before[-1], operation.n_outputs), np.nan)
            rows[units] = weights
            weights = rows
        found.append(weights)
        n_before.append(n_before[-1] + operation.n_outputs)
    return found
