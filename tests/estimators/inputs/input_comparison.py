"""Calls of an estimator and of scikit-learn's, with everything that can be seen of them."""

import functools
import re
import warnings
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp
from sklearn import linear_model, neural_network

import skdeep
from tests.estimators.inputs.kinds_of_data import CODES, TARGETS, X
from tests.helpers import assert_close, quiet

PEERS = {
    "MLPClassifier": neural_network.MLPClassifier,
    "MLPRegressor": neural_network.MLPRegressor,
    "Perceptron": linear_model.Perceptron,
}


class Seen(NamedTuple):
    """What can be seen of a call.

    Attributes
    ----------
    error : Exception or None
    result : list
        Arrays, numbers and texts; empty after an error.
    warnings : list of (type, str)
    """

    error: Exception | None
    result: list
    warnings: list


def see(call, *arguments):
    """Call, and return what can be seen of it."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            error, result = None, call(*arguments)
        except Exception as raised:
            error, result = raised, []
    told = sorted((w.category.__name__, str(w.message)) for w in caught)
    return Seen(error, result, told)


def make(name, ours, **parameters):
    """Return an estimator of skdeep or of scikit-learn that is fitted in a moment."""
    cls = getattr(skdeep, name) if ours else PEERS[name]
    if name != "Perceptron":
        parameters = {"hidden_layer_sizes": (3,), **parameters}
    return cls(max_iter=2, random_state=0, **parameters)


def plain_y(name):
    """Return targets that suit an estimator."""
    return TARGETS if name == "MLPRegressor" else CODES


@functools.cache
def fitted(name, ours):
    """Return an estimator that was fitted to plain numbers, which nobody may change."""
    with quiet(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return make(name, ours).fit(X, plain_y(name))


def learned(model):
    """Return what an estimator has learned."""
    linear = hasattr(model, "coef_")
    weights = [model.coef_, model.intercept_] if linear else [*model.coefs_, *model.intercepts_]
    names = getattr(model, "feature_names_in_", None)
    others = [model.n_features_in_, model.n_iter_, None if names is None else list(names)]
    return weights + others + ([] if linear else [float(model.loss_)])


def message(error):
    """Return the text of an error without addresses and what comes in any order."""
    return re.sub(r"0x[0-9a-f]+", "", re.sub(r"\{'.*?'\}", "{}", str(error)))


def assert_same(got, expected):
    """Compare two results: types, shapes, and numbers up to rounding."""
    if isinstance(expected, list):
        assert len(got) == len(expected)
        for a, b in zip(got, expected, strict=True):
            assert_same(a, b)
        return
    assert sp.issparse(got) == sp.issparse(expected)
    if sp.issparse(expected):
        assert got.format == expected.format
        got, expected = got.toarray(), expected.toarray()
    got, expected = np.asarray(got), np.asarray(expected)
    assert got.dtype == expected.dtype and got.shape == expected.shape
    if expected.dtype.kind == "f":
        assert_close(got, expected, 1e-3 if expected.dtype == np.float32 else 1e-6)
    else:
        assert (got == expected).all()


def assert_same_seen(got, expected):
    """Compare what was seen of two calls: result, error and warnings."""
    assert type(got.error) is type(expected.error), f"{got.error!r} is not {expected.error!r}"
    if expected.error is not None:
        assert message(got.error) == message(expected.error)
    assert got.warnings == expected.warnings
    assert_same(got.result, expected.result)
