"""Tiles of parameters: what one member of the team changes at a time."""

from itertools import accumulate, pairwise

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
from skdeep.engines.table import NO_DECAY

#: The gradient of a tile should fit into this many bytes: a share of the first-level cache.
TILE_BYTES = 16 * 1024
#: Fewer rows than this read the gradients of units too often; they then may take so many bytes.
FEW_TILE_ROWS, FEW_TILE_BYTES = 48, 256 * 1024
#: Most tiles of a table that is looked up: each goes through all codes of a batch.
MOST_TILES_OF_TABLE = 16
#: Rows of a tile where the rows of an input are formed together, so that most inputs are
#: read for one tile only.
ROWS_BY_INPUT = 128
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
    if kind_of(operation).by_input:
        most = max(most, ROWS_BY_INPUT // ROWS * ROWS)
    return max(most, ROWS)


def _rows_by_source(operations, operation):
    """Return the sources of an operation, each with the rows of weights that belong to it."""
    if not kind_of(operation).by_source:
        return [(operation.first_source, int(operation.fan_in))] if operation.fan_in else []
    sources = range(operation.first_source, operation.last_source + 1)
    n_outputs = operations.n_outputs
    return [(k, int(n_outputs[k - 1] if k > 0 else operations.n_inputs[0])) for k in sources]


def _source_at(rows_by_source, row):
    """Return the source that a row of weights reads, and its place among those that read it."""
    for source, n_inputs in rows_by_source:
        if row < n_inputs:
            return source, row
        row -= n_inputs
    raise IndexError(row)


def _tiles_of_weights(operations, users, itemsize):
    """Cut the weights that some operations use into tiles, none of which reads two sources.

    Returns
    -------
    tiles : list of list of tuple
        For every tile the beginning of its row in the table, for each of the operations.
    """
    sources = [_rows_by_source(operations, operations[index]) for index in users]
    most = _most_rows(operations[users[0]], itemsize)
    edges, tiles = {0}, []
    for each in sources:
        edges.update(accumulate(n_inputs for _, n_inputs in each))
    for first, end in pairwise(sorted(edges)):
        n_tiles = -(-(end - first) // most)
        rows = -(-(end - first) // n_tiles)
        rows = -(-rows // ROWS) * ROWS
        for begin in range(first, end, rows):
            cut = OF_WEIGHTS, begin, min(rows, end - begin)
            read = [_source_at(each, begin) for each in sources]
            tiles.append([(index, *cut, *at) for index, at in zip(users, read, strict=True)])
    return tiles


def _with_flags(uses, block, transposed):
    """Return the rows of a tile: what training does with it is the same for all uses."""
    return [(*use, block.decay, transposed, block.factor) for use in uses]


def _reads_copy(operations, users, sources):
    """Return whether anything reads the transposed copy of weights that are not trained."""
    transposes = any(kind_of(operations[user]).transposes for user in users)
    return transposes or any(operations.reached[source - 1] for source in sources)


def _of_weights(operations, blocks, itemsize, transposed_kept):
    """Return the tiles of weights: those that are trained, and others that have a copy."""
    trained, fixed = [], []
    for _, block in blocks.owned("weights"):
        for uses in _tiles_of_weights(operations, block.users, itemsize):
            sources = [source for _, _, _, _, source, _ in uses if source > 0]
            if block.trained:
                has_copy = transposed_kept and _reads_copy(operations, block.users, sources)
                trained.append(_with_flags(uses, block, has_copy))
            elif transposed_kept and _reads_copy(operations, block.users, sources):
                fixed.append(_with_flags(uses[:1], block, True))
    return trained, fixed


def _of_units(operations, blocks):
    """Return the tiles of what there is one of for every unit."""
    found = [(index, OF_BIASES, block) for index, block in blocks.owned("biases")]
    normalised = [(*blocks.owned("scales"), OF_SCALES), (*blocks.owned("shifts"), OF_SHIFTS)]
    by_kind = [(index, kind, block) for *pairs, kind in normalised for index, block in pairs]
    found += sorted(by_kind, key=lambda each: each[:2])
    tiles = [
        _with_flags([(user, kind, 0, 1, 0, 0) for user in block.users], block, False)
        for _, kind, block in found
        if block.trained
    ]
    if operations.gains[0] >= 0:
        # No penalty counts gains.
        weights = [(i, block._replace(decay=NO_DECAY)) for i, block in blocks.owned("weights")]
        tiles += [
            _with_flags([(index, OF_GAINS, 0, 1, 0, 0)], block, False)
            for index, block in weights
            if block.trained
        ]
    return tiles


def cut_parameters(operations, blocks, itemsize, transposed_kept):
    """Cut the parameters that are trained into tiles.

    Parameters
    ----------
    operations : array of records
    blocks : Blocks
    itemsize : int
        Bytes of a number.
    transposed_kept : bool
        Whether transposed weights are kept.

    Returns
    -------
    tiles : array of records
        Those that are trained, those of which there is only a copy, and further uses of the former.
    n_trained, n_tiles : int
        How many there are of the first, and of the first two.
    """
    trained, fixed = _of_weights(operations, blocks, itemsize, transposed_kept)
    trained += _of_units(operations, blocks)
    rows, further = [], []
    n_tiles = len(trained) + len(fixed)
    for uses in (*trained, *fixed):
        begin = n_tiles + len(further)
        nexts = [*range(begin, begin + len(uses) - 1), -1]
        first, *others = [(*use, after) for use, after in zip(uses, nexts, strict=True)]
        rows.append(first)
        further += others
    table = empty_table(n_tiles + len(further), TILE)
    table[:] = [*rows, *further]
    return table, len(trained), n_tiles
