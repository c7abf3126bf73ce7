"""The end of training between two cycles."""

import numpy as np
import pytest

from skdeep import TabularClassifier
from skdeep.tabular.ensemble.cycle_ends import CycleEnds
from skdeep.training.listening import Epoch


def epochs_done(losses):
    """Return the number of epochs that are done of so many, and why training has ended."""
    ends = CycleEnds(len(losses))
    for number, loss in enumerate(losses, start=1):
        epoch = Epoch(number, 0.0, validation_loss=loss)
        if ends.end(epoch):
            return number, epoch.stop_reason
    return len(losses), ""


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_ends_where_the_third_cycle_is_worse(sign):
    best = 2.0 if sign > 0 else -4.0  # so that 3 % are 0.06, or 0.12
    losses = [best + 1, best + 1, best] + 12 * [best + 0.2]
    assert epochs_done(losses) == (7, "validation")
    twice = [loss for loss in losses for _ in range(2)]
    assert epochs_done(twice) == (14, "validation")
    losses[6] = best + 0.05
    assert epochs_done(losses) == (15, "")
    assert epochs_done([best + 1, best, best + 1] + 11 * [best + 2]) == (14, "")  # too short
    assert epochs_done(15 * [None]) == (15, "")


def test_members_that_overfit_end():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(120, 8)), rng.integers(0, 2, 120)  # there is nothing to learn
    model = TabularClassifier(n_ensemble=2, max_iter=60, random_state=0, n_threads=1).fit(X, y)
    for member in model.members_:
        assert member.n_iter_ == 28 and member.stop_reason_ == "validation"
        losses = member.validation_loss_curve_
        assert np.argmin(losses) < 12
        assert member.best_validation_score_ == -min(losses)
