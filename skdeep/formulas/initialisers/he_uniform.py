"""He's uniform weights, ``W_ij ~ U[-b, b)`` with ``b = sqrt(6 / fan_in)``.

Their variance ``2 / fan_in`` keeps the mean square of the activations from one layer of rectified
linear units to the next. He, Zhang, Ren & Sun, "Delving deep into rectifiers: surpassing
human-level performance on ImageNet classification", ICCV 2015.
"""

import math


def draw(random_state, fan_in, fan_out):
    """Return uniform numbers of variance ``2 / fan_in``."""
    bound = math.sqrt(6.0 / fan_in)
    return random_state.uniform(-bound, bound, (fan_in, fan_out))
