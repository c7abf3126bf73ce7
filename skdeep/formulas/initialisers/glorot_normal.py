"""Glorot's normal weights, ``W_ij ~ N(0, 2 / (fan_in + fan_out))``.

Their variance is a compromise between keeping the variance of the activations from layer to layer
and that of the gradients on the way back. Glorot & Bengio, "Understanding the difficulty of
training deep feedforward neural networks", AISTATS 2010.
"""

import math


def draw(random_state, fan_in, fan_out):
    """Return normal numbers of variance ``2 / (fan_in + fan_out)``."""
    return random_state.normal(0.0, math.sqrt(2.0 / (fan_in + fan_out)), (fan_in, fan_out))
