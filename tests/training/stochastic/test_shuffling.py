"""Orders drawn by compiled code: NumPy's own, whatever is drawn ahead and put back."""

import numpy as np
import pytest

from skdeep.training.stochastic.orders import Orders
from skdeep.training.stochastic.shuffling import AheadOrders
from tests.helpers import same


def pair(rows, make=lambda: np.random.RandomState(3)):
    """Return orders drawn by NumPy and by compiled code."""
    return Orders(rows, make(), True), AheadOrders(rows, make(), True)


def assert_same_place(expected, got):
    """Check that both go on alike."""
    assert same(expected.random_state.get_state(), got.random_state.get_state())
    assert np.array_equal(expected.current, got.current)


@pytest.mark.parametrize("n_rows", [1, 2, 3, 7, 200, 1025, 20_000])
@pytest.mark.parametrize("step", [1, 2])
def test_orders(n_rows, step):
    """Of all rows, or of some of them, as where others are held out."""
    expected, got = pair(np.arange(n_rows) * step)
    for n_epochs, ahead in ((1, 3), (3, 2), (2, 5)):
        got.prepare(ahead)
        assert got.prepared() == ahead
        order = got.take(ahead)
        assert order.dtype == np.int32
        assert np.array_equal(order, expected.take(ahead))
        assert np.array_equal(got.take(n_epochs), expected.take(n_epochs))
        assert_same_place(expected, got)


@pytest.mark.parametrize("begun", [0, 1, 3])
@pytest.mark.parametrize("ahead", [0, 2])
def test_epochs_that_do_not_come(begun, ahead):
    """The generator is where it would be had they never been drawn."""
    expected, got = pair(np.arange(50))
    for orders in (expected, got):
        orders.take(3)
        orders.prepare(ahead)
        orders.keep(begun)
    assert_same_place(expected, got)
    got.prepare(2)
    got.forget()
    got.forget()
    assert_same_place(expected, got)
    assert np.array_equal(got.take(1), expected.take(1))


def test_other_generators():
    """Subclasses draw by their own methods; NumPy's global generator is not drawn from ahead."""

    class Reversing(np.random.RandomState):
        def shuffle(self, x):
            x[:] = x[::-1].copy()

    expected, got = pair(np.arange(9), Reversing)
    assert np.array_equal(expected.take(3), got.take(3))
    _expected, got = pair(np.arange(9), lambda: np.random.mtrand._rand)
    got.prepare(2)
    assert got.prepared() == 0
    for kind in (np.random.PCG64, np.random.MT19937):
        expected, got = pair(np.arange(9), lambda kind=kind: np.random.RandomState(kind(5)))
        assert np.array_equal(expected.take(3), got.take(3))


def test_without_shuffling():
    rows = np.arange(5) * 2
    orders = AheadOrders(rows, np.random.RandomState(0), False)
    orders.prepare(3)
    assert np.array_equal(orders.take(2), rows)
    orders.keep(1)
    assert same(orders.random_state.get_state(), np.random.RandomState(0).get_state())


def test_an_error_while_orders_are_drawn(monkeypatch):
    expected, got = pair(np.arange(20))
    with monkeypatch.context() as patch:
        patch.setattr(got, "_draw_all", lambda n_epochs: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            got.prepare(2)
    assert got.prepared() == 0
    assert np.array_equal(got.take(2), expected.take(2))
    assert_same_place(expected, got)
