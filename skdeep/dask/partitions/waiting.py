"""Waiting for what workers compute, while signals are delivered."""

import distributed

from skdeep.engines import signals

#: Seconds between two looks at signals while the workers compute.
INTERVAL = 0.2


def are_done(client, futures):
    """Wait a moment for futures, and return whether all are done; deliver signals before.

    Parameters
    ----------
    client : distributed.Client
    futures : list of Future

    Returns
    -------
    done : bool
    """
    signals.deliver()
    try:
        with client.as_current():
            distributed.wait(futures, timeout=INTERVAL)
    except distributed.TimeoutError:
        return False
    return True


def collect(client, futures):
    """Return the results of futures, in their order.

    Parameters
    ----------
    client : distributed.Client
    futures : list of Future

    Returns
    -------
    results : list
    """
    while not are_done(client, futures):
        continue
    return client.gather(futures)
