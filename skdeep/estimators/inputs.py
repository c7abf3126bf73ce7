"""Validation of what users pass in: features, targets and sample weights.

Every estimator validates its input by these functions, so that a check that is needed before a
kernel sees an array stands in one place.
"""

from sklearn.utils.validation import _check_sample_weight, validate_data

from skdeep.estimators.weights import check_finite

__all__ = ["validate_input", "validate_sample_weight"]


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
    return validate_data(estimator, X, y, **options)


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
    sample_weight = _check_sample_weight(sample_weight, X, **options)
    check_finite(sample_weight)
    return sample_weight
