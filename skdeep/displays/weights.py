"""Plot the weights of a layer, as images or as bars."""

import math
from numbers import Integral
from typing import NamedTuple

import numpy as np
from scipy.sparse import issparse

from skdeep.displays.common import check_choice, check_matplotlib, find_network, new_axes
from skdeep.estimators.inputs.sparse_structure import check_sparse_structure
from skdeep.estimators.presentation.description import describe_network
from skdeep.network.unit_connections import units_read

#: Most units and inputs that are drawn where the user does not say which.
MOST_UNITS, MOST_UNITS_AS_BARS, MOST_INPUTS = 100, 8, 30
#: Square numbers of features without names are taken for images from this on.
FEWEST_PIXELS = 64
#: Space between images, as a share of their width.
GAP = 0.1
#: Points of the names of units, and of the line that they stand on. Images of fewer points have no
#: names.
SIZE_OF_NAMES, LINE_OF_NAMES, FEWEST_POINTS = 6.5, 9.0, 15.0


class WeightsDisplay:
    """Weights of a layer, as images or as bars.

    For each unit, an image of the weights of the pixels is drawn, or a column with a bar for each
    input. The scale is symmetric about 0 and the same for all units.

    Parameters
    ----------
    weights : array-like of shape (n_inputs, n_units)
        Weights of the units to draw.
    input_names : sequence of str, default=None
        Names of the inputs. If None, the inputs are numbered.
    unit_names : sequence of str, default=None
        Names of the units. If None, the units are numbered.
    image_shape : tuple of int, default=None
        Height and width of the images, or height, width and channels. If None, bars are drawn.
    title : str, default=None
        Title of the axes.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes.
    figure_ : matplotlib Figure
        The figure.
    images_ : list of matplotlib AxesImage
        One image for each unit; empty if bars are drawn.
    bars_ : list of matplotlib BarContainer
        One container for each unit; empty if images are drawn.
    limit_ : float
        End of the scale: `limit` of `plot` or, by default, the largest magnitude of the drawn
        weights.
    colorbar_ : matplotlib Colorbar or None
        Colorbar of images.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skdeep import MLPClassifier
    >>> from skdeep.displays import WeightsDisplay
    >>> X, y = load_digits(return_X_y=True)
    >>> clf = MLPClassifier((20,), tol=0.05, random_state=0).fit(X / 16, y)
    >>> display = WeightsDisplay.from_estimator(clf)
    >>> display.image_shape
    (8, 8)
    >>> len(display.images_)
    20
    """

    def __init__(self, *, weights, input_names=None, unit_names=None, image_shape=None, title=None):
        self.weights = weights
        self.input_names = input_names
        self.unit_names = unit_names
        self.image_shape = image_shape
        self.title = title

    @classmethod
    def from_estimator(
        cls,
        estimator,
        *,
        layer=0,
        units=None,
        kind="auto",
        image_shape=None,
        input_names=None,
        ax=None,
        **plot_params,
    ):
        """Plot weights of an estimator.

        Parameters
        ----------
        estimator : estimator
            A fitted MLPClassifier, MLPRegressor or Perceptron, or a pipeline or search that has
            fitted one.
        layer : int, default=0
            Index in ``coefs_``: 0 is the first hidden layer, -1 the output layer.
        units : int or sequence of int, default=None
            Indices of the units to draw, or the number of units to draw, in which case those with
            the largest sum of squared weights are chosen. If None, all units are drawn, up to 100
            images or 8 columns of bars.
        kind : {'auto', 'image', 'bar'}, default='auto'
            'auto' draws images if `image_shape` is given, or for the first layer if the features
            have no names and their number is a square of at least 64. Otherwise it draws bars.
        image_shape : tuple of int, default=None
            Height and width of the images, or height, width and channels. Channels are drawn side
            by side. If None, the images are square.
        input_names : sequence of str, default=None
            Names of the inputs of the layer. If None, the feature names known to the estimator or
            the pipeline are used, or the inputs are numbered.
        ax : matplotlib Axes, default=None
            Axes to draw on. If None, a new figure is created.
        **plot_params : keyword arguments
            Passed to `plot`.

        Returns
        -------
        display : WeightsDisplay
            The display, with the axes drawn.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        TypeError
            If the estimator does not have such weights.
        ValueError
            If there is no such layer or unit, or the shape or the names do not match the weights.
        """
        check_matplotlib(f"{cls.__name__}.from_estimator")
        wish = _Wish(layer, units, kind, image_shape, input_names)
        return cls(**_select(estimator, wish)).plot(ax=ax, **plot_params)

    def plot(
        self,
        ax=None,
        *,
        cmap="RdBu_r",
        limit=None,
        max_inputs=MOST_INPUTS,
        n_columns=None,
        colorbar=True,
        **kwargs,
    ):
        """Plot the weights.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on. If None, a new figure is created.
        cmap : str or matplotlib Colormap, default='RdBu_r'
            A diverging colormap.
        limit : float, default=None
            The scale ranges from ``-limit`` to ``limit``. If None, the largest magnitude.
        max_inputs : int, default=30
            Maximum number of inputs to draw bars for. If there are more, those with the largest
            weights are drawn.
        n_columns : int, default=None
            Number of images per row. If None, the picture is about square.
        colorbar : bool, default=True
            Whether to draw a colorbar for images.
        **kwargs : keyword arguments
            Passed to matplotlib's ``imshow`` or ``barh``.

        Returns
        -------
        display : WeightsDisplay
            The display itself.

        Raises
        ------
        ValueError
            If the weights, names and shape do not match.
        """
        weights, inputs, units, shape = self._checked()
        if limit is not None and not limit > 0:
            raise ValueError(f"limit must be greater than 0, got {limit!r}.")
        ax = new_axes(self, ax)
        import matplotlib as mpl

        colours = mpl.colormaps[cmap] if isinstance(cmap, str) else cmap
        self.limit_ = float(limit or np.abs(weights).max() or 1.0)
        self.images_, self.bars_, self.colorbar_ = [], [], None
        if shape is None:
            self._draw_bars(weights, inputs, units, (colours, max_inputs), kwargs)
        else:
            kwargs = {"cmap": colours, "vmin": -self.limit_, "vmax": self.limit_, **kwargs}
            self._draw_images(weights, units, (shape, n_columns), kwargs)
            if colorbar:
                self.colorbar_ = self.figure_.colorbar(self.images_[0], ax=ax)
        if self.title is not None:
            ax.set_title(self.title)
        return self

    def _checked(self):
        """Return the weights, the names of inputs and units and the shape, if they fit."""
        weights = np.asarray(self.weights, dtype=float)
        if weights.ndim != 2 or weights.size == 0:
            raise ValueError(f"weights must be of shape (n_inputs, n_units), got {weights.shape}.")
        inputs = _checked_names("input_names", self.input_names, len(weights))
        units = _checked_names("unit_names", self.unit_names, weights.shape[1])
        shape = self.image_shape
        return weights, inputs, units, None if shape is None else _image_shape(shape, len(weights))

    def _draw_images(self, weights, names, arrangement, kwargs):
        """Draw a grid of images; the width of one is 1."""
        (height, width, *channels), n_columns = arrangement
        n_channels = math.prod(channels)
        tall, n_units = height / (width * n_channels), len(names)
        if n_columns is None:
            n_columns = max(1, math.ceil(math.sqrt(n_units * tall)))
        n_columns = min(n_columns, n_units)
        n_rows = math.ceil(n_units / n_columns)
        title, size = self._room_for_names(n_columns, n_rows, tall)
        small = {"fontsize": size, "ha": "center", "va": "bottom"}
        for i, name in enumerate(names):
            row, column = divmod(i, n_columns)
            left, top = column * (1 + GAP), row * (tall + title)
            image = weights[:, i].reshape(height, width, n_channels)
            image = image.transpose(0, 2, 1).reshape(height, -1)
            extent = (left, left + 1, top + tall, top)
            self.images_.append(self.ax_.imshow(image, extent=extent, **kwargs))
            if size:
                self.ax_.text(left + 0.5, top - 0.1 * title, name, **small, clip_on=True)
        right, bottom = n_columns * (1 + GAP) - GAP, n_rows * (tall + title) - title
        self.ax_.set(xlim=(-GAP, right + GAP), ylim=(bottom + GAP, -title), xticks=[], yticks=[])
        self.ax_.set_aspect("equal")

    def _room_for_names(self, n_columns, n_rows, tall):
        """Return the height of the names above images whose width is 1, and their size in points.

        The size is 0 where images are so small that names would hide or touch them.
        """
        box, points = self.ax_.get_window_extent(), 72 / self.figure_.dpi
        width, height = box.width * points, box.height * points
        # of the points in the height, each row needs those of its name
        across = width / (n_columns * (1 + GAP))
        down = (height / n_rows - LINE_OF_NAMES) / tall
        unit = min(across, down)
        if unit < FEWEST_POINTS:
            return GAP, 0
        return max(2.5 * GAP, LINE_OF_NAMES / unit), SIZE_OF_NAMES

    def _draw_bars(self, weights, inputs, names, look, kwargs):
        """Draw a column of bars for every unit, all of them to the same scale."""
        colours, max_inputs = look
        largest = np.argsort(-np.abs(weights).max(axis=1), kind="stable")[:max_inputs]
        drawn = np.sort(largest)
        places, lane = np.arange(len(drawn)), 2.2 * self.limit_
        for i in range(len(names)):
            values = np.clip(weights[drawn, i], -self.limit_, self.limit_)
            shades = colours(np.where(values < 0, 0.1, 0.9))
            style = {"color": shades, "label": names[i], **kwargs}
            self.bars_.append(self.ax_.barh(places, values, left=i * lane, **style))
            self.ax_.axvline(i * lane, color="gray", linewidth=0.8)
        self.ax_.set(ylim=(len(drawn) - 0.5, -0.5), xlim=(-lane / 2, (len(names) - 0.5) * lane))
        self.ax_.set_yticks(places, [inputs[i] for i in drawn])
        if len(drawn) < len(inputs):
            self.ax_.set_ylabel(f"{len(drawn)} of {len(inputs)} inputs, with the largest weights")
        if len(names) == 1:
            self.ax_.set_xlabel(f"Weight for {names[0]}")
        else:
            self.ax_.set_xticks(np.arange(len(names)) * lane, names)
            self.ax_.set_xlabel(f"Weights, from {-self.limit_:.3g} to {self.limit_:.3g} each")


