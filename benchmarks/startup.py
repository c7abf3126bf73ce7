"""What a user waits for: the import, the first fit on a machine, the first fit of a process.

Everything is measured in fresh processes. "Empty cache" processes get an empty NUMBA_CACHE_DIR, so
that they compile; "warm cache" ones find there what the process before them has compiled.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from statistics import median

IMPORT = """
import json, time
start = time.perf_counter()
import sklearn.neural_network
middle = time.perf_counter()
import skdeep
print(json.dumps({"sklearn": middle - start, "skdeep": time.perf_counter() - middle}))
"""

FIT = """
import json, time
import numpy as np
import sklearn.neural_network
start = time.perf_counter()
import skdeep
times = {"import": time.perf_counter() - start}
rng = np.random.default_rng(0)
X = rng.standard_normal((1797, 64), dtype=np.DTYPE)
y = rng.integers(10, size=1797)
if "ESTIMATOR" == "MLPRegressor":
    y = y.astype(np.DTYPE)

def clock(name, call):
    start = time.perf_counter()
    result = call()
    times[name] = time.perf_counter() - start
    return result

model = skdeep.ESTIMATOR(max_iter=5, tol=0, n_iter_no_change=1000, random_state=0)
import warnings
warnings.simplefilter("ignore")
clock("fit", lambda: model.fit(X, y))
clock("predict", lambda: model.predict(X))
clock("second fit", lambda: model.fit(X, y))
print(json.dumps(times))
"""

CASES = (
    ("MLPClassifier", "float64"),
    ("MLPClassifier", "float32"),
    ("MLPRegressor", "float64"),
)


LEGEND = """\
fit, predict: the first of the process, 1797 x 64, 5 epochs, one hidden layer of 100
import: skdeep after scikit-learn
process: from its start to its end: Python, scikit-learn, skdeep and all three calls
second fit: the same fit again, for comparison"""


def in_fresh_process(code, cache):
    """Run code in a new process with its own cache; return as `in_this_environment` does."""
    return in_this_environment(code, NUMBA_CACHE_DIR=cache)


def in_this_environment(code, **variables):
    """Run code in a new process; return what it prints as JSON, and its seconds as "process"."""
    environment = {**os.environ, **variables}
    paths = [os.getcwd(), environment.get("PYTHONPATH", "")]
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, check=True
    )
    seconds = time.perf_counter() - start
    return {**json.loads(done.stdout.splitlines()[-1]), "process": seconds}


def medians(runs):
    """Return the median of every entry over a list of dictionaries."""
    return {name: median(run[name] for run in runs) for name in runs[0]}


def report_import(repeats):
    """Print the import times of scikit-learn's networks and of skdeep after them."""
    with tempfile.TemporaryDirectory() as cache:
        runs = [in_fresh_process(IMPORT, cache) for _ in range(repeats + 1)][1:]
        compiled = sum(len(files) for _, _, files in os.walk(cache))
    times = medians(runs)
    print(f"import sklearn.neural_network       {times['sklearn']:6.2f} s")
    print(f"import skdeep after it              {times['skdeep']:6.2f} s")
    print(f"functions compiled by the import    {compiled:6} files")
    print(flush=True)


def report_fits(cases, repeats):
    """Print the first fits of a machine and of a process for several cases."""
    names = ("fit", "predict", "import", "process", "second fit")
    print(f"{'':36}" + "".join(f"{name:>13}" for name in names))
    for estimator, dtype in cases:
        code = FIT.replace("ESTIMATOR", estimator).replace("DTYPE", dtype)
        with tempfile.TemporaryDirectory() as cache:
            cold = in_fresh_process(code, cache)
            warm = medians([in_fresh_process(code, cache) for _ in range(repeats)])
        for label, times in (("empty cache", cold), ("warm cache", warm)):
            line = f"{estimator}, {dtype}, {label}"
            print(f"{line:36}" + "".join(f"{times[name]:11.3f} s" for name in names), flush=True)


def main(arguments=None):
    """Measure the start from the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.startup", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one case, 3 repeats")
    parser.add_argument("--repeats", type=int, help="processes behind every median")
    options = parser.parse_args(arguments)
    repeats = options.repeats or (3 if options.quick else 7)
    print(f"Fresh processes, medians of {repeats} (those with an empty cache run once)\n")
    report_import(repeats)
    report_fits(CASES[:1] if options.quick else CASES, repeats)
    print(f"\n{LEGEND}")


if __name__ == "__main__":
    main()
