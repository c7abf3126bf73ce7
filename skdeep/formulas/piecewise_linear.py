"""Numbers of tables: robust scores, and their place between the edges of bins.

A number x with the median c and the interquartile range s becomes ``u = (x - c) / s`` and the score
``z = u / sqrt(1 + (u / 3)^2)``, which is u near 0 and stays within 3 for any outlier.

For edges ``e_0 < ... < e_m``, the piecewise-linear encoding of z is
``p_t = clip((z - e_(t-1)) / (e_t - e_(t-1)), 0, 1)`` for t = 1, ..., m (Gorishniy, Rubachev &
Babenko, NeurIPS 2022). All p_t left of the bin of z are 1 and all right of it are 0, so the bin and
the fraction within it say the same.
"""

import math

#: Largest magnitude of a score.
LIMIT = 3.0
#: Larger magnitudes of u count as this: the square of more would overflow.
_LARGEST = 1e150


def robust_score(x, center, scale):
    """Return z: the distance from the median in interquartile ranges, limited smoothly to 3."""
    u = min(max((x - center) / scale, -_LARGEST), _LARGEST)
    share = u / LIMIT
    return min(max(u / math.sqrt(1.0 + share * share), -LIMIT), LIMIT)


def fraction_of_bin(z, low, high):
    """Return the place of a score between two edges: 0 at and below `low`, 1 from `high` on."""
    return min(max((z - low) / (high - low), 0.0), 1.0)
