"""The generator "Squares": 32 random bits from a counter and a key.

Widynski, "Squares: a fast counter-based RNG", arXiv:2004.06278, 2020: four rounds of the middle
square of a Weyl sequence. A key belongs to a stream; streams are told apart by the seed, the number
of the update, the layer and the purpose, mixed by SplitMix64 (Steele, Lea & Flood, "Fast splittable
pseudorandom number generators", OOPSLA 2014).
"""

import numpy as np

HALF_WORD = np.uint64(32)
ONE = np.uint64(1)
WEYL = np.uint64(0x9E3779B97F4A7C15)
MIX_1, MIX_2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
SHIFT_1, SHIFT_2, SHIFT_3 = np.uint64(30), np.uint64(27), np.uint64(31)


def squares(counter, key):
    """Return 32 random bits.

    Parameters
    ----------
    counter, key : np.uint64

    Returns
    -------
    bits : np.uint64
        Below 2^32.
    """
    y = counter * key
    z = y + key
    x = y * y + y
    x = (x >> HALF_WORD) | (x << HALF_WORD)
    x = x * x + z
    x = (x >> HALF_WORD) | (x << HALF_WORD)
    x = x * x + y
    x = (x >> HALF_WORD) | (x << HALF_WORD)
    return (x * x + z) >> HALF_WORD


def mixed(z):
    """Return 64 well-mixed bits (SplitMix64)."""
    z = z + WEYL
    z = (z ^ (z >> SHIFT_1)) * MIX_1
    z = (z ^ (z >> SHIFT_2)) * MIX_2
    return z ^ (z >> SHIFT_3)


def stream_key(seed, update, stream):
    """Return the key of a stream.

    Parameters
    ----------
    seed, update, stream : np.uint64
        The seed of the fit, the number of the update, and which of its streams.

    Returns
    -------
    key : np.uint64
        Odd.
    """
    return mixed(mixed(mixed(seed) + update) + stream) | ONE
