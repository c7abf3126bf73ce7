"""Targets for every step, as users give them."""

import numpy as np
import pytest

from skdeep.estimators.inputs.sequences import lengths_given, trimmed
from skdeep.estimators.inputs.step_values import in_place, read_steps, values_of


def test_arrays_and_lists():
    array = np.arange(6).reshape(2, 3)
    for y in (array, array.tolist(), tuple(map(tuple, array)), list(array)):
        found = read_steps(y, 2, 3)
        assert found.values.tolist() == [0, 1, 2, 3, 4, 5] and found.known.all()
    found = read_steps([[1, 2], [3, 4, 5]], 2, 3, lengths=np.array([2, 3]))
    assert found.values.tolist() == [1, 2, 3, 4, 5]
    assert found.known.tolist() == [[True, True, False], [True, True, True]]
    found = read_steps(array, 2, 3, lengths=np.array([2, 3]))  # padded
    assert found.values.tolist() == [0, 1, 3, 4, 5]


def test_masked_and_missing():
    seen = np.array([[True, False, True], [False, True, True]])
    y = np.array([[0.0, 1.0, np.nan], [np.nan, 4.0, 5.0]])
    found = read_steps(y, 2, 3, seen)
    assert found.values.tolist() == [0, 4, 5]
    objects = read_steps(np.array([["a", "b", None], [np.nan, "a", "c"]], dtype=object), 2, 3, seen)
    assert objects.values.tolist() == ["a", "a", "c"]
    assert np.array_equal(objects.known, found.known)
    integers = read_steps(np.array([[1, None, 2], [3, 4, None]], dtype=object), 2, 3)
    assert integers.values.dtype == int and integers.values.tolist() == [1, 2, 3, 4]


def test_in_place():
    y = read_steps(np.array([[1.0, np.nan], [2.0, 3.0]]), 2, 2)
    placed = in_place(y, 10 * values_of(y))
    assert placed.shape == (2, 2, 1)
    assert np.ma.getmaskarray(placed)[:, :, 0].tolist() == [[False, True], [False, False]]
    assert placed.compressed().tolist() == [10, 20, 30]
    plain = np.array([1.0, 2.0])
    assert values_of(plain) is plain and in_place(plain, plain) is plain


def test_lengths():
    assert lengths_given(np.zeros((3, 4, 2)), (6, 2)).tolist() == [4, 4, 4]
    assert lengths_given(np.zeros((3, 12)), (6, 2)).tolist() == [6, 6, 6]
    assert lengths_given(np.ones((3, 18)), (6, 2)).tolist() == [6, 6, 6]  # with masks
    assert lengths_given(np.zeros((3, 4)), (6,)).tolist() == [4, 4, 4]
    assert lengths_given([[1, 2], [3]], (6,)).tolist() == [2, 1]
    values = np.arange(8).reshape(2, 4)
    assert trimmed(values, np.array([3, 3])).tolist() == [[0, 1, 2], [4, 5, 6]]
    assert [each.tolist() for each in trimmed(values, np.array([1, 2]))] == [[0], [4, 5]]


def test_sequences_of_different_kinds():
    with pytest.raises(ValueError, match="one target, or as many outputs"):
        read_steps([[1, 2], [[1, 2], [3, 4], [5, 6]]], 2, 3, lengths=np.array([2, 3]))
