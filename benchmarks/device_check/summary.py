"""The summary of a run: what was expected, what was found, and what holds."""

from collections import Counter

from benchmarks.device_check.results import DONE, FAILS, NOT_ASKED_FOR, NOT_MEASURED


def lines(results):
    """Return the lines of the summary.

    All expectations of speed are told, and of the others those that fail or are missing; their
    number is told.

    Parameters
    ----------
    results : Results
    """
    yield ""
    yield f"skdeep on {results.card}, {results.seconds:.0f} s"
    verdicts = results.verdicts()
    asked = [verdict for verdict in verdicts if verdict.reason != NOT_ASKED_FOR]
    shown = [verdict for verdict in asked if verdict.expectation.is_speed]
    for verdict in (*shown, *_wrong(verdicts)):
        yield line(verdict)
    counts = Counter(verdict.status for verdict in verdicts)
    told = ", ".join(f"{count} {status}" for status, count in counts.items())
    yield f"{len(verdicts)} expectations: {told}"
    for state in dict.fromkeys(results.steps.values()):
        if state != DONE:
            steps = [name for name, each in results.steps.items() if each == state]
            yield f"{state}: {', '.join(steps)}"


def _wrong(verdicts):
    for verdict in verdicts:
        if not verdict.expectation.is_speed and verdict.status in (FAILS, NOT_MEASURED):
            yield verdict


def line(verdict):
    """Return the line of an expectation."""
    expected = verdict.expectation
    value = "-" if verdict.value is None else f"{verdict.value:.4g}"
    bound = f"{expected.relation} {expected.bound:g} {expected.unit}"
    text = f"  {verdict.status:<13}{expected.name:<66}{value:>10} {bound:<12}{verdict.reason[:150]}"
    return text.rstrip()


def told(record):
    """Return the line of a record, or None where it need not be shown."""
    kind, name = record["kind"], record["name"]
    if kind == "measurement":
        return f"{name:<58}{record['value']:>12.4g} {record['unit']:<5}{record['detail']}".rstrip()
    if kind in ("note", "failure"):
        return f"{name:<58}{'FAILED: ' if kind == 'failure' else ''}{record['text']}"
    return None
