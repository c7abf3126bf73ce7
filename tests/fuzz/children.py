"""A child process that checks cases, and is replaced when it dies or hangs."""

import contextlib
import json
import pathlib
import queue
import signal
import subprocess
import sys
import tempfile
import threading

from tests.fuzz.checking import Outcome

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Child:
    """Checks cases in a process of its own.

    Parameters
    ----------
    timeout : float
        Seconds that a case may take, compilation included.
    """

    def __init__(self, timeout):
        self.timeout = timeout
        self.process = None

    def check(self, case):
        """Return the `Outcome` of a case; "died" and "hung" among them."""
        if self.process is None:
            self._start()
        try:
            self.process.stdin.write(json.dumps(case) + "\n")
            self.process.stdin.flush()
            answer = self.answers.get(timeout=self.timeout)
        except queue.Empty:
            self.process.send_signal(signal.SIGABRT)  # faulthandler shows where it is
            _, errors = self._end()
            return Outcome("hung", "hung", f"no end after {self.timeout} s\n{errors}")
        except BrokenPipeError:
            answer = None
        if answer is None:
            status, errors = self._end()
            return Outcome("died", f"died of {_cause(status)}", errors)
        return Outcome(*json.loads(answer))

    def close(self):
        """End the process."""
        if self.process is not None:
            self.process.kill()
            self._end()

    def _start(self):
        self.errors = tempfile.TemporaryFile(mode="w+")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.fuzz.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            text=True,
            cwd=ROOT,
        )
        self.answers = queue.Queue()
        arguments = self.process.stdout, self.answers
        self.reader = threading.Thread(target=_pass_on, args=arguments, daemon=True)
        self.reader.start()

    def _end(self):
        """Wait for the end of the process; return its exit status and what it said of errors."""
        process, self.process = self.process, None
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self.reader.join()
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
        process.stdout.close()
        with self.errors:
            self.errors.seek(0)
            errors = self.errors.read().partition("\nExtension modules:")[0]
            return process.returncode, errors[-3000:]


def _pass_on(lines, answers):
    """Put the lines of a file into a queue, and None at its end."""
    for line in lines:
        answers.put(line)
    answers.put(None)


def _cause(status):
    """Return what ended a process, in words."""
    try:
        return signal.Signals(-status).name
    except ValueError:
        return f"exit status {status}"
