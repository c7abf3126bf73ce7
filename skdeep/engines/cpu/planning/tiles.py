"""Tiles of parameters: what one member of the team changes at a time."""

from skdeep.engines.cpu.memory.fields import (
    ACROSS,
    OF_BIASES,
    OF_GAINS,
    OF_SCALES,
    OF_SHIFTS,
    OF_WEIGHTS,
    TILE,
    empty_table,
)
from skdeep.engines.cpu.planning.kinds import kind_of
from skdeep.engines.cpu.products.product import ROWS
from skdeep.engines.table import DENSE

#: The gradient of a tile should fit into this many bytes: a share of the first-level cache.
TILE_BYTES = 16 * 1024
#: Fewer rows than this read the gradients of units too often; they then may take so many bytes.
FEW_TILE_ROWS, FEW_TILE_BYTES = 48, 256 * 1024
#: Most tiles of a table that is looked up: each goes through all codes of a batch.
MOST_TILES_OF_TABLE = 16
#: Inputs of a wide layer from which on its tiles are large: smaller ones share the work better.
MANY_INPUTS = 1024


def _most_rows(operation, itemsize):
    if operation.gap > 0:
        return ACROSS if operation.fan_in >= MANY_INPUTS else ACROSS // 2
    row_bytes = itemsize * int(operation.stride)
    few = min(FEW_TILE_ROWS, FEW_TILE_BYTES // row_bytes)
    most = max(few, TILE_BYTES // row_bytes) // ROWS * ROWS
    if kind_of(operation).by_look_up:
        most = max(most, -(-int(operation.fan_in) // MOST_TILES_OF_TABLE))
    return max(most, ROWS)


def _rows_by_source(operations, operation):
    """Return the sources of an operation, each with the rows of weights that belong to it."""
    sources = range(operation.first_source, operation.last_source + 1)
    if operation.kind != DENSE:  # whose rows of weights are not its inputs
        return [(sources[0], int(operation.fan_in))] if operation.fan_in else []
    n_outputs = operations.n_outputs
    return [(k, int(n_outputs[k - 1] if k > 0 else operations.n_inputs[0])) for k in sources]


def _tiles_of_weights(operations, index, itemsize):
    """Return the tiles of the weights of an operation, none of which reads two sources."""
    operation, first, tiles = operations[index], 0, []
    for source, n_inputs in _rows_by_source(operations, operation):
        n_tiles = -(-n_inputs // _most_rows(operation, itemsize))
        rows = -(-n_inputs // n_tiles)
        rows = -(-rows // ROWS) * ROWS
        tiles += [
            (index, OF_WEIGHTS, first + i, min(rows, n_inputs - i), source, i)
            for i in range(0, n_inputs, rows)
        ]
        first += n_inputs
    return tiles


def cut_parameters(operations, itemsize, frozen):
    """Cut the parameters that are trained into tiles.

    Parameters
    ----------
    operations : array of records
    itemsize : int
        Bytes of a number.
    frozen : int
        Operations, from the first, that keep their parameters.

    Returns
    -------
    tiles : array of records
    """
    trained, tiles = range(frozen, len(operations)), []
    for index in trained:
        tiles += _tiles_of_weights(operations, index, itemsize)
    of_units = [(index, OF_BIASES) for index in trained if operations.biases[index] >= 0]
    normalised = [index for index in trained if operations.scales[index] >= 0]
    of_units += [(index, kind) for index in normalised for kind in (OF_SCALES, OF_SHIFTS)]
    of_units += [(index, OF_GAINS) for index in trained if operations.gains[0] >= 0]
    tiles += [(index, kind, 0, 1, 0, 0) for index, kind in of_units]
    table = empty_table(len(tiles), TILE)
    table[:] = tiles
    return table
