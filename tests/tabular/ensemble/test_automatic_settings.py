"""What is chosen by the size of a table."""

from skdeep.tabular.ensemble.automatic_settings import (
    automatic_epochs,
    automatic_members,
    batch_size,
)


def test_members():
    assert [automatic_members(n) for n in (100, 5999, 6000)] == [8, 8, 4]


def test_batches():
    assert [batch_size(n) for n in (1, 1000, 2000, 2500, 10**6)] == [32, 32, 64, 64, 128]


def test_epochs():
    assert automatic_epochs(16_000, 128, 32) == 32
    assert automatic_epochs(800, 32, 32) == 80  # 25 batches, 2000 updates
    assert automatic_epochs(16, 32, 40) == 300
