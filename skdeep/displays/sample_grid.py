"""Generated samples as images in a grid."""

import inspect
import math
from numbers import Integral

import numpy as np

from skdeep.displays.common import check_matplotlib, find_network, new_axes

#: Pixels between two images, in each direction.
GAP = 1


class SampleGridDisplay:
    """Generated samples as images, in rows by their class where they have one.

    Parameters
    ----------
    samples : array-like of shape (n_samples, n_features)
        The samples.
    image_shape : tuple of int
        Height and width of an image, and number of channels if there are several: 3 for colours.
    n_columns : int
        Images in a row.
    row_names : sequence of str, default=None
        Names of the rows; None for none.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes.
    figure_ : matplotlib Figure
        The figure.
    image_ : matplotlib AxesImage
        The images, in one.

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
        """Draw samples that an estimator generates.

        Parameters
        ----------
        estimator : estimator
            A fitted estimator with a method `sample`, such as a GenerativeAdversarialNetwork, or a
            pipeline or search that has fitted one. Samples of a pipeline are as its last step gives
            them.
        y : array-like of shape (n_rows,), default=None
            Class of every row, where the estimator generates samples by class; None for a row of
            each class.
        n_rows : int, default=5
            Rows of images, where these are not those of classes.
        n_columns : int, default=10
            Images in a row.
        image_shape : tuple of int, default=None
            Height and width of an image, and number of channels if there are several. None takes
            `input_shape` of the estimator, or a square where the number of features is one.
        random_state : int, RandomState instance or None, default=None
            Of the samples, where `sample` of the estimator has this parameter.
        ax : matplotlib Axes, default=None
            To draw on; None makes a new figure.
        **plot_params : keyword arguments
            Of `plot`.

        Returns
        -------
        display : SampleGridDisplay
            With the picture.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        TypeError
            If it generates no samples.
        ValueError
            If a parameter is out of its range, or features make up no images.
        """
        check_matplotlib(f"{cls.__name__}.from_estimator")
        network, _ = find_network(estimator)
        if not hasattr(network, "sample"):
            raise TypeError(f"{type(network).__name__} has no method sample.")
        for name, number in (("n_rows", n_rows), ("n_columns", n_columns)):
            if not isinstance(number, Integral) or isinstance(number, bool) or number < 1:
                raise ValueError(f"{name} must be an integer from 1 on, got {number!r}.")
        classes = getattr(network, "classes_", None)
        if y is None and classes is not None:
            y = classes
        shape = _image_shape(network, image_shape)
        arguments, names = {}, None
        if y is not None:
            y = np.asarray(y)
            arguments["y"], names = np.repeat(y, n_columns), list(map(str, y))
            n_rows = len(y)
        if "random_state" in inspect.signature(network.sample).parameters:
            arguments["random_state"] = random_state
        found = network.sample(n_rows * n_columns, **arguments)
        samples = found[0] if isinstance(found, tuple) else found  # with labels, as of mixtures
        display = cls(samples=samples, image_shape=shape, n_columns=n_columns, row_names=names)
        return display.plot(ax=ax, **plot_params)

    def plot(self, ax=None, *, cmap="gray_r", vmin=None, vmax=None, **image_kw):
        """Draw the samples.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            To draw on; None makes a new figure.
        cmap : str or Colormap, default='gray_r'
            Colours of images of one channel.
        vmin, vmax : float, default=None
            Numbers of the first and the last colour; None takes the least and the largest number of
            all samples.
        **image_kw : keyword arguments
            Of ``imshow``, for matplotlib.

        Returns
        -------
        display : SampleGridDisplay
            Itself.

        Raises
        ------
        ValueError
            If there are no samples, they are not of the shape, or rows have not a name each.
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
