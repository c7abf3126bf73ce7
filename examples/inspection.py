"""Inspect a network with displays and feature importances
=======================================================

scikit-learn's displays and importances, and skdeep's own, on one network.

Run it with ``python examples/inspection.py``; it takes some seconds and draws inspection.png. A
network learns which of three cultivars a wine is made of, from 13 chemical measurements, in a
pipeline that standardises them. All that scikit-learn has to look at a model works on it:

- ``LearningCurveDisplay``: would more samples help?
- ``ValidationCurveDisplay``: how strong should the weight decay (``alpha``) be?
- ``permutation_importance``: which measurements does the network rely on?
- ``partial_dependence``: what does the most important one do, all others as they are?
- ``DecisionBoundaryDisplay``: where is the border between the classes, as two measurements see it?

`skdeep.displays` adds what only networks have: the course of the losses, the weights by the names
of what they read, and the architecture, which also prints as text.
"""

import argparse
import warnings
from pathlib import Path

import numpy as np
from sklearn.datasets import load_wine
from sklearn.exceptions import ConvergenceWarning
from sklearn.inspection import DecisionBoundaryDisplay, partial_dependence, permutation_importance
from sklearn.model_selection import (
    LearningCurveDisplay,
    ValidationCurveDisplay,
    learning_curve,
    train_test_split,
    validation_curve,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdeep import MLPClassifier
from skdeep.displays import LossCurveDisplay, NetworkDisplay, WeightsDisplay, describe_network

NAMES = np.array(load_wine().feature_names)
SIZES = np.array([0.1, 0.2, 0.4, 0.7, 1.0])
ALPHAS = np.array([1e-3, 1e-1, 1.0, 10.0, 100.0])
NO_PICTURE = "matplotlib is not installed: no picture (pip install matplotlib)"


def make_network(**parameters):
    """Return a small network behind a scaler."""
    parameters = {"max_iter": 100, "random_state": 0, **parameters}
    return make_pipeline(
        StandardScaler(), MLPClassifier((8,), learning_rate_init=0.01, **parameters)
    )


def curves(X, y, n_splits):
    """Return the scores by the number of samples, and by the weight decay; print them.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
    y : ndarray of shape (n_samples,)
    n_splits : int
        Of the cross-validation.

    Returns
    -------
    best : float
        Weight decay of the best score.
    learning : LearningCurveDisplay
    validation : ValidationCurveDisplay
        Not drawn yet.
    """
    sizes, *scores = learning_curve(
        make_network(), X, y, train_sizes=SIZES, cv=n_splits, shuffle=True, random_state=0
    )
    learning = dict(zip(("train_scores", "test_scores"), scores, strict=True))
    print("\nsamples   accuracy on them   on others")
    for size, inside, outside in zip(sizes, *(s.mean(axis=1) for s in scores), strict=True):
        print(f"{size:<10}{inside:<19.3f}{outside:.3f}")
    scores = validation_curve(
        make_network(), X, y, param_name="mlpclassifier__alpha", param_range=ALPHAS, cv=n_splits
    )
    validation = dict(zip(("train_scores", "test_scores"), scores, strict=True))
    print("\nalpha     accuracy on them   on others")
    for alpha, inside, outside in zip(ALPHAS, *(s.mean(axis=1) for s in scores), strict=True):
        print(f"{alpha:<10g}{inside:<19.3f}{outside:.3f}")
    best = ALPHAS[scores[1].mean(axis=1).argmax()]
    print(f"the best weight decay of these is {best:g}")
    return (
        best,
        LearningCurveDisplay(train_sizes=sizes, **learning, score_name="accuracy"),
        ValidationCurveDisplay(
            param_name="alpha", param_range=ALPHAS, **validation, score_name="accuracy"
        ),
    )


def importances(network, X, y, n_repeats):
    """Print what the accuracy loses without each of the most important features; return them.

    Returns
    -------
    order : ndarray of shape (n_features,)
        Features, the most important first.
    losses : ndarray of shape (n_features, n_repeats)
        What shuffling them costs, in that order.
    """
    result = permutation_importance(network, X, y, n_repeats=n_repeats, random_state=0, n_jobs=1)
    order = np.argsort(-result.importances_mean)
    print("\nfeature                   accuracy lost when shuffled")
    for i in order[:5]:
        print(f"{NAMES[i]:<26}{result.importances_mean[i]:.3f}")
    return order, result.importances[order]


def draw(path, network, displays, important, boundary):
    """Draw everything."""
    try:
        import matplotlib

        matplotlib.use("Agg")
        from matplotlib import pyplot as plt
    except ImportError:
        print(NO_PICTURE)
        return
    (order, losses), (pair, X_pair, y, dependence) = important, boundary
    names = NAMES[order]
    figure, axes = plt.subplots(2, 4, figsize=(21, 9), layout="constrained")
    LossCurveDisplay.from_estimator(network, ax=axes[0, 0], log_scale=True)
    WeightsDisplay.from_estimator(network, ax=axes[0, 1], input_names=NAMES, max_inputs=12)
    displays[0].plot(ax=axes[0, 2])
    displays[1].plot(ax=axes[0, 3])
    axes[0, 3].set_xscale("log")
    axes[1, 0].barh(names[:10], losses[:10].mean(axis=1), xerr=losses[:10].std(axis=1))
    axes[1, 0].invert_yaxis()
    axes[1, 0].set(title="permutation importance", xlabel="accuracy lost")
    for cultivar, line in enumerate(dependence[1]):
        axes[1, 1].plot(dependence[0], line, label=f"cultivar {cultivar}")
    axes[1, 1].legend()
    axes[1, 1].set(title="partial dependence", xlabel=names[0], ylabel="mean probability")
    shown = DecisionBoundaryDisplay.from_estimator(
        pair, X_pair, ax=axes[1, 2], response_method="predict", alpha=0.4
    )
    shown.ax_.scatter(*X_pair.T, c=y, edgecolor="black", s=18)
    shown.ax_.set(title="decision boundary", xlabel=names[0], ylabel=names[1])
    NetworkDisplay.from_estimator(network, ax=axes[1, 3], kind="neurons", max_units=10)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=80)
    plt.close(figure)
    print(f"\nwrote eight pictures of the network to {path}")


