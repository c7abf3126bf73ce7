"""Plot the norms of the gradients of the layers."""

from numbers import Integral

import numpy as np

from skdeep.displays.common import (
    check_choice,
    check_matplotlib,
    find_network,
    new_axes,
    use_log_scale,
)
from skdeep.displays.legends import is_dark, legend_below
from skdeep.training.full_batch import REGISTRY as FULL_BATCH_SOLVERS

#: Most entries of a legend that is drawn within the axes of a new figure.
MOST_ENTRIES = 4


class GradientFlowDisplay:
    """Norms of the gradients of the layers, by epoch or by layer.

    If the norms shrink by orders of magnitude from the output layer to the first layer, the
    gradient vanishes and the first layers hardly learn; if they grow, the gradient explodes.

    Parameters
    ----------
    gradient_norms : array-like of shape (n_epochs, n_layers)
        Norm of the gradient of each layer, averaged over the batches of each epoch.
    layer_names : sequence of str, default=None
        Names of the layers, the output layer last. If None, the layers are numbered.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes.
    figure_ : matplotlib Figure
        The figure.
    lines_ : list of matplotlib Line2D
        One line for each layer or, with ``x='layer'``, for each epoch drawn.

    See Also
    --------
    LossCurveDisplay : Losses and scores by epoch.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skdeep import MLPClassifier
    >>> from skdeep.displays import GradientFlowDisplay
    >>> X, y = load_iris(return_X_y=True)
    >>> clf = MLPClassifier((10, 10), tol=0.01, record_gradient_norms=True, random_state=0)
    >>> display = GradientFlowDisplay.from_estimator(clf.fit(X, y))
    >>> display.layer_names
    ['hidden 0', 'hidden 1', 'output']
    """

    def __init__(self, *, gradient_norms, layer_names=None):
        self.gradient_norms = gradient_norms
        self.layer_names = layer_names

    @classmethod
    def from_estimator(cls, estimator, *, ax=None, **plot_params):
        """Plot the norms recorded by an estimator.

        Parameters
        ----------
        estimator : estimator
            An MLPClassifier or MLPRegressor that was fitted with ``record_gradient_norms=True``, or
            a pipeline or search that has fitted one.
        ax : matplotlib Axes, default=None
            Axes to draw on. If None, a new figure is created.
        **plot_params : keyword arguments
            Passed to `plot`.

        Returns
        -------
        display : GradientFlowDisplay
            The display, with the axes drawn.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        TypeError
            If the estimator is not a multi-layer perceptron of skdeep.
        ValueError
            If the estimator has not recorded the norms.
        """
        check_matplotlib(f"{cls.__name__}.from_estimator")
        network, _ = find_network(estimator)
        name = type(network).__name__
        if not hasattr(network, "record_gradient_norms"):
            raise TypeError(f"{name} has no layers whose gradients are recorded.")
        norms = getattr(network, "gradient_norms_", None)
        if norms is None or len(norms) == 0:
            listed = ", ".join(sorted(FULL_BATCH_SOLVERS))
            raise ValueError(
                f"{name} has not recorded its gradients: fit it with record_gradient_norms=True "
                f"and a solver that trains update by update, which {listed} do not."
            )
        names = [*(f"hidden {i}" for i in range(norms.shape[1] - 1)), "output"]
        return cls(gradient_norms=norms, layer_names=names).plot(ax=ax, **plot_params)

    def plot(self, ax=None, *, x="epoch", epochs=None, log_scale=True, cmap="viridis", **line_kw):
        """Plot the norms.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on. If None, a new figure is created.
        x : {'epoch', 'layer'}, default='epoch'
            Quantity on the x-axis: 'epoch' draws a line for each layer, 'layer' a line for each of
            `epochs`.
        epochs : sequence of int, default=None
            Epochs to draw with ``x='layer'``, counted from 1. If None, the first, the middle and
            the last epoch.
        log_scale : bool, default=True
            Whether to use a logarithmic scale. If some norms are 0, as for frozen layers, the scale
            is linear near 0.
        cmap : str or matplotlib Colormap, default='viridis'
            Colormap, from the first line to the last.
        **line_kw : keyword arguments
            Passed to matplotlib for all lines.

        Returns
        -------
        display : GradientFlowDisplay
            The display itself.

        Raises
        ------
        ValueError
            If `x` is invalid or there is no such epoch.
        """
        check_choice("x", x, ["epoch", "layer"])
        norms, names = self._checked()
        if x == "epoch":
            if epochs is not None:
                raise ValueError("epochs is for x='layer'.")
            places, series = np.arange(1, len(norms) + 1), list(zip(names, norms.T, strict=True))
        else:
            places = np.arange(len(names))
            series = [(f"epoch {i}", norms[i - 1]) for i in _chosen(epochs, len(norms))]
        is_new = ax is None
        ax = new_axes(self, ax)
        import matplotlib as mpl

        colours = mpl.colormaps[cmap] if isinstance(cmap, str) else cmap
        # The last of viridis are hardly seen on a light background, the first on a dark one.
        shades = colours(np.linspace(*((0.25, 1.0) if is_dark(ax) else (0, 0.9)), len(series)))
        marker = "o" if x == "layer" or len(places) == 1 else None
        self.lines_ = []
        for (label, values), shade in zip(series, shades, strict=True):
            style = {"color": shade, "marker": marker, "label": label, **line_kw}
            self.lines_ += ax.plot(places, values, **style)
        ax.set(xlabel="Epoch" if x == "epoch" else "Layer", ylabel="Norm of the gradient")
        if x == "layer":
            ax.set_xticks(places, names, rotation=45 if len(names) > 5 else 0)
        if log_scale:
            use_log_scale(ax)
        self._make_legend(is_new)
        return self

    def _make_legend(self, is_new):
        """Make the legend: within the axes, or below those of a new figure if it is long."""
        if is_new and len(self.lines_) > MOST_ENTRIES:
            legend_below(self.figure_, *self.ax_.get_legend_handles_labels())
        else:
            self.ax_.legend()

    def _checked(self):
        """Return the norms as an array, and the names of the layers."""
        norms = np.asarray(self.gradient_norms, dtype=float)
        if norms.ndim != 2 or norms.size == 0:
            raise ValueError(
                f"gradient_norms must have the shape (n_epochs, n_layers), got {norms.shape}."
            )
        if self.layer_names is None:
            return norms, [f"layer {i}" for i in range(norms.shape[1])]
        names = list(self.layer_names)
        if len(names) != norms.shape[1]:
            raise ValueError(
                f"layer_names has {len(names)} names, but there are {norms.shape[1]} layers."
            )
        return norms, names


def _chosen(epochs, n_epochs):
    """Return the epochs to draw, counted from 1."""
    if epochs is None:
        return sorted({1, (n_epochs + 1) // 2, n_epochs})
    epochs = list(epochs)
    for epoch in epochs:
        if not isinstance(epoch, Integral) or not 1 <= epoch <= n_epochs:
            raise ValueError(f"epochs must lie between 1 and {n_epochs}, got {epoch!r}.")
    return epochs
