"""Which way of distributing the updates of a fit pays, by measured times."""

import time
from typing import NamedTuple

#: Calls of each kind that are timed, after one that is not.
N_CALLS = 3


class Times(NamedTuple):
    """What an update takes.

    Attributes
    ----------
    message : float
        Seconds of a call of all workers that computes nothing, with arrays as long as a gradient.
    computation : float
        Seconds that the workers take for the gradient of their shares of a mini-batch.
    """

    message: float
    computation: float

    @property
    def way(self):
        """What the times speak for: "update" where at least half of the time is computation."""
        return "update" if self.computation >= self.message else "epoch"


def measure(team, vector, n_batches):
    """Measure what an update takes.

    Parameters
    ----------
    team : ShardTeam
        Which has begun.
    vector : array of shape (n_parameters,)
    n_batches : int
        Of an epoch.

    Returns
    -------
    times : Times
    """
    message = _shortest(lambda: team.call("echo", vector))
    whole = _shortest(lambda: team.call("share", vector, 0, 0, 0, n_batches))
    return Times(message, max(0.0, whole - message))


def _shortest(function):
    """Return the shortest time of some calls, the first of which may compile."""
    seconds = []
    for _ in range(1 + N_CALLS):
        begin = time.perf_counter()
        function()
        seconds.append(time.perf_counter() - begin)
    return min(seconds[1:])
