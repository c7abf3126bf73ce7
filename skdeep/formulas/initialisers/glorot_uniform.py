"""Glorot's uniform weights, ``W_ij ~ U[-b, b)`` with ``b = sqrt(6 / (fan_in + fan_out))``.

Their variance ``2 / (fan_in + fan_out)`` is a compromise between keeping the variance of the
activations from layer to layer and that of the gradients on the way back. Glorot & Bengio,
"Understanding the difficulty of training deep feedforward neural networks", AISTATS 2010.
"""

import math


def draw(random_state, fan_in, fan_out):
    """Return uniform numbers of variance ``2 / (fan_in + fan_out)``."""
    bound = math.sqrt(6.0 / (fan_in + fan_out))
    return random_state.uniform(-bound, bound, (fan_in, fan_out))
