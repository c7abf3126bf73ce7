"""Seeds that follow from other numbers, for generators that several places make for themselves."""

import numpy as np


def seed_from(*numbers):
    """Return a seed that follows from some numbers.

    Parameters
    ----------
    *numbers : int
        From 0 on; others give another seed.

    Returns
    -------
    seed : int
        From 0 to 2**31 - 1, as NumPy's generators and kernels take it.

    Examples
    --------
    >>> from skdeep.training.seeds import seed_from
    >>> seed_from(0, 1) == seed_from(0, 1), seed_from(0, 1) == seed_from(1, 0)
    (True, False)
    """
    return int(np.random.SeedSequence(numbers).generate_state(1)[0] >> 1)
