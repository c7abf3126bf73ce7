"""A generator of 32-bit integers, that of scikit-learn's compiled code.

``x ^= x << 13``, ``x ^= x >> 17``, ``x ^= x << 5``. Marsaglia, "Xorshift RNGs", Journal of
Statistical Software 8 (14), 2003. The state is never 0.
"""

LOW_32, LOW_31 = 0xFFFFFFFF, 0x7FFFFFFF


def first_state(seed):
    """Return the state that a seed stands for."""
    return seed if seed != 0 else 1


def next_state(x):
    """Return the state after ``x``, an integer of at least 46 bits."""
    x ^= (x << 13) & LOW_32
    x ^= x >> 17
    x ^= (x << 5) & LOW_32
    return x


def draw(x):
    """Return the random number of a state, below ``2^31``."""
    return x & LOW_31
