"""The order of rows: drawn as scikit-learn draws it, and never one that leads out of the data."""

import numpy as np
import pytest

from skdeep.training.stochastic.orders import Orders, check_permutation


class Biased(np.random.RandomState):
    """A generator that shuffles in its own way."""

    def __init__(self, value):
        super().__init__(0)
        self.value = value

    def shuffle(self, x):
        x[1] = self.value


@pytest.mark.parametrize("value", [0, 7, 10**9, -1])
def test_generators_of_other_classes_are_checked(value):
    orders = Orders(np.arange(7), Biased(value), True)
    with pytest.raises(ValueError, match="random_state is not a permutation of 7 rows"):
        orders.take(2)
    assert np.array_equal(Orders(np.arange(7), Biased(1), True).take(1), np.arange(7))


@pytest.mark.parametrize("order", [[0, 1], [0, 1, 1], [0, 1, 3], [0, 1, -1], [0, 1, 2, 2], [[0]]])
def test_what_is_no_permutation(order):
    check_permutation("It", np.array([2, 0, 1]), 3)
    with pytest.raises(ValueError, match="It is not a permutation of 3 rows"):
        check_permutation("It", np.array(order), 3)
