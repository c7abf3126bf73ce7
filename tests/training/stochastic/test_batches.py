"""How many rows a batch has."""

import pytest

from skdeep.training.stochastic.batches import rows_of_batch, warn_of_clipping


@pytest.mark.parametrize(
    "size, all_rows, n_rows, expected",
    [
        ("auto", False, 1000, 200),
        ("auto", False, 50, 50),
        (7, False, 50, 7),
        (70, False, 50, 50),
        (7, True, 50, 50),
        ("auto", True, 1000, 1000),
    ],
)
def test_rows_of_batch(size, all_rows, n_rows, expected):
    assert rows_of_batch(size, all_rows, n_rows) == expected


def test_warning():
    for silent in (("auto", False, 50), (50, False, 50), (70, True, 50)):
        warn_of_clipping(*silent)
    with pytest.warns(UserWarning, match="It is going to be clipped"):
        warn_of_clipping(70, False, 50)
