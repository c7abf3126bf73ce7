"""Classify the nodes of a graph with few labels
=============================================

A node of a graph is often like its neighbours. A graph convolutional network lets nodes read their
neighbours, so that few labels tell of many nodes.

Run it with ``python examples/graph_labels.py``; it takes some seconds and draws graph_labels.png.

- Three communities of a random graph, the stochastic block model. The features say nothing: each
  node has one of its own. All is in the edges, and three nodes have a label.
- The digits, each joined to the ten that are most like it. One digit of each kind has a label, or
  five have, beside a network that sees the labelled digits alone.

Look at the accuracies on the nodes without labels.
"""

import argparse
import warnings
from pathlib import Path

import numpy as np
from scipy.sparse import csr_array
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning
from sklearn.neighbors import kneighbors_graph

from skdeep import GraphConvClassifier, MLPClassifier
from skdeep.layers import GraphConv


def make_network(max_iter, seed):
    """Return a network of two layers that uses all of its epochs."""
    options = {"max_iter": max_iter, "n_iter_no_change": max_iter, "random_state": seed}
    return GraphConvClassifier([GraphConv(64, dropout=0.5)], **options)


def choose(y, n_each, seed):
    """Return labels of so many nodes of each class, and -1 for all others."""
    rng, few = np.random.default_rng(seed), np.full(len(y), -1)
    for label in np.unique(y):
        chosen = rng.choice(np.flatnonzero(y == label), n_each, replace=False)
        few[chosen] = label
    return few


# %%
# Communities: nodes of one are joined with a probability of 0.1, others with a probability of 0.01.


def communities(max_iter):
    """Return the accuracy on a stochastic block model with one label for each community."""
    rng, y = np.random.default_rng(0), np.arange(300) % 3
    probabilities = np.where(y[:, np.newaxis] == y, 0.1, 0.01)
    edges = np.triu(rng.random((300, 300)) < probabilities, 1)
    few, X = choose(y, 1, seed=0), np.eye(300)
    network = make_network(max_iter, 0).fit(X, few, adjacency=csr_array(edges.astype(float)))
    accuracy = network.score(X, np.where(few == -1, y, -1))
    print(f"communities, 3 labels: {accuracy:.3f} of the nodes without one\n")
    return accuracy


# %%
# Digits: the graph is made of the features, and joins all of them.


def digits(X, y, graph, max_iter, seeds):
    """Return the accuracies with 10 and 50 labels, without the graph and with it."""
    found = {}
    for n_each in (1, 5):
        scores = []
        for seed in seeds:
            few = choose(y, n_each, seed)
            known = few != -1
            network = MLPClassifier((64,), solver="lbfgs", max_iter=500, random_state=seed)
            scores.append([network.fit(X[known], y[known]).score(X[~known], y[~known])])
            model = make_network(max_iter, seed).fit(X, few, adjacency=graph)
            scores[-1].append(model.score(X, np.where(known, -1, y)))
        found[10 * n_each] = np.mean(scores, axis=0)
        print(f"{10 * n_each:<9}{found[10 * n_each][0]:<16.3f}{found[10 * n_each][1]:.3f}")
    return found, model


# %%
# The conclusion and the picture.


def conclude(claim, holds):
    """Print a claim with what the numbers above say of it."""
    print(f"{'holds' if holds else 'DOES NOT HOLD HERE'}: {claim}")


def draw(path, X, y, model):
    """Draw two components of the digits, and of what the hidden layer makes of them."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        print("matplotlib is not installed: no picture (pip install matplotlib)")
        return
    figure = Figure(figsize=(9, 4.2), layout="constrained")
    axes = figure.subplots(1, 2)
    features = {"the digits": X, "features of the nodes, from 50 labels": model.transform(X)}
    for ax, (title, values) in zip(axes, features.items(), strict=True):
        points = ax.scatter(*PCA(2).fit_transform(values).T, c=y, cmap="tab10", s=6)
        ax.set(title=title, xticks=[], yticks=[])
    figure.colorbar(points, ax=axes, ticks=range(10))
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    print(f"\nwrote the nodes to {path}")


def main(arguments=None):
    """Train networks on few labels, with graphs and without."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument(
        "--output", type=Path, default=Path("graph_labels.png"), help="path of the picture"
    )
    parser.add_argument("--quick", action="store_true", help="less training, fewer networks")
    options = parser.parse_args(arguments)
    max_iter, seeds = (100, range(2)) if options.quick else (200, range(5))
    warnings.simplefilter("ignore", ConvergenceWarning)  # all epochs are used

    accuracy = communities(max_iter)
    X, y = load_digits(return_X_y=True)
    X = X / 16
    print("labels   without graph   with graph")
    found, model = digits(X, y, kneighbors_graph(X, 10), max_iter, seeds)
    print()
    conclude("edges alone tell the communities", accuracy > 0.9)
    for n_labels, (without, with_graph) in found.items():
        conclude(f"the graph helps with {n_labels} labels", with_graph > without + 0.1)
    draw(options.output, X, y, model)


if __name__ == "__main__":
    main()
