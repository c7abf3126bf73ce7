"""LeCun's normal weights, ``W_ij ~ N(0, 1 / fan_in)``.

Standardised inputs then give sums of variance 1. LeCun, Bottou, Orr & Mueller, "Efficient
BackProp", in Neural Networks: Tricks of the Trade, 1998; also what the activation ``selu`` is made
for: Klambauer, Unterthiner, Mayr & Hochreiter, "Self-normalizing neural networks", NeurIPS 2017.
"""

import math


def draw(random_state, fan_in, fan_out):
    """Return normal numbers of variance ``1 / fan_in``."""
    return random_state.normal(0.0, math.sqrt(1.0 / fan_in), (fan_in, fan_out))
