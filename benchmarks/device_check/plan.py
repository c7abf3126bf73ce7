"""The steps, in the order that gets most out of the first minutes, and what each of them needs.

First the machine. Then, side by side on all cores, what compiles for a minute or two: it fills the
cache for the timings, and compares results with the processor's. Then the timings, one by one so
that nothing disturbs them, those with most expectations first. What has not begun by then comes
last.
"""

from typing import NamedTuple

#: Names of caches of compiled code. Timings use what the steps of theirs have compiled.
FLOAT32, FLOAT64 = "float32", "float64"
SANITIZER = ("compute-sanitizer", "--print-limit", "4", "--tool")
PROFILER = (
    *("ncu", "--clock-control", "none", "--target-processes", "all"),
    *("-k", "regex:.*train.*", "--launch-skip", "2", "--launch-count", "1"),
    *(
        word
        for section in ("SpeedOfLight", "Occupancy", "LaunchStats", "WarpStateStats")
        for word in ("--section", section)
    ),
)


class Step(NamedTuple):
    """A part of the check, which runs in a process of its own.

    Attributes
    ----------
    name : str
    job : str
        Module and function, ``job(report, sizes)``: a module of this package, or a dotted name.
    limit : float
        Seconds after which it is ended.
    cache : str
    after : str or None
        The step that must have ended before.
    tool : tuple of str
        Command that runs the process, if it is there.
    environment : dict of str to str
    """

    name: str
    job: str
    limit: float
    cache: str = FLOAT32
    after: str | None = None
    tool: tuple = ()
    environment: dict = {}


#: Without a GPU nothing else is run.
FIRST = Step("machine", "machine.run", 60)
TOGETHER = (
    Step("float32", "agreement.float32", 190),
    Step("float32 grid", "agreement.compare_step", 190),
    Step("float32 graph", "agreement.compare_step", 190),
    Step("rivals compiled", "rivals.compile_only", 150),
    Step("float64", "agreement.compare_step", 190, FLOAT64),
    Step("float64 grid", "agreement.compare_step", 190, FLOAT64),
    Step("float64 graph", "agreement.compare_step", 190, FLOAT64),
    Step("threads", "threads.run", 190, FLOAT64),
    Step("float64 block", "agreement.compare_step", 190, FLOAT64),
    Step("sparse", "agreement.compare_step", 190, FLOAT64),
    Step("regression", "agreement.regression", 190, FLOAT64),
    Step("sparse grid", "agreement.compare_step", 190, FLOAT64),
    Step("lbfgs", "agreement.lbfgs", 190, FLOAT64),
    *(
        Step(tool, "targets.sanitized", 90, after="float32", tool=(*SANITIZER, tool))
        for tool in ("racecheck", "memcheck", "synccheck")
    ),
)
ALONE = (
    Step("one", "small.one", 45),
    Step("many", "small.many", 50),
    Step("large", "large.large", 45),
    Step("mid-size", "large.mid_size", 35),
    Step("predictions", "predictions.run", 35),
    Step("search", "search.run", 75),
    Step("rivals", "rivals.run", 75),
    Step("memory", "memory.run", 30),
    Step("shapes", "small.shapes", 40),
    Step("tf32", "large.large_step", 20, environment={"SKDEEP_TF32": "1"}),
    Step("profiler", "targets.profiled", 45, tool=PROFILER),
)
STEPS = (FIRST, *TOGETHER, *ALONE)
#: Part of the time after which the timings begin, whatever still compiles.
SHARE_OF_COMPILING = 0.45
