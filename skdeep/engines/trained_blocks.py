"""What training does with blocks of parameters, for engines that know few cases of it."""

import numpy as np

from skdeep.engines.table import (
    BIASES,
    BLOCK_PLACE,
    DECAY,
    NO_DECAY,
    SCALES,
    SHIFTS,
    TRAINED,
    WEIGHTS,
)

#: Columns of the table of operations with the places of blocks that may be trained.
TRAINABLE = WEIGHTS, BIASES, SCALES, SHIFTS


def has_own_blocks(layout):
    """Return whether no two operations use the same parameters.

    Parameters
    ----------
    layout : Layout

    Returns
    -------
    own : bool
    """
    places = layout.table[:, [*TRAINABLE]]
    places = places[places >= 0]
    return len(np.unique(places)) == len(places)


def frozen_operations(layout):
    """Return how many operations, from the first, are not trained, where all others are.

    Parameters
    ----------
    layout : Layout

    Returns
    -------
    n_operations : int

    Raises
    ------
    ValueError
        If training does anything else with the parameters than to leave out first operations:
        several operations use the same, learning rates differ, or others are frozen.
    """
    trained, decay = (
        dict(zip(*layout.blocks[:, [BLOCK_PLACE, name]].T.tolist(), strict=True))
        for name in (TRAINED, DECAY)
    )
    rows = layout.table[:, [*TRAINABLE]].tolist()
    of_rows = [[trained[place] for place in row if place >= 0] for row in rows]
    n_operations = next((i for i, each in enumerate(of_rows) if any(each)), len(rows))
    usual = all(all(each) for each in of_rows[n_operations:])
    usual = usual and all(
        decay.get(place, NO_DECAY) == NO_DECAY for row in rows for place in row[1:]
    )
    if not usual or len(layout.rate_factors) > 1 or not has_own_blocks(layout):
        raise ValueError(
            "This engine cannot train networks whose layers share weights, have learning rates of "
            "their own, or are frozen behind layers that are trained."
        )
    return n_operations
