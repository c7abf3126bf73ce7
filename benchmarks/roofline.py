"""A roofline picture: GFLOP/s of every fit against the operations per byte that it moves.

Operations are those of the matrix products; bytes are those of weights, states, inputs, outputs and
deltas (`Shape.bytes_moved`). The roofs are measured: a large matrix product through NumPy's BLAS,
and one core each reading and writing its part of an array, beyond the caches or within them.
"""

import argparse
from statistics import median

import numpy as np

from benchmarks import report
from benchmarks.cpu import add_options, measure, repeats_of, selected
from benchmarks.limits import sweep_job
from benchmarks.peers import EstimatorPeer, cores
from benchmarks.timing import timed

MEMORY, CACHE = 1 << 30, 1 << 20  # bytes of arrays beyond all caches, and within those of the cores


def peak(dtype, repeats, size=4096):
    """Return the operations per second of a large matrix product on all cores."""
    rng = np.random.default_rng(0)
    A = rng.standard_normal((size, size)).astype(dtype)
    out = np.empty_like(A)
    return 2 * size**3 / median(timed(lambda: np.dot(A, A, out=out)) for _ in range(repeats))


def bandwidth(dtype, repeats, size):
    """Return the bytes read and written per second, for an array of so many bytes."""
    passes = max(1, (1 << 30) // size)
    job = sweep_job(size // np.dtype(dtype).itemsize, passes, dtype, cores())
    job()
    return 2 * size * passes / median(timed(job) for _ in range(repeats))


def points(results):
    """Return a dictionary of every fit: operations per second, and per byte."""
    rows = []
    for result in results:
        shape = result.shape
        if shape.work != "fit" or shape.n_states is None:
            continue
        flops = shape.flops(shape.rows) * shape.epochs
        seconds = result.seconds("skdeep")
        rows.append(
            {
                "shape": shape.name,
                "gflops": flops / seconds / 1e9,
                "flops_per_byte": flops / shape.bytes_moved(np.dtype(result.dtype).itemsize),
                "mflop_batch": shape.flops(min(shape.batch, shape.rows)) / 1e6,
            }
        )
    return rows


def roofs(dtype, repeats, size=4096, memory=MEMORY):
    """Measure the roofs; return a dictionary of their rates."""
    return {
        "peak": peak(dtype, repeats, size),
        "memory": bandwidth(dtype, repeats, memory),
        "cache": bandwidth(dtype, repeats, CACHE),
    }


def run(results, dtype, repeats, say, size=4096, memory=MEMORY):
    """Print roofs and points; return both."""
    measured = roofs(dtype, repeats, size, memory)
    say(f"large matrix product: {measured['peak'] / 1e9:.0f} GFLOP/s")
    say(f"memory: {measured['memory'] / 1e9:.1f} GB/s read and written ({memory >> 20} MB)")
    say(f"cache: {measured['cache'] / 1e9:.1f} GB/s read and written ({CACHE >> 20} MB)")
    rows = points(results)
    say(f"{'':<40}{'GFLOP/s':>10}{'flop/byte':>11}{'of the roof':>13}")
    for row in rows:
        roof = min(measured["peak"], row["flops_per_byte"] * measured["memory"])
        row["share_of_roof"] = row["gflops"] * 1e9 / roof
        say(
            f"{row['shape']:<40}{row['gflops']:>10.1f}{row['flops_per_byte']:>11.2f}"
            f"{row['share_of_roof']:>13.2f}"
        )
    say("of the roof: of the lower of the large product and the memory; above 1 within the caches")
    return measured, rows


def draw(path, measured, rows):
    """Draw the roofs and the fits; return whether there is a picture."""
    figure = report.new_figure(figsize=(10, 7))
    if figure is None:
        return False
    axes = figure.subplots()
    intensity = np.array([row["flops_per_byte"] for row in rows])
    span = np.geomspace(min(0.1, intensity.min() / 2), intensity.max() * 3, 200)
    for name, style in (("memory", "-"), ("cache", "--")):
        rate = np.minimum(measured["peak"], span * measured[name]) / 1e9
        label = f"{name}: {measured[name] / 1e9:.0f} GB/s"
        axes.plot(span, rate, style, color="black", linewidth=1, label=label)
    reached = np.array([row["gflops"] for row in rows])
    axes.plot(intensity, reached, "o")
    for number, (x, y) in enumerate(zip(intensity, reached, strict=True), 1):
        axes.annotate(str(number), (x, y), (3, 3), textcoords="offset points", fontsize=8)
    names = "\n".join(f"{number} {row['shape']}" for number, row in enumerate(rows, 1))
    figure.text(1.01, 0.5, names, fontsize=7, va="center")
    axes.set(xscale="log", yscale="log", xlabel="floating-point operations per byte")
    axes.set(ylabel="GFLOP/s", title=f"roof: {measured['peak'] / 1e9:.0f} GFLOP/s")
    axes.legend(loc="lower right")
    figure.savefig(path, dpi=120, bbox_inches="tight")
    return True


def finish(results, dtype, repeats, output):
    """Measure the roofs, print, and write the files."""
    say = report.Log(f"Roofline, {dtype}, medians of {repeats}")
    measured, rows = run(results, dtype, repeats, say)
    say.close(output / "roofline.txt")
    report.write_rows(output / "roofline.csv", rows)
    draw(output / "roofline.png", measured, rows)
    return rows


def main(arguments=None):
    """Run the benchmark from the command line; return its rows."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.roofline", description=__doc__)
    add_options(parser)
    options = parser.parse_args(arguments)
    fits, _ = selected(options, "fit")
    peers, repeats = [EstimatorPeer("skdeep", "skdeep", "skdeep")], repeats_of(options)
    results = [measure(shape, peers, options.dtype, repeats, options.patience)[0] for shape in fits]
    return finish(results, options.dtype, repeats, options.output)


if __name__ == "__main__":
    main()
