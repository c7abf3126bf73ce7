"""First values of blocks of parameters that are not those of the network's scheme.

Objects of this module are compared by their values, as blocks of parameters are.
"""

from typing import NamedTuple

import numpy as np

#: Numbers that are drawn at once.
DRAWN_AT_ONCE = 16384


class Constant(NamedTuple):
    """All parameters begin with one value.

    Attributes
    ----------
    value : float
    """

    value: float

    def set(self, block, random_state, draw):
        """Set a block.

        Parameters
        ----------
        block : ndarray
            A view into the vector of parameters, of the shape of the block.
        random_state : numpy.random.RandomState
        draw : callable
            ``draw(weights, biases)`` draws a matrix and a vector by the scheme of the network.
        """
        block[...] = self.value


class Uniform(NamedTuple):
    """Parameters are drawn uniformly from ``[-bound, bound)``.

    Attributes
    ----------
    bound : float
    """

    bound: float

    def set(self, block, random_state, draw):
        """Set a block: see `Constant.set`."""
        draw_in_pieces(block, lambda size: random_state.uniform(-self.bound, self.bound, size))


class Normal(NamedTuple):
    """Parameters are drawn from a normal distribution around 0.

    Attributes
    ----------
    deviation : float
        Its standard deviation.
    """

    deviation: float

    def set(self, block, random_state, draw):
        """Set a block: see `Constant.set`."""
        draw_in_pieces(block, lambda size: random_state.normal(0.0, self.deviation, size))


class SideBySide(NamedTuple):
    """Parameters are drawn as those of several layers whose columns lie side by side.

    Attributes
    ----------
    number : int
        Of the layers, of equally many units.
    heights : tuple of int
        Rows of every layer's weights that are drawn together, from the first on.
    """

    number: int
    heights: tuple

    def set(self, block, random_state, draw):
        """Set a block: see `Constant.set`."""
        width, first = block.shape[-1] // self.number, 0
        for height in self.heights:
            for place in range(self.number):
                part = np.empty((height, width), dtype=block.dtype)
                draw(part, np.empty(width, dtype=block.dtype))
                block[first : first + height, place * width : (place + 1) * width] = part
            first += height


def draw_in_pieces(block, draw):
    """Fill a block with random numbers, some at a time.

    Of large blocks, all numbers in double precision would be twice as many bytes as the block.

    Parameters
    ----------
    block : ndarray
        Contiguous.
    draw : callable
        Returns so many numbers.
    """
    out = block.reshape(-1)
    for start in range(0, out.size, DRAWN_AT_ONCE):
        part = out[start : start + DRAWN_AT_ONCE]
        part[:] = draw(part.size)
