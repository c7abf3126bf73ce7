"""Tune solvers with grid search and successive halving
====================================================

A grid search over solvers and their own parameters, and successive halving, which tries more and
trains less.

Run it with ``python examples/search.py``; it takes some seconds and draws search.png.

- An object is a string with parameters: ``solver=SGD()`` lets a search reach
  ``solver__momentum``, so that every solver is searched with what it has.
- ``GridSearchCV`` trains every candidate to the end.
- ``HalvingRandomSearchCV`` draws candidates, trains all of them for a few epochs
  (``resource="max_iter"``), keeps the best third, trains these three times as long, and so on. The
  cosine schedule is spread over ``max_iter`` epochs, so that a short training is a whole one too,
  with a rate that comes down at its end.
- Fits release the GIL: the candidates are trained in threads, without copies of the data.

Look at the epochs that both took, and at the accuracies on images that neither has seen.
"""

import argparse
import warnings
from pathlib import Path

import joblib
import numpy as np
from scipy.stats import loguniform
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.experimental import enable_halving_search_cv  # noqa: F401 (makes the next import work)
from sklearn.model_selection import GridSearchCV, HalvingRandomSearchCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdeep import MLPClassifier
from skdeep.solvers import SGD, Adam

FOLDS = 3


def make_pipeline_of(max_iter):
    """Return scaling and a network that uses all of its epochs."""
    network = MLPClassifier(
        learning_rate="cosine",
        batch_size=64,
        max_iter=max_iter,
        tol=0.0,
        n_iter_no_change=np.inf,
        random_state=0,
    )
    return make_pipeline(StandardScaler(), network)


# %%
# The two spaces. A grid is a list of dicts, one for each solver; a random search draws rates and
# penalties from all magnitudes alike.


def spaces():
    """Return what is searched: a grid of 24, and the distributions that it is a part of."""
    sizes = [(32,), (100,), (100, 100)]
    common = {"hidden_layer_sizes": sizes, "alpha": [1e-4, 1.0]}
    grid = [
        {**common, "solver": [Adam()], "solver__learning_rate_init": [0.001, 0.01]},
        {
            **common,
            "solver": [SGD()],
            "solver__learning_rate_init": [0.1],
            "solver__momentum": [0.0, 0.9],
        },
    ]
    common = {"hidden_layer_sizes": sizes, "alpha": loguniform(1e-5, 10)}
    distributions = [
        {**common, "solver": [Adam()], "solver__learning_rate_init": loguniform(1e-4, 0.1)},
        {
            **common,
            "solver": [SGD()],
            "solver__learning_rate_init": loguniform(1e-3, 1.0),
            "solver__momentum": [0.0, 0.5, 0.9],
        },
    ]
    return tuple(
        [{f"mlpclassifier__{name}": values for name, values in part.items()} for part in space]
        for space in (grid, distributions)
    )


def search_both(X, y, max_iter, n_candidates):
    """Search in both ways.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
    y : ndarray of shape (n_samples,)
    max_iter : int
        Epochs of a whole training.
    n_candidates : int
        Of the random search.

    Returns
    -------
    searches : dict of str to estimator
    epochs : dict of str to int
        Of all fits of the search together.
    """
    grid, distributions = spaces()
    searches = {
        "grid": GridSearchCV(make_pipeline_of(max_iter), grid, cv=FOLDS, n_jobs=2),
        "halving": HalvingRandomSearchCV(
            make_pipeline_of(max_iter),
            distributions,
            resource="mlpclassifier__max_iter",
            n_candidates=n_candidates,
            max_resources=max_iter,
            min_resources="exhaust",
            cv=FOLDS,
            n_jobs=2,
            random_state=0,
        ),
    }
    with joblib.parallel_config("threading"):
        for search in searches.values():
            search.fit(X, y)
    rounds = zip(searches["halving"].n_candidates_, searches["halving"].n_resources_, strict=True)
    epochs = {
        "grid": FOLDS * max_iter * len(searches["grid"].cv_results_["params"]),
        "halving": FOLDS * sum(n * resources for n, resources in rounds),
    }
    return searches, epochs


def report(searches, epochs, X, y):
    """Print what came out; return the accuracies on other images."""
    halving = searches["halving"]
    tried = {
        "grid": len(searches["grid"].cv_results_["params"]),
        "halving": halving.n_candidates_[0],
    }
    print(f"{'':<10}candidates   epochs   accuracy in the search   on other images")
    scores = {}
    for name, search in searches.items():
        scores[name] = search.score(X, y)
        print(
            f"{name:<10}{tried[name]:<13}{epochs[name]:<9}{search.best_score_:<25.4f}"
            f"{scores[name]:.4f}"
        )
    print("\nrounds of halving: ", end="")
    rounds = zip(halving.n_candidates_, halving.n_resources_, strict=True)
    print(", ".join(f"{n} for {epochs} epochs" for n, epochs in rounds))
    for name, search in searches.items():
        print(f"best of {name}:")
        for key, value in search.best_params_.items():
            value = f"{value:.2g}" if isinstance(value, float) else value
            print(f"    {key.split('__', 1)[1]}: {value}")
    return tried, scores


# %%
# The conclusion and the picture.


def conclude(claim, holds):
    """Print a claim with what the numbers above say of it."""
    print(f"{'holds' if holds else 'DOES NOT HOLD HERE'}: {claim}")


def draw(path, searches):
    """Draw the accuracies of all candidates, of halving round by round."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        print("matplotlib is not installed: no picture (pip install matplotlib)")
        return
    figure = Figure(figsize=(11, 4.2), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=(1, 2))
    left.plot(np.sort(searches["grid"].cv_results_["mean_test_score"]), "o")
    left.set(title="grid", xlabel="candidate, by accuracy", ylabel="accuracy in the search")
    results = searches["halving"].cv_results_
    paths = {}
    for parameters, epochs, score in zip(
        results["params"], results["n_resources"], results["mean_test_score"], strict=True
    ):
        kept = {key: value for key, value in parameters.items() if not key.endswith("max_iter")}
        paths.setdefault(str(kept), []).append((epochs, score))
    for points in sorted(paths.values(), key=len):
        right.plot(*zip(*points, strict=True), "o-", alpha=0.6)
    rounds = searches["halving"].n_resources_
    right.set(title="successive halving", xlabel="epochs", xticks=rounds)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    print(f"\nwrote the accuracies to {path}")


def main(arguments=None):
    """Search in both ways, and compare."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument(
        "--output", type=Path, default=Path("search.png"), help="path of the picture"
    )
    parser.add_argument("--quick", action="store_true", help="less training, fewer candidates")
    options = parser.parse_args(arguments)
    max_iter, n_candidates = (27, 27) if options.quick else (54, 54)
    warnings.simplefilter("ignore", ConvergenceWarning)  # the epochs are the resource

    X, y = load_digits(return_X_y=True)
    X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)
    searches, epochs = search_both(X_train, y_train, max_iter, n_candidates)
    tried, scores = report(searches, epochs, X_test, y_test)
    print()
    conclude(
        "halving tries more and trains less",
        tried["halving"] > tried["grid"] and epochs["halving"] < epochs["grid"],
    )
    conclude("what it finds is as good", scores["halving"] > scores["grid"] - 0.01)
    draw(options.output, searches)


if __name__ == "__main__":
    main()
