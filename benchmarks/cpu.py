"""Fit and predict on the table of shapes, interleaved with other libraries.

All peers run in one process on the same data in turn (A, B, C, A, B, C, ...), so that a busy moment
of the machine hits all of them. Every job runs once before the clock starts: compilation is not in
the figures (`python -m benchmarks.startup` measures that).
"""

import argparse
import time
from pathlib import Path

import numpy as np

from benchmarks import report, shapes
from benchmarks.peers import RIVALS, EstimatorPeer, load_peers
from benchmarks.timing import interleaved, wait_for_quiet

#: Peers unless told: all but `torch.compile`, which compiles for seconds per shape.
USUAL = tuple(name for name in RIVALS if name != "torch.compile")


def warm_jobs(shape, peers, data):
    """Make the job of every peer and run it once.

    Returns
    -------
    jobs : dict of str to callable
    notes : list of str
        What could not run, and where the peers did not do the same number of epochs.
    """
    jobs, done, notes = {}, {}, []
    for peer in peers:
        if not peer.supports(shape):
            continue
        try:
            job = peer.job(shape, data)
            epochs = job()
        except peer.failures as error:
            first = f"{error}".strip().split("\n")[0][:200]
            notes.append(f"{shape.name}: {peer.name} is skipped: {type(error).__name__}: {first}")
            continue
        jobs[peer.name] = job
        if epochs is not None:
            done[peer.name] = epochs
    if len(set(done.values())) > 1:
        notes.append(f"{shape.name}: unequal numbers of epochs or iterations: {done}")
    return jobs, notes


def measure(shape, peers, dtype, repeats, patience=0.0):
    """Time one shape on all peers, in turn.

    Parameters
    ----------
    shape : Shape
    peers : list
        From `load_peers`.
    dtype : {"float32", "float64"}
    repeats : int
    patience : float
        Seconds in which to wait for a quiet machine.

    Returns
    -------
    result : Result
    notes : list of str
    """
    data = shapes.make_data(shape, np.dtype(dtype))
    wait_for_quiet(time.perf_counter() + patience)
    jobs, notes = warm_jobs(shape, peers, data)
    times, crowd = interleaved(jobs, repeats, patience)
    times = {name: [each / shape.calls for each in values] for name, values in times.items()}
    return report.Result(shape, dtype, times, crowd), notes


def add_options(parser):
    """Add the options that most benchmarks share."""
    parser.add_argument("--quick", action="store_true", help="3 repeats instead of 9")
    parser.add_argument("--repeats", type=int, help="measurements of every job")
    parser.add_argument("--shapes", default="", help="part of a name, e.g. 'predict' or '512|tanh'")
    parser.add_argument("--full", action="store_true", help="the large table of shapes")
    parser.add_argument("--dtype", choices=("float32", "float64"), default="float32")
    parser.add_argument(
        "--patience",
        type=float,
        default=0.0,
        help="seconds per line to wait for a machine on which nothing else runs",
    )
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results"), help="folder")


def selected(options, work=""):
    """Return the shapes that the options ask for, and lines on those that cannot run."""
    found = [s for s in shapes.select(options.shapes, options.full) if work in s.work]
    if not found:
        raise SystemExit(f"no shape matches {options.shapes!r}")
    fast = hasattr(
        EstimatorPeer("skdeep", "skdeep", "skdeep").module.MLPClassifier, "make_predictor"
    )
    if fast:
        return found, []
    notes = [f"{s.name} is skipped: there is no make_predictor" for s in found if s.fast]
    return [s for s in found if not s.fast], notes


def repeats_of(options):
    """Return how often every job is measured."""
    return options.repeats or (3 if options.quick else 9)


def parse_arguments(arguments=None):
    """Return the command line's options."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cpu", description=__doc__)
    add_options(parser)
    parser.add_argument("--peers", nargs="*", choices=RIVALS, default=USUAL)
    parser.add_argument("--stem", default="cpu", help="of the names of the files")
    return parser.parse_args(arguments)


def rivals_of(peers):
    """Return the names of the libraries that skdeep is compared with."""
    return [peer.name for peer in peers if peer.version and peer.name != "skdeep"]


def run(table_shapes, peers, dtype, repeats, say, patience=0.0):
    """Measure the shapes and print the table while it grows; return the list of Result."""
    table, results, notes = report.Table(rivals_of(peers)), [], []
    say(table.header())
    for shape in table_shapes:
        result, remarks = measure(shape, peers, dtype, repeats, patience)
        results.append(result)
        notes += remarks
        say(table.row(result))
    say()
    for line in report.summary(results, rivals_of(peers)) + notes + report.machine_lines(peers):
        say(line)
    say(report.LEGEND)
    return results


def main(arguments=None):
    """Run the benchmark from the command line; return the list of Result."""
    options = parse_arguments(arguments)
    table_shapes, notes = selected(options)
    peers, missing = load_peers(options.peers)
    repeats = repeats_of(options)
    say = report.Log(
        f"{options.dtype}, medians of {repeats} interleaved repeats, compilation excluded"
    )
    for note in missing + notes:
        say(f"note: {note}")
    results = run(table_shapes, peers, options.dtype, repeats, say, options.patience)
    stem = options.output / f"{options.stem}_{options.dtype}"
    say.close(stem.with_suffix(".txt"))
    report.write_csv(stem.with_suffix(".csv"), results)
    if report.write_picture(stem.with_suffix(".png"), results, rivals_of(peers)):
        print(f"wrote {stem}.txt, .csv and .png")
    else:
        print(f"wrote {stem}.txt and .csv")
    return results


if __name__ == "__main__":
    main()
