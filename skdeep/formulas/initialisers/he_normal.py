"""He's normal weights, ``W_ij ~ N(0, 2 / fan_in)``.

Their variance keeps the mean square of the activations from one layer of rectified linear units to
the next. He, Zhang, Ren & Sun, "Delving deep into rectifiers: surpassing human-level performance on
ImageNet classification", ICCV 2015.
"""

import math


def draw(random_state, fan_in, fan_out):
    """Return normal numbers of variance ``2 / fan_in``."""
    return random_state.normal(0.0, math.sqrt(2.0 / fan_in), (fan_in, fan_out))
