"""The formulas of the perceptron, by hand and against scikit-learn's compiled ones."""

import numpy as np
import pytest
from sklearn.linear_model._sgd_fast import Hinge
from sklearn.utils._random import _our_rand_r_py

from skdeep.formulas import perceptron_rule, truncation, xorshift

pytestmark = pytest.mark.nojit

OUTPUTS = [-2.5, -1e-300, -0.0, 0.0, 1e-300, 3.0, np.inf, -np.inf, np.nan]


@pytest.mark.parametrize("y", [-1.0, 1.0])
@pytest.mark.parametrize("p", OUTPUTS)
def test_loss_and_correction(y, p):
    reference, y, p = Hinge(0.0), np.float64(y), np.float64(p)
    assert perceptron_rule.is_mistake(y, p) == (reference.py_dloss(p, y) != 0)
    if not np.isnan(p):
        assert perceptron_rule.loss(y, p) == reference.py_loss(p, y)
    if perceptron_rule.is_mistake(y, p):
        assert perceptron_rule.correction(y, 0.5, 3.0) == -0.5 * 3.0 * reference.py_dloss(p, y)


def test_certainty():
    assert perceptron_rule.is_certain(-2.0, 1.9) and perceptron_rule.is_certain(2.0, 1.9)
    for p, margin in ((0.0, 0.0), (1.0, 1.0), (-1.0, 1.0), (np.nan, 0.0), (np.inf, np.inf)):
        assert not perceptron_rule.is_certain(p, margin)


@pytest.mark.parametrize(
    "w, due, paid, scale, expected",
    [
        (3.0, 1.0, 0.0, 1.0, 2.0),
        (-3.0, 1.0, 0.0, 1.0, -2.0),
        (0.5, 1.0, 0.0, 1.0, 0.0),  # never past 0
        (-0.5, 1.0, 0.0, 1.0, 0.0),
        (0.0, 1.0, 0.0, 1.0, 0.0),
        (3.0, 5.0, -4.0, 1.0, 2.0),  # four of five are paid
        (-3.0, 5.0, 4.0, 1.0, -2.0),
        (3.0, 1.0, 0.0, 0.5, 1.0),  # the weight is 3 * 0.5
    ],
)
def test_truncation(w, due, paid, scale, expected):
    after = truncation.truncate(w, due, paid, scale)
    assert after == expected
    assert truncation.payment(w, after, scale) == scale * (expected - w)


def test_penalty_does_not_depend_on_when_it_is_paid():
    """Paying a little at every sample, or all at the last, comes to the same."""
    little = often = 3.0
    paid = 0.0
    for due in (0.25, 0.5, 0.75, 1.0):
        before, often = often, truncation.truncate(often, due, paid, 1.0)
        paid += truncation.payment(before, often, 1.0)
    assert often == truncation.truncate(little, 1.0, 0.0, 1.0)


@pytest.mark.parametrize("seed", [0, 1, 42, 2**31 - 2, 2**32 - 1])
def test_random_numbers(seed):
    state = xorshift.next_state(xorshift.first_state(seed))
    assert xorshift.draw(state) == _our_rand_r_py(seed)


def test_random_numbers_of_the_paper_go_on():
    state, seen = 1, []
    for _ in range(3):
        state = xorshift.next_state(state)
        seen.append(state)
    assert seen == [270369, 67634689, 2647435461]
