"""Train on a file that does not fit into memory
=============================================

A network is trained on a file under a cap of memory that does not let the file be loaded, and comes
out bit for bit as if it had been.

Run it with ``python examples/out_of_core.py``; it takes some seconds and draws out_of_core.png. The
training runs in a process of its own, whose memory is limited by ``resource.setrlimit``, on Linux.

- Loading the file at once fails with a MemoryError: the cap is real.
- ``fit`` takes a source of ``skdeep.data`` in the place of arrays: here ``from_chunks`` with a
  function that reads the file chunk by chunk. ``from_arrays`` reads memory maps and
  ``from_parquet`` Parquet files, both in a new random order in every epoch.
- Where chunks are whole numbers of batches and nothing is shuffled, the updates are those of
  ``fit`` on all rows: a process without the cap finds the same weights, to the last bit. The rows
  of the file are in random order already.
- A fixed set of rows, given as the validation set, tells after every epoch how far it has got.

Look at the memory: what the chunks need does not depend on the size of the file.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import tracemalloc
import warnings
from pathlib import Path

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from skdeep import MLPClassifier
from skdeep.data import from_chunks

N_FEATURES = 20
BATCH = 256
CHUNK = 10 * BATCH
N_EPOCHS = 3
MEGABYTE = 2**20


# %%
# The file has a row of float32 for each sample, the class in the last column. It is written, as it
# will be read, in chunks.


def make_rows(n_rows, seed):
    """Return features and, in the last column, the class: on which side of a folded surface.

    Parameters
    ----------
    n_rows : int
    seed : int

    Returns
    -------
    rows : ndarray of shape (n_rows, N_FEATURES + 1), float32
    """
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n_rows, N_FEATURES), dtype=np.float32)
    folded = X[:, 0] * X[:, 1] + np.abs(X[:, 2]) + X[:, 3] * X[:, 4] - 0.8
    noise = 0.3 * rng.standard_normal(n_rows)
    return np.column_stack([X, folded + noise > 0]).astype("<f4")


def write(path, n_chunks):
    """Write a file of random rows in NumPy's format."""
    shape = n_chunks * CHUNK, N_FEATURES + 1
    with open(path, "wb") as file:
        header = {"descr": "<f4", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(file, header)
        for seed in range(n_chunks):
            file.write(make_rows(CHUNK, seed).tobytes())


def read_chunks(path):
    """Yield features and classes of a file, chunk by chunk."""
    with open(path, "rb") as file:
        np.lib.format.read_magic(file)
        shape, _, dtype = np.lib.format.read_array_header_1_0(file)
        for _ in range(0, shape[0], CHUNK):
            rows = np.fromfile(file, dtype, CHUNK * shape[1]).reshape(-1, shape[1])
            yield rows[:, :-1], rows[:, -1]


# %%
# What the process under the cap does.


def make_network(**parameters):
    """Return the network, which takes the rows in their order."""
    return MLPClassifier(
        (32,),
        learning_rate_init=0.003,
        batch_size=BATCH,
        shuffle=False,
        random_state=0,
        **parameters,
    )


def limit_memory(n_bytes):
    """Let the process allocate so much and no more; return whether the system can do so."""
    if not sys.platform.startswith("linux"):
        return False
    import resource

    lines = Path("/proc/self/status").read_text().splitlines()
    allocated = next(int(line.split()[1]) for line in lines if line.startswith("VmData"))  # in KB
    cap = 1024 * allocated + n_bytes
    resource.setrlimit(resource.RLIMIT_DATA, (cap, cap))
    return True


def train_under_cap(path, allowed, weights):
    """Try to load the file, train on its chunks, save the weights, and return what was measured.

    Parameters
    ----------
    path, weights : str
        Files that are read and written.
    allowed : int
        Bytes that may be allocated on top of what Python and its libraries take.

    Returns
    -------
    measured : dict
        `capped`, whether there is a cap; `at_once`, what loading says; `accuracies` and
        `losses` of the epochs; `peak`, the most bytes that Python and NumPy held at a time.
    """
    rows = make_rows(CHUNK, seed=10**6)
    X_test, y_test = rows[:, :-1], rows[:, -1]
    # The compiled loops and the threads belong to what the libraries take.
    make_network().partial_fit(X_test, y_test, classes=[0, 1]).score(X_test, y_test)

    capped = limit_memory(allowed)
    try:
        at_once = f"loaded {len(np.load(path))} rows"
    except MemoryError as error:
        at_once = f"MemoryError: {error}"
    tracemalloc.start()
    network, source = make_network(max_iter=N_EPOCHS), from_chunks(lambda: read_chunks(path))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a few epochs are wanted
        network.fit(source, X_val=X_test, y_val=y_test)
    peak = tracemalloc.get_traced_memory()[1]
    np.savez(weights, *network.coefs_, *network.intercepts_)
    found = {"accuracies": network.validation_scores_, "losses": network.loss_curve_}
    return {"capped": capped, "at_once": at_once, "peak": peak, **found}


def start_under_cap(path, allowed, weights):
    """Call `train_under_cap` in a new process; return what it returns."""
    script = train_under_cap.__code__.co_filename  # a notebook or gallery knows no __file__
    command = [sys.executable, script, "--under-cap", str(path), str(allowed), str(weights)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"the process under the cap failed:\n{done.stderr}")
    return json.loads(done.stdout)


# %%
# The comparison, the picture and the conclusion.


def same_bits(path, weights):
    """Return whether a fit without a cap, on all rows at once, finds the weights of the chunks."""
    rows = np.load(path)
    network = make_network(max_iter=N_EPOCHS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        network.fit(rows[:, :-1], rows[:, -1])
    with np.load(weights) as chunks:
        ours = [*network.coefs_, *network.intercepts_]
        return all(np.array_equal(a, chunks[n]) for a, n in zip(ours, chunks.files, strict=True))


def conclude(claim, holds):
    """Print a claim with what the numbers above say of it."""
    print(f"{'holds' if holds else 'DOES NOT HOLD HERE'}: {claim}")


def draw(path, measured, sizes):
    """Draw the accuracy over the rows read, and the memory.

    Parameters
    ----------
    path : Path
    measured : dict
    sizes : dict of str to int
        Bytes.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        print("matplotlib is not installed: no picture (pip install matplotlib)")
        return
    figure = Figure(figsize=(11, 4.2), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(3, 2))
    accuracies = measured["accuracies"]
    left.plot(np.arange(1, len(accuracies) + 1), accuracies, "o-")
    left.set(title="accuracy on rows held back", xlabel="epoch", ylabel="accuracy")
    bars = right.barh(list(sizes), [size / MEGABYTE for size in sizes.values()], color="gray")
    right.bar_label(bars, fmt="%.0f MB")
    right.invert_yaxis()
    right.margins(x=0.2)
    right.set(title="memory", xlabel="MB")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    print(f"\nwrote accuracy and memory to {path}")


def main(arguments=None):
    """Write the file, train under the cap and without it, and compare."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument(
        "--output", type=Path, default=Path("out_of_core.png"), help="path of the picture"
    )
    parser.add_argument("--quick", action="store_true", help="a smaller file")
    parser.add_argument("--under-cap", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.under_cap:
        path, allowed, weights = options.under_cap
        print(json.dumps(train_under_cap(path, int(allowed), weights)))
        return
    n_chunks, allowed = (256, 32 * MEGABYTE) if options.quick else (960, 64 * MEGABYTE)

    with tempfile.TemporaryDirectory() as folder:
        path, weights = Path(folder, "rows.npy"), Path(folder, "weights.npz")
        write(path, n_chunks)
        size = path.stat().st_size
        print(f"file              {size / MEGABYTE:.0f} MB, {n_chunks * CHUNK} rows")
        print(f"memory            {allowed / MEGABYTE:.0f} MB beside Python and its libraries")
        measured = start_under_cap(path, allowed, weights)
        same = same_bits(path, weights)
    sizes = {"the file": size, "the cap": allowed, "in chunks": measured["peak"]}
    print(f"at once           {measured['at_once']}")
    print(f"in chunks         {measured['peak'] / MEGABYTE:.1f} MB")
    accuracies = measured["accuracies"]
    print(
        f"accuracy          {accuracies[0]:.3f} after an epoch, {accuracies[-1]:.3f} in the end\n"
    )

    if measured["capped"]:
        refused = measured["at_once"].startswith("MemoryError")
        conclude("the file cannot be loaded under the cap, but trained on in chunks", refused)
    else:
        print("no cap: only Linux limits the memory of a process in this way")
    conclude("the chunks give the bits of fit on all rows", same)
    losses = measured["losses"]
    conclude("every epoch over the file lowers the loss", sorted(losses, reverse=True) == losses)
    draw(options.output, measured, sizes)


if __name__ == "__main__":
    main()
