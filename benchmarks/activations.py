"""What an activation costs: fits with tanh, logistic, gelu and softplus, relative to relu."""

import argparse

import numpy as np

from benchmarks import report, shapes
from benchmarks.cpu import add_options, repeats_of, selected
from benchmarks.peers import EstimatorPeer
from benchmarks.timing import interleaved, medians

ACTIVATIONS = ("relu", "tanh", "logistic", "gelu", "softplus")
SHAPES = "20-(64,64)|64-(100)-10, batch 200|x8|54-(256,256)-7|784-(512,512)"


def measure(shape, dtype, repeats, patience=0.0, activations=ACTIVATIONS):
    """Return a dictionary with the time of every activation."""
    data = shapes.make_data(shape, np.dtype(dtype))
    peer = EstimatorPeer("skdeep", "skdeep", "skdeep")
    jobs = {each: peer.job(shape._replace(activation=each), data) for each in activations}
    for job in jobs.values():
        job()
    times, crowd = interleaved(jobs, repeats, patience)
    return {"shape": shape.name, "dtype": dtype, **medians(times), "other_cores": crowd}


def run(fits, dtype, repeats, say, patience=0.0, activations=ACTIVATIONS):
    """Measure and print all shapes; return their dictionaries."""
    rows = []
    say(f"{'':<40}{'relu':>11}" + "".join(f"{each:>11}" for each in activations[1:]))
    for shape in fits:
        row = measure(shape, dtype, repeats, patience, activations)
        rows.append(row)
        cells = [f"{row[each] / row['relu']:.2f}x" for each in activations[1:]]
        say(
            f"{shape.name:<40}{report.format_seconds(row['relu']):>11}"
            + "".join(f"{cell:>11}" for cell in cells)
        )
    return rows


def main(arguments=None):
    """Run the benchmark from the command line; return its rows."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.activations", description=__doc__)
    add_options(parser)
    parser.set_defaults(shapes=SHAPES)
    options = parser.parse_args(arguments)
    fits, _ = selected(options, "fit")
    fits = [shape for shape in fits if shape.activation == "relu" and shape.solver == "adam"]
    repeats = repeats_of(options)
    say = report.Log(f"Activations relative to relu, {options.dtype}, medians of {repeats}")
    rows = run(fits, options.dtype, repeats, say, options.patience)
    say.close(options.output / f"activations_{options.dtype}.txt")
    report.write_rows(options.output / f"activations_{options.dtype}.csv", rows)
    return rows


if __name__ == "__main__":
    main()
