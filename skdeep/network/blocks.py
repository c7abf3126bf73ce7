"""The places of parameter blocks in the flat vector."""

from skdeep.engines.table import BIASES, MEANS, SCALES, SHIFTS, VARIANCES, WEIGHTS

#: Most parameters that can be addressed, with what training keeps of them.
MOST_PARAMETERS = 2**56
#: Columns of the table of operations with the places of blocks, by the names of the blocks.
BLOCK_PLACES = {
    "weights": WEIGHTS,
    "biases": BIASES,
    "scales": SCALES,
    "shifts": SHIFTS,
    "means": MEANS,
    "variances": VARIANCES,
}


class PlacedBlocks:
    """Places blocks in the vector, one behind the other, and those of one name once.

    Parameters
    ----------
    table : array of int64
        Of the operations; written to.
    operations : sequence of Operation

    Attributes
    ----------
    rows : list of tuple of int
        Of the table of blocks.
    rate_factors : list of float
        Factors on the learning rate that there are; the first is 1.
    decays : list of float
        Factors on the strength of the penalty that there are; the first two are 0 and 1.
    """

    def __init__(self, table, operations):
        self.table, self.operations = table, operations
        self.rows, self.rate_factors, self.decays = [], [1.0], [0.0, 1.0]
        self._named, self._end = {}, 0

    def place(self, indices, name):
        """Place the blocks of one name that some operations have.

        Parameters
        ----------
        indices : sequence of int
        name : str
            As in `skdeep.layers.operation.BLOCKS`.

        Returns
        -------
        end : int
            Where the last block ends.

        Raises
        ------
        ValueError
            If blocks of one name differ.
        """
        for index in indices:
            block = getattr(self.operations[index], name)
            if block is not None:
                self.table[index, BLOCK_PLACES[name]] = self._place_of(block)
        return self._end

    def _place_of(self, block):
        """Return the place of a block, a new one if none of its name has any."""
        known, place = self._named.get(block.name, (None, None))
        if known is None:
            known, place = block, min(self._end, MOST_PARAMETERS)
            # In integers of Python, which do not overflow.
            self._end += int(block.rows) * int(block.shape[-1])
            self.rows.append(self._row(block, place))
            if block.name is not None:
                self._named[block.name] = block, place
        if known != block:
            raise ValueError(
                f"Two operations use parameters of the name {block.name!r}, but as {known} and "
                f"as {block}."
            )
        return place

    def _row(self, block, place):
        """Return the row of the table of blocks."""
        decay = _number_of(block.decay, self.decays)
        factor = _number_of(block.rate_factor, self.rate_factors)
        return place, block.rows, block.shape[-1], block.trained, decay, factor


def _number_of(factor, known):
    """Return the place of a factor among those known, to which a new one is added."""
    if factor not in known:
        known.append(factor)
    return known.index(factor)