class _Wish(NamedTuple):
    """What of a network is to be drawn: the parameters of `from_estimator`."""

    layer: int
    units: object
    kind: str
    image_shape: tuple | None
    input_names: object


def _select(estimator, wish):
    """Return what a display is made of."""
    check_choice("kind", wish.kind, ["auto", "image", "bar"])
    if wish.kind == "bar" and wish.image_shape is not None:
        raise ValueError("image_shape is for images: kind='bar' draws none.")
    network, feature_names = find_network(estimator)
    coefs = _coefs(network)
    layer = _index("layer", wish.layer, len(coefs))
    weights = np.asarray(coefs[layer])
    inputs, names = _names(network, layer, len(coefs), weights.shape, feature_names)
    named = wish.input_names is not None or feature_names is not None
    shape = None
    if wish.kind == "image" or wish.image_shape is not None:
        shape = _image_shape(wish.image_shape, len(weights))
    elif wish.kind == "auto" and layer == 0 and not named and len(weights) >= FEWEST_PIXELS:
        shape = _square(len(weights))
    chosen = _chosen(wish.units, weights, MOST_UNITS_AS_BARS if shape is None else MOST_UNITS)
    title = "Weights of " + ("the outputs" if layer == len(coefs) - 1 else f"layer {layer}")
    if len(chosen) < weights.shape[1]:
        title += f", {len(chosen)} of {weights.shape[1]} units"
    return {
        "weights": weights[:, chosen],
        "input_names": inputs if wish.input_names is None else list(map(str, wish.input_names)),
        "unit_names": [names[i] for i in chosen],
        "image_shape": shape,
        "title": title,
    }


