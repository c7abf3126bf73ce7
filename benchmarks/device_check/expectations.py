"""What is expected of a GPU: the bound of every error and of every time.

This table is what a run is judged by. Its names and bounds are printed in the summary, so that the
output alone says what holds.
"""

from typing import NamedTuple

from benchmarks.device_check.configurations import (
    AGREEMENT,
    LBFGS_TOLERANCE,
    NOISE_TOLERANCE,
    REGRESSIONS,
    TOLERANCE,
)


class Expectation(NamedTuple):
    """A measurement, or the ratio of two, and its bound.

    Attributes
    ----------
    name : str
        What is expected, in words.
    of : str
        Name of the measurement: the step, a colon, and what is measured.
    relation : {"<=", ">="}
    bound : float
    unit : str
    over : str or None
        The measurement by which `of` is divided.
    is_speed : bool
        Whether it depends on the device's speed, which a simulated device has not.
    """

    name: str
    of: str
    relation: str
    bound: float
    unit: str = ""
    over: str | None = None
    is_speed: bool = False

    def holds(self, value):
        """Return whether a value keeps within the bound."""
        return value <= self.bound if self.relation == "<=" else value >= self.bound


def _time(name, of, bound, unit):
    return Expectation(name, of, "<=", bound, unit, is_speed=True)


def _ratio(name, of, over, relation, bound):
    return Expectation(name, of, relation, bound, "x", over, is_speed=True)


def _none(name, of):
    return Expectation(name, of, "<=", 0)


#: One small network, many of them, a search, large networks, predictions.
SPEEDS = (
    _time("64-(100)-10, batch 200: a step", "one: step", 60, "us"),
    _ratio("132 of them over one: a step", "many: 132 networks", "one: step", "<=", 1.7),
    _ratio(
        "132 of them over one that a block trains: a step",
        "many: 132 networks",
        "one: step, block",
        "<=",
        1.7,
    ),
    _ratio(
        "132 of them: time over the longest training of one",
        "many: wall",
        "many: longest training",
        "<=",
        2,
    ),
    _ratio(
        "40 candidates x 5 folds of digits: all cores over the GPU",
        "search: cores",
        "search: GPU",
        ">=",
        10,
    ),
    _ratio(
        "the same with early stopping: all cores over the GPU",
        "search: cores, early stopping",
        "search: GPU, early stopping",
        ">=",
        1,
    ),
    _ratio(
        "784-(2048, 2048)-10, batch 4096: cuBLAS's products over a step",
        "large: bare products",
        "large: step",
        ">=",
        0.6,
    ),
    _ratio(
        "784-(2048, 2048)-10, batch 4096: torch.compile over skdeep",
        "rivals: large, compile",
        "large: step",
        ">=",
        1,
    ),
    _ratio(
        "784-(100)-10, batch 200: PyTorch's CUDA graph over skdeep",
        "rivals: mid-size, graph",
        "mid-size: step",
        ">=",
        1,
    ),
    _ratio(
        "784-(100)-10, batch 200: kernels launched one by one over their graph",
        "mid-size: step, one by one",
        "mid-size: step",
        ">=",
        2,
    ),
    _ratio(
        "10,000,000 x 64 rows predicted: pinned copies over skdeep",
        "predictions: copies",
        "predictions: all rows",
        ">=",
        0.4,
    ),
    _time("a first fit that compiles its kernel", "float32: compiled", 90, "s"),
    _time("a first fit with kernels on disk", "one: first fit", 5, "s"),
)
#: The machine, and what must not go wrong whatever the speed.
SOUNDNESS = (
    Expectation("GPUs that skdeep can use", "machine: devices", ">=", 1),
    Expectation("cuBLAS is found", "machine: cuBLAS", ">=", 1),
    _none("all shared memory of a block: wrong elements", "machine: shared memory"),
    Expectation("cuBLAS, float32: difference from NumPy", "machine: product float32", "<=", 1e-4),
    Expectation("cuBLAS, float64: difference from NumPy", "machine: product float64", "<=", 1e-12),
    _none("64-(100)-10 trained six times: fits with other bits", "float32: other bits"),
    Expectation(
        "kernels of a block, float32: local memory of a thread",
        "float32: local memory",
        "<=",
        128,
        "B",
    ),
    Expectation("steps are launched as CUDA graphs", "mid-size: graphs", ">=", 1),
    _none("784-(100)-10 by a graph and kernel by kernel: other bits", "mid-size: other bits"),
    _none("threads that want a new kernel at once: errors", "threads: errors"),
    Expectation("kernels made for them", "threads: kernels", "<=", 1),
    Expectation("their difference from the processor", "threads: difference", "<=", 1e-8),
    Expectation(
        "scores of the search: difference from the processor",
        "search: scores",
        "<=",
        0.05,
    ),
    Expectation(
        "predictions: difference from the processor", "predictions: difference", "<=", 1e-5
    ),
    Expectation("no room left: a MemoryError", "memory: errors", ">=", 1),
    Expectation("a fit works after it", "memory: after", ">=", 1),
    Expectation("rows in chunks: warnings", "memory: warnings", ">=", 1),
    Expectation("rows in chunks: difference from the processor", "memory: chunks", "<=", 1e-3),
    _none("compute-sanitizer, racecheck: errors", "racecheck: errors"),
    _none("compute-sanitizer, memcheck: errors", "memcheck: errors"),
    _none("compute-sanitizer, synccheck: errors", "synccheck: errors"),
)


def _agreements():
    """Yield every comparison with the processor, and of the same fit with itself."""
    pairs = [
        (step, name, TOLERANCE[dtype])
        for step, (_way, dtype, names) in AGREEMENT.items()
        for name in names
    ]
    pairs.append(("float32", "block, 64-(100)-10", TOLERANCE["float32"]))
    for name in REGRESSIONS:
        noisy = name.startswith("noise")
        pairs.append(("regression", name, NOISE_TOLERANCE if noisy else TOLERANCE["float64"]))
    pairs.append(("lbfgs", "20 iterations", LBFGS_TOLERANCE))
    for step, name, tolerance in pairs:
        of = f"{step}: {name}"
        yield Expectation(f"{of}: difference from the processor", of, "<=", tolerance)
        yield _none(f"{of}: fits with other bits", f"{of}, again")


EXPECTATIONS = (*SPEEDS, *SOUNDNESS, *_agreements())