def main(arguments=None):
    """Look at a network from all sides."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument(
        "--output", type=Path, default=Path("inspection.png"), help="path of the picture"
    )
    parser.add_argument("--quick", action="store_true", help="fewer splits and repetitions")
    options = parser.parse_args(arguments)
    warnings.simplefilter("ignore", ConvergenceWarning)  # 100 epochs are enough here
    X, y = load_wine(return_X_y=True)
    X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)
    best, *displays = curves(X_train, y_train, 2 if options.quick else 4)
    network = make_network(alpha=best)
    seen = StandardScaler().fit(X_train).transform(X_test)  # as the network will see them
    network.fit(X_train, y_train, mlpclassifier__X_val=seen, mlpclassifier__y_val=y_test)
    print(f"\n{describe_network(network[-1])}")
    print(f"accuracy on other samples, with that weight decay: {network.score(X_test, y_test):.3f}")
    order, losses = importances(network, X_test, y_test, 5 if options.quick else 20)
    result = partial_dependence(network, X_train, [order[0]], grid_resolution=30)
    dependence = result["grid_values"][0], result["average"]
    low, high = dependence[1][:, [0, -1]].T
    cultivar = np.argmax(np.abs(high - low))  # the one that it tells most about
    first, second = NAMES[order[:2]]
    print(
        f"\n{first}, from lowest to highest: probability of cultivar {cultivar} from "
        f"{low[cultivar]:.2f} to {high[cultivar]:.2f}"
    )
    pair = make_network(alpha=best).fit(X_train[:, order[:2]], y_train)
    score = pair.score(X_test[:, order[:2]], y_test)
    print(f"a network that sees {first} and {second} alone: accuracy {score:.3f}")
    boundary = pair, X_train[:, order[:2]], y_train, dependence
    draw(options.output, network, displays, (order, losses), boundary)


if __name__ == "__main__":
    main()