def _coefs(network):
    """Return the weights of every layer, each of shape (n_inputs, n_units)."""
    if hasattr(network, "coefs_"):  # the kernel of a convolution has more axes
        return [np.reshape(coef, (-1, np.shape(coef)[-1])) for coef in network.coefs_]
    coef = getattr(network, "coef_", None)
    if coef is None:
        raise TypeError(
            f"{type(network).__name__} has no weights to draw: MLPClassifier, MLPRegressor, "
            "Perceptron and linear models have."
        )
    check_sparse_structure(coef, "coef_")
    coef = coef.toarray() if issparse(coef) else np.asarray(coef)
    return [np.atleast_2d(coef).T]


def _names(network, layer, n_layers, shape, feature_names):
    """Return names of what a layer reads, and of its units."""
    try:
        layers = [each for each in describe_network(network).layers if "aux" not in each.name]
    except TypeError:  # an estimator of scikit-learn
        layers = None
    known = layers is not None and len(layers) == n_layers + 1
    if not known or layers[layer + 1].n_units != shape[1]:
        inputs = [f"x{i}" if layer == 0 else str(i) for i in range(shape[0])]
        if feature_names is not None and layer == 0:
            inputs[: len(feature_names)] = feature_names
        return inputs, [str(i) for i in range(shape[1])]
    units = [name for each in layers[: layer + 1] for name in each.unit_names()]
    if feature_names is not None:
        units[: len(feature_names)] = feature_names
    read = units_read(network._network()[0]) if hasattr(network, "layers_") else None
    if read is not None:
        inputs = [units[i] for i in read[layer]]
    else:
        inputs = units[-shape[0] :] if shape[0] == layers[layer].n_units else units
    own = layers[layer + 1]
    return inputs, own.unit_names() if own.units else [str(i) for i in range(shape[1])]


