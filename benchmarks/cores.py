"""Two cores against one: skdeep's fits with ``n_threads=2`` and ``n_threads=1``, in turn.

A large matrix product of NumPy's BLAS goes first: it says what the second core of the machine is
worth, which is less than a core where both share one's units or its clock.
"""

import argparse
from functools import partial
from statistics import geometric_mean

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks import report, shapes
from benchmarks.cpu import add_options, repeats_of, selected
from benchmarks.peers import EstimatorPeer
from benchmarks.timing import interleaved, medians

LARGE = 50e6  # floating-point operations of a batch from which two cores should pay


def large_product(dtype, repeats, size=3072):
    """Return the times of a large matrix product on one core and on two."""
    A = np.random.default_rng(0).standard_normal((size, size)).astype(dtype)
    out = np.empty_like(A)

    def job(n_threads):
        with threadpool_limits(n_threads):
            np.dot(A, A, out=out)

    jobs = {n: partial(job, n) for n in (1, 2)}
    for each in jobs.values():
        each()
    return medians(interleaved(jobs, repeats)[0])


def measure(shape, dtype, repeats, patience=0.0):
    """Return a dictionary with the times of one shape on one core and on two."""
    data = shapes.make_data(shape, np.dtype(dtype))
    peer = EstimatorPeer("skdeep", "skdeep", "skdeep")
    jobs = {n: peer.job(shape, data, n_threads=n) for n in (1, 2)}
    for job in jobs.values():
        job()
    times, crowd = interleaved(jobs, repeats, patience)
    middle = medians(times)
    return {
        "shape": shape.name,
        "mflop_batch": shape.flops(min(shape.batch, shape.rows)) / 1e6,
        "one_core_s": middle[1],
        "two_cores_s": middle[2],
        "ratio": middle[1] / middle[2],
        "ratio_of_best": min(times[1]) / min(times[2]),
        "other_cores": crowd,
    }


def run(fits, dtype, repeats, say, patience=0.0):
    """Measure and print all shapes; return their dictionaries."""
    rows = []
    bare = large_product(dtype, repeats)
    say(f"a large matrix product of NumPy's BLAS: {bare[1] / bare[2]:.2f}x")
    say(f"{'':<40}{'MFLOP/batch':>12}{'one core':>11}{'two cores':>11}{'ratio':>8}{'of best':>9}")
    for shape in fits:
        row = measure(shape, dtype, repeats, patience)
        rows.append(row)
        one, two = (report.format_seconds(row[key]) for key in ("one_core_s", "two_cores_s"))
        say(
            f"{shape.name:<40}{row['mflop_batch']:>12.2f}{one:>11}{two:>11}{row['ratio']:>8.2f}"
            f"{row['ratio_of_best']:>9.2f}"
        )
    say()
    for label, chosen in (
        ("at least 50 MFLOP a batch", [r for r in rows if r["mflop_batch"] * 1e6 >= LARGE]),
        ("all shapes", rows),
    ):
        if chosen:
            least = min(chosen, key=lambda row: row["ratio"])
            mean = geometric_mean(row["ratio"] for row in chosen)
            say(
                f"{label}: geometric mean {mean:.2f}x over {len(chosen)} shapes, "
                f"least {least['ratio']:.2f}x ({least['shape']})"
            )
    say("ratio: of the medians; of best: of the shortest times")
    return rows


def main(arguments=None):
    """Run the benchmark from the command line; return its rows."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cores", description=__doc__)
    add_options(parser)
    options = parser.parse_args(arguments)
    fits, _ = selected(options, "fit")
    repeats = repeats_of(options)
    say = report.Log(f"Two cores against one, {options.dtype}, medians of {repeats}")
    rows = run(fits, options.dtype, repeats, say, options.patience)
    say.close(options.output / "cores.txt")
    report.write_rows(options.output / "cores.csv", rows)
    return rows


if __name__ == "__main__":
    main()
