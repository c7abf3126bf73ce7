"""Build Boolean functions from given weights
==========================================

Networks whose weights are written down, not learned.

Run it with ``python examples/boolean_functions.py``; it takes a second and draws
boolean_functions.png. `MLPClassifier.from_weights` and `MLPRegressor.from_weights` make fitted
estimators of given weights.

- One unit draws one line: AND, OR, NOT, NAND and NOR each are a sigmoid unit with weights such as
  (20, 20) and bias -30, and a threshold unit of the same weights says exactly 0 or 1.
- XNOR and XOR need two layers: no single line has the two equal corners on one side.
- Two ReLU units solve XOR in closed form: max(0, a + b) - 2 max(0, a + b - 1) is 0, 1, 1, 0.
- Every formula in conjunctive normal form is a network of two layers of threshold units: a hidden
  unit for each clause (OR of its literals), and an output that is the AND of the clauses.

Look at the lines in the picture, which lie between the corners that differ, and at the two lines of
XNOR, each by a hidden unit of its own.
"""

import argparse
import itertools
from pathlib import Path

import numpy as np

from skdeep import MLPClassifier, MLPRegressor

CORNERS = np.array(list(itertools.product([0, 1], repeat=2)))
# function -> the weights of every layer, and the biases
GATES = {
    "AND": ([[[20], [20]]], [[-30]]),
    "OR": ([[[20], [20]]], [[-10]]),
    "NOT a": ([[[-20], [0]]], [[10]]),
    "NAND": ([[[-20], [-20]]], [[30]]),
    "XNOR": ([[[20, -20], [20, -20]], [[20], [20]]], [[-30, 10], [-10]]),
}
TRUTH = {
    "AND": lambda a, b: a and b,
    "OR": lambda a, b: a or b,
    "NOT a": lambda a, b: not a,
    "NAND": lambda a, b: not (a and b),
    "XNOR": lambda a, b: a == b,
}
NAMES = "abcd"
FORMULA = [{"a": 1, "b": -1, "c": 1}, {"a": -1, "d": 1}, {"b": 1, "d": -1}, {"c": -1, "d": -1}]


def gate(name, units):
    """Return a network for one of the gates, of units of some activation."""
    coefs, intercepts = GATES[name]
    return MLPClassifier.from_weights(coefs, intercepts, activation=units, out_activation=units)


def conjunctive_normal_form(clauses):
    """Return the network of a formula.

    Parameters
    ----------
    clauses : list of dict of str to {-1, 1}
        The literals of every clause: 1 for a variable, -1 for its negation.

    Returns
    -------
    network : MLPClassifier
        With a hidden threshold unit for each clause.
    """
    W = np.array([[clause.get(name, 0) for clause in clauses] for name in NAMES])
    # A clause is false where no literal holds: the sum is then minus the number of negations.
    biases = (W < 0).sum(axis=0) - 0.5
    return MLPClassifier.from_weights(
        [W, np.ones((len(clauses), 1))],
        [biases, [0.5 - len(clauses)]],
        activation="step",
        out_activation="step",
    )


def holds(clauses, values):
    """Say whether a formula holds, by its definition."""
    values = dict(zip(NAMES, values, strict=True))
    return all(any(values[v] == (s > 0) for v, s in clause.items()) for clause in clauses)


def show_gates():
    """Print the gates' outputs at the four corners, and whether they are right."""
    print("inputs (a, b):        (0, 0)  (0, 1)  (1, 0)  (1, 1)")
    for name in GATES:
        truth = [bool(TRUTH[name](*corner)) for corner in CORNERS]
        for units in ("logistic", "step"):
            network = gate(name, units)
            outputs = network.predict_proba(CORNERS)[:, 1]
            right = "right" if (network.predict(CORNERS) == truth).all() else "WRONG"
            fields = "  ".join(f"{output:6.4f}" for output in outputs)
            print(f"{name:<8}{units:<14}{fields}  {right}")


def show_xor():
    """Print the outputs of the closed-form solution of XOR."""
    xor = MLPRegressor.from_weights([[[1, 1], [1, 1]], [[1], [-2]]], [[0, -1], [0]])
    print(f"\nXOR of two ReLU units, exactly: {xor.predict(CORNERS).tolist()}")


def show_formula():
    """Print what the network of a formula says to all inputs, beside its definition."""
    text = " and ".join(
        "(" + " or ".join(v if s > 0 else f"not {v}" for v, s in clause.items()) + ")"
        for clause in FORMULA
    )
    network = conjunctive_normal_form(FORMULA)
    inputs = np.array(list(itertools.product([0, 1], repeat=len(NAMES))))
    truth = np.array([holds(FORMULA, values) for values in inputs])
    predicted = network.predict(inputs)
    print(f"\n{text}\n{len(FORMULA)} hidden threshold units, one per clause, and one output")
    print(f"true for {truth.sum()} of {len(inputs)} inputs: {''.join(map(str, predicted))}")
    print(f"the network agrees with the definition on {(predicted == truth).sum()} of them")


def draw(path):
    """Draw what the sigmoid networks say over the plane, with the line of every hidden unit."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        print("matplotlib is not installed: no picture (pip install matplotlib)")
        return
    figure = Figure(figsize=(15, 3.4), layout="constrained")
    ticks = np.linspace(-0.4, 1.4, 121)
    plane = np.stack(np.meshgrid(ticks, ticks), axis=-1)
    for ax, name in zip(figure.subplots(1, len(GATES)), GATES, strict=True):
        network = gate(name, "logistic")
        shown = network.predict_proba(plane.reshape(-1, 2))[:, 1].reshape(plane.shape[:2])
        mesh = ax.pcolormesh(ticks, ticks, shown, vmin=0, vmax=1, cmap="RdBu", shading="nearest")
        for unit, bias in enumerate(network.intercepts_[0]):
            sums = plane @ network.coefs_[0][:, unit] + bias
            ax.contour(ticks, ticks, sums, levels=[0], colors="black", linestyles="dashed")
        colours = np.where(network.predict(CORNERS), "navy", "darkred")
        ax.scatter(*CORNERS.T, c=colours, s=70, edgecolors="white", zorder=3)
        ax.set(title=name, xlabel="a", ylabel="b", aspect="equal")
    figure.colorbar(mesh, ax=figure.axes, label="output")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    print(f"\nwrote the gates to {path}")


def main(arguments=None):
    """Build the gates, XOR and a formula."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument(
        "--output", type=Path, default=Path("boolean_functions.png"), help="path of the picture"
    )
    parser.add_argument("--quick", action="store_true", help="no difference: nothing is trained")
    options = parser.parse_args(arguments)
    show_gates()
    show_xor()
    show_formula()
    draw(options.output)


if __name__ == "__main__":
    main()
