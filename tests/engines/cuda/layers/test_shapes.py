"""Sizes at which loops over tiles, rows and lanes have their ends."""

import numpy as np
import pytest

from tests.engines.cuda.fits import MODES, check, cuda_settings, inputs

#: rows, features, hidden layers, batch size
SHAPES = {
    "one feature": (7, 1, (4,), 5),
    "one row at a time": (4, 3, (4,), 1),
    "one row in the last batch": (6, 3, (4,), 5),
    "one batch": (6, 3, (4,), 6),
    "one unit": (6, 3, (1, 1), 4),
    "no hidden layer": (6, 3, (), 4),
    "more features than lanes": (6, 19, (3,), 4),
    "more units than lanes": (6, 3, (17,), 4),
    "deep": (6, 3, (2, 2, 2, 2, 2), 4),
    "tiles that are full": (8, 4, (8, 4), 4),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("mode", MODES)
def test_shape(mode, shape, device):
    rows, features, hidden, batch = SHAPES[shape]
    with cuda_settings(device, **MODES[mode]):
        for way in ({}, {"data": "csr"}):
            parameters = {"hidden_layer_sizes": hidden, "batch_size": batch, **way}
            given = inputs("regression", way, rows, features)
            assert check("regression", parameters, device, *given)


@pytest.mark.parametrize("outputs", [1, 2, 9])
def test_outputs(outputs, device):
    """Of a classifier, two have one output; of a regressor, as many as there are targets."""
    X, _, _ = inputs("regression", {}, 10, 3)
    y = np.squeeze(np.random.RandomState(0).standard_normal((10, outputs)))
    assert check("regression", {}, device, X, y, None)
    if outputs > 1:
        assert check("multiclass", {}, device, X, np.arange(10) % outputs, None)


def test_rows_without_weight(device):
    """A batch in which no sample counts changes nothing but the rule's states."""
    X, y, _ = inputs("regression", {}, 6, 3)
    weight = np.array([1.0, 0.5, 2.0, 0.0, 0.0, 0.0])
    parameters = {"batch_size": 3, "shuffle": False, "max_iter": 2}
    assert check("regression", parameters, device, X, y, weight)


def test_empty_sparse_rows(device):
    X, y, _ = inputs("regression", {"data": "csr"}, 6, 3)
    X = X.tolil()
    X[[0, 3, 5]] = 0
    X[:, 1] = 0
    assert check("regression", {"batch_size": 4}, device, X.tocsr(), y, None)
