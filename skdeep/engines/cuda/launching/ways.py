"""The ways to train a network: by a block of threads, or by a whole grid, phase after phase.

A block trains without the host, and as many networks as there are multiprocessors train at the same
time, each as fast as alone. A grid has the whole device for one network; it pays where a batch is
much work, and networks take turns. So the more fits there are, the larger are the networks that had
better be trained by blocks.
"""

import threading
import time

#: A step of a block that is more work than that would take a tenth of a second.
MOST_OPERATIONS = 1e10
#: A fit for which it matters waits so long for others to begin.
SECONDS_TO_MEET = 0.005


class Crowd:
    """How many fits a device has."""

    def __init__(self):
        # Fits may end while this thread has it: whenever the interpreter collects garbage.
        self._lock, self.size = threading.RLock(), 0

    def enter(self):
        """Say that a fit has begun."""
        with self._lock:
            self.size += 1

    def leave(self):
        """Say that a fit has ended."""
        with self._lock:
            self.size -= 1


def is_for_grid(operations, most, crowd, processors):
    """Return whether a network is to be trained by a grid.

    Parameters
    ----------
    operations : float
        Of a batch.
    most : float
        Operations of a batch up to which a block trains a network that is alone.
    crowd : Crowd
        The fits of the device, this one among them.
    processors : int
        Multiprocessors of the device.

    Returns
    -------
    by_grid : bool
    """
    if operations <= most:
        return False
    if operations > min(most * processors, MOST_OPERATIONS):
        return True
    if crowd.size == 1 and threading.current_thread() is not threading.main_thread():
        time.sleep(SECONDS_TO_MEET)  # one of many that a search begins
    turns = -(-crowd.size // processors)
    return operations > most * crowd.size / turns


def is_for_graph(operations, most):
    """Return whether the steps of a network that a grid trains are launched as a graph.

    Parameters
    ----------
    operations : float
        Of a batch.
    most : float
        Operations up to which our own products take less time than the host needs to launch the
        phases and a library's products one by one.

    Returns
    -------
    by_graph : bool
    """
    return operations <= most
