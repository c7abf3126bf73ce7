"""The order of the rows in every epoch: scikit-learn's, whatever is drawn ahead."""

import numpy as np
import pytest
from sklearn.utils import shuffle

from skdeep.training.orders import Orders

pytestmark = pytest.mark.nojit

ROWS = {
    "all": np.arange(50),
    "some": np.array([3, 1, 4, 15, 9, 2, 6]),
    "all, in another order": np.array([0, 2, 1, 3]),
    "one": np.array([0]),
}


def _as_scikit_learn(rows, random_state, n_epochs):
    places, orders = np.arange(len(rows)), []
    for _ in range(n_epochs):
        places = shuffle(places, random_state=random_state)
        orders.append(rows[places])
    return np.concatenate(orders)


@pytest.mark.parametrize("rows", ROWS.values(), ids=ROWS)
@pytest.mark.parametrize("ahead", [[1, 1, 1, 1], [4], [1, 2, 1], [3, 1]])
def test_orders_are_those_of_scikit_learn(rows, ahead):
    orders, twin = Orders(rows, np.random.RandomState(5), True), np.random.RandomState(5)
    drawn = np.concatenate([orders.take(n_epochs) for n_epochs in ahead])
    np.testing.assert_array_equal(drawn, _as_scikit_learn(rows, twin, 4))


@pytest.mark.parametrize("rows", ROWS.values(), ids=ROWS)
@pytest.mark.parametrize("begun", [0, 1, 3])
def test_the_random_state_is_that_of_the_epochs_begun(rows, begun):
    random_state, twin = np.random.RandomState(5), np.random.RandomState(5)
    orders = Orders(rows, random_state, True)
    orders.take(3)
    orders.keep(begun)
    expected = _as_scikit_learn(rows, twin, begun + 2)[begun * len(rows) :]
    np.testing.assert_array_equal(orders.take(2), expected)
    assert random_state.randint(10**6) == twin.randint(10**6)


def test_without_shuffling_rows_come_as_they_are():
    rows = ROWS["some"]
    np.testing.assert_array_equal(Orders(rows, np.random.RandomState(0), False).take(3), rows)