def _index(name, value, n):
    """Return a number between 0 and `n`, of one that may count from the end."""
    if not isinstance(value, Integral) or isinstance(value, bool) or not -n <= value < n:
        raise ValueError(f"{name} must be an integer between {-n} and {n - 1}, got {value!r}.")
    return int(value) % n


def _chosen(units, weights, most):
    """Return the numbers of the units to draw."""
    n_units = weights.shape[1]
    if units is None:
        units = min(n_units, most)
    if isinstance(units, Integral) and not isinstance(units, bool):
        if not 1 <= units <= n_units:
            raise ValueError(f"units must be at least 1 and at most {n_units}, got {units}.")
        sizes = np.square(weights, dtype=float).sum(axis=0)
        return np.sort(np.argsort(-sizes, kind="stable")[:units]).tolist()
    if isinstance(units, str) or not hasattr(units, "__iter__") or not len(list(units)):
        raise ValueError(f"units must be a number of units or a sequence of them, got {units!r}.")
    return [_index("Each of units", unit, n_units) for unit in units]


def _square(n_inputs):
    """Return the shape of a square image of so many pixels, or None."""
    side = math.isqrt(n_inputs)
    return (side, side) if side * side == n_inputs else None


def _image_shape(shape, n_inputs):
    """Return a shape that has as many pixels as there are inputs."""
    if shape is None:
        shape = _square(n_inputs)
        if shape is None:
            raise ValueError(f"{n_inputs} inputs make no square image: give image_shape.")
    sides = tuple(shape) if hasattr(shape, "__iter__") else ()
    if len(sides) not in (2, 3) or not all(isinstance(s, Integral) and s > 0 for s in sides):
        raise ValueError(
            f"image_shape must be height and width, or height, width and channels, got {shape!r}."
        )
    if math.prod(sides) != n_inputs:
        n_pixels = math.prod(sides)
        raise ValueError(f"image_shape={sides} has {n_pixels} pixels, but {n_inputs} are read.")
    return sides


def _checked_names(parameter, names, n):
    names = [str(i) for i in range(n)] if names is None else list(names)
    if len(names) != n:
        raise ValueError(f"{parameter} has {len(names)} names, but {n} are needed.")
    return names
