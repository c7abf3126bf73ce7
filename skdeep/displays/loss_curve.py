"""Plot losses and scores by epoch."""

from typing import NamedTuple

import numpy as np

from skdeep.displays.common import (
    check_choice,
    check_matplotlib,
    find_network,
    new_axes,
    use_log_scale,
)
from skdeep.formulas.optimizers import REGISTRY as RULES
from skdeep.recipe.optimizer import solver_name

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
#: Most entries of a legend of ensembles that is drawn within the axes of a new figure.
MOST_ENTRIES_WITHIN = 3


class LossCurve(NamedTuple):
    """Losses and scores of one fit.

    Attributes
    ----------
    name : str
        Name in the legend.
    losses : array-like of shape (n_epochs,)
        Training loss of each epoch, or for perceptrons the number of mistakes.
    validation_losses, validation_scores : array-like of shape (n_epochs,) or None
        Loss and score on the validation set.
    best_epoch : int or None
        Epoch, counted from 1, whose weights early stopping has kept.
    updates, samples : float or None
        Number of updates of the weights, and of samples seen, per epoch.
    restarts : tuple of array-like
        Training losses of the restarts that were not kept.
    measure : {'loss', 'mistakes'}
        Meaning of `losses`.
    group : str or None
        Ensemble, or quantile of an ensemble, to which the network belongs. The members of a group
        share a colour and an entry of the legend.
    """

    name: str
    losses: object
    validation_losses: object = None
    validation_scores: object = None
    best_epoch: int | None = None
    updates: float | None = None
    samples: float | None = None
    restarts: tuple = ()
    measure: str = "loss"
    group: str | None = None


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
        return cls(curves=tuple(_curves_of(estimator, name))).plot(ax=ax, **plot_params)

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
        curves = [curve for name, each in estimators.items() for curve in _curves_of(each, name)]
        return cls(curves=tuple(curves)).plot(ax=ax, **plot_params)

    def plot(self, ax=None, *, x="epoch", log_scale=False, restarts=True, scores=True, **line_kw):
        """Plot the curves.

        Training losses are solid lines, validation losses dashed and validation scores dotted, with
        a scale on the right. A marker shows the epoch whose weights early stopping has kept.
        Restarts that were not kept are thin lines.

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
        self._is_new = ax is None
        self._colors = {}
        ax = new_axes(self, ax)
        self.lines_, self.restart_lines_, self.best_lines_, self.score_ax_ = {}, [], [], None
        if scores and any(_recorded(curve.validation_scores) for curve in self.curves):
            self.score_ax_ = _score_axes(ax)
        for curve, step in zip(self.curves, steps, strict=True):
            self._draw(curve, step, restarts, line_kw)
        ax.set(xlabel=AXES[x], ylabel="Mistakes" if measures == {"mistakes"} else "Loss")
        if log_scale:
            use_log_scale(ax)
        self._make_legend()
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
            (line,) = ax.plot(step * _epochs(values), values, **style)
            kw["color"] = line.get_color()
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
                self.best_lines_ += line.axes.plot(
                    place, value, "o", color=color, label=label, markersize=size, zorder=3
                )
                return

    def _make_legend(self):
        handles, labels = self.ax_.get_legend_handles_labels()
        if self.score_ax_ is not None:
            more, names = self.score_ax_.get_legend_handles_labels()
            handles, labels = handles + more, labels + names
        if self.restart_lines_:
            handles = [*handles, self.restart_lines_[0]]
            labels = [*labels, "other initialisations"]
        if self.score_ax_ is not None and self.ax_.get_legend() is not None:
            self.ax_.get_legend().remove()  # of an earlier display on the same axes
        if len(labels) > 1 and self.score_ax_ is None:
            beside = self._is_new and self._colors and len(labels) > MOST_ENTRIES_WITHIN
            # The layout of a new figure makes room beside the axes.
            where = {"loc": "upper left", "bbox_to_anchor": (1.0, 1.0)} if beside else {}
            self.ax_.legend(handles, labels, **where)
        elif len(labels) > 1:  # above: no place is free of the lines of both axes
            where = {"loc": "lower center", "bbox_to_anchor": (0.5, 1.0), "ncols": 3}
            self.score_ax_.legend(handles, labels, fontsize="small", **where)


def _shown_name(curve):
    """Return what a curve has in common with those that share its entries of the legend."""
    return curve.name if curve.group is None else curve.group


def _lighter(color):
    """Return a colour that is nearer to white."""
    from matplotlib.colors import to_rgb

    return tuple(LIGHTER + (1 - LIGHTER) * part for part in to_rgb(color))


def _score_axes(ax):
    """Return the axes of scores beside those of losses; displays on the same axes share them."""
    label = f"scores of {id(ax)}"
    for other in ax.figure.axes:
        if other.get_label() == label:
            return other
    beside = ax.twinx()
    beside.set(label=label, ylabel="Validation score")
    return beside


def _recorded(values):
    return values is not None and len(values) > 0


def _epochs(values):
    return np.arange(1, len(values) + 1)


def _curves_of(estimator, name):
    """Return the curves of a fitted estimator.

    That is one, but of a perceptron one for each line, of an ensemble one for each member, and of
    networks that are trained against each other one for each.
    """
    network, _ = find_network(estimator)
    if hasattr(network, "members_"):
        return _members_of(network, name)
    if hasattr(network, "generator_loss_curve_"):
        return _sides_of(network, name)
    name = type(network).__name__ if name is None else str(name)
    if hasattr(network, "mistakes_curve_"):
        return _mistakes_of(network, name)
    losses = list(getattr(network, "loss_curve_", ()))
    if _is_lbfgs(network) and not network.warm_start:
        losses = []  # what an earlier fit by another solver has left
    if not losses:
        raise ValueError(_why_nothing(network, name))
    return [_curve_of(network, name, losses)]


def _is_lbfgs(network):
    return hasattr(network, "hidden_layer_sizes") and solver_name(network.solver) == "lbfgs"


def _why_nothing(network, name):
    if not hasattr(network, "hidden_layer_sizes"):
        return f"{name} records no loss: those of skdeep do."
    if getattr(network, "stop_reason_", None) == "from_weights":
        return f"{name} has no loss curve: its weights are given, it has not been trained."
    if _is_lbfgs(network):
        return (
            f"{name} has no loss curve: solver='lbfgs' records none, as in scikit-learn. "
            "solver='cg' records the loss of every iteration, all others that of every epoch."
        )
    return f"{name} has no loss curve: training ended before the first epoch did."


def _mistakes_of(network, name):
    curve = np.asarray(network.mistakes_curve_)
    if curve.ndim == 1:
        return [LossCurve(name, curve, measure="mistakes")]
    pairs = zip(network.classes_, curve.T, strict=True)
    return [LossCurve(f"{name}, {label}", column, measure="mistakes") for label, column in pairs]


def _curve_of(network, name, losses):
    """Return the curve of a multi-layer perceptron."""
    scores = getattr(network, "validation_scores_", None)
    validation_losses = getattr(network, "validation_loss_curve_", None)
    # A call with a validation set after one without: nothing tells where its epochs begin.
    scores, validation_losses = (
        list(values) if values is not None and len(values) == len(losses) else None
        for values in (scores, validation_losses)
    )
    best_epoch = None
    if network.early_stopping and scores and not np.isnan(scores).all():
        best_epoch = int(np.nanargmax(scores)) + 1
    kept = getattr(network, "best_restart_", None)
    others = tuple(
        list(restart.loss_curve)
        for i, restart in enumerate(getattr(network, "restarts_", ()))
        if i != kept and len(restart.loss_curve)
    )
    return LossCurve(
        name,
        losses,
        validation_losses,
        scores,
        best_epoch,
        *_steps_of_epoch(network, len(losses)),
        others,
    )


def _members_of(ensemble, name):
    """Return the curves of the members of an ensemble, whose scores are their negative losses."""
    quantiles, groups = ensemble._quantiles, ensemble._groups
    whole = type(ensemble).__name__ if name is None else str(name)
    curves = []
    for place, (member, group) in enumerate(zip(ensemble.members_, groups, strict=True)):
        own, number = whole, place
        if quantiles is not None:
            own = f"quantile {quantiles[group]:g}"
            own = own if name is None else f"{name}, {own}"
            number = place - groups.index(group)
        curve = _curve_of(member, f"{own} {number}", list(member.loss_curve_))
        curves.append(curve._replace(validation_scores=None, group=own))
    return curves


def _sides_of(networks, name):
    """Return the curves of a generator and of a discriminator."""
    curves = []
    for side in ("generator", "discriminator"):
        losses = list(getattr(networks, f"{side}_loss_curve_"))
        if not losses:
            raise ValueError(_why_nothing(getattr(networks, f"{side}_"), side))
        called = side if name is None else f"{name}, {side}"
        curve = _curve_of(getattr(networks, f"{side}_"), called, losses)
        curves.append(curve._replace(updates=None))
    return curves


def _steps_of_epoch(network, n_epochs):
    """Return the updates and the samples of an epoch, or None where they are not counted."""
    solver, seen = solver_name(network.solver), getattr(network, "t_", 0)
    if solver not in RULES or not seen:
        return None, None
    samples = seen / n_epochs
    batch = 200 if network.batch_size == "auto" else network.batch_size
    batch = samples if RULES[solver].full_batch else min(batch, samples)
    return float(np.ceil(samples / batch)), samples
