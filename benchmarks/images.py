"""Networks of images beside PyTorch and JAX: an epoch of training, and predictions.

PyTorch runs in eager mode with the fused form of Adam, as its users write it; JAX compiles the
whole epoch as one function. A library that is not installed is left out. Data are random, as times
do not depend on them.
"""

import argparse
import importlib
import warnings
from functools import partial
from typing import NamedTuple

import numpy as np

from benchmarks import report
from benchmarks.cpu import add_options, repeats_of
from benchmarks.peers import jax_images
from benchmarks.timing import interleaved, medians
from skdeep import NetworkClassifier
from skdeep.layers import Conv2D, Dense, Flatten, MaxPool2D


class Network(NamedTuple):
    """A network as both libraries have it.

    Attributes
    ----------
    name : str
    shape : tuple of int
        Of a sample.
    n_classes, n_samples, batch_size : int
    layers : callable
        Returns a list of layers.
    module : callable
        ``module(nn)`` returns the network as a module of PyTorch, `nn` being ``torch.nn``.
    axes : tuple of int
        The axes of samples in the order that PyTorch wants.
    jax_jobs : callable or None
        ``jax_jobs(X, y, batch_size)`` returns the jobs of JAX, or None without it.
    """

    name: str
    shape: tuple
    n_classes: int
    n_samples: int
    batch_size: int
    layers: object
    module: object
    axes: tuple
    jax_jobs: object = None


def lenet_5():
    """Return the layers of LeNet-5, with relu and the largest values of windows."""
    return [
        Conv2D(6, 5),
        MaxPool2D(2),
        Conv2D(16, 5),
        MaxPool2D(2),
        Flatten(),
        Dense(120),
        Dense(84),
    ]


def torch_lenet_5(nn):
    """Return the same network as a module of PyTorch."""
    return nn.Sequential(
        *(nn.Conv2d(1, 6, 5), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(256, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU()),
        nn.Linear(84, 10),
    )


TABLE = (
    Network(
        *("LeNet-5, 28x28, batch 128", (28, 28, 1), 10, 10_000, 128),
        *(lenet_5, torch_lenet_5, (2, 0, 1), jax_images.make_jobs),
    ),
)


def make_data(network, dtype):
    """Return random samples and labels."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((network.n_samples, *network.shape)).astype(dtype)
    return X, rng.integers(network.n_classes, size=network.n_samples)


def our_jobs(network, X, y):
    """Return jobs of skdeep by the kind of work: an epoch, one sample, and all of them."""

    def fit():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = NetworkClassifier(
                network.layers(), batch_size=network.batch_size, max_iter=1, random_state=0
            )
            return model.fit(X, y)

    model = fit()
    return {
        "fit": fit,
        "predict 1": partial(_often, lambda: model.predict_proba(X[:1])),
        "predict all": lambda: model.predict_proba(X),
    }


def torch_jobs(network, X, y):
    """Return the same jobs of PyTorch; None where it is not installed."""
    try:
        torch = importlib.import_module("torch")
    except ImportError:
        return None
    torch.manual_seed(0)
    X = torch.from_numpy(np.moveaxis(X, range(1, X.ndim), _places(network)).copy())
    y, functional = torch.from_numpy(y), torch.nn.functional

    def fit():
        module = network.module(torch.nn).to(X.dtype)
        optimizer = torch.optim.Adam(module.parameters(), lr=1e-3, fused=True)
        for rows in torch.randperm(len(y)).split(network.batch_size):
            optimizer.zero_grad(set_to_none=True)
            functional.cross_entropy(module(X[rows]), y[rows]).backward()
            optimizer.step()
        return module.eval()

    module = fit()

    def predict(samples):
        with torch.inference_mode():
            module(samples).softmax(dim=1).numpy()

    one = X[:1]
    return {
        "fit": fit,
        "predict 1": partial(_often, lambda: predict(one)),
        "predict all": lambda: predict(X),
    }


def jax_jobs(network, X, y):
    """Return the same jobs of JAX; None where it is not installed, or has no such network."""
    jobs = None if network.jax_jobs is None else network.jax_jobs(X, y, network.batch_size)
    if jobs is None:
        return None
    fit, predict_one, predict_all = jobs
    return {"fit": fit, "predict 1": partial(_often, predict_one), "predict all": predict_all}


def _places(network):
    """Return where PyTorch has each axis of a sample."""
    return [1 + network.axes.index(axis) for axis in range(len(network.axes))]


#: The libraries in the order of the columns.
PEERS = "skdeep", "torch", "jax"
#: Predictions of one sample that are timed together.
OFTEN = 50


def _often(job):
    for _ in range(OFTEN):
        job()


def run(table, dtype, repeats, say, patience=0.0):
    """Measure and print; return the rows."""
    heading = "".join(f"{name:>10}" for name in (*PEERS, *(f"/ {name}" for name in PEERS[1:])))
    say(f"{'':<44}{heading}")
    rows = []
    for network in table:
        X, y = make_data(network, dtype)
        makers = our_jobs, torch_jobs, jax_jobs
        peers = {
            name: found
            for name, make in zip(PEERS, makers, strict=True)
            if (found := make(network, X, y)) is not None
        }
        for work in peers["skdeep"]:
            jobs = {name: each[work] for name, each in peers.items()}
            for each in jobs.values():
                each()
            times, crowd = interleaved(jobs, repeats, patience)
            calls = OFTEN if work == "predict 1" else 1
            middle = {name: seconds / calls for name, seconds in medians(times).items()}
            shown = [report.format_seconds(middle.get(name)) for name in PEERS]
            shown += [
                f"{middle[name] / middle['skdeep']:.2f}x" if name in middle else "-"
                for name in PEERS[1:]
            ]
            busy = " !" if (crowd or 0) > report.CROWDED else ""
            say(f"{f'{work} {network.name}':<44}" + "".join(f"{s:>10}" for s in shown) + busy)
            row = {"network": network.name, "work": work, "dtype": dtype, "others": crowd}
            rows.append({**row, **{f"{name}_s": middle.get(name) for name in PEERS}})
    return rows


def main(arguments=None):
    """Run the benchmark from the command line; return its rows."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.images", description=__doc__)
    add_options(parser)
    options = parser.parse_args(arguments)
    repeats = repeats_of(options)
    say = report.Log(f"Networks of images, {options.dtype}, medians of {repeats}")
    table = [network for network in TABLE if options.shapes in network.name]
    rows = run(table, options.dtype, repeats, say, options.patience)
    for line in report.machine_lines([]):
        say(line)
    say.close(options.output / "images.txt")
    report.write_rows(options.output / "images.csv", rows)
    return rows


if __name__ == "__main__":
    main()
