"""Four cosine cycles of increasing length, ``eta_t = base (1 - cos(2 pi log2(1 + 15 t))) / 2``.

The value begins and ends at 0 and peaks at ``base`` four times; every wave lasts twice as long as
the one before. Holzmueller, Grinsztajn & Steinwart, "Better by default: strong pre-tuned MLPs and
boosted trees on tabular data", NeurIPS 2024.
"""

import numpy as np

CLASS = "CosLog4"


def value(t, base):
    """Return waves between 0 and `base`."""
    return base * (1.0 - np.cos(2.0 * np.pi * np.log2(1.0 + 15.0 * np.asarray(t)))) / 2.0
