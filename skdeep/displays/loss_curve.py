"""Plot losses and scores by epoch."""

import numpy as np

from skdeep.displays.common import (
    check_choice,
    check_matplotlib,
    new_axes,
    use_log_scale,
)
from skdeep.displays.curves import curves_of
from skdeep.displays.legends import compact_legend, legend_below

#: What curves can be drawn over: the label of the axis.
AXES = {"epoch": "Epoch", "update": "Updates of the weights", "sample": "Samples seen"}
#: What makes up a curve's part of the axes: training, validation and score differ by their lines.
STYLES = {"loss": "-", "validation_loss": "--", "validation_score": ":"}
WHAT = {
    "loss": "training",
    "mistakes": "training",
    "validation_loss": "validation",
    "validation_score": "validation score",
}
RESTART_KW = {"linewidth": 0.8, "alpha": 0.4}
#: Of the curves of an ensemble; its training losses are lighter than the others by this share.
MEMBER_KW, LIGHTER = {"linewidth": 0.8}, 0.55
#: Most entries of a legend that is drawn within the axes of a new figure; of ensembles, whose
#: curves fill the axes.
MOST_ENTRIES, MOST_ENTRIES_OF_ENSEMBLES = 6, 3


class LossCurveDisplay:
    """Losses and scores by epoch.

    Use `from_estimator` for one estimator and `from_estimators` to compare several.

    Parameters
    ----------
    curves : sequence of LossCurve
        One curve for each fit.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes with the losses.
    figure_ : matplotlib Figure
        The figure.
    score_ax_ : matplotlib Axes or None
        Axes with the validation scores, whose scale is on the right; None if there are no scores.
    lines_ : dict of tuple of (str, str) to matplotlib Line2D
        Lines by the name of the curve and 'loss', 'validation_loss' or 'validation_score'.
    restart_lines_ : list of matplotlib Line2D
        Lines of the restarts that were not kept.
    best_lines_ : list of matplotlib Line2D
        Markers of the best epochs.
    legend_ : matplotlib Legend or None
        The legend. With validation scores it has an entry for each estimator and one for each kind
        of line, and is below the axes of a new figure.
    is_new_ : bool
        Whether the figure was made by `plot`.

    See Also
    --------
    sklearn.model_selection.LearningCurveDisplay : Scores by the number of samples.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skdeep import MLPClassifier
    >>> from skdeep.displays import LossCurveDisplay
    >>> X, y = load_iris(return_X_y=True)
    >>> clf = MLPClassifier((10,), early_stopping=True, random_state=0).fit(X, y)
    >>> display = LossCurveDisplay.from_estimator(clf, log_scale=True)
    >>> display.curves[0].best_epoch == 1 + clf.validation_scores_.index(clf.best_validation_score_)
    True
    """

    def __init__(self, *, curves):
        self.curves = curves

    @classmethod
    def from_estimator(cls, estimator, *, name=None, ax=None, **plot_params):
        """Plot the losses and scores of an estimator.

        Parameters
        ----------
        estimator : estimator
            A fitted MLPClassifier, MLPRegressor or Perceptron of skdeep or scikit-learn, or a
            pipeline or search that has fitted one. For a TabularClassifier or TabularRegressor, a
            thin curve is drawn for each member, with one colour for the ensemble or for each
            quantile; for a GenerativeAdversarialNetwork, a curve for each of its networks.
        name : str, default=None
            Name in the legend. If None, the name of the class. Names are only shown if there are
            several curves or `ax` is given.
        ax : matplotlib Axes, default=None
            Axes to draw on. If None, a new figure is created.
        **plot_params : keyword arguments
            Passed to `plot`.

        Returns
        -------
        display : LossCurveDisplay
            The display, with the axes drawn.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        ValueError
            If the estimator has recorded no losses, as with ``solver='lbfgs'``.
        """
        check_matplotlib(f"{cls.__name__}.from_estimator")
        return cls(curves=tuple(curves_of(estimator, name))).plot(ax=ax, **plot_params)

    @classmethod
    def from_estimators(cls, estimators, *, ax=None, **plot_params):
        """Plot the losses and scores of several estimators on the same axes.

        Each estimator has its own colour, and each kind of curve its own line style. Training
        losses include the penalty, so they are only comparable if the loss and the penalty are the
        same; scores on a common validation set are always comparable. If the estimators differ in
        the number of updates per epoch, use ``x='update'``.

        Parameters
        ----------
        estimators : dict of str to estimator, or sequence of estimator
            Fitted estimators, as for `from_estimator`, by their names in the legend. The estimators
            of a sequence are numbered.
        ax : matplotlib Axes, default=None
            Axes to draw on. If None, a new figure is created.
        **plot_params : keyword arguments
            Passed to `plot`.

        Returns
        -------
        display : LossCurveDisplay
            The display, with the axes drawn.

        Raises
        ------
        NotFittedError
            If one of the estimators is not fitted.
        ValueError
            If there are no estimators, or one of them has recorded no losses.
        """
        check_matplotlib(f"{cls.__name__}.from_estimators")
        if not hasattr(estimators, "items"):
            listed = enumerate(estimators)
            estimators = {f"{type(each).__name__} {i}": each for i, each in listed}
        if not estimators:
            raise ValueError("estimators is empty: nothing to draw.")
        curves = [curve for name, each in estimators.items() for curve in curves_of(each, name)]
        return cls(curves=tuple(curves)).plot(ax=ax, **plot_params)

    def plot(self, ax=None, *, x="epoch", log_scale=False, restarts=True, scores=True, **line_kw):
        """Plot the curves.

        Training losses are solid lines, validation losses dashed and validation scores dotted, with
        a scale on the right. Each estimator has a colour; of a single one, the scores have another.
        A marker shows the epoch whose weights early stopping has kept. Restarts that were not kept
        are thin lines.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on. If None, a new figure is created.
        x : {'epoch', 'update', 'sample'}, default='epoch'
            Quantity on the x-axis: epochs, updates of the weights, or samples seen. All epochs are
            assumed to have the same number of updates.
        log_scale : bool, default=False
            Whether to use a logarithmic scale for losses. If there are losses below 0, the scale is
            linear near 0.
        restarts : bool, default=True
            Whether to draw the restarts that were not kept.
        scores : bool, default=True
            Whether to draw validation scores.
        **line_kw : keyword arguments
            Passed to matplotlib for the lines of the curves.

        Returns
        -------
        display : LossCurveDisplay
            The display itself.

        Raises
        ------
        ValueError
            If `x` is invalid or not known for every curve, or if some curves are losses and others
            mistakes.
        """
        check_choice("x", x, list(AXES))
        if not self.curves:
            raise ValueError("curves is empty: nothing to draw.")
        steps = [self._step(curve, x) for curve in self.curves]
        measures = {curve.measure for curve in self.curves}
        if len(measures) > 1:
            raise ValueError("Losses and mistakes do not go together: draw them on different axes.")
        #: Whether curves need their names: there are others, or may be on axes that were given.
        self._named = ax is not None or len({_shown_name(curve) for curve in self.curves}) > 1
        self.is_new_, self.legend_ = ax is None, None
        self._colors = {}
        ax = new_axes(self, ax)
        self.lines_, self.restart_lines_, self.best_lines_, self.score_ax_ = {}, [], [], None
        if scores and any(_recorded(curve.validation_scores) for curve in self.curves):
            self.score_ax_ = _score_axes(ax)
            self.score_ax_.set_ylabel(self._name_of_score())
        for curve, step in zip(self.curves, steps, strict=True):
            self._draw(curve, step, restarts, line_kw)
        ax.set(xlabel=AXES[x], ylabel="Mistakes" if measures == {"mistakes"} else "Loss")
        if log_scale:
            use_log_scale(ax)
        self.legend_ = self._make_legend()
        return self

    @staticmethod
    def _step(curve, x):
        """Return how far an epoch goes on the axis."""
        step = {"epoch": 1.0, "update": curve.updates, "sample": curve.samples}[x]
        if step is None:
            raise ValueError(
                f"x={x!r}: the number of {x}s in an epoch of {curve.name!r} is not known; "
                "x='epoch' always is."
            )
        return step

    def _draw(self, curve, step, restarts, line_kw):
        """Draw all that belongs to one training, in one colour, which a group shares."""
        parts = {
            "loss": (self.ax_, curve.losses),
            "validation_loss": (self.ax_, curve.validation_losses),
            "validation_score": (self.score_ax_, curve.validation_scores),
        }
        kw, is_first = dict(line_kw), curve.group not in self._colors
        if curve.group is not None:
            kw = {**MEMBER_KW, **({} if is_first else {"color": self._colors[curve.group]}), **kw}
        for kind, (ax, values) in parts.items():
            if ax is None or not _recorded(values):
                continue
            style = {"linestyle": STYLES[kind], "marker": "." if len(values) == 1 else None}
            style |= {"label": self._label(curve, kind) if is_first else None, **kw}
            if kind == "validation_score" and not self._named and "color" not in line_kw:
                style["color"] = _color_of_cycle(1)  # of a single curve, losses have the first
            (line,) = ax.plot(step * _epochs(values), values, **style)
            kw.setdefault("color", line.get_color())
            if curve.group is not None and kind == "loss":
                self._colors[curve.group] = line.get_color()
                line.set_color(_lighter(line.get_color()))
            self.lines_[curve.name, kind] = line
        for losses in curve.restarts if restarts else ():
            style = {**kw, **RESTART_KW}
            self.restart_lines_ += self.ax_.plot(step * _epochs(losses), losses, zorder=1, **style)
        self._mark_best(curve, step, kw.get("color"), is_first)

    def _label(self, curve, kind):
        what = WHAT[curve.measure if kind == "loss" else kind]
        if curve.group is not None:
            what = what if kind == "validation_score" else f"{what} loss"
            return f"{curve.group}, {what}" if self._named else what
        others = _recorded(curve.validation_losses) or _recorded(curve.validation_scores)
        if not self._named:
            return what
        return f"{curve.name}, {what}" if others else curve.name

    def _mark_best(self, curve, step, color, is_first):
        """Mark the epoch whose weights were kept, on the curve of the scores if there is one."""
        if curve.best_epoch is None:
            return
        for kind in ("validation_score", "validation_loss", "loss"):
            line = self.lines_.get((curve.name, kind))
            if line is not None:
                place, value = step * curve.best_epoch, line.get_ydata()[curve.best_epoch - 1]
                label = f"best epoch: {curve.best_epoch}"
                label = f"{curve.name}, {label}" if self._named else label
                size = None
                if curve.group is not None:  # one entry for all groups
                    label, size = "best epochs" if is_first and len(self._colors) == 1 else None, 3
                color = line.get_color() if kind == "validation_score" else color
                self.best_lines_ += line.axes.plot(
                    place, value, "o", color=color, label=label, markersize=size, zorder=3
                )
                return

    def _name_of_score(self):
        """Return the label of the axis of the scores."""
        names = {c.score_name for c in self.curves if _recorded(c.validation_scores)}
        name = names.pop() if len(names) == 1 else None
        return f"Validation {name or 'score'}"

    def _make_legend(self):
        """Return the legend, or None where there is a single line."""
        if self.score_ax_ is not None:
            return self._make_compact_legend()
        handles, labels = self.ax_.get_legend_handles_labels()
        if self.restart_lines_:
            handles = [*handles, self.restart_lines_[0]]
            labels = [*labels, "other initialisations"]
        if len(labels) < 2:
            return None
        if self.is_new_ and self._colors and len(labels) > MOST_ENTRIES_OF_ENSEMBLES:
            # The layout of a new figure makes room beside the axes.
            where = {"loc": "upper left", "bbox_to_anchor": (1.0, 1.0)}
            return self.ax_.legend(handles, labels, **where)
        if self.is_new_ and len(labels) > MOST_ENTRIES:
            return legend_below(self.figure_, handles, labels)
        return self.ax_.legend(handles, labels)

    def _make_compact_legend(self):
        names, kinds = {}, {}
        for (name, kind), line in self.lines_.items():
            if self._named:
                names.setdefault(name, line.get_color())
            what = WHAT[kind] if kind == "validation_score" else f"{WHAT[kind]} loss"
            kinds[what] = {"linestyle": STYLES[kind]}
            if not self._named:
                kinds[what]["color"] = line.get_color()
        if self.best_lines_:
            one = len(self.best_lines_) == 1 and not self._named
            what = f"best epoch: {self.best_lines_[0].get_xdata()[0]:g}" if one else "best epochs"
            kinds[what] = {"marker": "o", "linestyle": ""}
            if one:
                kinds[what]["color"] = self.best_lines_[0].get_color()
        if self.restart_lines_:
            kinds["other initialisations"] = RESTART_KW
            if not self._named:
                color = self.restart_lines_[0].get_color()
                kinds["other initialisations"] = {"color": color, **RESTART_KW}
        return compact_legend(self, names, kinds)


def _shown_name(curve):
    """Return what a curve has in common with those that share its entries of the legend."""
    return curve.name if curve.group is None else curve.group


def _lighter(color):
    """Return a colour that is nearer to white."""
    from matplotlib.colors import to_rgb

    return tuple(LIGHTER + (1 - LIGHTER) * part for part in to_rgb(color))


def _color_of_cycle(place):
    """Return a colour of matplotlib's cycle for lines."""
    import matplotlib as mpl

    colors = mpl.rcParams["axes.prop_cycle"].by_key().get("color", ["C0"])
    return colors[place % len(colors)]


def _score_axes(ax):
    """Return the axes of scores beside those of losses; displays on the same axes share them."""
    label = f"scores of {id(ax)}"
    for other in ax.figure.axes:
        if other.get_label() == label:
            return other
    beside = ax.twinx()
    beside.set_label(label)
    return beside


def _recorded(values):
    return values is not None and len(values) > 0


def _epochs(values):
    return np.arange(1, len(values) + 1)
