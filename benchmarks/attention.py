"""A block of a transformer beside PyTorch's: epochs of training, and predictions of one sequence.

Self-attention, then a network of two layers for every step, each added to what it reads, and a
linear layer of all steps. Float32, Adam, the squared error of one output. PyTorch runs as its users
write it, with `MultiheadAttention` and the fused form of Adam.
"""

import argparse

from benchmarks import report
from benchmarks.cpu import add_options, repeats_of
from benchmarks.recurrent import CALLS, OurPeer, TorchPeer, make_data, measure, tell
from skdeep.layers import Conv1D, Flatten, Residual, SelfAttention

#: Steps, width, heads, sequences of an epoch, and of a batch.
TABLE = ((32, 64, 4, 2048, 64), (128, 64, 4, 512, 64), (32, 256, 8, 1024, 64))


def make_layers(width, heads):
    """Return the layers of a block, with the steps side by side behind them."""
    steps = [Conv1D(2 * width, 1), Conv1D(width, 1, activation="identity")]
    return [Residual([SelfAttention(heads)]), Residual(steps), Flatten()]


class TorchBlock(TorchPeer):
    """`MultiheadAttention` and linear layers."""

    def _modules(self, shape):
        torch, nn = self.torch, self.torch.nn
        width, heads = shape[-1], self.units

        class Block(nn.Module):
            def __init__(self):
                super().__init__()
                self.attention = nn.MultiheadAttention(width, heads, batch_first=True)
                self.steps = nn.Sequential(
                    nn.Linear(width, 2 * width), nn.ReLU(), nn.Linear(2 * width, width)
                )

            def forward(self, x):
                x = x + self.attention(x, x, x, need_weights=False)[0]
                return torch.flatten(x + self.steps(x), 1)

        return Block(), nn.Linear(shape[0] * width, 1)


def make_peers(width, heads, batch):
    """Return the peers that can be imported, skdeep first."""
    peers = {"skdeep": OurPeer(make_layers(width, heads), batch)}
    try:
        peers["torch"] = TorchBlock("Block", heads, batch)
    except ImportError:
        pass
    return peers


def run(table, n_epochs, repeats, say, patience=0.0, calls=CALLS):
    """Measure and print; return the rows."""
    say(f"{'':<46}{'skdeep':>10}{'torch':>10}{'ratio':>8}")
    rows = []
    for steps, width, heads, n_samples, batch in table:
        data, peers = make_data(steps, width, n_samples), make_peers(width, heads, batch)
        *found, crowd = measure(data, peers, n_epochs, repeats, patience, calls)
        works = f"epoch of {n_samples}, batch {batch}", "one sequence"
        rows += tell(say, f"{steps} x {width}, {heads} heads", works, found, crowd)
    return rows


def main(arguments=None):
    """Run the benchmark from the command line; return its rows."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.attention", description=__doc__)
    add_options(parser)
    options = parser.parse_args(arguments)
    repeats = repeats_of(options)
    say = report.Log(f"A block of a transformer, medians of {repeats}")
    rows = run(TABLE, 3, repeats, say, options.patience)
    say.close(options.output / "attention.txt")
    report.write_rows(options.output / "attention.csv", rows)
    return rows


if __name__ == "__main__":
    main()
