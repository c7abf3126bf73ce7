"""Time budgets, divergence, histories and bars."""

import csv
import io
import itertools
import pickle
import re
import time

import numpy as np
import pytest
from rich.console import Console
from sklearn.datasets import make_classification
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdeep import MLPClassifier, MLPRegressor
from skdeep.callbacks import (
    Checkpoint,
    HistoryCSV,
    Progress,
    StopOnDivergence,
    TimeBudget,
    stop_on_divergence,
    time_budget,
)
from tests.callbacks.recording import StopAt, untouched
from tests.helpers import quiet, run_python, same

X, Y = make_classification(90, 6, n_informative=4, random_state=3)
COMMON = {"hidden_layer_sizes": (5,), "batch_size": 30, "max_iter": 6, "random_state": 5}


def make(*callbacks, cls=MLPClassifier, **changes):
    return cls(**{**COMMON, **changes}).set_callbacks(*callbacks)


def fitted(*callbacks, **changes):
    with quiet():
        return make(*callbacks, **changes).fit(X, Y)


@pytest.fixture
def clock(monkeypatch):
    """A second passes between two looks."""
    monkeypatch.setattr(time_budget.time, "monotonic", itertools.count().__next__)


@pytest.mark.parametrize("solver", ["adam", "lbfgs", "bold_driver"])
def test_time_budget(clock, solver):
    """Looks: at the beginning of the fit, and at the beginning and the end of each epoch."""
    # After epoch n, 2 n seconds have passed, and the next epoch takes another one.
    model = fitted(TimeBudget(7), solver=solver)
    assert model.n_iter_ == 4 and model.stop_reason_ == "callback"
    assert fitted(TimeBudget(6.5), solver=solver).n_iter_ == 3
    assert fitted(TimeBudget(100), solver=solver).n_iter_ == 6


def test_time_budget_of_every_fit(clock):
    budget = TimeBudget(7)
    with quiet():
        search = GridSearchCV(make(budget), {"alpha": [0.1, 1.0]}, cv=2).fit(X, Y)
        pipeline = make_pipeline(StandardScaler(), make(budget)).fit(X, Y)
    assert search.best_estimator_.n_iter_ == pipeline[-1].n_iter_ == 4
    assert not budget._states
    assert fitted(TimeBudget(7), n_restarts=2).stop_reason_ == "callback"


@pytest.mark.parametrize("wrong", [0, -1, "60", None, True, np.nan])
def test_time_budget_wrong(wrong):
    with pytest.raises(ValueError, match="seconds"):
        TimeBudget(wrong)


def test_stop_on_divergence():
    """Steps that are far too long make the loss explode."""
    parameters = {"cls": MLPRegressor, "solver": "sgd", "momentum": 0.0, "tol": 0.0}
    parameters |= {
        "n_iter_no_change": 300,
        "max_iter": 300,
        "hidden_layer_sizes": (),
        "learning_rate_init": 1.0,
    }
    with pytest.raises(ValueError, match="non-finite"), np.errstate(all="ignore"):
        fitted(**parameters)
    with pytest.warns(ConvergenceWarning, match=r"Training diverged: after epoch \d+"):
        model = make(StopOnDivergence(patience=3), **parameters).fit(X, Y)
    assert model.stop_reason_ == "diverged" and model.n_iter_ < 30
    lowest = np.minimum.accumulate(model.loss_curve_)
    above = np.array(model.loss_curve_) > 11 * lowest
    assert above[-3:].all() and not any(above[i : i + 3].all() for i in range(len(above) - 3))


@pytest.mark.parametrize(
    "losses, stops_at",
    [
        ([1, 2, 3, 4, 5], None),
        ([1, 12, 12, 0.5, 12, 12, 12], 7),
        ([1, np.inf, 1], 2),
        ([1, np.nan, 1], 2),
        ([-1, 8, 9.5, 9.5, 9.5, 0], 5),
    ],
)
def test_what_diverges(losses, stops_at, monkeypatch):
    class Epoch:
        def __init__(self, number, loss):
            self.number, self.loss, self.stop_reason = number, loss, ""

    class Task:
        max_subtasks, parent = 0, type("Fit", (), {"max_subtasks": 6})()

    callback = StopOnDivergence(factor=10, patience=3)
    for number, loss in enumerate(losses, 1):
        epoch = Epoch(number, loss)
        monkeypatch.setattr(stop_on_divergence, "get_epoch", lambda task, epoch=epoch: epoch)
        stop = callback.on_fit_task_end(None, Task())
        assert (epoch.stop_reason == "diverged") == stop == (number == stops_at)
        if stop:
            return
    assert stops_at is None


