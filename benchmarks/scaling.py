"""Time per epoch and memory of a fit as the rows grow from a thousand to a million.

64 features, one hidden layer of 100, 10 classes, batch 200, Adam, float32. The time of an epoch is
that of a fit of many epochs less that of a fit of one, by the number of epochs between: what a fit
costs once (validation, first weights, the labels) is not in it. Memory is measured in a process of
its own: the growth of the peak of the resident set over what it was before the fit, when X and y
were there and a small fit had loaded the compiled code.
"""

import argparse
from statistics import geometric_mean, median

import numpy as np

from benchmarks import report, shapes
from benchmarks.cpu import add_options, repeats_of
from benchmarks.peers import EstimatorPeer
from benchmarks.startup import in_this_environment
from benchmarks.timing import interleaved

ROWS = (1000, 3000, 10_000, 30_000, 100_000, 300_000, 1_000_000)
WORK = 1_000_000  # rows that a timed fit goes through, at least
BATCH = 200

MEMORY = """
import json, warnings
import numpy as np
from skdeep import MLPClassifier

def status(name):
    for line in open("/proc/self/status"):
        if line.startswith(name + ":"):
            return int(line.split()[1]) * 1024

warnings.simplefilter("ignore")
mlp = MLPClassifier(batch_size=200, max_iter=2, random_state=0)
rng = np.random.default_rng(0)
X = rng.standard_normal((ROWS, 64), dtype=np.float32)
y = rng.integers(10, size=ROWS)
mlp.fit(X[:1000].copy(), y[:1000].copy())
with open("/proc/self/clear_refs", "w") as file:
    file.write("5")
before = status("VmRSS")
mlp.fit(X, y)
print(json.dumps({"extra": status("VmHWM") - before, "X": X.nbytes}))
"""


def seconds_per_epoch(rows, repeats, work=WORK, patience=0.0):
    """Return the median time of an epoch of so many rows."""
    epochs = max(2, work // rows)
    shape = shapes.Shape("scaling", rows, 64, (100,), 10, BATCH, epochs)
    data = shapes.make_data(shape, np.dtype("float32"))
    peer = EstimatorPeer("skdeep", "skdeep", "skdeep")
    short, long = (peer.job(shape._replace(epochs=n), data) for n in (1, 1 + epochs))
    short()
    long()
    times, _ = interleaved({"short": short, "long": long}, repeats, patience)
    pairs = zip(times["short"], times["long"], strict=True)
    # A difference that drowns in noise is not shorter than the clock can tell.
    return max(1e-9, median((more - less) / epochs for less, more in pairs))


def extra_memory(rows):
    """Return the bytes a fit needs beyond X and y, or None where Linux does not tell."""
    try:
        with open("/proc/self/clear_refs"), open("/proc/self/status"):
            pass
    except PermissionError:
        pass  # it may be written, not read
    except OSError:
        return None
    return in_this_environment(MEMORY.replace("ROWS", str(rows)))["extra"]


def slope(times):
    """Return the time per row of the line through the origin, and the largest deviation from it.

    The line is the geometric mean of the times per row: all sizes count alike.
    """
    per_row = {rows: seconds / rows for rows, seconds in times.items()}
    mean = geometric_mean(per_row.values())
    return mean, max((value / mean - 1 for value in per_row.values()), key=abs)


def run(sizes, repeats, say, work=WORK, patience=0.0):
    """Measure and print all sizes; return the rows of the table."""
    table = []
    say(f"{'rows':>10}{'epoch':>12}{'per row':>12}{'X':>12}{'extra memory':>15}{'per row':>12}")
    for rows in sizes:
        seconds, extra = seconds_per_epoch(rows, repeats, work, patience), extra_memory(rows)
        table.append({"rows": rows, "epoch_s": seconds, "X_bytes": 256 * rows, "extra": extra})
        mega = "unknown" if extra is None else f"{extra / 1e6:.1f} MB"
        each = "unknown" if extra is None else f"{extra / rows:.1f} B"
        say(
            f"{rows:>10,}{report.format_seconds(seconds):>12}"
            f"{report.format_seconds(seconds / rows):>12}{256 * rows / 1e6:>9.1f} MB"
            f"{mega:>15}{each:>12}"
        )
    mean, largest = slope({row["rows"]: row["epoch_s"] for row in table})
    say(
        f"line through the origin: {mean * 1e9:.1f} ns per row; "
        f"largest deviation from it: {largest:+.1%}"
    )
    return table


def draw(path, table):
    """Draw the times with the line through the origin; return whether there is a picture."""
    figure = report.new_figure(figsize=(7, 5))
    if figure is None:
        return False
    rows = np.array([row["rows"] for row in table])
    seconds = np.array([row["epoch_s"] for row in table])
    mean, largest = slope(dict(zip(rows, seconds, strict=True)))
    axes = figure.subplots()
    axes.plot(rows, mean * rows, color="gray", label=f"{mean * 1e9:.0f} ns per row")
    axes.plot(rows, seconds, "o", label="measured")
    axes.set(xscale="log", yscale="log", xlabel="rows", ylabel="seconds per epoch")
    axes.set_title(f"64-(100)-10, batch {BATCH}: largest deviation {largest:+.1%}")
    axes.legend()
    figure.savefig(path, dpi=120)
    return True


def main(arguments=None):
    """Run the benchmark from the command line; return its rows."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scaling", description=__doc__)
    add_options(parser)
    options = parser.parse_args(arguments)
    repeats = repeats_of(options)
    say = report.Log(f"64-(100)-10, batch {BATCH}, adam, float32, medians of {repeats}")
    table = run(ROWS, repeats, say, patience=options.patience)
    say.close(options.output / "scaling.txt")
    report.write_rows(options.output / "scaling.csv", table)
    draw(options.output / "scaling.png", table)
    return table


if __name__ == "__main__":
    main()
