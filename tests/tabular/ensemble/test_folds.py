"""Folds of ensembles: each row is left out once, and folds are alike."""

import numpy as np
import pytest

from skdeep.tabular.ensemble.folds import fold_numbers, rows_of_rare_classes, splits


@pytest.mark.parametrize("n_rows", [20, 23, 1000])
def test_folds_of_classes(n_rows):
    rng = np.random.RandomState(0)
    classes = rng.randint(3, size=n_rows)
    folds = fold_numbers(classes, 5, rng)
    counts = np.bincount(folds, minlength=5)
    assert counts.max() - counts.min() <= 1
    for each in range(3):
        own = np.bincount(folds[classes == each], minlength=5)
        assert own.max() - own.min() <= 2


def test_each_row_is_left_out_once_a_round():
    numbers = np.random.RandomState(0).normal(size=47)
    found = splits(numbers, 10, 5, np.random.RandomState(1))
    for first in (0, 5):
        held = np.concatenate([held for _, held in found[first : first + 5]])
        np.testing.assert_array_equal(np.sort(held), np.arange(47))
    for training, held in found:
        np.testing.assert_array_equal(np.sort(np.r_[training, held]), np.arange(47))
    assert not np.array_equal(found[0][1], found[5][1])


def test_rare_classes_are_never_left_out():
    classes = np.r_[np.zeros(30, dtype=int), np.ones(4, dtype=int), np.full(5, 2)]
    rare = rows_of_rare_classes(classes)
    np.testing.assert_array_equal(rare, classes == 1)
    for training, held in splits(classes, 5, 5, np.random.RandomState(0), rare):
        assert not rare[held].any() and rare[training].sum() == 4


def test_folds_of_numbers_are_alike():
    numbers = np.random.RandomState(0).normal(size=500)
    folds = fold_numbers(numbers, 5, np.random.RandomState(1))
    order = np.argsort(numbers)
    for start in range(0, 500, 5):  # every five successive numbers are in five folds
        assert sorted(folds[order[start : start + 5]]) == [0, 1, 2, 3, 4]


def test_a_common_class_is_in_all_training_rows():
    classes = np.r_[np.zeros(40, dtype=int), np.ones(5, dtype=int)]
    for seed in range(20):
        for n_folds in (2, 3, 5, 45):
            for training, _ in splits(classes, n_folds, n_folds, np.random.RandomState(seed)):
                assert set(classes[training]) == {0, 1}
