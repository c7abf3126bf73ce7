"""What of the operations is trained, and which parameters several of them use."""

from typing import NamedTuple

from skdeep.engines.cpu.memory.fields import as_operations
from skdeep.engines.table import BLOCK_PLACE, DECAY, RATE_FACTOR, TRAINED

#: What training may change.
NAMES = ("weights", "biases", "scales", "shifts")


class Block(NamedTuple):
    """A block of parameters.

    Attributes
    ----------
    users : tuple of int
        Operations that use it, in their order.
    trained : bool
    decay, factor : int
        Numbers of its factors on the strength of the penalty and on the learning rate.
    """

    users: tuple
    trained: bool
    decay: int
    factor: int


class Blocks:
    """The blocks of a network by the operations that use them.

    Parameters
    ----------
    table, blocks : array of int64
        The network's tables of operations and of blocks.
    sources : sequence of sequence of int
        What every operation reads.
    """

    def __init__(self, table, blocks, sources):
        self._operations, self.sources, users = as_operations(table), sources, {}
        for index, operation in enumerate(self._operations):
            for name in NAMES:
                if _has(operation, name):
                    users.setdefault(int(operation[name]), []).append(index)
        rows = {int(row[BLOCK_PLACE]): row for row in blocks}
        self._by_place = {
            place: Block(
                tuple(indices),
                bool(rows[place][TRAINED]),
                int(rows[place][DECAY]),
                int(rows[place][RATE_FACTOR]),
            )
            for place, indices in users.items()
        }

    def of(self, index, name):
        """Return a block of an operation.

        Parameters
        ----------
        index : int
        name : str
            One of `NAMES`.

        Returns
        -------
        block : Block or None
        """
        operation = self._operations[index]
        return self._by_place[int(operation[name])] if _has(operation, name) else None

    def all_of(self, index):
        """Return all blocks of an operation."""
        found = (self.of(index, name) for name in NAMES)
        return [block for block in found if block is not None]

    def owned(self, name):
        """Return the blocks of a name, each with the first operation that uses it.

        Parameters
        ----------
        name : str

        Returns
        -------
        pairs : list of tuple of int and Block
        """
        pairs = ((index, self.of(index, name)) for index in range(len(self._operations)))
        return [(index, block) for index, block in pairs if block and block.users[0] == index]

    def is_shared(self, index, name):
        """Return whether an operation has a block that others use, too."""
        block = self.of(index, name)
        return block is not None and len(block.users) > 1

    def mark(self, operations):
        """Set what of every operation is trained, and how far gradients are propagated back.

        Parameters
        ----------
        operations : array of records
            Written to.
        """
        for index, operation in enumerate(operations):
            used, weights = self.all_of(index), self.of(index, "weights")
            sources = [source for source in self.sources[index] if source > 0]
            operation.trains = any(block.trained for block in used)
            operation.reached = operation.trains or any(operations.reached[k - 1] for k in sources)
            operation.adds = any(len(block.users) > 1 for block in used)
            is_first = weights is not None and weights.users[0] == index
            operation.trains_weights = is_first and weights.trained


def _has(operation, name):
    return operation.fan_out > 0 if name == "weights" else operation[name] >= 0
