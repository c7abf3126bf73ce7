"""A process that runs steps: its records, its time limit, its end."""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from benchmarks.device_check.reporting import MARK
from benchmarks.device_check.summary import told
from benchmarks.device_check.worker import PROPER_END

#: Where NVIDIA's tools are that are not on the path.
TOOLS = ("/usr/local/cuda/bin", "/opt/cuda/bin")
#: What compute-sanitizer says at its end, and which of a profiler's lines are shown.
ERRORS = re.compile(r"=+ (?:ERROR|RACECHECK) SUMMARY: (\d+)")
PROFILE = re.compile(
    r"Duration|Throughput|Registers|Eligible|Hit Rate|Occupancy|Executed Ipc|Stall"
)
ROOT = Path(__file__).parents[2]


def find_tool(name):
    """Return the path of a command, or None."""
    return shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", ""), *TOOLS]))


class Process:
    """Steps that run in a process of their own.

    Parameters
    ----------
    steps : list of Step
    limit : float
        Seconds after which the process is ended.
    environment : dict of str to str
    results : Results
    log : file

    Attributes
    ----------
    code : int or None
        Exit status, once it has ended.
    """

    def __init__(self, steps, limit, environment, results, log):
        self.steps, self.limit, self.results, self.log = steps, limit, results, log
        self.begin, self.code = time.monotonic(), None
        tool = [find_tool(steps[0].tool[0]), *steps[0].tool[1:]] if steps and steps[0].tool else []
        path = [str(ROOT), environment.get("PYTHONPATH", "")]
        environment = {**environment, "PYTHONPATH": os.pathsep.join(filter(None, path))}
        jobs = [f"{step.name}={step.job}" for step in steps]
        if tool:
            environment[PROPER_END] = "1"
        self._process = subprocess.Popen(
            [*tool, sys.executable, "-u", "-m", "benchmarks.device_check.worker", *jobs],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self._process.stdout:
            _, _, record = line.partition(MARK)
            try:
                self._take(json.loads(record))
            except ValueError:  # no record, or one that other output has got into
                self.log.write(f"{self.steps[0].name}: {line}")
                self._take_line_of_tool(line.strip())

    def _take(self, record):
        self.results.add(record)
        text = told(record)
        if text is not None:
            print(f"{self.results.seconds:6.1f}  {text}", flush=True)

    def _take_line_of_tool(self, line):
        """Take what a tool of NVIDIA's says of a step."""
        step = self.steps[0]
        errors = ERRORS.search(line)
        if not step.tool or not (errors or PROFILE.search(line)):
            return
        record = {"step": step.name, "name": f"{step.name}: {line}", "kind": "note", "text": ""}
        if errors:
            record.update(name=f"{step.name}: errors", kind="measurement", unit="", detail=line)
            record["value"] = float(errors[1])
        self._take(record)

    def has_ended(self):
        """Return whether the process has ended; end it where its time is up."""
        if self._process.poll() is None and time.monotonic() - self.begin > self.limit:
            self.kill(f"its time was up after {self.limit:.0f} s")
            return True
        if self._process.poll() is None:
            return False
        self._close(f"broke off with exit status {self._process.returncode}")
        return True

    def kill(self, reason):
        """End the process and all that it has started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._close(reason)

    def _close(self, reason):
        self._reader.join(5)
        if not self._reader.is_alive():
            self._process.stdout.close()
        self.code = self._process.returncode
        for step in self.steps:
            self.results.close(step.name, reason)
