"""What a listener is told, and what a snapshot must hold."""

import pickle

import numpy as np
import pytest

from skdeep.training.listening import Epoch, Snapshot


class Source:
    losses = [2.0, 1.0]

    def parameters(self):
        return np.ones(3)


def test_an_epoch_lets_go():
    epoch = Epoch(2, 1.0, validation_score=0.5, source=Source())
    assert epoch.is_present and not epoch.can_be_resumed
    assert epoch.losses == [2.0, 1.0] and epoch.losses is not Source.losses
    copy = pickle.loads(pickle.dumps(epoch))
    assert not copy.is_present and (copy.number, copy.loss, copy.validation_score) == (2, 1.0, 0.5)
    epoch.close()
    assert not epoch.is_present and repr(epoch).startswith("Epoch(number=2, loss=1.0")


EXPECTED = Snapshot({"vector": np.zeros(3), "losses": np.empty(0)}, {"rate": 0.1, "n": 1})


@pytest.mark.parametrize(
    "arrays, numbers, match",
    [
        ({"vector": np.zeros(4)}, {}, "vector.*float64.*(4,)"),
        ({"vector": np.zeros(3, np.float32)}, {}, "vector.*float32"),
        ({"losses": np.zeros((2, 2))}, {}, "losses"),
        ({"more": np.zeros(2)}, {}, "it holds the arrays"),
        ({}, {"rate": 1}, "rate"),
        ({}, {"n": None}, "n"),
    ],
)
def test_snapshots_are_checked(arrays, numbers, match):
    Snapshot({"vector": np.ones(3), "losses": np.ones(7)}, {"rate": 0.5, "n": 3}).check(EXPECTED)
    with pytest.raises(ValueError, match=match):
        Snapshot({**EXPECTED.arrays, **arrays}, {**EXPECTED.numbers, **numbers}).check(EXPECTED)
