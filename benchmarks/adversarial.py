"""Generative adversarial networks beside PyTorch's: epochs of training.

Float32, Adam with the same rates, dense layers with ReLU, the non-saturating loss, one update of
the discriminator for each of the generator. PyTorch runs as its users write it, with the fused form
of Adam and one backward pass for each network.
"""

import argparse
import importlib
from functools import partial

import numpy as np

from benchmarks import report
from benchmarks.cpu import add_options, repeats_of
from benchmarks.recurrent import tell
from benchmarks.timing import interleaved, medians
from skdeep import GenerativeAdversarialNetwork
from skdeep.layers import Dense

#: Latent numbers, units of both hidden layers on either side, features, samples, batch.
TABLE = ((8, 64, 2, 2048, 64), (16, 128, 64, 2048, 64), (64, 512, 784, 2048, 128))
BETA_1, RATE = 0.5, 0.001


class OurPeer:
    """`GenerativeAdversarialNetwork`."""

    def __init__(self, latent, units, batch):
        layers = [Dense(units), Dense(units)]
        options = {"latent_size": latent, "batch_size": batch, "n_iter_collapse": np.inf}
        self.make = partial(GenerativeAdversarialNetwork, layers, layers, **options, random_state=0)

    def fit(self, X, n_epochs):
        """Train for some epochs."""
        return self.make(max_iter=n_epochs).fit(X)


class TorchPeer:
    """Two modules of PyTorch."""

    def __init__(self, latent, units, batch):
        self.torch = importlib.import_module("torch")
        self.latent, self.units, self.batch = latent, units, batch

    def _module(self, n_inputs, n_outputs):
        nn = self.torch.nn
        module = nn.Sequential(
            nn.Linear(n_inputs, self.units),
            nn.ReLU(),
            nn.Linear(self.units, self.units),
            nn.ReLU(),
            nn.Linear(self.units, n_outputs),
        )
        options = {"lr": RATE, "betas": (BETA_1, 0.999), "fused": True}
        return module, self.torch.optim.Adam(module.parameters(), **options)

    def fit(self, X, n_epochs):
        """Train for some epochs."""
        torch, X = self.torch, self.torch.from_numpy(X)
        torch.manual_seed(0)
        loss = torch.nn.functional.binary_cross_entropy_with_logits
        generator, of_generator = self._module(self.latent, X.shape[1])
        discriminator, of_discriminator = self._module(X.shape[1], 1)
        for _ in range(n_epochs):
            for rows in torch.randperm(len(X)).split(self.batch):
                real = X[rows]
                ones, zeros = torch.ones(len(rows), 1), torch.zeros(len(rows), 1)
                with torch.no_grad():
                    made = generator(torch.randn(len(rows), self.latent))
                of_discriminator.zero_grad(set_to_none=True)
                found = discriminator(torch.cat([real, made]))
                loss(found, torch.cat([ones, zeros])).backward()
                of_discriminator.step()
                of_generator.zero_grad(set_to_none=True)
                made = generator(torch.randn(len(rows), self.latent))
                loss(discriminator(made), ones).backward()
                of_generator.step()
        return generator, discriminator


def make_peers(latent, units, batch):
    """Return the peers that can be imported, skdeep first."""
    peers = {"skdeep": OurPeer(latent, units, batch)}
    try:
        peers["torch"] = TorchPeer(latent, units, batch)
    except ImportError:
        pass
    return peers


def run(table, n_epochs, repeats, say, patience=0.0):
    """Measure and print; return the rows."""
    say(f"{'':<46}{'skdeep':>10}{'torch':>10}{'ratio':>8}")
    rows = []
    for latent, units, n_features, n_samples, batch in table:
        X = np.random.default_rng(0).standard_normal((n_samples, n_features), dtype=np.float32)
        peers = make_peers(latent, units, batch)
        few = {(name, 1): partial(peer.fit, X, 1) for name, peer in peers.items()}
        many = {(name, 0): partial(peer.fit, X, 1 + n_epochs) for name, peer in peers.items()}
        for job in few.values():
            job()
        times, crowd = interleaved({**few, **many}, repeats, patience)
        middle = medians(times)
        epochs = {name: (middle[name, 0] - middle[name, 1]) / n_epochs for name in peers}
        name = f"{latent}-({units}, {units})-{n_features}"
        rows += tell(say, name, [f"epoch of {n_samples}, batch {batch}"], [epochs], crowd)
    return rows


def main(arguments=None):
    """Run the benchmark from the command line; return its rows."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.adversarial", description=__doc__)
    add_options(parser)
    options = parser.parse_args(arguments)
    repeats = repeats_of(options)
    say = report.Log(f"Adversarial networks, medians of {repeats}")
    rows = run(TABLE, 10, repeats, say, options.patience)
    say.close(options.output / "adversarial.txt")
    report.write_rows(options.output / "adversarial.csv", rows)
    return rows


if __name__ == "__main__":
    main()
