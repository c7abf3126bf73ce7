"""Classify texts with sparse features
===================================

Words make tens of thousands of features, nearly all of them 0 in any one text. They stay sparse all
the way through training, and a hidden layer reads what no linear model can: a negation.

Run it with ``python examples/sparse_text.py``; it takes some seconds and draws sparse_text.png. The
texts are made up: reviews of many words that say nothing, one word that praises or blames, and at
times, anywhere in the text, a word that turns it into its opposite.

- ``HashingVectorizer`` needs no vocabulary: it sends every word to one of 32768 columns, and makes
  a sparse matrix. It is never made dense; a product costs by the words that are there.
- Sparse and dense rows train to the same network. They only differ in memory and time.
- Whether "good" is praise depends on whether there is a "not" as well. A model without hidden layer
  adds up what single words are worth; it cannot say that, and is right in hardly more than half of
  the texts. Twenty hidden units can.

Look at the memory, and at the accuracies with and without negations in the texts.
"""

import argparse
import itertools
import time
import warnings
from pathlib import Path

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.pipeline import make_pipeline

from skdeep import MLPClassifier

PRAISE = ("good", "great", "lovely", "fine", "superb", "pleasant", "splendid", "delicious")
BLAME = ("bad", "awful", "bland", "poor", "dreadful", "stale", "horrid", "tasteless")
NEGATIONS = ("not", "never", "hardly")
SYLLABLES = ("ba", "ko", "ri", "mu", "te", "lan", "dor", "si", "vel", "pa", "nu", "gre")
MEGABYTE = 2**20


# %%
# The texts.


def make_texts(n_texts, share_negated, seed):
    """Return texts, and whether each of them praises.

    Parameters
    ----------
    n_texts : int
    share_negated : float
    seed : int

    Returns
    -------
    texts : list of str
    praises : ndarray of shape (n_texts,), bool
    """
    rng = np.random.default_rng(seed)
    other_words = np.array(["".join(word) for word in itertools.product(SYLLABLES, repeat=4)])
    chances = 1 / np.arange(10, 10 + len(other_words))  # few words are frequent, as in any language
    fillers = rng.choice(other_words, (n_texts, 20), p=chances / chances.sum())
    good, negated = rng.uniform(size=n_texts) < 0.5, rng.uniform(size=n_texts) < share_negated
    texts = []
    for filler, praise, negation in zip(fillers, good, negated, strict=True):
        words = [*filler, rng.choice(PRAISE if praise else BLAME)]
        if negation:
            words.append(rng.choice(NEGATIONS))
        rng.shuffle(words)
        texts.append(" ".join(words))
    return texts, good ^ negated


# %%
# The models: words to columns, columns to a network, with or without a hidden layer.


def make_model(hidden, max_iter=12):
    """Return a pipeline from texts to predictions."""
    columns = HashingVectorizer(n_features=2**15, alternate_sign=False, norm=None, dtype=np.float32)
    network = MLPClassifier(
        hidden,
        learning_rate_init=0.01,
        alpha=0.1,
        batch_size=100,
        max_iter=max_iter,
        random_state=0,
    )
    return make_pipeline(columns, network)


def compare(n_texts):
    """Fit with and without hidden layer, with and without negations; print the accuracies."""
    print("                   without negations   with negations in half of the texts")
    scores = {}
    for name, hidden in (("no hidden layer", ()), ("20 hidden units", (20,))):
        for share in (0.0, 0.5):
            model = make_model(hidden).fit(*make_texts(n_texts, share, seed=0))
            scores[name, share] = model.score(*make_texts(3000, share, seed=1))
        print(f"{name:<19}{scores[name, 0.0]:<20.3f}{scores[name, 0.5]:.3f}")
    return scores


def sparse_and_dense(n_texts):
    """Train on the same rows, sparse and dense; print and return what differs.

    Parameters
    ----------
    n_texts : int

    Returns
    -------
    sizes, seconds : dict of str to float
        Megabytes of the rows, and time of training.
    difference : float
        Largest difference of two weights.
    """
    texts, praises = make_texts(n_texts, 0.5, seed=2)
    model = make_model((20,), max_iter=3)
    columns, network = model
    rows = columns.transform(texts)
    kinds = {"sparse": rows, "dense": rows.toarray()}
    sizes = {
        "sparse": (rows.data.nbytes + rows.indices.nbytes + rows.indptr.nbytes) / MEGABYTE,
        "dense": kinds["dense"].nbytes / MEGABYTE,
    }
    seconds, weights = {}, {}
    for kind, X in kinds.items():
        network.fit(X[:200], praises[:200])  # what is compiled or loaded is no part of the times
        start = time.perf_counter()
        network.fit(X, praises)
        seconds[kind], weights[kind] = time.perf_counter() - start, network.coefs_[0].copy()
        print(f"{kind:<19}{sizes[kind]:>9.2f} MB   {seconds[kind]:.2f} s")
    return sizes, seconds, np.abs(weights["sparse"] - weights["dense"]).max()


# %%
# The conclusion and the picture.


def conclude(claim, holds):
    """Print a claim with what the numbers above say of it."""
    print(f"{'holds' if holds else 'DOES NOT HOLD HERE'}: {claim}")


def draw(path, scores, sizes, seconds):
    """Draw the accuracies, the memory and the times."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        print("matplotlib is not installed: no picture (pip install matplotlib)")
        return
    figure = Figure(figsize=(13, 3.8), layout="constrained")
    left, middle, right = figure.subplots(1, 3)
    names = list(dict.fromkeys(name for name, _ in scores))
    for shift, share, label in ((-0.2, 0.0, "without negations"), (0.2, 0.5, "with negations")):
        bars = left.bar(np.arange(2) + shift, [scores[n, share] for n in names], 0.4, label=label)
        left.bar_label(bars, fmt="%.2f")
    left.set(title="accuracy on other texts", xticks=range(2), xticklabels=names, ylim=(0, 1.25))
    left.legend(ncols=2)
    for ax, numbers, title in ((middle, sizes, "memory, MB"), (right, seconds, "training, s")):
        bars = ax.bar(list(numbers), list(numbers.values()), color="gray")
        ax.bar_label(bars, fmt="%.2f")
        ax.set(title=title, yscale="log")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    print(f"\nwrote accuracies, memory and times to {path}")


def main(arguments=None):
    """Read texts, with and without negations, sparse and dense."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument(
        "--output", type=Path, default=Path("sparse_text.png"), help="path of the picture"
    )
    parser.add_argument("--quick", action="store_true", help="fewer texts")
    options = parser.parse_args(arguments)
    n_texts = 3000 if options.quick else 8000
    warnings.simplefilter("ignore", ConvergenceWarning)  # a few epochs are enough

    print(f"accuracy after {n_texts} texts of 20 words and more\n")
    scores = compare(n_texts)
    n_rows = 300 if options.quick else 1000
    print(f"\nthree epochs on {n_rows} texts, 32768 columns")
    sizes, seconds, difference = sparse_and_dense(n_rows)
    print(f"largest difference of two weights: {difference:.1e}\n")
    linear, network = "no hidden layer", "20 hidden units"
    conclude("single words are enough without negations", scores[linear, 0.0] > 0.95)
    conclude("with them, a linear model is not far from guessing", scores[linear, 0.5] < 0.65)
    conclude("a hidden layer understands them", scores[network, 0.5] > 0.9)
    conclude("sparse rows take a hundredth of the memory", sizes["sparse"] < sizes["dense"] / 100)
    conclude("sparse and dense rows train to the same network", difference < 1e-3)
    draw(options.output, scores, sizes, seconds)


if __name__ == "__main__":
    main()
