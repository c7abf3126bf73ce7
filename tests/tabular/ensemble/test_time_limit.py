"""Members and epochs that fit into a limit of time."""

import itertools

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("sklearn.callback")

from skdeep import TabularRegressor
from skdeep.callbacks import TimeBudget, time_budget
from skdeep.tabular.ensemble import members, tabular_estimator, time_limit
from skdeep.tabular.ensemble.members import Job, Rows, _train
from skdeep.tabular.ensemble.time_limit import (
    Cost,
    TimeLimit,
    measure,
    plan,
    rows_of_probe,
    seconds_of_trial,
)
from tests.tabular.ensemble.examples import SMALL, both, outputs


@pytest.mark.parametrize(
    ("seconds", "n_groups", "n_threads", "expected"),
    [
        (1000, 1, 1, (4, 32)),
        (100, 1, 1, (4, 22)),  # 90 seconds for four members of 22 epochs
        (60, 1, 1, (3, 18)),
        (20, 1, 1, (1, 18)),
        (10, 1, 1, (1, 9)),
        (1, 1, 1, (1, 1)),
        (0, 1, 1, (1, 1)),
        (-5, 1, 1, (1, 1)),
        (40, 1, 2, (4, 18)),
        (20, 1, 2, (2, 18)),
        (10, 1, 2, (2, 9)),
        (10, 1, 8, (4, 9)),
        (60, 3, 1, (1, 18)),
        (60, 3, 3, (4, 13)),
        (10, 3, 2, (1, 4)),
    ],
)
def test_plan(seconds, n_groups, n_threads, expected):
    members, epochs = plan(seconds, Cost(0.0, 1.0), 4, n_groups, 32, n_threads)
    if epochs >= 16:
        turns = -(-members * n_groups // n_threads)
        assert epochs == 32 or turns * epochs <= 0.9 * seconds < turns * (epochs + 1)
    if expected != (4, 13):
        assert (members, epochs) == expected


def test_plan_counts_the_making_of_rows():
    assert plan(100, Cost(0.0, 1.0), 4, 1, 32, 4) == (4, 32)
    assert plan(30, Cost(10.0, 1.0), 4, 1, 32, 4) == (4, 17)
    assert plan(10, Cost(20.0, 1.0), 4, 1, 32, 4) == (4, 1)
    assert plan(1e9, Cost(0.0, 0.0), 4, 1, 32, 1) == (4, 32)


def test_rows_of_probes():
    y = np.zeros(10_000, dtype=int)
    y[[7, 9000]] = 1, 2
    rows = rows_of_probe(y, True, np.random.RandomState(0))
    assert 4000 <= len(rows) <= 4003 and np.all(np.diff(rows) > 0)
    assert set(y[rows]) == {0, 1, 2}
    assert len(rows_of_probe(np.ones(50), False, np.random.RandomState(0))) == 50


def test_cost_is_that_of_all_rows():
    class Data:
        def load(self):
            return Rows(np.zeros((8000, 2), np.float32), np.zeros(8000), np.ones(8000))

    class Network:
        batch_size = 32

        def __sklearn_clone__(self):
            return self

        def set_params(self, **parameters):
            assert parameters["max_iter"] == 3 and not parameters["early_stopping"]
            return self

    training, held_out = np.arange(6000), np.arange(6000, 7500)
    job = Job(Network(), 0, Data(), None, training, held_out)

    def train(jobs):
        for job, seconds in zip(jobs, (0.3, 0.5), strict=True):
            assert job.held_out is job.training is job.data.weights is None
            assert len(job.data.y) == 4000
            job.listen(job, None).seconds = seconds

    cost = measure([job, job], False, np.random.RandomState(0), train)
    assert cost.epoch == pytest.approx(0.4 * (6000 + 1500 / 3) / 4000)
    assert seconds_of_trial(Cost(1.0, 2.0), 0.5, 3, 1) == pytest.approx(1 + 3 * 2.3)
    assert seconds_of_trial(Cost(1.0, 2.0), 0.5, 3, 2) == pytest.approx(1 + 3 * 1.15)


def test_encodings_take_no_more_than_a_quarter():
    left = iter([100.0, 92.0, 88.0, 80.0]).__next__
    limit = TimeLimit(left)
    assert limit.allows_encoding(0) and limit.allows_encoding(1)  # 8 and 8 seconds
    assert limit.allows_encoding(2) and not limit.allows_encoding(3)


def test_there_is_always_a_member():
    for model, X, y in both():
        model.set_callbacks(TimeBudget(1e-9)).fit(X, y)
        assert model.members_[0].n_iter_ == 1
        assert np.isfinite(outputs(model, X)).all() and len(model._encodings) == 1
    model.set_params(quantiles=[0.1, 0.5, 0.9], n_threads=1).fit(X, y)
    assert model._groups == [0, 1, 2] and model.predict(X).shape == (90, 3)


def test_members_that_are_cut_off_keep_their_best_epoch(monkeypatch):
    """A second passes between two looks at the clock; what is planned takes too long."""
    monkeypatch.setattr(tabular_estimator, "plan", lambda *_: (2, 50))
    monkeypatch.setattr(time_budget.time, "monotonic", itertools.count().__next__)
    for model, X, y in both(n_threads=1, tree_features=False):
        model.set_callbacks(TimeBudget(25)).fit(X, y)
        (member,) = model.members_
        assert member.stop_reason_ == "callback" and 3 < member.n_iter_ < 25
        assert member.best_validation_score_ == -min(member.validation_loss_curve_)


def test_kernels_are_loaded_before_the_time_of_the_fit_begins(monkeypatch):
    monkeypatch.setattr(time_limit, "_LOADED", set())
    events = []

    class Budget(TimeBudget):
        def setup(self, estimator, context):
            events.append("clock")
            super().setup(estimator, context)

    def recorded(job, n_threads, interruption):
        events.append(len(job.data.y))
        return _train(job, n_threads, interruption)

    monkeypatch.setattr(members, "_train", recorded)
    for model, X, y in both(n_threads=1):
        model.set_callbacks(Budget(3600))
        for number in range(2):
            events.clear()
            model.fit(X, y, np.arange(90) % 3)
            first = events.index("clock")
            assert all(n_rows <= 64 + 3 for n_rows in events[:first])
            assert first == (3 if number == 0 else 0)


def test_tables_that_have_no_few_rows(monkeypatch):
    """Loading fails where the rows drawn are constant: the fit goes on."""
    monkeypatch.setattr(time_limit, "_LOADED", set())
    X = pd.DataFrame({"a": np.r_[np.zeros(4998), 1.0, 1.0]})
    model = TabularRegressor(**SMALL).set_callbacks(TimeBudget(1e-9))
    assert model.fit(X, X["a"]).members_[0].n_iter_ == 1


def test_shorter_schedules(monkeypatch):
    monkeypatch.setattr(tabular_estimator, "plan", lambda *_: (1, 3))
    for model, X, y in both():
        expected = type(model)(**{**model.get_params(), "n_ensemble": 1, "max_iter": 3})
        expected = outputs(expected.fit(X, y), X)
        found = outputs(model.set_callbacks(TimeBudget(3600)).fit(X, y), X)
        assert model.members_[0].stop_reason_ == "max_iter"
        np.testing.assert_array_equal(found, expected)


def test_no_trial_where_it_takes_too_long(monkeypatch):
    monkeypatch.setattr(tabular_estimator, "seconds_of_trial", lambda *_: 361.0)
    monkeypatch.setattr(tabular_estimator, "train_members", _no_trial)
    for model, X, y in both():
        model.set_callbacks(TimeBudget(3600)).fit(X, y)
        assert not model.tree_features_


def _no_trial(jobs, n_threads):
    from skdeep.tabular.ensemble.members import train_members

    assert all(job.leaves is None for job in jobs)
    return train_members(jobs, n_threads)
