"""What the benchmark shows: the machine, a table, a CSV file and a picture."""

import csv
import os
import platform
from pathlib import Path
from statistics import geometric_mean, median, quantiles

import numpy as np
import scipy
from threadpoolctl import threadpool_info

from benchmarks.peers import cores, package_version
from benchmarks.timing import CROWDED, OtherWork

NOISY = 0.15  # spread of the repeats, relative to their median, above which a line is marked


def cpu_model():
    """Return the name of the processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def load():
    """Return the load average of the last minute as text."""
    return f"{os.getloadavg()[0]:.2f}" if hasattr(os, "getloadavg") else "unknown"


def machine_lines(peers):
    """Return lines on the machine, the versions, and the thread pools.

    Call it after the warm-up, when every library has loaded its BLAS.
    """
    versions = [f"{peer.name} {peer.version}" for peer in peers if peer.version]
    versions += [f"numba {package_version('numba')}"]
    versions += [f"numpy {np.__version__}", f"scipy {scipy.__version__}"]
    pools = sorted(
        f"{pool['internal_api']} {pool['version'] or ''}".strip()
        + (f" ({pool['architecture']})" if pool.get("architecture") else "")
        + f" x{pool['num_threads']}"
        for pool in threadpool_info()
    )
    return [
        f"{cpu_model()}, {cores()} cores, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}",
        ", ".join(versions),
        f"thread pools: {', '.join(pools)}",
    ]


class Result:
    """Times of one shape.

    Parameters
    ----------
    shape : Shape
    dtype : str
    times : dict of str to list of float
        Seconds of a call, by peer, in the order in which they were measured.
    other_cores : float or None
        Cores that other processes kept busy meanwhile.
    """

    def __init__(self, shape, dtype, times, other_cores):
        self.shape, self.dtype, self.times = shape, dtype, times
        self.other_cores = other_cores

    def seconds(self, name):
        """Return the median time of a peer, or None where it did not run."""
        return median(self.times[name]) if name in self.times else None

    def ratio(self, name):
        """Return how many times longer than skdeep a peer takes, or None."""
        return self.seconds(name) / self.seconds("skdeep") if name in self.times else None

    @property
    def share(self):
        """Share of the limit: its products and its pass over weights and states, or None."""
        parts = [self.seconds("bare products"), self.seconds("weights and states")]
        return None if None in parts else sum(parts) / self.seconds("skdeep")

    @property
    def spread(self):
        """Largest distance between the quartiles of a peer's times, relative to their median."""
        spreads = [0.0]
        for times in self.times.values():
            if len(times) > 2:
                low, middle, high = quantiles(times, method="inclusive")
                spreads.append((high - low) / middle)
        return max(spreads)

    def marks(self):
        """Return what to append to a line that should not be trusted."""
        uneven = self.spread > NOISY
        crowded = (self.other_cores or 0) > CROWDED
        return (" ~" if uneven else "") + (" !" if crowded else "")


LEGEND = f"""\
'/ peer': the peer's time over skdeep's
products: time of the bare matrix products on all cores over skdeep's; above 1 where skdeep's
  own products are ahead of NumPy's BLAS, called layer by layer
limit: the same with the time added in which weights and states are read and written once per
  update, at the bandwidth of arrays of their size
~ quartiles more than {NOISY:.0%} of the median apart; ! others used over {CROWDED} cores"""


def format_seconds(seconds):
    """Return a time with three digits and a unit that fits."""
    if seconds is None:
        return "-"
    for unit, scale in (("s", 1), ("ms", 1e3), ("us", 1e6)):
        if seconds * scale >= 1:
            return f"{seconds * scale:.3g} {unit}"
    return f"{seconds * 1e9:.3g} ns"


def _times(value):
    return "-" if value is None else f"{value:.2f}x"


class Table:
    """The printed table, a line at a time, so that a long run shows where it stands.

    Parameters
    ----------
    rivals : list of str
        Names of the peers that skdeep is compared with.
    """

    def __init__(self, rivals):
        self.rivals = rivals
        self.width = max(11, *(4 + len(name) for name in rivals), 0)

    def _line(self, cells):
        return f"{cells[0]:<40}" + "".join(f"{cell:>{self.width}}" for cell in cells[1:])

    def header(self):
        """Return the two lines above the table."""
        against = [f"/ {rival}" for rival in self.rivals]
        line = self._line(["", "skdeep", *self.rivals, *against, "products", "limit"])
        return f"{line}\n{'-' * len(line)}"

    def row(self, result):
        """Return the line of one result; ``~`` marks uneven times, ``!`` a busy machine."""
        shares = [result.ratio("bare products"), result.share]
        cells = [
            f"{result.shape.work} {result.shape.name}",
            *(format_seconds(result.seconds(name)) for name in ["skdeep", *self.rivals]),
            *(_times(result.ratio(name)) for name in self.rivals),
            *("-" if share is None else f"{share:.2f}" for share in shares),
        ]
        return self._line(cells) + result.marks()


