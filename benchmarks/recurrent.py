"""Recurrent layers beside PyTorch's: epochs of training, and the prediction of one sequence.

Float32, Adam, the squared error of one output that reads the state after the last step. Both take
the batches of an epoch in a random order; PyTorch runs as its users write it, with the fused form
of Adam.
"""

import argparse
import importlib
import warnings
from functools import partial

import numpy as np
from sklearn.exceptions import ConvergenceWarning

import skdeep.layers
from benchmarks import report
from benchmarks.cpu import add_options, repeats_of
from benchmarks.timing import interleaved, medians
from skdeep import NetworkRegressor

#: Layer, units, steps, channels, sequences of an epoch, and of a batch.
TABLE = (
    ("LSTM", 64, 32, 8, 5000, 64),
    ("GRU", 64, 32, 8, 5000, 64),
    ("SimpleRNN", 64, 32, 8, 5000, 64),
    ("LSTM", 256, 64, 32, 640, 64),
)
#: Sequences that are predicted one by one in a job.
CALLS = 100
MODULES = {"SimpleRNN": "RNN"}


def make_data(steps, channels, n_samples):
    """Return sequences of normal numbers, and the first number of each."""
    X = np.random.default_rng(0).standard_normal((n_samples, steps, channels), dtype=np.float32)
    return X, X[:, 0, 0].copy()


class OurPeer:
    """`NetworkRegressor` of some layers."""

    def __init__(self, layers, batch, n_threads=None):
        self.make = partial(
            NetworkRegressor,
            layers,
            batch_size=batch,
            n_threads=n_threads,
            random_state=0,
        )

    def fit(self, data, n_epochs):
        """Train for some epochs; return the network."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            return self.make(max_iter=n_epochs, n_iter_no_change=n_epochs).fit(*data)

    def predictor(self, data):
        """Return a function that predicts sequences."""
        return self.fit(data, 1).predict


class TorchPeer:
    """The module of PyTorch with a linear layer behind it."""

    def __init__(self, layer, units, batch):
        self.torch = importlib.import_module("torch")
        self.layer, self.units, self.batch = layer, units, batch

    def _modules(self, shape):
        """Return what makes vectors of sequences of a shape, and the linear layer behind it."""
        nn = self.torch.nn
        make = getattr(nn, MODULES.get(self.layer, self.layer))
        recurrent = make(shape[1], self.units, batch_first=True)

        class LastState(nn.Module):
            def __init__(self):
                super().__init__()
                self.recurrent = recurrent

            def forward(self, x):
                return self.recurrent(x)[0][:, -1]

        return LastState(), nn.Linear(self.units, 1)

    def fit(self, data, n_epochs):
        """Train for some epochs; return the modules."""
        torch, (X, y) = self.torch, map(self.torch.from_numpy, data)
        torch.manual_seed(0)
        body, linear = self._modules(X.shape[1:])
        parameters = [*body.parameters(), *linear.parameters()]
        optimizer = torch.optim.Adam(parameters, fused=True)
        for _ in range(n_epochs):
            for rows in torch.randperm(len(X)).split(self.batch):
                optimizer.zero_grad(set_to_none=True)
                out = linear(body(X[rows]))[:, 0]
                (0.5 * torch.nn.functional.mse_loss(out, y[rows])).backward()
                optimizer.step()
        return body, linear

    def predictor(self, data):
        """Return a function that predicts sequences."""
        torch, (body, linear) = self.torch, self.fit(data, 1)

        def predict(X):
            with torch.inference_mode():
                return linear(body(torch.from_numpy(X))).numpy()

        return predict


def make_peers(layer, units, batch):
    """Return the peers that can be imported, skdeep first."""
    peers = {"skdeep": OurPeer([getattr(skdeep.layers, layer)(units)], batch)}
    try:
        peers["torch"] = TorchPeer(layer, units, batch)
    except ImportError:
        pass
    return peers


def measure(data, peers, n_epochs, repeats, patience=0.0, calls=CALLS):
    """Return seconds of an epoch, and of a prediction, of every peer, and the cores of others."""
    predictors = {name: peer.predictor(data) for name, peer in peers.items()}

    def predict(name):
        for row in range(calls):
            predictors[name](data[0][row % len(data[0])][None])

    few = {(name, 1): partial(peer.fit, data, 1) for name, peer in peers.items()}
    many = {(name, 0): partial(peer.fit, data, 1 + n_epochs) for name, peer in peers.items()}
    single = {(name, 2): partial(predict, name) for name in peers}
    for job in (*few.values(), *single.values()):
        job()
    times, crowd = interleaved({**few, **many, **single}, repeats, patience)
    middle = medians(times)
    epochs = {name: (middle[name, 0] - middle[name, 1]) / n_epochs for name in peers}
    return epochs, {name: middle[name, 2] / calls for name in peers}, crowd


def tell(say, name, works, found, crowd):
    """Print what `measure` found of a network; return the rows."""
    rows = []
    for work, seconds in zip(works, found, strict=True):
        row = {"layer": name, "work": work, "others": crowd}
        row |= {f"{peer}_s": value for peer, value in seconds.items()}
        if "torch" in seconds:
            row["ratio"] = seconds["torch"] / seconds["skdeep"]
        shown = "".join(f"{report.format_seconds(t):>10}" for t in seconds.values())
        ratio = f"{row['ratio']:>7.2f}x" if "ratio" in row else ""
        busy = " !" if (crowd or 0) > report.CROWDED else ""
        say(f"{name:<22}{work:<24}{shown}{ratio}{busy}")
        rows.append(row)
    return rows


def run(table, n_epochs, repeats, say, patience=0.0, calls=CALLS):
    """Measure and print; return the rows."""
    say(f"{'':<36}{'skdeep':>10}{'torch':>10}{'ratio':>8}")
    rows = []
    for layer, units, steps, channels, n_samples, batch in table:
        data, peers = make_data(steps, channels, n_samples), make_peers(layer, units, batch)
        *found, crowd = measure(data, peers, n_epochs, repeats, patience, calls)
        name = f"{layer}({units}), {steps} x {channels}"
        works = f"epoch of {n_samples}, batch {batch}", "one sequence"
        rows += tell(say, name, works, found, crowd)
    return rows


def main(arguments=None):
    """Run the benchmark from the command line; return its rows."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.recurrent", description=__doc__)
    add_options(parser)
    options = parser.parse_args(arguments)
    repeats = repeats_of(options)
    say = report.Log(f"Recurrent layers, medians of {repeats}")
    rows = run(TABLE, 3, repeats, say, options.patience)
    say.close(options.output / "recurrent.txt")
    report.write_rows(options.output / "recurrent.csv", rows)
    return rows


if __name__ == "__main__":
    main()
