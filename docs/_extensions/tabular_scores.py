"""The figure of the estimators for tables, made of the tables of measurements on their page."""

import re
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

PAGE = Path(__file__).resolve().parents[1] / "tabular.md"
NAMES = "TabularClassifier, TabularRegressor", "HistGradientBoosting", "LightGBM"
COLOURS = "tab:blue", "dimgray", "tab:orange"


def measured():
    """Return what the page says of every table of the benchmark.

    Returns
    -------
    losses : dict of str to array of shape (3,)
        Of ours, of HistGradientBoosting and of LightGBM: log losses, or 1 - R2.
    scores : dict of str to array of shape (3,)
        Accuracies, or R2.
    """
    text = PAGE.read_text(encoding="utf-8")
    losses, scores = {}, {}
    for kind in ("classes", "numbers"):
        body = re.search(rf"^\| table of {kind} \|.*\n\|[- |]+\n((?:\|.*\n)+)", text, re.M)[1]
        for line in body.splitlines():
            name, *cells = (cell.strip(" *") for cell in line.strip("|").split("|"))
            values = np.array(cells, dtype=float)
            scores[name] = values[:3]
            losses[name] = values[3:6] if kind == "classes" else 1 - values[:3]
    return losses, scores


def mean_ranks():
    """Return the mean ranks that the page says, of more digits than its tables have.

    Returns
    -------
    ranks : dict of str to array of shape (3,)
        In the order of `NAMES`.
    """
    text = PAGE.read_text(encoding="utf-8")
    number = r"([\d.]+\d)"
    said = re.search(
        rf"mean rank by accuracy and R2 is {number} \(LightGBM {number}, HGB {number}\), "
        rf"by log loss and root mean squared error {number} \({number}, {number}\)",
        text,
    )
    own, lightgbm, boosting, *others = map(float, said.groups())
    return {
        "accuracy, R2": np.array([own, boosting, lightgbm]),
        "log loss, RMSE": np.array(others)[[0, 2, 1]],
    }


def score_figure():
    """Draw losses relative to those of HistGradientBoosting, and mean ranks."""
    losses, _ = measured()
    figure = Figure(figsize=(9, 5.2), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(3, 1.2))
    names = sorted(losses, key=lambda name: losses[name][0] / losses[name][1], reverse=True)
    places = np.arange(len(names))
    for column, marker in ((0, "o"), (2, "s")):
        ratios = [losses[name][column] / losses[name][1] for name in names]
        colour, label = COLOURS[column], NAMES[column]
        left.plot(ratios, places, marker, markersize=5, color=colour, label=label)
    left.axvline(1.0, color=COLOURS[1], label=NAMES[1])
    left.set_xscale("log")
    left.set_xticks([0.02, 0.05, 0.1, 0.2, 0.5, 1], ["0.02", "0.05", "0.1", "0.2", "0.5", "1"])
    left.minorticks_off()
    left.set_yticks(places, names, fontsize=8)
    left.set_title("log loss or 1 - R2, relative to HistGradientBoosting", fontsize=9)
    left.legend(fontsize=8, loc="lower left")
    left.grid(alpha=0.3)
    ranks, width = mean_ranks(), 0.25
    for column, colour in enumerate(COLOURS):
        heights = [own[column] for own in ranks.values()]
        bars = right.bar(np.arange(2) + width * (column - 1), heights, width, color=colour)
        right.bar_label(bars, fmt="%.2f", fontsize=7)
    right.set_xticks(np.arange(2), list(ranks), fontsize=8)
    right.set_title("mean rank", fontsize=9)
    return figure