@pytest.mark.parametrize("wrong", [{"factor": 0}, {"factor": "a"}, {"patience": 0}])
def test_stop_on_divergence_wrong(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        StopOnDivergence(**wrong)


def rows_of(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_history_csv(tmp_path):
    path = tmp_path / "history.csv"
    for solver in ("adam", "lbfgs", "bold_driver"):
        early_stopping = solver == "adam"
        model = fitted(HistoryCSV(path), solver=solver, early_stopping=early_stopping)
        rows = rows_of(path)
        assert [row["epoch"] for row in rows] == list("123456")
        assert float(rows[-1]["loss"]) == model.loss_
        if early_stopping:
            assert [float(row["loss"]) for row in rows] == model.loss_curve_
            scores = [float(row["validation_score"]) for row in rows]
            assert scores == model.validation_scores_
            assert {row["learning_rate"] for row in rows} == {"0.001"}
        else:
            assert {row["validation_score"] for row in rows} == {""}
        seconds = [float(row["seconds"]) for row in rows]
        assert seconds == sorted(seconds)
    assert [file.name for file in tmp_path.iterdir()] == ["history.csv"]


def test_history_goes_on(tmp_path):
    """After partial_fit, where asked; and from a checkpoint that is older than the last line."""
    path, kept = tmp_path / "history.csv", tmp_path / "fit.npz"
    model = make(HistoryCSV(path, append=True))
    for _ in range(3):
        model.partial_fit(X, Y, classes=[0, 1])
    assert [float(row["loss"]) for row in rows_of(path)] == model.loss_curve_
    fitted(HistoryCSV(path), Checkpoint(kept, every=2), StopAt(4))
    checkpoint = kept.read_bytes()
    fitted(HistoryCSV(path), Checkpoint(kept), StopAt(1))
    assert len(rows_of(path)) == 5
    kept.write_bytes(checkpoint)
    with open(path, "a") as file:
        file.write("6,0.")  # a process was killed in the middle of a line
    model = fitted(HistoryCSV(path), Checkpoint(kept))
    assert [row["epoch"] for row in rows_of(path)] == list("123456")
    assert [float(row["loss"]) for row in rows_of(path)] == model.loss_curve_


def test_histories_of_a_search(tmp_path):
    search = GridSearchCV(
        make(HistoryCSV(tmp_path / "{task}.csv")), {"alpha": [0.1, 1.0]}, cv=2, n_jobs=2
    )
    with quiet():
        search.fit(X, Y)
    assert len(list(tmp_path.iterdir())) == 5


def test_history_that_cannot_be_written(tmp_path):
    model = make(HistoryCSV(tmp_path / "none" / "history.csv"))
    with untouched(model), pytest.raises(FileNotFoundError):
        model.fit(X, Y)
    foreign = tmp_path / "foreign.csv"
    foreign.write_text("a,b\n1,2\n")
    with pytest.raises(ValueError, match="no history of skdeep: its first line is 'a,b'"):
        make(HistoryCSV(foreign, append=True)).fit(X, Y)

    class Remove(StopAt):
        def on_fit_task_begin(self, estimator, context):
            if context.task_id == 3:
                (tmp_path / "history.csv").unlink()
                (tmp_path / "history.csv").mkdir()

    with quiet(), pytest.warns(UserWarning, match="ends with epoch 3"):
        make(HistoryCSV(tmp_path / "history.csv"), Remove(6)).fit(X, Y)


def shown(*, terminal=True, **changes):
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=terminal, width=160)
    return fitted(Progress(console), **changes), re.sub(r"\x1b\[[0-9;?]*\w", "", stream.getvalue())


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_progress(solver):
    model, text = shown(solver=solver)
    assert "6/6" in text and f"loss {model.loss_:.6g}" in text and "left:" in text
    assert "score" not in text


def test_progress_with_scores_and_restarts():
    model, text = shown(early_stopping=True)
    assert f"score {model.validation_scores_[-1]:.6g}" in text
    _, text = shown(n_restarts=2)
    assert "restart 1" in text and "restart 2" in text


def test_progress_is_full_when_training_stops_early():
    _, text = shown(max_iter=400, tol=10, n_iter_no_change=2)
    assert "4/400" in text and "4/4 " in text


def test_progress_is_quiet_in_pipes():
    assert shown(terminal=False)[1] == ""
    code = """
import warnings
warnings.simplefilter("ignore")
from tests.callbacks.test_ready_made import X, Y, make
from skdeep.callbacks import Progress
make(Progress()).fit(X, Y)
"""
    assert run_python(code) == ""


def test_progress_prints_the_lines_of_verbose(capsys):
    _, text = shown(verbose=True)
    told = capsys.readouterr().out + text
    assert len(re.findall(r"Iteration \d, loss = ", told)) == 6


def test_progress_in_other_processes_and_twice():
    progress = Progress(Console(file=io.StringIO(), force_terminal=True))
    search = GridSearchCV(make(progress), {"alpha": [0.1]}, cv=2, n_jobs=2)
    with quiet():
        search.fit(X, Y)
    assert progress._display is None and progress._n_fits == 0
    assert pickle.loads(pickle.dumps(progress)).console is None


def test_they_can_be_together(tmp_path):
    start = time.monotonic()
    callbacks = (
        Progress(Console(file=io.StringIO(), force_terminal=True)),
        Checkpoint(tmp_path / "fit.npz"),
        HistoryCSV(tmp_path / "history.csv"),
        StopOnDivergence(),
        TimeBudget(3600),
    )
    model = fitted(*callbacks)
    assert same(model.coefs_, fitted().coefs_) and time.monotonic() - start < 3600
    assert not any(callback._states for callback in callbacks)
    assert len(pickle.loads(pickle.dumps(model))._skl_callbacks) == 5
