"""Fitted networks beside the oracle's copies of them."""

import copy

import numpy as np
import pytest
from scipy.sparse import issparse

from skdeep.network.layout import parameter_views
from tests.helpers import assert_close

RTOL = 1e-10


def sample_weights(n):
    """Return weights, a few of them zero."""
    weights = np.random.RandomState(1).uniform(0.1, 2, n)
    weights[3::7] = 0.0
    return weights


def coded(model, y):
    """Return targets as the network sees them: one column per output."""
    if model.out_activation_ == "softmax":
        y = np.asarray(y)[:, None] == model.classes_
    return np.asarray(y, dtype=float).reshape(len(y), -1)


def flat(arrays):
    """Return all numbers in one vector."""
    return np.concatenate([np.ravel(array) for array in arrays])


def gradient(model, copied, X, y, weights=None):
    """Return the loss and its gradient by every weight and bias of the oracle's copy.

    ``copied(model)`` returns that copy.
    """
    function, layout, vector = model._full_batch(X, y, weights)
    loss, slopes = function(vector)
    other = copy.copy(model)
    other.coefs_, other.intercepts_ = parameter_views(layout, slopes)
    heads = parameter_views(layout, slopes, auxiliary=True)
    other.auxiliary_coefs_, other.auxiliary_intercepts_ = heads
    return loss, copied(other).parameters


def compare(model, copied, X, y, rtol=RTOL):
    """Compare outputs, loss and gradients, with and without weights of samples."""
    network, Y = copied(model), coded(model, y)
    dense = X.toarray() if issparse(X) else X
    assert_close(model._outputs(X), network.predict(dense), rtol)
    for weights in (None, sample_weights(len(y))):
        loss, slopes = gradient(model, copied, X, y, weights)
        expected = network.loss_gradient(dense, Y, weights, model.alpha)
        assert float(loss) == pytest.approx(expected[0], rel=rtol)
        assert_close(flat(slopes), flat([*expected[1], *expected[2]]), rtol)
