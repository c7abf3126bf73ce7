"""Validation of what users pass in: features, targets and sample weights.

Every estimator validates its input by these functions, so that a check that is needed before a
kernel sees an array stands in one place.
"""

import numpy as np
from scipy.sparse import issparse
from sklearn import get_config
from sklearn.utils import check_array
from sklearn.utils.validation import _check_sample_weight, validate_data

from skdeep.estimators.inputs.byte_order import in_native_order
from skdeep.estimators.inputs.dask_collections import warn_of_collection
from skdeep.estimators.inputs.finite import LEAST_BYTES, has_finite_sum, known_to_be_finite
from skdeep.estimators.inputs.sample_weights import check_finite
from skdeep.estimators.inputs.sparse_structure import check_sparse_structure

__all__ = ["as_numbers", "validate_input", "validate_rows", "validate_sample_weight"]


def validate_input(estimator, X="no_validation", y="no_validation", **options):
    """Return validated features, or features and targets.

    Parameters
    ----------
    estimator : estimator
        Its attributes ``n_features_in_`` and ``feature_names_in_`` are set or checked.
    X : {array-like, sparse matrix} of shape (n_samples, n_features), default="no_validation"
        The features.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs), default="no_validation"
        The targets.
    **options : dict
        Further arguments of `sklearn.utils.validation.validate_data`.

    Returns
    -------
    X : {array, sparse matrix} of shape (n_samples, n_features)
        Not returned without features.
    y : array of shape (n_samples,) or (n_samples, n_outputs)
        Not returned without targets.

    Raises
    ------
    ValueError, TypeError
        If the input is invalid.
    """
    if options.get("reset", True):
        warn_of_collection(estimator, X)
    if options.get("reset") is False and _are_as_in_fit(estimator, X, y, options):
        return X, y
    check_sparse_structure(X, "X")
    check_sparse_structure(y, "y")
    X = in_native_order(X)
    # A single dtype may ask for a conversion, which can make infinities of finite numbers.
    converts = isinstance(options.get("dtype", ()), type)
    if "ensure_all_finite" not in options and not converts:
        if known_to_be_finite(X, getattr(estimator, "n_threads", None)):
            options["ensure_all_finite"] = False
    return validate_data(estimator, X, y, **options)


def _is_as_in_fit(estimator, X):
    """Return whether an array is one in which scikit-learn's checks find nothing.

    They take longer than the prediction of a few rows. This knows the arrays of floats that most
    predictions are made from; every other input is left to those checks, and so are the messages.
    """
    if type(X) is not np.ndarray or X.ndim != 2 or X.dtype.char not in "fd":
        return False
    fitted = vars(estimator)
    if "feature_names_in_" in fitted or X.shape[1] != fitted.get("n_features_in_"):
        return False
    if not (len(X) and X.dtype.isnative):
        return False
    if get_config()["assume_finite"] or known_to_be_finite(X, fitted.get("n_threads")):
        return True
    return X.nbytes < LEAST_BYTES and has_finite_sum(X)


#: What `_are_as_in_fit` knows of the options of `validate_data`, beside ``reset=False``.
PLAIN_OPTIONS = {
    "accept_sparse": ["csr", "csc"],
    "multi_output": True,
    "dtype": (np.float64, np.float32),
}


def _are_as_in_fit(estimator, X, y, options):
    """Return whether scikit-learn's checks find nothing in features and targets.

    They take longer than an update by a few rows. As of `_is_as_in_fit`, every input but arrays of
    numbers is left to them.
    """
    if type(y) is not np.ndarray or y.ndim not in (1, 2) or y.dtype.kind not in "biuf":
        return False
    if y.dtype.char == "g" or not y.dtype.isnative or y.shape[-1] == 0:
        return False
    known = PLAIN_OPTIONS.items() <= options.items()
    if not known or options.keys() - PLAIN_OPTIONS.keys() - {"reset", "y_numeric"}:
        return False
    if not _is_as_in_fit(estimator, X) or len(X) != len(y):
        return False
    return y.dtype.kind != "f" or get_config()["assume_finite"] or has_finite_sum(y)


def validate_rows(estimator, X, accept_sparse=("csr", "csc")):
    """Return validated features for a fitted network to predict from.

    As in scikit-learn, text is refused here, although a fit takes text that says numbers.

    Parameters
    ----------
    estimator : MLPClassifier or MLPRegressor
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        The features.
    accept_sparse : sequence of str or False, default=("csr", "csc")
        Formats of sparse matrices that the network takes.

    Returns
    -------
    X : {array, sparse matrix} of shape (n_samples, n_features)
        Of float32 where it was so, else of float64, of integers or bool.

    Raises
    ------
    ValueError, TypeError
        If the features are invalid.
    """
    if _is_as_in_fit(estimator, X):
        return X
    X = validate_input(estimator, X, accept_sparse=accept_sparse, reset=False)
    _refuse_other_types("X", X)
    if X.dtype in (np.float32, np.float64) or X.dtype.kind in "biu":
        return X
    # Python objects and long doubles: after the conversion there may be more NaN and infinities.
    return check_array(
        X, accept_sparse=accept_sparse, dtype=np.float64, estimator=estimator, input_name="X"
    )


def as_numbers(y):
    """Return targets of a regression as numbers in native byte order.

    Parameters
    ----------
    y : {array, sparse matrix} of shape (n_samples,) or (n_samples, n_outputs)
        Targets that `validate_input` has checked.

    Returns
    -------
    y : array of shape (n_samples,) or (n_samples, n_outputs)
        Floats, integers or bool.

    Raises
    ------
    ValueError, TypeError
        If they are no numbers, or not dense.
    """
    if issparse(y):
        raise ValueError("y must be a dense array, but is a sparse matrix; y.toarray() is dense.")
    _refuse_other_types("y", y)
    y = in_native_order(y)
    return y if y.dtype.kind in "biuf" else y.astype(np.float64)


def _refuse_other_types(name, array):
    """Refuse text, bytes, records, dates and durations, even where they could be converted."""
    if array.dtype.kind in "USVmM":
        raise TypeError(f"{name} must hold numbers, but has the type {array.dtype}.")


def validate_sample_weight(sample_weight, X, **options):
    """Return validated weights of the samples.

    Parameters
    ----------
    sample_weight : array-like of shape (n_samples,), number or None
        None stands for ones.
    X : {array, sparse matrix} of shape (n_samples, n_features)
        Validated features.
    **options : dict
        Further arguments of `sklearn.utils.validation._check_sample_weight`.

    Returns
    -------
    sample_weight : array of shape (n_samples,)

    Raises
    ------
    ValueError
        If the weights are invalid.
    """
    sample_weight = _check_sample_weight(in_native_order(sample_weight), X, **options)
    check_finite(sample_weight)
    return sample_weight