def summary(results, rivals):
    """Return lines with the geometric mean and the slowest shape, for every kind of work."""
    lines = []
    for work in dict.fromkeys(result.shape.work for result in results):
        for rival in rivals:
            ratios = {
                result.shape.name: result.ratio(rival)
                for result in results
                if result.shape.work == work and rival in result.times
            }
            if ratios:
                worst = min(ratios, key=ratios.get)
                lines.append(
                    f"{work} against {rival}: geometric mean {geometric_mean(ratios.values()):.2f}x"
                    f" over {len(ratios)} shapes, least {ratios[worst]:.2f}x ({worst})"
                )
    return lines


def write_rows(path, rows):
    """Write dictionaries with the same keys as a CSV file; create its folder where need be."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


class Log:
    """Prints lines and keeps them for a file.

    Parameters
    ----------
    title : str
        First line, followed by the load of the machine.
    """

    def __init__(self, title):
        self.lines, self.before, self.others = [], load(), OtherWork()
        self(title)

    def __call__(self, line=""):
        print(line, flush=True)
        self.lines.append(line)

    def close(self, path):
        """Say what the machine did meanwhile, and write all lines to a file."""
        other = self.others.cores()
        other = "unknown" if other is None else f"{other:.2f}"
        self(
            f"load average before {self.before}, after {load()}; "
            f"cores used by other processes, on average: {other}\n"
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(self.lines) + "\n")


def new_figure(**options):
    """Return an empty figure, or None where matplotlib is not installed."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        print("matplotlib is not installed: no picture")
        return None
    return Figure(layout="constrained", **options)


def _number(value):
    return "" if value is None else f"{value:.2f}"


def write_csv(path, results):
    """Write one line for every shape and peer; times in seconds."""
    names = ["shape", "work", "rows", "features", "hidden", "outputs", "batch", "epochs"]
    names += ["activation", "solver", "task", "density", "dtype", "peer", "repeats"]
    names += ["median_s", "min_s", "max_s", "ratio_to_skdeep", "other_cores"]
    with open(path, "w", newline="") as file:
        writer = csv.DictWriter(file, names, extrasaction="ignore")
        writer.writeheader()
        for result in results:
            for name, times in result.times.items():
                writer.writerow(
                    {
                        **result.shape._asdict(),
                        "shape": result.shape.name,
                        "hidden": "x".join(map(str, result.shape.hidden)),
                        "dtype": result.dtype,
                        "peer": name,
                        "repeats": len(times),
                        "median_s": f"{median(times):.6g}",
                        "min_s": f"{min(times):.6g}",
                        "max_s": f"{max(times):.6g}",
                        "ratio_to_skdeep": f"{result.ratio(name):.4g}",
                        "other_cores": _number(result.other_cores),
                    }
                )


def write_picture(path, results, rivals):
    """Draw the ratios and the share of the bare products; return False without matplotlib."""
    figure = new_figure(figsize=(11, 1.5 + 0.42 * len(results)))
    if figure is None:
        return False
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=(3, 2))
    place = np.arange(len(results))
    height = 0.8 / max(1, len(rivals))
    for i, rival in enumerate(rivals):
        beyond = [(result.ratio(rival) or np.nan) - 1 for result in results]
        at = place + (i + 0.5) * height - 0.4
        bars = left.barh(at, beyond, height, left=1, label=f"against {rival}")
        left.bar_label(bars, [_times(r.ratio(rival)) for r in results], padding=3, fontsize=8)
    left.axvline(1, color="black", linewidth=0.8)
    left.set(xscale="log", xlabel="times faster", title=f"skdeep, {results[0].dtype}")
    left.set_yticks(place, [f"{r.shape.work} {r.shape.name}" for r in results], fontsize=8)
    left.invert_yaxis()
    left.margins(x=0.15, y=0.01)
    if rivals:
        left.legend(loc="lower right", fontsize=8)
    bare = np.array([r.ratio("bare products") or np.nan for r in results])
    passes = np.array([r.ratio("weights and states") or 0.0 for r in results])
    right.barh(place, bare, 0.6, color="gray", label="matrix products")
    right.barh(place, passes, 0.6, bare, color="silver", label="weights and states")
    right.axvline(1, color="black", linewidth=0.8)
    right.set(xlabel="time of the limit / skdeep's time", title="share of the limit")
    right.legend(loc="lower right", fontsize=8)
    figure.savefig(path, dpi=120)
    return True
