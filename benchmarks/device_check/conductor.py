"""Runs the steps, each in a process of its own, within their time limits."""

import contextlib
import os
import time

from benchmarks.device_check.plan import ALONE, FIRST, SHARE_OF_COMPILING, TOGETHER
from benchmarks.device_check.process import Process, find_tool
from benchmarks.device_check.worker import NOTHING_TO_CHECK
from benchmarks.peers import cores

#: Seconds between two looks at the processes, and the least with which a step is begun.
SECONDS_BETWEEN_LOOKS, LEAST_SECONDS = 0.1, 8.0
#: Why a step has not begun.
NO_TIME = "not begun: no time was left"


class Conductor:
    """Runs steps, and ends those that take too long.

    Parameters
    ----------
    results : Results
    log : file
        For everything that the steps print.
    seconds : float
        Of the whole run.
    caches : pathlib.Path or None
        Folder for compiled code; None for the usual one.
    environment : dict of str to str, default={}
        Of all steps.
    """

    def __init__(self, results, log, seconds, caches, environment=None):
        self.results, self.log, self.caches = results, log, caches
        self.environment = environment or {}
        self.end, self._running = time.monotonic() + seconds, []

    @property
    def left(self):
        """Seconds that are left."""
        return self.end - time.monotonic()

    def close(self):
        """End all processes."""
        for process in self._running:
            process.kill("the run was ended")
        self._running.clear()

    def run(self, first=FIRST, together=TOGETHER, alone=ALONE):
        """Run all steps; return whether there is anything to check."""
        if first is not None and self.run_alone([first]) == NOTHING_TO_CHECK:
            return False
        until = self.end - (1 - SHARE_OF_COMPILING) * self.left
        later = self.run_together(together, until)
        self.run_alone(alone)
        for step in self.run_together(later, self.end):
            self.results.close(step.name, NO_TIME)
        return True

    def run_in_one_process(self, steps, limit):
        """Run steps one after another in a single process, which is quicker for short ones."""
        steps = [step for step in steps if self._is_possible(step)]
        self._begin(steps, limit, cores())
        self._wait()

    def run_alone(self, steps):
        """Run steps one after another; return the exit status of the last."""
        code = None
        for step in steps:
            if self.left < LEAST_SECONDS:
                self.results.close(step.name, NO_TIME)
            elif self._is_possible(step):
                process = self._begin([step], step.limit, cores())
                self._wait()
                code = process.code
        return code

    def run_together(self, steps, until):
        """Run steps side by side, as many as there are cores; return those not begun in time."""
        waiting = [step for step in steps if self._is_possible(step)]
        names = {step.name for step in waiting}
        while (waiting or self._running) and time.monotonic() < until:
            self._look()
            active = {step.name for process in self._running for step in process.steps}
            before = names & (active | {step.name for step in waiting})
            for step in [step for step in waiting if step.after not in before]:
                if len(self._running) < max(1, cores() - 1):
                    waiting.remove(step)
                    self._begin([step], min(step.limit, until - time.monotonic()), 2)
            time.sleep(SECONDS_BETWEEN_LOOKS)
        for process in self._running:
            process.kill("its time was up")
        self._running.clear()
        return waiting

    def _is_possible(self, step):
        """Return whether the tool of a step is there; the step is left out where it is not."""
        if not step.tool:
            return True
        if self.results.is_simulated:
            self.results.leave_out(step.name, "not on a simulated GPU")
            return False
        if find_tool(step.tool[0]) is None:
            self.results.leave_out(step.name, f"{step.tool[0]} is not installed")
            return False
        return True

    def _begin(self, steps, limit, threads):
        limit = max(0.0, min(limit, self.left))
        environment = {**os.environ, **self.environment}
        for name in ("OMP", "OPENBLAS", "MKL", "NUMBA"):
            environment[f"{name}_NUM_THREADS"] = str(threads)
        for step in steps:
            environment.update(step.environment)
            if self.caches is not None:
                environment["NUMBA_CACHE_DIR"] = str(self.caches / step.cache)
        process = Process(steps, limit, environment, self.results, self.log)
        self._running.append(process)
        return process

    def _look(self):
        self._running = [process for process in self._running if not process.has_ended()]

    def _wait(self):
        while self._running:
            self._look()
            with contextlib.suppress(InterruptedError):
                time.sleep(SECONDS_BETWEEN_LOOKS)
