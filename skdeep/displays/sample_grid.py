"""Plot of generated images in a grid."""

import inspect
import math
from numbers import Integral

import numpy as np

from skdeep.displays.common import check_matplotlib, find_network, new_axes

#: Pixels between two images, in each direction.
GAP = 1


class SampleGridDisplay:
    """Plot of generated images in a grid, with a row for each class if there are classes.

    Parameters
    ----------
    samples : array-like of shape (n_samples, n_features)
        The samples.
    image_shape : tuple of int
        Height and width of an image, optionally followed by the number of channels: 1, 3 or 4.
    n_columns : int
        Number of images in a row.
    row_names : sequence of str, default=None
        Names of the rows. If None, rows have no names.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes.
    figure_ : matplotlib Figure
        The figure.
    image_ : matplotlib AxesImage
        All images, as one.

    See Also
    --------
    skdeep.GenerativeAdversarialNetwork : Generates samples.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.mixture import GaussianMixture
    >>> from skdeep.displays import SampleGridDisplay
    >>> X, y = load_digits(return_X_y=True)
    >>> mixture = GaussianMixture(10, covariance_type="diag", random_state=0).fit(X)
    >>> display = SampleGridDisplay.from_estimator(mixture, n_rows=2, n_columns=5)
    >>> display.image_shape
    (8, 8)
    """

    def __init__(self, *, samples, image_shape, n_columns, row_names=None):
        self.samples = samples
        self.image_shape = image_shape
        self.n_columns = n_columns
        self.row_names = row_names

    @classmethod
    def from_estimator(
        cls,
        estimator,
        *,
        y=None,
        n_rows=5,
        n_columns=10,
        image_shape=None,
        random_state=None,
        ax=None,
        **plot_params,
    ):
        """Generate samples with an estimator and plot them.

        Parameters
        ----------
        estimator : estimator
            A fitted estimator with a method `sample`, such as a GenerativeAdversarialNetwork, or a
            pipeline or search that has fitted one. The samples are not transformed back by earlier
            steps of a pipeline.
        y : array-like of shape (n_rows,), default=None
            Class of each row, for estimators that generate samples of a given class. If None, there
            is a row for each class.
        n_rows : int, default=5
            Number of rows. Not used if rows belong to classes.
        n_columns : int, default=10
            Number of images in a row.
        image_shape : tuple of int, default=None
            Height and width of an image, optionally followed by the number of channels. If None,
            `input_shape` of the estimator is used, or a square if the number of features is one.
        random_state : int, RandomState instance or None, default=None
            Passed to `sample` of the estimator if it has this parameter.
        ax : matplotlib Axes, default=None
            Axes to draw on. If None, a new figure is created.
        **plot_params : keyword arguments
            Passed to `plot`.

        Returns
        -------
        display : SampleGridDisplay
            The display, drawn.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        TypeError
            If the estimator has no method `sample`.
        ValueError
            If a parameter is out of its range, or the shape of an image is not known.
        """
        check_matplotlib(f"{cls.__name__}.from_estimator")
        network, _ = find_network(estimator)
        if not hasattr(network, "sample"):
            raise TypeError(f"{type(network).__name__} has no method sample.")
        _check_counts(n_rows=n_rows, n_columns=n_columns)
        form = {"image_shape": _image_shape(network, image_shape), "n_columns": n_columns}
        samples, names = _generate(network, y, n_rows, n_columns, random_state)
        return cls(samples=samples, **form, row_names=names).plot(ax=ax, **plot_params)

    def plot(self, ax=None, *, cmap="gray_r", vmin=None, vmax=None, **image_kw):
        """Plot the samples.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on. If None, a new figure is created.
        cmap : str or Colormap, default='gray_r'
            Colormap of images with one channel.
        vmin, vmax : float, default=None
            Range of the colormap. If None, the minimum and maximum of all samples.
        **image_kw : keyword arguments
            Passed to ``imshow`` of matplotlib.

        Returns
        -------
        display : SampleGridDisplay
            The display itself.

        Raises
        ------
        ValueError
            If the samples do not have the size of an image, or `row_names` the number of rows.
        """
        images = self._images()
        n_rows, (height, width) = -(-len(images) // self.n_columns), images.shape[1:3]
        names = self.row_names
        if names is not None and len(names) != n_rows:
            raise ValueError(f"row_names has {len(names)} names, but there are {n_rows} rows.")
        steps = height + GAP, width + GAP
        low = float(images.min()) if vmin is None else vmin
        high = float(images.max()) if vmax is None else vmax
        channels = images.shape[3:]
        grid = np.full(
            (n_rows * steps[0] - GAP, self.n_columns * steps[1] - GAP, *channels), np.nan
        )
        for place, image in enumerate(images):
            row, column = divmod(place, self.n_columns)
            top, left = row * steps[0], column * steps[1]
            grid[top : top + height, left : left + width] = image
        if channels:  # colours are shares of 1
            grid = np.nan_to_num((grid - low) / ((high - low) or 1.0), nan=1.0).clip(0, 1)
        ax = new_axes(self, ax, (0.6 * self.n_columns + 0.6, 0.6 * n_rows + 0.2))
        options = {"cmap": cmap, "vmin": low, "vmax": high, "interpolation": "nearest"}
        self.image_ = ax.imshow(grid, **{**options, **image_kw})
        ax.set(xticks=[], yticks=[])
        if names is not None:
            middles = [row * steps[0] + (height - 1) / 2 for row in range(n_rows)]
            ax.set_yticks(middles, labels=names)
            ax.tick_params(axis="y", length=0)
        ax.spines[:].set_visible(False)
        return self

    def _images(self):
        """Return the samples as images."""
        samples = np.asarray(self.samples, dtype=float)
        shape = tuple(self.image_shape)
        if shape[2:] == (1,):
            shape = shape[:2]
        if len(shape) not in (2, 3) or (len(shape) == 3 and shape[2] not in (3, 4)):
            raise ValueError(
                f"image_shape must be the height and width of an image, or these and 1, 3 or 4 "
                f"channels, got {self.image_shape!r}."
            )
        if samples.ndim != 2 or not len(samples) or samples.shape[1] != math.prod(shape):
            raise ValueError(
                f"samples has the shape {samples.shape}, but samples of {math.prod(shape)} "
                f"features are needed for image_shape={self.image_shape!r}."
            )
        return samples.reshape(-1, *shape)


def _check_counts(**counts):
    """Check that there are rows and columns."""
    for name, number in counts.items():
        if not isinstance(number, Integral) or isinstance(number, bool) or number < 1:
            raise ValueError(f"{name} must be an integer from 1 on, got {number!r}.")


def _generate(network, y, n_rows, n_columns, random_state):
    """Return samples of an estimator, row by row, and the names of the rows or None."""
    arguments, names = {}, None
    if y is None and getattr(network, "classes_", None) is not None:
        y = network.classes_
    if y is not None:
        arguments["y"], n_rows = np.repeat(np.asarray(y), n_columns), len(y)
        names = list(map(str, np.asarray(y)))
    if "random_state" in inspect.signature(network.sample).parameters:
        arguments["random_state"] = random_state
    found = network.sample(n_rows * n_columns, **arguments)
    return found[0] if isinstance(found, tuple) else found, names  # mixtures return labels, too


def _image_shape(network, given):
    """Return the shape of an image."""
    if given is None:
        given = getattr(network, "input_shape", None)
    if given is not None and np.ndim(given) == 1 and len(given) > 1:
        return tuple(map(int, given))
    n_features = network.n_features_in_
    side = math.isqrt(n_features)
    if given is not None or side * side != n_features:
        raise ValueError(
            f"image_shape must be the height and width of an image of {n_features} features, got "
            f"{given!r}."
        )
    return side, side
