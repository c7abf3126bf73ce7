"""The clock of all benchmarks: jobs in turn, so that a busy moment hits all of them."""

import gc
import os
import time
from pathlib import Path
from statistics import fmean, median

import numpy as np

PAUSE = 0.01  # seconds in which the waiting threads of the previous library go to sleep
CROWDED = 0.15  # cores used by other processes above which a machine is not quiet
LOOK = 0.5  # seconds of a look at what other processes do


class OtherWork:
    """Cores that other processes keep busy, from its creation on (Linux only).

    A noisy neighbour slows the peers unevenly, those most that let threads wait for each other.
    """

    def __init__(self):
        self.start = self._now()

    @staticmethod
    def _now():
        """Return wall-clock time and the processor seconds of everybody else."""
        try:
            fields = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]
        except OSError:
            return None
        user, nice, system, _idle, _wait, irq, softirq, steal = map(int, fields)
        busy = (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")
        return time.perf_counter(), busy - sum(os.times()[:2])

    def cores(self):
        """Return the average number of cores, or None where it is unknown."""
        if self.start is None:
            return None
        wall, busy = np.subtract(self._now(), self.start)
        return max(0.0, busy / wall)

    def crowded(self):
        """Tell whether that is too much; the clock of the system ticks a hundred times a second."""
        if self.start is None:
            return False
        wall, busy = np.subtract(self._now(), self.start)
        return busy > max(CROWDED * wall, 3 / os.sysconf("SC_CLK_TCK"))


def timed(job):
    """Run a job once; return the seconds it took."""
    gc.collect()
    time.sleep(PAUSE)
    start = time.perf_counter()
    job()
    return time.perf_counter() - start


def wait_for_quiet(deadline):
    """Wait until other processes leave the cores alone, at most until a time of the clock."""
    while time.perf_counter() < deadline:
        others = OtherWork()
        time.sleep(LOOK)
        if not others.crowded():
            return


def interleaved(jobs, repeats, patience=0.0):
    """Time jobs in turn (A, B, C, A, B, C, ...).

    Parameters
    ----------
    jobs : dict of str to callable
        Every one of them should have run before: compilation is not what is timed.
    repeats : int
    patience : float
        Seconds in which rounds wait for a quiet machine, and are measured anew where other
        processes came between, whatever the times were.

    Returns
    -------
    times : dict of str to list of float
        Seconds, in the order in which they were measured.
    crowd : float or None
        Cores that other processes kept busy during the rounds that count, on average.
    """
    rounds, deadline = [], time.perf_counter() + patience
    while len(rounds) < repeats:
        wait_for_quiet(deadline)
        others = OtherWork()
        times = {name: timed(job) for name, job in jobs.items()}
        if not others.crowded() or time.perf_counter() >= deadline:
            rounds.append((times, others.cores()))
    crowds = [crowd for _, crowd in rounds if crowd is not None]
    times = {name: [times[name] for times, _ in rounds] for name in jobs}
    return times, fmean(crowds) if crowds else None


def medians(times):
    """Return the median of every list of a dictionary."""
    return {name: median(values) for name, values in times.items()}
