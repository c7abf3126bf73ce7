"""Tune the threshold for a rare class
===================================

One row in thirty belongs to the class that matters. Rows that the members of an ensemble have left
out choose the threshold, and no rows need to be set aside for that.

Run it with ``python examples/rare_class.py``; it takes less than a minute and draws rare_class.png.
The table is made up: payments, of which some are fraud. A fraud that is missed costs 20, a false
alarm 1.

- ``TabularClassifier`` chooses its epochs by the log loss, which a rare class does not disturb, and
  divides the rows so that every fold has its share of both classes.
- Its probabilities are true, also small ones. What costs least follows from them: an alarm from a
  probability of 1 / 21 on.
- ``class_weight="balanced"`` trains for another problem, in which half of the rows are fraud. The
  order of the rows is about the same, but probabilities are far too large, and their threshold has
  to be found anew.
- ``oof_predictions_`` are predictions for the training rows by members that have not trained on
  them: a threshold that costs least on these costs little on new rows as well.

Look at the costs, and at the mean probability beside the share of frauds.
"""

import argparse
from pathlib import Path

import numpy as np
from sklearn.metrics import average_precision_score

from skdeep import TabularClassifier

#: What a missed fraud costs, in false alarms.
COST = 20
KINDS = np.array(["card", "cash", "online", "transfer"])


def make_table(n_rows, seed):
    """Return payments, and which of them are fraud.

    Parameters
    ----------
    n_rows, seed : int

    Returns
    -------
    X : ndarray of shape (n_rows, 5), object
        Amount, hour, days since the last payment (NaN for the first one), kind, whether abroad.
    y : ndarray of shape (n_rows,), bool
    """
    rng = np.random.default_rng(seed)
    amount, hour = rng.lognormal(3.5, 1.2, n_rows), rng.uniform(0, 24, n_rows)
    days, kind = rng.exponential(6.0, n_rows), rng.integers(4, size=n_rows)
    abroad, is_first = rng.random(n_rows) < 0.1, rng.random(n_rows) < 0.05
    night = (hour < 5) | (hour > 23)
    score = 1.5 * (np.log(amount) - 3.5) + 3.0 * night * (kind >= 2) + 3.5 * abroad * (days > 5)
    score += 3.0 * is_first * (amount > 100) - 6.6
    y = rng.random(n_rows) < 1 / (1 + np.exp(-score))
    days = np.where(is_first, np.nan, days)
    X = np.empty((n_rows, 5), dtype=object)  # of numbers and strings
    X[:, :3] = np.column_stack([amount, hour, days])
    X[:, 3], X[:, 4] = KINDS[kind], np.where(abroad, "yes", "no")
    return X, y


def cost(y, p, threshold):
    """Return what a threshold costs, per thousand rows."""
    alarm = p >= threshold
    return 1000 * (COST * np.mean(y & ~alarm) + np.mean(~y & alarm))


def cheapest(y, p):
    """Return the threshold that costs least on some rows."""
    thresholds = np.quantile(p, np.linspace(0, 1, 500))
    return thresholds[np.argmin([cost(y, p, threshold) for threshold in thresholds])]


def conclude(claim, holds):
    """Print a claim with what the numbers above say of it."""
    print(f"{'holds' if holds else 'DOES NOT HOLD HERE'}: {claim}")


def measure(models, y, X_test, y_test):
    """Print and return what is measured of each model, and its probabilities."""
    heads = ("average precision", "mean probability", "1 in 2", "by theory", "by rows left out")
    print(f"{'':<12}" + "".join(f"{head:<19}" for head in heads))
    measured, probabilities = {}, {}
    for name, model in models.items():
        p = probabilities[name] = model.predict_proba(X_test)[:, 1]
        own = model.oof_predictions_[:, 1]
        known = np.isfinite(own)
        threshold = cheapest(y[known], own[known])
        numbers = measured[name] = {
            "precision": average_precision_score(y_test, p),
            "mean": p.mean(),
            "half": cost(y_test, p, 0.5),
            "theory": cost(y_test, p, 1 / (1 + COST)),
            "left out": cost(y_test, p, threshold),
            "threshold": threshold,
        }
        shown = list(numbers.values())[:5]
        print(f"{name:<12}" + "".join(f"{number:<19.3f}" for number in shown))
    return measured, probabilities


def draw(path, y, probabilities, measured):
    """Draw costs over the threshold."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        print("matplotlib is not installed: no picture (pip install matplotlib)")
        return
    figure = Figure(figsize=(8, 4.4), layout="constrained")
    ax, thresholds = figure.subplots(), np.geomspace(0.003, 0.95, 200)
    for name, p in probabilities.items():
        (line,) = ax.plot(thresholds, [cost(y, p, t) for t in thresholds], label=name)
        own = measured[name]
        ax.plot(own["threshold"], own["left out"], "o", color=line.get_color())
    ax.axvline(1 / (1 + COST), color="black", linestyle=":", label="1 / 21")
    ax.set(xscale="log", xlabel="threshold; dots: chosen by rows left out")
    ax.set(ylabel="cost of 1,000 payments", title="what alarms cost")
    ax.legend()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    print(f"\nwrote the costs to {path}")


def main(arguments=None):
    """Fit with weights and without, choose thresholds, and conclude."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument(
        "--output", type=Path, default=Path("rare_class.png"), help="path of the picture"
    )
    parser.add_argument("--quick", action="store_true", help="fewer payments and epochs")
    options = parser.parse_args(arguments)
    X, y = make_table(5000 if options.quick else 12_000, seed=0)
    X_test, y_test = make_table(20_000, seed=1)
    settings = {"oof_predictions": True, "n_ensemble": 5, "random_state": 0}
    settings["max_iter"] = 12 if options.quick else 24
    models = {
        "plain": TabularClassifier(**settings).fit(X, y),
        "balanced": TabularClassifier(**settings, class_weight="balanced").fit(X, y),
    }
    print(f"{len(X)} payments, {y.mean():.1%} of them fraud; on {len(X_test)} others, costs of")
    print("1,000 payments by three thresholds:\n")
    measured, probabilities = measure(models, y, X_test, y_test)
    plain, balanced = measured["plain"], measured["balanced"]
    print()
    share = y_test.mean()
    conclude("plain probabilities are true on average", abs(plain["mean"] / share - 1) < 0.2)
    conclude("those of the balanced problem are not", balanced["mean"] > 4 * share)
    near = abs(plain["precision"] - balanced["precision"]) < 0.05
    conclude("class weights hardly change the precision", near)
    conclude("alarms from one half on are expensive", plain["half"] > 1.2 * plain["theory"])
    best = min(plain["theory"], plain["left out"])
    conclude(
        "rows left out find a threshold that costs little, for either",
        max(plain["left out"], balanced["left out"]) < 1.25 * best,
    )
    draw(options.output, y_test, probabilities, measured)


if __name__ == "__main__":
    main()
