"""What Numba's simulator runs in the place of a kernel.

While a kernel runs, the simulator puts a stand-in in the place of `numba.cuda` wherever the module
of the kernel's function names it. Other threads work on meanwhile, so that module is this one,
which does not name it.
"""

import numpy as np


def _plain(argument):
    """Return the NumPy array behind one of the simulator's."""
    argument = getattr(argument, "_item", argument)
    return getattr(argument, "_ary", argument)


def simulated(function):
    """Return a kernel for the simulator.

    Parameters
    ----------
    function : callable
        The kernel's Python function.
    """

    def run(*arguments):
        with np.errstate(all="ignore"):  # as on a device
            function(*map(_plain, arguments))

    run.__name__ = function.__name__
    return run
