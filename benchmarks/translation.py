"""`SequenceToSequence` beside PyTorch's transformer: epochs of training, and one prediction.

Digits are to be sorted. Both have the same layers, with normalisation before each part, and Adam
in float32. PyTorch runs as its users write it, with `TransformerEncoder`, `TransformerDecoder` and
the fused form of Adam; its greedy search, as skdeep's, encodes once and decodes all tokens so far
at each step.
"""

import argparse
import importlib
import warnings
from functools import partial

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from benchmarks import report
from benchmarks.cpu import add_options, repeats_of
from benchmarks.recurrent import measure, tell
from skdeep import SequenceToSequence

#: Digits, channels, hidden units, blocks, sequences of an epoch, and of a batch.
TABLE = ((12, 32, 64, 1, 4000, 64), (12, 64, 128, 2, 2000, 64), (40, 64, 128, 2, 500, 64))
HEADS, N_DIGITS = 4, 10
#: Sequences that are predicted one by one in a job.
CALLS = 20


def make_data(length, n_samples):
    """Return sequences of digits, and the same in their order."""
    X = np.random.default_rng(0).integers(N_DIGITS, size=(n_samples, length))
    return X, np.sort(X, axis=1)


class OurPeer:
    """`SequenceToSequence`."""

    def __init__(self, dim, units, blocks, batch):
        self.make = partial(
            SequenceToSequence,
            dim,
            HEADS,
            units=units,
            n_encoder_layers=blocks,
            n_decoder_layers=blocks,
            batch_size=batch,
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
    """The layers of PyTorch."""

    def __init__(self, dim, units, blocks, batch):
        self.torch = importlib.import_module("torch")
        self.dim, self.blocks, self.batch = dim, blocks, batch
        self.options = {"nhead": HEADS, "dim_feedforward": units, "dropout": 0.0}
        self.options |= {"batch_first": True, "norm_first": True}

    def _modules(self, length):
        """Return the encoder, and the decoder with its outputs, as functions, and parameters."""
        torch, nn = self.torch, self.torch.nn
        source, target = nn.Embedding(N_DIGITS, self.dim), nn.Embedding(N_DIGITS + 1, self.dim)
        angles = torch.arange(length + 1)[:, None] / 10_000 ** torch.linspace(0, 1, self.dim)
        positions = torch.where(torch.arange(self.dim) % 2 == 0, angles.sin(), angles.cos())
        layer = nn.TransformerEncoderLayer(self.dim, **self.options)
        arguments = layer, self.blocks, nn.LayerNorm(self.dim)
        encoder = nn.TransformerEncoder(*arguments, enable_nested_tensor=False)
        layer = nn.TransformerDecoderLayer(self.dim, **self.options)
        decoder = nn.TransformerDecoder(layer, self.blocks, nn.LayerNorm(self.dim))
        outputs = nn.Linear(self.dim, N_DIGITS + 1)
        later = nn.Transformer.generate_square_subsequent_mask(length + 1)

        def encode(x):
            return encoder(source(x) + positions[:length])

        def decode(memory, y):
            n = y.shape[1]
            options = {"tgt_mask": later[:n, :n], "tgt_is_causal": True}
            return outputs(decoder(target(y) + positions[:n], memory, **options))

        return encode, decode, nn.ModuleList([source, target, encoder, decoder, outputs])

    def fit(self, data, n_epochs):
        """Train for some epochs; return the encoder and the decoder."""
        torch, (X, y) = self.torch, map(self.torch.from_numpy, data)
        torch.manual_seed(0)
        encode, decode, modules = self._modules(X.shape[1])
        optimizer = torch.optim.Adam(modules.parameters(), fused=True)
        ends = torch.zeros((len(X), 1), dtype=torch.long)
        before, wanted = torch.hstack([ends, y + 1]), torch.hstack([y + 1, ends])
        for _ in range(n_epochs):
            for rows in torch.randperm(len(X)).split(self.batch):
                optimizer.zero_grad(set_to_none=True)
                out = decode(encode(X[rows]), before[rows])
                torch.nn.functional.cross_entropy(out.mT, wanted[rows]).backward()
                optimizer.step()
        modules.eval()
        return encode, decode

    def predictor(self, data):
        """Return a function that predicts sequences."""
        torch, (encode, decode) = self.torch, self.fit(data, 1)
        length = data[0].shape[1]

        def predict(X):
            with torch.inference_mode():
                memory, codes = encode(torch.from_numpy(X)), torch.zeros((len(X), 1)).long()
                for _ in range(length):
                    new = decode(memory, codes)[:, -1].argmax(dim=1)
                    codes = torch.hstack([codes, new[:, None]])
                    if not new.any():
                        break
                return codes[:, 1:].numpy()

        return predict


def make_peers(*sizes):
    """Return the peers that can be imported, skdeep first."""
    peers = {"skdeep": OurPeer(*sizes)}
    try:
        peers["torch"] = TorchPeer(*sizes)
    except ImportError:
        pass
    return peers


def run(table, n_epochs, repeats, say, patience=0.0, calls=CALLS):
    """Measure and print; return the rows."""
    say(f"{'':<46}{'skdeep':>10}{'torch':>10}{'ratio':>8}")
    rows = []
    for length, dim, units, blocks, n_samples, batch in table:
        data, peers = make_data(length, n_samples), make_peers(dim, units, blocks, batch)
        *found, crowd = measure(data, peers, n_epochs, repeats, patience, calls)
        works = f"epoch of {n_samples}, batch {batch}", "one sequence"
        rows += tell(say, f"{length} x {dim}, {blocks} blocks", works, found, crowd)
    return rows


def main(arguments=None):
    """Run the benchmark from the command line; return its rows."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.translation", description=__doc__)
    add_options(parser)
    options = parser.parse_args(arguments)
    repeats = repeats_of(options)
    say = report.Log(f"Transformers of sequences, medians of {repeats}")
    rows = run(TABLE, 3, repeats, say, options.patience)
    say.close(options.output / "translation.txt")
    report.write_rows(options.output / "translation.csv", rows)
    return rows


if __name__ == "__main__":
    main()
