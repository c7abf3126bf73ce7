"""The results of a run: written to a file as they come, and judged."""

import json
import os
import threading
import time
from typing import NamedTuple

#: What is said of an expectation.
HOLDS, FAILS, NOT_MEASURED = "holds", "fails", "not measured"
LEFT_OUT, NOT_JUDGED = "left out", "not judged"
#: What a step is said to be before it has begun, and when it has come to its end.
NOT_BEGUN, DONE, NOT_ASKED_FOR = "not begun", "done", "not asked for"


class Verdict(NamedTuple):
    """What is said of an expectation.

    Attributes
    ----------
    expectation : Expectation
    status : str
    value : float or None
    reason : str
        Why there is no value, or what is said of it.
    """

    expectation: NamedTuple
    status: str
    value: float | None
    reason: str


class Results:
    """Everything that a run has found, kept in a file that is complete at every moment.

    Parameters
    ----------
    path : pathlib.Path
        Of the JSON file; it is replaced after every record.
    steps : iterable of str
        Names of all steps.
    expectations : sequence of Expectation
    is_simulated : bool, default=False
        Whether times say nothing.
    """

    def __init__(self, path, steps, expectations, is_simulated=False):
        self.path, self.expectations, self.is_simulated = path, expectations, is_simulated
        self.begin, self.steps = time.monotonic(), dict.fromkeys(steps, NOT_BEGUN)
        self.left_out_steps, self.measurements, self.records = set(), {}, []
        self.texts, self._lock = {"failure": {}, "left out": {}, "note": {}}, threading.Lock()
        path.parent.mkdir(parents=True, exist_ok=True)
        self.write()

    @property
    def seconds(self):
        """Seconds since the run began."""
        return time.monotonic() - self.begin

    @property
    def card(self):
        """The name of the GPU."""
        return self.texts["note"].get("machine: card", "no GPU")

    def add(self, record):
        """Take a record of a step, and write the file."""
        with self._lock:
            kind, name = record["kind"], record["name"]
            if kind == "begin":
                self.steps[record["step"]] = "begun"
            elif kind == "end":
                self.steps[record["step"]] = DONE
            elif kind == "measurement":
                self.measurements[name] = record["value"]
            else:
                self.texts[kind][name] = record["text"]
            self.records.append({"at": round(self.seconds, 1), **record})
        self.write()

    def close(self, step, reason):
        """Say why a step has not come to its end; it keeps what it has measured."""
        with self._lock:
            if self.steps[step] != DONE:
                self.steps[step] = reason
        self.write()

    def leave_out(self, step, reason):
        """Say that a step is left out, and why: none of its expectations is missing then."""
        self.left_out_steps.add(step)
        self.close(step, reason)

    def verdicts(self):
        """Return what is said of every expectation."""
        return [self._judge(expectation) for expectation in self.expectations]

    def _judge(self, expectation):
        names = [name for name in (expectation.of, expectation.over) if name is not None]
        for name in names:
            if name not in self.measurements:
                return self._missing(expectation, name)
        if expectation.is_speed and self.is_simulated:
            return Verdict(expectation, NOT_JUDGED, None, "a simulated GPU has no speed")
        value = self.measurements[expectation.of]
        if expectation.over is not None:
            divisor = self.measurements[expectation.over]
            if divisor <= 0:
                return Verdict(expectation, NOT_MEASURED, None, f"{expectation.over} is {divisor}")
            value /= divisor
        return Verdict(expectation, HOLDS if expectation.holds(value) else FAILS, value, "")

    def _missing(self, expectation, name):
        step = name.partition(":")[0]
        if name in self.texts["left out"]:
            return Verdict(expectation, LEFT_OUT, None, self.texts["left out"][name])
        if step in self.left_out_steps:
            return Verdict(expectation, LEFT_OUT, None, self.steps[step])
        failures = self.texts["failure"]
        reason = failures.get(name) or failures.get(f"{step}: the step")
        return Verdict(expectation, NOT_MEASURED, None, reason or f"{step}: {self.steps[step]}")

    def is_good(self):
        """Return whether no expectation fails, and none is missing that should be there."""
        return not {verdict.status for verdict in self.verdicts()} & {FAILS, NOT_MEASURED}

    def write(self):
        """Write the file: a new one replaces the old, so that it is never half written."""
        with self._lock:
            content = {
                "card": self.card,
                "simulated": self.is_simulated,
                "seconds": round(self.seconds, 1),
                "steps": self.steps,
                "expectations": [_plain(verdict) for verdict in self.verdicts()],
                "records": self.records,
            }
            beside = self.path.with_suffix(".tmp")
            beside.write_text(json.dumps(content, indent=1) + "\n")
            os.replace(beside, self.path)


def _plain(verdict):
    expectation = verdict.expectation._asdict()
    return {**expectation, **verdict._asdict(), "expectation": expectation["name"]}
