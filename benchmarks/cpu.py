"""Fit and predict on the table of shapes, interleaved with scikit-learn and PyTorch.

All peers run in one process on the same data in turn (A, B, C, A, B, C, ...), so that a busy moment
of the machine hits all of them. Every job runs once before the clock starts: compilation is not in
the figures (`python -m benchmarks.startup` measures that).
"""

import argparse
import gc
import time
from pathlib import Path

import numpy as np

from benchmarks import report, shapes
from benchmarks.peers import load_peers

PAUSE = 0.01  # seconds in which the waiting threads of the previous library go to sleep


def timed(job):
    """Run a job once; return the seconds it took."""
    gc.collect()
    time.sleep(PAUSE)
    start = time.perf_counter()
    job()
    return time.perf_counter() - start


def measure(shape, peers, dtype, repeats):
    """Time one shape on all peers, in turn.

    Parameters
    ----------
    shape : Shape
    peers : list
        From `load_peers`.
    dtype : {"float32", "float64"}
    repeats : int

    Returns
    -------
    result : Result
    note : str or None
        Says so where the peers did not do the same number of epochs.
    """
    data = shapes.make_data(shape, np.dtype(dtype))
    jobs = {peer.name: peer.job(shape, data) for peer in peers if peer.supports(shape)}
    done = {name: job() for name, job in jobs.items()}
    times, others = {name: [] for name in jobs}, report.OtherWork()
    for _ in range(repeats):
        for name, job in jobs.items():
            times[name].append(timed(job) / shape.calls)
    result = report.Result(shape, dtype, times, others.cores())
    done = {name: epochs for name, epochs in done.items() if epochs is not None}
    note = None
    if len(set(done.values())) > 1:
        note = f"{shape.name}: unequal numbers of epochs or iterations: {done}"
    return result, note


def parse_arguments(arguments=None):
    """Return the command line's options."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cpu", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="3 repeats instead of 9")
    parser.add_argument("--repeats", type=int, help="measurements of every job")
    parser.add_argument("--shapes", default="", help="part of a name, e.g. 'predict' or '512|tanh'")
    parser.add_argument("--dtype", choices=("float32", "float64"), default="float32")
    parser.add_argument(
        "--peers", nargs="*", choices=("sklearn", "torch"), default=("sklearn", "torch")
    )
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results"), help="folder")
    return parser.parse_args(arguments)


def run(selected, peers, dtype, repeats):
    """Measure the selected shapes and print the table while it grows.

    Returns
    -------
    results : list of Result
    lines : list of str
        All that was printed.
    """
    rivals = [peer.name for peer in peers if peer.version and peer.name != "skdeep"]
    table, results, notes, lines = report.Table(rivals), [], [], []

    def say(line):
        print(line, flush=True)
        lines.append(line)

    load = report.load()
    say(f"{dtype}, medians of {repeats} interleaved repeats, compilation excluded")
    say(table.header())
    for shape in selected:
        result, note = measure(shape, peers, dtype, repeats)
        results.append(result)
        notes += [note] if note else []
        say(table.row(result))
    say("")
    for line in report.summary(results, rivals) + notes + report.machine_lines(peers):
        say(line)
    say(f"load average before {load}, after {report.load()}")
    say(report.LEGEND)
    return results, lines


def main(arguments=None):
    """Run the benchmark from the command line."""
    options = parse_arguments(arguments)
    selected = shapes.select(options.shapes)
    if not selected:
        raise SystemExit(f"no shape matches {options.shapes!r}")
    peers, notes = load_peers(options.peers)
    for note in notes:
        print(f"note: {note}")
    repeats = options.repeats or (3 if options.quick else 9)
    results, lines = run(selected, peers, options.dtype, repeats)
    options.output.mkdir(parents=True, exist_ok=True)
    stem = options.output / f"cpu_{options.dtype}"
    stem.with_suffix(".txt").write_text("\n".join(notes + lines) + "\n")
    report.write_csv(stem.with_suffix(".csv"), results)
    rivals = [peer.name for peer in peers if peer.version and peer.name != "skdeep"]
    if report.write_picture(stem.with_suffix(".png"), results, rivals):
        print(f"wrote {stem}.txt, .csv and .png")
    else:
        print(f"wrote {stem}.txt and .csv; matplotlib is not installed: no picture")


if __name__ == "__main__":
    main()
