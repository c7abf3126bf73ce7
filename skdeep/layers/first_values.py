"""First values of blocks of parameters that are not those of the network's scheme.

Objects of this module are compared by their values, as blocks of parameters are.
"""

from dataclasses import dataclass

import numpy as np

#: Numbers that are drawn at once.
DRAWN_AT_ONCE = 16384


@dataclass(frozen=True)
class Constant:
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


@dataclass(frozen=True)
class Uniform:
    """Parameters are drawn uniformly from ``[-bound, bound)``.

    Attributes
    ----------
    bound : float
    """

    bound: float

    def set(self, block, random_state, draw):
        """Set a block: see `Constant.set`."""
        draw_in_pieces(block, lambda size: random_state.uniform(-self.bound, self.bound, size))


@dataclass(frozen=True)
class Normal:
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


@dataclass(frozen=True)
class Sinusoids:
    """Sines and cosines of the rows' numbers, whose frequencies fall from column to column.

    ``p_tc = sin(t / 10000^(c / n))`` in even columns ``c`` of ``n`` and
    ``p_tc = cos(t / 10000^((c - 1) / n))`` in odd ones. Vaswani et al., "Attention is all you
    need", NeurIPS 2017.
    """

    def set(self, block, random_state, draw):
        """Set a block: see `Constant.set`."""
        n_rows, n_columns = block.shape
        even = np.arange(0, n_columns, 2)
        angles = np.arange(n_rows)[:, np.newaxis] / 10000.0 ** (even / n_columns)
        block[:, ::2] = np.sin(angles)
        block[:, 1::2] = np.cos(angles)[:, : n_columns // 2]


@dataclass(frozen=True)
class SideBySide:
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
