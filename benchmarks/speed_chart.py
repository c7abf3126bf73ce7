"""The chart of the README: fits in float64 and float32 beside scikit-learn and PyTorch.

``python -m benchmarks.speed_chart --measure`` times a few fits of all libraries in turn and writes
the least times to ``docs/_static/speed.csv``. They are CPU seconds, which other work on the machine
hardly changes; run it on one core, with ``OMP_NUM_THREADS=1 taskset -c 0``, where they are
comparable. Without ``--measure``, the chart is drawn again from that file.
"""

import argparse
import csv
import gc
import platform
import time
from pathlib import Path

import numpy as np

from benchmarks import report, shapes
from benchmarks.cpu import warm_jobs
from benchmarks.peers import cores, load_peers

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "_static"
DTYPES = "float64", "float32"
#: Shapes of `benchmarks.shapes`, and what the chart calls them.
WORK = {
    "30-(24)-2, batch 1": "569 x 30, (24,)\nbatch size 1",
    "20-(64,64)-2, batch 32": "2,000 x 20, (64, 64)\nbatch size 32",
    "64-(100)-10, batch 200": "1,797 x 64, (100,)\nbatch size 200",
    "54-(256,256)-7, batch 256": "10,000 x 54, (256, 256)\nbatch size 256",
    "784-(512,512)-10, batch 128": "2,560 x 784, (512, 512)\nbatch size 128",
}
PEERS = {"sklearn": "scikit-learn", "torch": "PyTorch"}
COLOURS = {"sklearn": ("#f4b183", "#d95f02"), "torch": ("#b3b3d9", "#5e57a8")}


def least_times(shape, peers, dtype, repeats):
    """Return the least seconds of the processor that each library takes, measured in turn."""
    jobs, notes = warm_jobs(shape, peers, shapes.make_data(shape, np.dtype(dtype)))
    for note in notes:
        print(f"note: {note}")
    times = {name: [] for name in jobs}
    for _ in range(repeats):
        for name, job in jobs.items():
            gc.collect()
            start = time.process_time()
            job()
            times[name].append(time.process_time() - start)
    return {name: min(values) for name, values in times.items()}


def measured(repeats):
    """Time all fits; return rows for the file."""
    peers, notes = load_peers(list(PEERS))
    print(*notes, sep="\n")
    peers = [peer for peer in peers if peer.name == "skdeep" or peer.name in PEERS]
    rows, n_cores = [], cores()
    machine = f"{report.cpu_model()}, {n_cores} core{'s' * (n_cores > 1)}"
    versions = ", ".join(f"{PEERS.get(peer.name, peer.name)} {peer.version}" for peer in peers)
    versions += f", Python {platform.python_version()}"
    for name in WORK:
        [shape] = [s for s in shapes.select("", True) if s.name == name and s.work == "fit"]
        for dtype in DTYPES:
            least = least_times(shape, peers, dtype, repeats)
            for peer in least.keys() & PEERS.keys():
                row = {"work": name, "dtype": dtype, "peer": peer}
                row["skdeep_ms"] = f"{1000 * least['skdeep']:.4g}"
                row["peer_ms"] = f"{1000 * least[peer]:.4g}"
                row["ratio"] = f"{least[peer] / least['skdeep']:.3g}"
                rows.append({**row, "repeats": repeats, "machine": machine, "with": versions})
                print(*row.values(), flush=True)
    return rows


def draw(rows, path):
    """Draw the ratios of the rows as groups of bars, with a logarithmic scale."""
    figure = report.new_figure(figsize=(9, 4.6))
    if figure is None:
        return
    ax = figure.subplots()
    bars = [(peer, dtype) for peer in PEERS for dtype in DTYPES]
    height = 0.8 / len(bars)
    found = {(row["work"], row["dtype"], row["peer"]): float(row["ratio"]) for row in rows}
    for i, (peer, dtype) in enumerate(bars):
        at = [place + (i + 0.5) * height - 0.4 for place in range(len(WORK))]
        values = [found.get((work, dtype, peer), float("nan")) for work in WORK]
        colour = COLOURS[peer][DTYPES.index(dtype)]
        label = f"than {PEERS[peer]} in {dtype}"
        drawn = ax.barh(at, [v - 1 for v in values], height, left=1, color=colour, label=label)
        ax.bar_label(drawn, [f"{v:.3g}" for v in values], padding=3, fontsize=8)
    ax.axvline(1, color="black", linewidth=0.8)
    title = f"How many times faster skdeep fits ({rows[0]['machine']})"
    ax.set(xscale="log", xlabel="times faster", title=title)
    ticks = [1, 2, 5, 10, 20, 50, 100, 200]
    ax.set_xticks(ticks, [str(tick) for tick in ticks], minor=False)
    ax.minorticks_off()
    ax.set_yticks(range(len(WORK)), WORK.values(), fontsize=9)
    ax.invert_yaxis()
    ax.margins(x=0.12, y=0.02)
    ax.legend(loc="lower right", fontsize=9)
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    figure.savefig(path, metadata={"Date": None})
    print(f"wrote {path}")


def main(arguments=None):
    """Measure, if that is asked for, and draw."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed_chart", description=__doc__)
    parser.add_argument("--measure", action="store_true", help="measure before drawing")
    parser.add_argument("--repeats", type=int, default=9, help="repeats of each fit")
    parser.add_argument("--output", type=Path, default=FOLDER, help="folder of speed.csv and .svg")
    options = parser.parse_args(arguments)
    path = options.output / "speed.csv"
    if options.measure:
        report.write_rows(path, measured(options.repeats))
    with open(path, newline="", encoding="utf-8") as file:
        draw(list(csv.DictReader(file)), path.with_suffix(".svg"))


if __name__ == "__main__":
    main()
