"""What the displays share: finding the network, axes to draw on, matplotlib on demand."""

import numpy as np
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.utils.validation import check_is_fitted

from skdeep.displays.legends import use_plain_numbers

#: Attributes in which estimators that train others keep what they have trained.
INNER = ("best_estimator_", "regressor_", "estimator_")


def check_matplotlib(caller):
    """Check that matplotlib can be imported.

    Parameters
    ----------
    caller : str
        Who needs it.

    Raises
    ------
    ImportError
        If it cannot.
    """
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise ImportError(
            f"{caller} requires matplotlib. You can install matplotlib with "
            "`pip install matplotlib`"
        ) from error


def new_axes(display, ax, size=None):
    """Give a display its attributes ``ax_`` and ``figure_``.

    Parameters
    ----------
    display : object
    ax : matplotlib Axes or None
        None makes a new figure.
    size : tuple of float, default=None
        Width and height of a new figure, in inches; None takes matplotlib's.

    Returns
    -------
    ax : matplotlib Axes
    """
    check_matplotlib(f"{type(display).__name__}.plot")
    import matplotlib.pyplot as plt

    if ax is None:
        _, ax = plt.subplots(figsize=size, layout="constrained")
    display.ax_, display.figure_ = ax, ax.figure
    return ax


def find_network(estimator, fitted=True):
    """Return the network within pipelines and searches.

    Parameters
    ----------
    estimator : estimator
        A network, or a pipeline that ends in one, a fitted search, a
        `TransformedTargetRegressor` or another estimator that keeps what it has fitted as
        ``best_estimator_``, ``regressor_`` or ``estimator_``.
    fitted : bool, default=True
        Whether it must have been fitted.

    Returns
    -------
    network : estimator
    feature_names : list of str or None
        Names of the features that it sees, where they are known.

    Raises
    ------
    NotFittedError
        If it must have been fitted, and is not.
    TypeError
        If there is no estimator.
    """
    names = None
    while True:
        if isinstance(estimator, type) or not hasattr(estimator, "fit"):
            raise TypeError(f"An estimator was expected, got {estimator!r}.")
        if isinstance(estimator, FrozenEstimator):
            estimator = estimator.estimator
            continue
        inner = next((getattr(estimator, name) for name in INNER if hasattr(estimator, name)), None)
        if inner is None and hasattr(estimator, "steps"):
            names = _names_before_last(estimator) or names
            inner = estimator.steps[-1][1]
        if inner is None:
            break
        estimator = inner
    if fitted:
        check_is_fitted(estimator)
    own = getattr(estimator, "feature_names_in_", None)
    return estimator, names if own is None else list(map(str, own))


def _names_before_last(pipeline):
    """Return the names of the features that the last step of a pipeline sees, or None."""
    if len(pipeline.steps) == 1:
        return None
    try:
        return list(map(str, pipeline[:-1].get_feature_names_out()))
    except (AttributeError, ValueError, NotFittedError):
        return None


def check_choice(name, value, accepted):
    """Check that a parameter has one of its values.

    Parameters
    ----------
    name : str
    value : object
    accepted : sequence of str

    Raises
    ------
    ValueError
        If it has not.
    """
    if not isinstance(value, str) or value not in accepted:
        listed = ", ".join(map(repr, accepted))
        raise ValueError(f"{name} must be one of {listed}, got {value!r}.")


def use_log_scale(ax):
    """Make the scale of y logarithmic; where lines reach 0 or below, linear near 0.

    Parameters
    ----------
    ax : matplotlib Axes
    """
    values = [np.ravel(line.get_ydata()).astype(float) for line in ax.get_lines()]
    values = np.concatenate(values) if values else np.empty(0)
    values = values[np.isfinite(values)]
    sizes = np.abs(values[values != 0])
    if not len(sizes):
        return  # nothing but zeros
    if values.min() > 0:
        ax.set_yscale("log")
    else:
        ax.set_yscale("symlog", linthresh=sizes.min())
    use_plain_numbers(ax.yaxis)
