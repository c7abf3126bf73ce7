"""Where the time of training goes: a thread looks at what the team is at, every half millisecond.

Kernels say what they are at whether anyone looks or not
(`skdeep.engines.cpu.threads.member_phases`), so that training is the same with a sampler and
without. The time of calls of kernels is measured exactly; the samples divide it.
"""

import random
import threading
import time

import numpy as np

from skdeep.engines.cpu.threads import member_phases

#: Mean time between samples, in seconds. It varies, to keep out of step with the batches.
INTERVAL = 0.0005
#: The phases by their codes.
NAMES = (
    "python",
    "gather",
    "forward",
    "backward",
    "gradient",
    "activation",
    "update",
    "waiting",
)


class Sampler:
    """Samples the kernels that the calling thread runs, as a context.

    Attributes
    ----------
    total : float
        Seconds from beginning to end.
    n_samples : int
        Samples that found a kernel at work.
    """

    def __init__(self):
        self.total, self.n_samples = 0.0, 0
        self._in_calls = 0.0
        # Sampled seconds of calls by phase, and of every member by phase.
        self._sampled, self._by_member = np.zeros(len(NAMES)), np.zeros((0, len(NAMES)))
        self._call, self._end = None, threading.Event()
        self._thread = threading.Thread(target=self._watch, name="skdeep-sampler", daemon=True)
        self._watching = member_phases.watched_by(self)

    def __enter__(self):
        self._thread.start()
        self._watching.__enter__()
        self._start = time.perf_counter()
        return self

    def __exit__(self, *exception):
        self.total = time.perf_counter() - self._start
        self._watching.__exit__(*exception)
        self._end.set()
        self._thread.join()

    def enter(self, plan, members):
        """Take note that a kernel is called."""
        self._call = member_phases.codes(plan)[:members], time.perf_counter()

    def leave(self):
        """Take note that it has returned."""
        (codes, start), self._call = self._call, None
        self._in_calls += time.perf_counter() - start
        codes[:] = member_phases.OUTSIDE  # an interrupted kernel leaves its own

    def _watch(self):
        draw, last, seen = random.Random(0), time.perf_counter(), None
        while not self._end.is_set():
            time.sleep(INTERVAL * draw.uniform(0.5, 1.5))
            call, now = self._call, time.perf_counter()
            if call is not None:
                codes, start = call[0].tolist(), call[1]
                self._count(codes, now - max(last, start), seen is not call)
                seen = call if any(codes) else seen
            last = now

    def _count(self, codes, seconds, first):
        """Count a sample; `first` if no kernel has been seen at work in this call."""
        if len(codes) > len(self._by_member):
            missing = np.zeros((len(codes) - len(self._by_member), len(NAMES)))
            self._by_member = np.vstack([self._by_member, missing])
        if any(codes):
            self.n_samples += 1
            # While one is at work, the others wait.
            codes = [code or member_phases.WAITING for code in codes]
            if first:  # what held up this thread was Python
                held_up = max(0.0, seconds - INTERVAL)
                self._add([member_phases.OUTSIDE] * len(codes), held_up)
                seconds -= held_up
        self._add(codes, seconds)

    def _add(self, codes, seconds):
        for member, code in enumerate(codes):
            self._sampled[code] += seconds / len(codes)
            self._by_member[member, code] += seconds

    def seconds(self):
        """Return how long the phases took, after the end.

        Calls too short for a single sample count as Python.

        Returns
        -------
        seconds : dict of str to float
            By phase; they sum to `total`.
        """
        return dict(zip(NAMES, self._scaled(self._sampled, self.total).tolist(), strict=True))

    def member_seconds(self):
        """Return the same for every member of the team, the calling thread first.

        Returns
        -------
        members : list of dict of str to float
            Those of the first sum to `total`, those of others to the time that they were there.
        """
        alone = self._by_member if len(self._by_member) else np.zeros((1, len(NAMES)))
        scaled = [self._scaled(row, self.total if i == 0 else None) for i, row in enumerate(alone)]
        return [dict(zip(NAMES, row.tolist(), strict=True)) for row in scaled]

    def _scaled(self, sampled, total):
        """Scale samples to the time of calls, and add the time between them up to a total."""
        everything = self._sampled.sum()
        seconds = sampled * (self._in_calls / everything if everything > 0 else 0.0)
        if total is not None:
            seconds[member_phases.OUTSIDE] += total - seconds.sum()
        else:
            seconds[member_phases.OUTSIDE] = 0.0
        return seconds
