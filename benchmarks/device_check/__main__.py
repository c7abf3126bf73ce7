"""The command line: ``python -m benchmarks.device_check``."""

import argparse
import contextlib
import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path

from benchmarks.device_check import __doc__ as description
from benchmarks.device_check import summary
from benchmarks.device_check.conductor import Conductor
from benchmarks.device_check.expectations import EXPECTATIONS
from benchmarks.device_check.plan import ALONE, FIRST, STEPS, TOGETHER
from benchmarks.device_check.results import NOT_ASKED_FOR, Results
from benchmarks.device_check.worker import NOTHING_TO_CHECK

#: The simulator, and small sizes with it.
SIMULATOR = {"NUMBA_ENABLE_CUDASIM": "1"}


def parse(arguments):
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.device_check",
        description=description,
        epilog="Exit status: 0 if all that is expected was measured and holds, 1 if not, 3 if "
        "there is no GPU that skdeep can use.",
    )
    names = [step.name for step in STEPS]
    parser.add_argument(
        "--seconds", type=float, default=465, help="of the whole run, 465 by default"
    )
    parser.add_argument(
        "--only", nargs="+", metavar="STEP", choices=names, help="the first step and these"
    )
    parser.add_argument("--list", action="store_true", help="list steps and expectations, run none")
    parser.add_argument("--simulate", action="store_true", help="small sizes on Numba's simulator")
    parser.add_argument(
        "--caches", type=Path, help="folder for compiled code, kept for another run"
    )
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results"), help="folder")
    return parser.parse_args(arguments)


def main(arguments=None):
    """Run the check from the command line; return the exit status."""
    options = parse(arguments)
    if options.list:
        print("\n".join(listing()))
        return 0
    simulated = options.simulate or os.environ.get("NUMBA_ENABLE_CUDASIM") == "1"
    path = options.output / "device_check.json"
    results = Results(path, [step.name for step in STEPS], EXPECTATIONS, simulated)
    with contextlib.ExitStack() as stack:
        log = stack.enter_context(open(path.with_suffix(".log"), "w", buffering=1))
        caches = options.caches
        if caches is None and not simulated:
            caches = Path(tempfile.mkdtemp(prefix="skdeep-device-check-"))
            stack.callback(shutil.rmtree, caches, ignore_errors=True)
        stack.enter_context(_ended_properly())
        environment = SIMULATOR if simulated else {}
        conductor = Conductor(results, log, options.seconds, caches, environment)
        found = _run(conductor, results, options.only, simulated)
        text = "\n".join(_no_gpu(results) if not found else summary.lines(results))
        print(text, flush=True)
        log.write(f"{text}\n")
        print(f"{path}, {path.with_suffix('.log')}")
    if not found:
        return NOTHING_TO_CHECK
    return 0 if results.is_good() else 1


def _run(conductor, results, only, simulated):
    """Run the steps that are asked for; return whether there was anything to check."""
    together, alone = (
        [step for step in steps if not only or step.name in only] for steps in (TOGETHER, ALONE)
    )
    chosen = [FIRST, *together, *alone]
    names = {step.name for step in chosen}
    for step in STEPS:
        if step.name not in names:
            results.leave_out(step.name, NOT_ASKED_FOR)
    try:
        if simulated:
            conductor.run_in_one_process(chosen, conductor.left)
            return True
        return conductor.run(FIRST, together, alone)
    except (KeyboardInterrupt, SystemExit):
        print("interrupted: what is known until now", flush=True)
        return True
    finally:
        conductor.close()


@contextlib.contextmanager
def _ended_properly():
    """Let a polite request to end (SIGTERM) end the run as Ctrl-C does, with a summary."""

    def end(*_):
        raise SystemExit(1)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _no_gpu(results):
    """Yield what is missing where there is no GPU."""
    yield ""
    yield "Nothing was checked: skdeep has no GPU to use here."
    yield results.texts["failure"].get("machine: devices", "")
    yield "--simulate runs all steps on Numba's simulator, in small form."


def listing():
    """Yield the steps in their order, and the expectations."""
    for title, steps in (("first", [FIRST]), ("side by side", TOGETHER), ("one by one", ALONE)):
        yield f"Steps, {title}:"
        for step in steps:
            yield f"  {step.name:<20}at most {step.limit:.0f} s"
    yield "Expectations:"
    for expected in EXPECTATIONS:
        bound = f"{expected.relation} {expected.bound:g} {expected.unit}".rstrip()
        yield f"  {expected.name:<68}{bound}"


if __name__ == "__main__":
    sys.exit(main())
