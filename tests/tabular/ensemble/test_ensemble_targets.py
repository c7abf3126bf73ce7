"""Targets as members train on them, and predictions as users get them."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from sklearn.utils.class_weight import compute_class_weight

from skdeep import TabularRegressor
from skdeep.tabular.ensemble.ensemble_targets import (
    Probabilities,
    class_codes,
    class_targets,
    number_targets,
    scaled_numbers,
)

REGRESSOR = TabularRegressor()


@pytest.mark.parametrize(
    "labels",
    [
        ["b", "a", "b", "c"],
        pd.Series(["b", "a", "b", "c"], dtype="category"),
        pd.Series(["b", "a", "b", "c"], dtype="string"),
        [2, 1, 2, 5],
        [True, False, True, True],
    ],
)
def test_codes_of_classes(labels):
    targets = class_targets(labels, None)
    classes = targets.fitted["classes_"]
    np.testing.assert_array_equal(classes[targets.y], np.asarray(labels))
    assert targets.class_weights is None
    np.testing.assert_array_equal(class_codes(labels[:2], targets), targets.y[:2])


def test_weights_of_classes():
    y = ["a"] * 6 + ["b"] * 2
    expected = compute_class_weight("balanced", classes=np.array(["a", "b"]), y=y)
    np.testing.assert_array_equal(class_targets(y, "balanced").class_weights, expected)
    np.testing.assert_array_equal(class_targets(y, {"b": 3}).class_weights, [1, 3])
    for wrong in ({"b": -1}, {"b": np.nan}, {"b": "x"}):
        with pytest.raises(ValueError, match="class_weight must"):
            class_targets(y, wrong)


def test_rare_classes():
    targets = class_targets([0] * 5 + [1] * 4, None)
    np.testing.assert_array_equal(targets.never_held_out, [False] * 5 + [True] * 4)


@pytest.mark.parametrize(
    ("labels", "error", "message"),
    [
        ([1, 1, 1], ValueError, "at least two classes"),
        ([0.0, np.nan, 1.0], ValueError, "NaN"),
        (["a", None, "b"], ValueError, "missing labels"),
        (pd.Series(["a", pd.NA, "b"], dtype=object), ValueError, "missing labels"),
        (np.array(["a", 1, 2], dtype=object), TypeError, "strings alone, or numbers alone"),
        ([0.5, 1.5, 2.5], ValueError, "continuous"),
        ([[0, 1], [1, 0], [1, 1]], ValueError, "1d array"),
    ],
)
def test_invalid_labels(labels, error, message):
    with pytest.raises(error, match=message):
        class_targets(labels, None)


def test_labels_of_a_validation_set_are_known():
    targets = class_targets([0, 1], None)
    for unknown in ([0, 2], ["0", "1"]):
        with pytest.raises(ValueError, match="not in the training rows"):
            class_codes(unknown, targets)


def test_probabilities_sum_to_1():
    outputs = np.random.RandomState(0).dirichlet(np.ones(7), 100).astype(np.float32)
    found = Probabilities().back(outputs.astype(np.float64))
    np.testing.assert_allclose(found.sum(axis=1), 1.0, rtol=1e-15)
    np.testing.assert_allclose(found, outputs, rtol=1e-6)


@pytest.mark.parametrize("shape", [(50,), (50, 3)])
@pytest.mark.parametrize("magnitude", [1.0, 1e-300, 1e307, np.float32(1e5)])
def test_numbers_are_standardised(shape, magnitude):
    y = (np.random.RandomState(0).normal(size=shape) + 2) * magnitude
    targets = number_targets(y, REGRESSOR)
    assert targets.y.dtype == np.float32 and targets.y.shape == shape
    np.testing.assert_allclose(targets.y.mean(axis=0), 0.0, atol=1e-6)
    np.testing.assert_allclose(targets.y.std(axis=0), 1.0, rtol=1e-5)
    np.testing.assert_allclose(targets.scale.back(targets.y.astype(np.float64)), y, rtol=1e-5)
    np.testing.assert_array_equal(scaled_numbers(y, targets, REGRESSOR), targets.y)
    far = np.full((1, *shape[1:]), 1e6)
    np.testing.assert_array_equal(targets.scale.back(far)[0], y.max(axis=0))
    np.testing.assert_array_equal(targets.scale.back(-far)[0], y.min(axis=0))


@pytest.mark.parametrize("constant", [0.0, 0.1, -1e300, 3])
def test_constant_targets(constant):
    targets = number_targets(np.full(33, constant), REGRESSOR)
    np.testing.assert_allclose(targets.y, 0.0, atol=1e-6)
    np.testing.assert_array_equal(targets.scale.back(np.array([-9.0, 0.3])), constant)


def test_a_column_of_targets():
    with pytest.warns(UserWarning, match="column-vector"):
        targets = number_targets(np.arange(5.0).reshape(-1, 1), REGRESSOR)
    assert targets.y.shape == (5,) and targets.fitted == {"n_outputs_": 1}


@pytest.mark.parametrize(
    ("y", "error", "message"),
    [
        ([1.0, np.nan], ValueError, "NaN"),
        ([1.0, np.inf], ValueError, "infinity"),
        (["a", "b"], ValueError, "could not convert|dtype"),
        (sp.csr_array([[1.0], [2.0]]), TypeError, "must be dense"),
        (np.zeros((2, 2, 2)), ValueError, "dim 3"),
    ],
)
def test_invalid_numbers(y, error, message):
    with pytest.raises(error, match=message):
        number_targets(y, REGRESSOR)


def test_numbers_of_a_validation_set_suit_the_training_rows():
    targets = number_targets([1.0, 2.0, 3.0], REGRESSOR)
    with pytest.raises(ValueError, match="as many outputs"):
        scaled_numbers([[1.0, 2.0]], targets, REGRESSOR)
    with pytest.raises(ValueError, match="too far"):
        scaled_numbers([1e200], targets, REGRESSOR)
