"""``python -m tests.fuzz --minutes 10``: check random cases, shrink what fails, print scripts."""

import argparse
import collections
import json
import sys
import time

from tests.fuzz.children import Child
from tests.fuzz.drawing import draw
from tests.fuzz.properties import PROPERTIES
from tests.fuzz.scripts import script
from tests.fuzz.shrinking import shrink

FAILED = ("failed", "died", "hung")
STATUSES = ("held", "refused", "unstable", *FAILED)
#: How many cases of one kind of failure are shrunk.
OF_A_KIND = 1


def main():
    """Run the command and return its exit status."""
    options = _options()
    child = Child(options.timeout)
    try:
        if options.case:
            case = json.loads(options.case)
            outcome = child.check(case)
            print(outcome.status, outcome.kind, outcome.detail, sep="\n")
            print(script(case, outcome))
            return int(outcome.status in FAILED)
        return _run(options, child)
    finally:
        child.close()


def _options():
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="how long to go on")
    parser.add_argument("--seed", type=int, default=0, help="of the cases")
    parser.add_argument("--first", type=int, default=0, help="number of the first case")
    parser.add_argument("--cases", type=int, help="how many cases at most")
    parser.add_argument("--property", choices=sorted(PROPERTIES), help="check this one only")
    parser.add_argument("--timeout", type=float, default=400.0, help="seconds for a case")
    parser.add_argument("--shrink", type=float, default=60.0, help="seconds to shrink a failure")
    parser.add_argument("--case", help="check one case, given as JSON, and print its script")
    return parser.parse_args()


def _run(options, child):
    """Check cases until the time is over; return the exit status."""
    start = last = time.monotonic()
    end = start + 60 * options.minutes
    counts, kinds, index = collections.Counter(), collections.Counter(), options.first
    while time.monotonic() < end and index - options.first != options.cases:
        case = draw(options.seed, index)
        index += 1
        if options.property and case["property"] != options.property:
            continue
        outcome = child.check(case)
        counts[case["property"], outcome.status] += 1
        if outcome.status in FAILED:
            kind = case["property"], case["estimator"], outcome.kind
            kinds[kind] += 1
            if kinds[kind] <= OF_A_KIND:
                _report(case, outcome, child, options, index - 1)
        if time.monotonic() - last > 30:
            last = time.monotonic()
            print(f"{(last - start) / 60:.1f} minutes: {index} cases", flush=True)
    _summarise(counts, kinds, time.monotonic() - start)
    return int(bool(kinds))


def _report(case, outcome, child, options, index):
    """Shrink a failure and print it."""
    print(f"case {index} of seed {options.seed}: {outcome.status}: {outcome.kind}", flush=True)

    def fails(candidate):
        found = child.check(candidate)
        return (found.status, found.kind) == (outcome.status, outcome.kind)

    if outcome.status != "hung":
        case = shrink(case, fails, options.shrink)
        again = child.check(case)
        outcome = again if again.status in FAILED else outcome
    line = 78 * "-"
    print(line, script(case, outcome), line, sep="\n", flush=True)


def _summarise(counts, kinds, seconds):
    """Print how many cases there were of each kind."""
    print(f"\n{'property':>20}", *(f"{status:>9}" for status in STATUSES))
    for name in [*sorted({name for name, _ in counts}), "all"]:
        numbers = [
            sum(n for (p, s), n in counts.items() if s == status and name in (p, "all"))
            for status in STATUSES
        ]
        print(f"{name:>20}", *(f"{number:>9}" for number in numbers))
    for kind, number in kinds.most_common():
        print(f"{number:>9} x", ", ".join(kind))
    print(f"{sum(counts.values())} cases in {seconds:.0f} s, {sum(kinds.values())} failed")


if __name__ == "__main__":
    sys.exit(main())
