"""Dask collections where local estimators are fitted, which load all of their rows."""

import math

from skdeep.training.user_warnings import warn_user

#: Local estimators -> those that leave the rows on the workers.
ON_DASK = {"MLPClassifier": "DaskMLPClassifier", "MLPRegressor": "DaskMLPRegressor"}


def warn_of_collection(estimator, X):
    """Warn if features are a Dask collection, and say what to use instead.

    Dask is not imported for that.

    Parameters
    ----------
    estimator : estimator
        To be fitted.
    X : object
        The features that a user has passed.
    """
    module = type(X).__module__.partition(".")[0]
    if module not in ("dask", "dask_expr") or not hasattr(X, "__dask_graph__"):
        return
    name = type(estimator).__name__
    instead = ON_DASK.get(name)
    advice = "skdeep.dask has estimators that leave the rows on their workers"
    if instead is not None:
        advice = f"skdeep.dask.{instead} leaves the rows on their workers"
    warn_user(
        f"{name} loads all rows of the Dask collection X into this process, {_size(X)}. "
        f"{advice}; X.compute() loads them without this warning."
    )


def _size(X):
    """Return how many bytes a collection has, in words."""
    try:
        n_bytes = float(X.nbytes)
    except (AttributeError, NotImplementedError, TypeError, ValueError):  # of frames
        n_bytes = math.nan
    return "of a size that is not known before" if math.isnan(n_bytes) else f"{int(n_bytes)} bytes"
