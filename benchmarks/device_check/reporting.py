"""What a step says while it runs: records, one to a line of its standard output."""

import contextlib
import json
import math
import os
import sys
import traceback

#: What the line of a record begins with; all others are of no interest to machines.
MARK = "@record "


class Report:
    """Writes the records of a step.

    Parameters
    ----------
    step : str
    """

    def __init__(self, step):
        self.step = step

    def _write(self, kind, what="", **fields):
        name = f"{self.step}: {what}" if what else self.step
        line = MARK + json.dumps({"kind": kind, "step": self.step, "name": name, **fields})
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()

    def begin(self):
        """Say that the step begins."""
        self._write("begin")

    def end(self):
        """Say that the step has come to its end."""
        self._write("end")

    def measure(self, what, value, unit="", detail=""):
        """Give a number.

        Parameters
        ----------
        what : str
        value : float
        unit, detail : str, default=""
        """
        if not math.isfinite(value):
            self.fail(what, f"the value is {value}; {detail}")
            return
        self._write("measurement", what, value=float(value), unit=unit, detail=str(detail))

    def note(self, what, text):
        """Give a fact that is no number."""
        self._write("note", what, text=" ".join(str(text).split()))

    def fail(self, what, text):
        """Say that something could not be measured because it failed."""
        self._write("failure", what, text=" ".join(str(text).split())[:500])

    def leave_out(self, what, text):
        """Say that something is not measured here, and why."""
        self._write("left out", what, text=str(text))

    @contextlib.contextmanager
    def check(self, what):
        """Let a measurement fail without ending the step."""
        try:
            yield
        except Exception as error:
            frames = traceback.extract_tb(error.__traceback__)
            frame = ([f for f in frames if "skdeep" in f.filename] or frames)[-1]
            place = f"{os.path.basename(frame.filename)}:{frame.lineno}"
            self.fail(what, f"{type(error).__name__} at {place}: {error}")
            traceback.print_exc()
