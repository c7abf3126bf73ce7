"""Figures of the formulas, made of the registries: a new file appears by itself."""

import importlib
import math

import numpy as np
from matplotlib.figure import Figure
from tabular_scores import score_figure

from skdeep import schedules
from skdeep.formulas import activations, losses
from skdeep.formulas.interval import REALS

COLUMNS = 4
#: The target of the figure of the losses.
TARGET = 1.0


def _panels(names, width=9.0, height=1.75):
    """Return a figure, and an iterator over ``(name, axes)`` with a panel for each name."""
    rows = math.ceil(len(names) / COLUMNS)
    figure = Figure(figsize=(width, height * rows), layout="constrained")
    axes = figure.subplots(rows, COLUMNS, squeeze=False).ravel()
    for ax in axes[len(names) :]:
        ax.set_axis_off()
    for ax, name in zip(axes, names, strict=False):
        ax.set_title(name, fontsize=9)
        ax.tick_params(labelsize=7)
        ax.grid(alpha=0.3)
    return figure, zip(names, axes, strict=False)


def _evaluate(function, points, *others):
    """Apply a formula of scalars, which may overflow at the ends, to an array."""
    with np.errstate(all="ignore"):
        return np.array([function(x, *others) for x in points])


def activation_figure():
    """Draw every activation, solid, and its derivative, dashed."""
    entries = {n: f for n, f in activations.REGISTRY.items() if not f.normalised}
    figure, panels = _panels(list(entries))
    a = np.linspace(-3.0, 3.0, 601)
    for name, ax in panels:
        entry = entries[name]
        h = _evaluate(entry.forward, a)
        ax.plot(a, h)
        if entry.derivative is not None:
            ax.plot(a, _evaluate(entry.derivative, h), "--")
        elif entry.derivative_at is not None:
            ax.plot(a, _evaluate(entry.derivative_at, a), "--")
        ax.set_ylim(-1.6, 3.1)
    return figure


def loss_figure():
    """Draw every loss, solid, and its derivative, dashed, over the output for the target 1."""
    figure, panels = _panels(list(losses.REGISTRY))
    for name, ax in panels:
        loss = losses.REGISTRY[name]
        interval = getattr(importlib.import_module(f"{losses.__name__}.{name}"), "OUTPUTS", REALS)
        ends = max(interval.low, TARGET - 3), min(interval.high, TARGET + 3)
        margin = (ends[1] - ends[0]) / 100
        o = np.linspace(ends[0] + margin, ends[1] - margin, 501)
        others = [parameter.default for parameter in loss.parameters.values()]
        ax.plot(o, [loss.value(TARGET, x, *others) for x in o])
        ax.plot(o, [loss.derivative(TARGET, x, *others) for x in o], "--")
        ax.set_ylim(-3.2, 4.6)
        if others:
            ax.set_title(f"{name}, {loss.parameter}={others[0]}", fontsize=9)
    return figure


def schedule_figure():
    """Draw every schedule that is known before training, as a share of its base."""
    names = schedules.curve_names()
    figure, panels = _panels(names)
    t = np.linspace(0.0, 1.0, 801)
    for name, ax in panels:
        ax.plot(t, schedules.resolve(name)(t))
        ax.set_ylim(-0.05, 1.1)
    return figure


FIGURES = {
    "activations": activation_figure,
    "losses": loss_figure,
    "schedules": schedule_figure,
    "tabular": score_figure,
}
