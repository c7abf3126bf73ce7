"""Checks of the values of visible units, and of the parameters of methods."""

from numbers import Integral

import numpy as np
import scipy.sparse as sp

from skdeep.training.user_warnings import warn_user


def warn_outside_unit_interval(X, advice=""):
    """Warn of features that are no probabilities.

    Parameters
    ----------
    X : {array, sparse matrix} of shape (n_samples, n_features)
    advice : str, default=""
        What else to do about it.
    """
    values = X.data if sp.issparse(X) else X
    if not values.size:
        return
    low, high = values.min(), values.max()
    if low < 0 or high > 1:
        warn_user(
            f"X has values outside [0, 1], from {low:.4g} to {high:.4g}, which Bernoulli visible "
            "units cannot have. Scale X, for example by sklearn.preprocessing.MinMaxScaler"
            f"{advice}.",
            UserWarning,
        )


def check_count(name, value):
    """Check a number of samples or steps.

    Parameters
    ----------
    name : str
        Of the parameter.
    value : object

    Raises
    ------
    ValueError
        If it is no integer from 1 on.
    """
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, Integral) or value < 1:
        raise ValueError(f"{name} must be an integer from 1 on, got {value!r}.")


def check_flag(name, value):
    """Check a parameter that is True or False.

    Parameters
    ----------
    name : str
        Of the parameter.
    value : object

    Raises
    ------
    ValueError
        If it is neither.
    """
    if not isinstance(value, (bool, np.bool_)):
        raise ValueError(f"{name} must be True or False, got {value!r}.")
