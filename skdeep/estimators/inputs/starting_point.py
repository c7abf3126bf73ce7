"""The weights at which a perceptron begins."""

import numpy as np
from scipy.sparse import issparse
from sklearn.utils import check_random_state

from skdeep.estimators.inputs.sparse_structure import check_sparse_structure
from skdeep.formulas.initialisers import REGISTRY

#: First weights by name: an initialiser and its parameters. Inputs and corrections are of the order
#: of 1, so these are not small beside them, as weights of networks are.
INITS = {
    "zeros": {},
    "normal": {"mean": 0.0, "std": 1.0},
    "uniform": {"low": -1.0, "high": 1.0},
}


def starting_point(init, random_state, n_lines, X, coef_init, intercept_init):
    """Return the first weights and intercepts.

    Parameters
    ----------
    init : str or array-like
        The parameter of this name.
    random_state : int, RandomState instance or None
    n_lines : int
    X : {array, sparse matrix} of shape (n_samples, n_features)
    coef_init, intercept_init : array-like or None
        Arguments of `fit`, or attributes of an earlier fit.

    Returns
    -------
    coef : array of shape (n_lines, n_features)
    intercept : array of shape (n_lines,)
        Of the type of X, like the weights.

    Raises
    ------
    ValueError
        If an array has a shape that does not fit, or holds NaN or infinity.
    """
    n_features = X.shape[1]
    coef_shapes, intercept_shapes = [(n_lines, n_features)], [(n_lines,)]
    if n_lines == 1:
        coef_shapes.append((n_features,))
        intercept_shapes.append(())
    if coef_init is not None:
        coef = _check("coef_init", coef_init, coef_shapes, X.dtype)
    elif isinstance(init, str):
        random_state = check_random_state(random_state)
        coef = REGISTRY[init].draw(random_state, n_features, n_lines, **INITS[init]).T
    else:
        coef = _check("init", init, coef_shapes, X.dtype)
    intercept = np.zeros(n_lines)
    if intercept_init is not None:
        intercept = _check("intercept_init", intercept_init, intercept_shapes, X.dtype)
    return coef.astype(X.dtype), intercept.astype(X.dtype)


def continued(coef, intercept, n_lines, X):
    """Return the weights and intercepts that training goes on with.

    Parameters
    ----------
    coef, intercept : array
        The attributes ``coef_`` and ``intercept_``.
    n_lines : int
    X : {array, sparse matrix} of shape (n_samples, n_features)

    Returns
    -------
    coef : array of shape (n_lines, n_features)
    intercept : array of shape (n_lines,)

    Raises
    ------
    ValueError
        If an array has a shape that does not fit, or holds NaN or infinity.
    """
    coef = _check("coef_", coef, [(n_lines, X.shape[1])], _float_type(coef))
    return coef, _check("intercept_", intercept, [(n_lines,)], _float_type(intercept))


def _float_type(array):
    """Return the type in which training goes on with an array."""
    return np.float32 if getattr(array, "dtype", None) == np.float32 else np.float64


def _check(name, array, shapes, dtype):
    """Return an array in the first of the shapes, any of which it may have."""
    check_sparse_structure(array, name)
    array = np.asarray(array.toarray() if issparse(array) else array, dtype=dtype)
    if array.shape not in shapes:
        expected = " or ".join(map(str, shapes))
        raise ValueError(
            f"{name} has shape {array.shape}, but the data have {expected}: one line for two "
            "classes, and one for each of more."
        )
    if not np.isfinite(array).all():
        raise ValueError(f"{name} must be finite, but holds NaN or infinity.")
    return array.reshape(shapes[0])
