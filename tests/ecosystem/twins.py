"""The same work with an estimator of scikit-learn and with skdeep's of the same name."""

import numpy as np
import sklearn.linear_model
import sklearn.neural_network

import skdeep
from tests.helpers import assert_close, quiet

THEIRS = {
    "MLPClassifier": sklearn.neural_network.MLPClassifier,
    "MLPRegressor": sklearn.neural_network.MLPRegressor,
    "Perceptron": sklearn.linear_model.Perceptron,
}
SETTINGS = {
    "MLPClassifier": {"hidden_layer_sizes": (6,), "max_iter": 4, "batch_size": 10},
    "MLPRegressor": {"hidden_layer_sizes": (6,), "max_iter": 4, "batch_size": 10},
    "Perceptron": {"max_iter": 6, "tol": None},
}
# A perceptron is scikit-learn's to the bit, networks round otherwise.
RTOL = {"MLPClassifier": 1e-6, "MLPRegressor": 1e-6, "Perceptron": 1e-12}
CLASSIFIERS = ("MLPClassifier", "Perceptron")


def make_twins(name, **parameters):
    """Return an estimator of scikit-learn and one of skdeep, with the same parameters."""
    settings = {"random_state": 0, **SETTINGS[name], **parameters}
    return THEIRS[name](**settings), getattr(skdeep, name)(**settings)


def run_both(name, work, **parameters):
    """Return what ``work(estimator)`` returns for either of the twins."""
    with quiet():
        return tuple(work(twin) for twin in make_twins(name, **parameters))


def assert_same_work(name, work, **parameters):
    """Check that an array or a list of them comes out the same from either of the twins."""
    theirs, ours = run_both(name, work, **parameters)
    if not isinstance(theirs, list | tuple):
        theirs, ours = [theirs], [ours]
    assert len(ours) == len(theirs) > 0
    for got, expected in zip(ours, theirs, strict=True):
        got, expected = np.asarray(got), np.asarray(expected)
        assert got.dtype.kind == expected.dtype.kind and got.shape == expected.shape
        if expected.dtype.kind == "f":
            assert_close(got, expected, RTOL[name])
        else:
            np.testing.assert_array_equal(got, expected)


def outputs(model, X):
    """Return what a fitted classifier or regressor says of rows, as numbers."""
    for method in ("predict_proba", "decision_function", "predict"):
        if hasattr(model, method):
            return getattr(model, method)(X)
    raise AttributeError("the model does not predict")
