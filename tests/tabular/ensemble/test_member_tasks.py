"""Callbacks of ensembles: tasks, files, bars, fits that are ended."""

import csv
import io
import pickle
import re

import numpy as np
import pytest
from rich.console import Console
from sklearn.base import clone

pytest.importorskip("sklearn.callback")

from skdeep.callbacks import Checkpoint, HistoryCSV, Progress, StopOnDivergence, TimeBudget
from tests.callbacks.recording import Failing, Quiet, Recorder, StopAt, untouched
from tests.tabular.ensemble.examples import both, outputs


def test_tasks():
    for model, X, y in both():
        expected = outputs(clone(model).fit(X, y), X)
        recorder = Recorder()
        model.set_callbacks(recorder).fit(X, y)
        np.testing.assert_array_equal(outputs(model, X), expected)
        names = recorder.names()
        assert names[:2] == ["setup", "begin fit"] and names[-2:] == ["end fit", "teardown"]
        assert names.count("begin member") == names.count("end member") == 2
        assert names.count("begin epoch") == names.count("end epoch") == 8
        contexts = [call[2] for call in recorder.calls]
        assert {c.task_id for c in contexts if c.task_name == "member"} == {0, 1}
        assert {c.max_subtasks for c in contexts if c.task_name == "member"} == {4}
        assert "_callback_fit_ctx" not in vars(model)
        np.testing.assert_array_equal(outputs(pickle.loads(pickle.dumps(model)), X), expected)


def test_fitted_estimators_are_ensembles_of_one_member():
    for model, X, y in both():
        recorder = Recorder(lambda X, y, metadata, fitted: (len(fitted.members_), fitted))
        model.set_callbacks(recorder).fit(X, y)
        numbers, fitted = zip(*recorder.answers(), strict=True)
        assert set(numbers) == {1} and len(fitted) == 8
        assert all(np.isfinite(outputs(each, X)).all() for each in fitted)
        assert max(each.n_iter_ for each in fitted) == 4
        assert not any("_callback_fit_ctx" in vars(each) for each in fitted)


def test_fitted_estimators_of_quantiles():
    (_, (model, X, y)) = both()
    recorder = Recorder(lambda X, y, metadata, fitted: fitted)
    model.set_params(quantiles=[0.2, 0.8]).set_callbacks(recorder).fit(X, y)
    assert recorder.names().count("begin member") == 4
    assert {each.predict(X).shape for each in recorder.answers()} == {(90, 1)}
    assert {tuple(each._quantiles) for each in recorder.answers()} == {(0.2,), (0.8,)}
    assert model._groups == [0, 0, 1, 1] and model.predict(X).shape == (90, 2)


def test_members_that_a_callback_ends():
    for model, X, y in both():
        model.set_callbacks(StopAt(2)).fit(X, y)
        assert [(m.n_iter_, m.stop_reason_) for m in model.members_] == [(2, "callback")] * 2


class EndAfterOneMember(Quiet):
    def on_fit_task_end(self, estimator, context):
        return context.task_name == "member"


def test_a_fit_that_a_callback_ends():
    for model, X, y in both(n_threads=1, n_ensemble=3):
        model.set_callbacks(EndAfterOneMember()).fit(X, y)
        assert len(model.members_) == 1 and model._ways == [0]
    model.set_params(quantiles=[0.5, 0.9]).fit(X, y)
    assert model._groups == [0, 1]


@pytest.mark.parametrize(
    ("method", "task"),
    [
        ("setup", "fit"),
        ("on_fit_task_begin", "fit"),
        ("on_fit_task_begin", "member"),
        ("on_fit_task_end", "epoch"),
        ("on_fit_task_end", "fit"),
        ("teardown", "fit"),
    ],
)
def test_errors_of_callbacks(method, task):
    for model, X, y in both():
        failing = Failing(method, task=task, number=0 if task == "fit" else 1)
        model.set_callbacks().fit(X, y).set_callbacks(failing)
        with untouched(model), pytest.raises(ValueError, match=f"raised by {method}"):
            model.fit(X, y)
        assert failing.n_teardowns == 1


def test_what_cannot_be_used(tmp_path):
    for model, X, y in both():
        name = type(model).__name__
        model.fit(X, y).set_callbacks(Checkpoint(tmp_path / "{task}.npz"))
        with untouched(model), pytest.raises(ValueError, match=f"Checkpoint cannot be .* {name}"):
            model.fit(X, y)
        model.set_callbacks(HistoryCSV(tmp_path / "history.csv"))
        with untouched(model), pytest.raises(ValueError, match=r"put \{task\} into the name"):
            model.fit(X, y)
        assert not list(tmp_path.iterdir())


def test_histories(tmp_path):
    for model, X, y in both():
        model.set_callbacks(HistoryCSV(tmp_path / "{task}.csv"), StopOnDivergence()).fit(X, y)
        for number, member in enumerate(model.members_):
            with open(tmp_path / f"0-{number}.csv", newline="") as file:
                rows = list(csv.DictReader(file))
            assert [float(row["loss"]) for row in rows] == member.loss_curve_
            found = [float(row["validation_loss"]) for row in rows]
            assert found == member.validation_loss_curve_


def test_progress_over_members_and_epochs():
    for model, X, y in both():
        stream = io.StringIO()
        console = Console(file=stream, force_terminal=True, width=160)
        model.set_callbacks(Progress(console)).fit(X, y)
        text = re.sub(r"\x1b\[[0-9;?]*\w", "", stream.getvalue())
        name = type(model).__name__
        assert re.search(rf"{name}, members .* 2/2", text)
        for number in (1, 2):
            assert re.search(rf"{name}, member {number} .* 4/4 ", text)


def test_budgets_that_are_large_change_nothing():
    for model, X, y in both():
        expected = outputs(clone(model).fit(X, y), X)
        model.set_callbacks(TimeBudget(3600)).fit(X, y)
        np.testing.assert_array_equal(outputs(model, X), expected)
