"""Solvers that train by mini-batches: both ways of distributing their updates."""

import dask.array as da
import numpy as np
import pytest
from sklearn.datasets import make_classification, make_regression

from skdeep import MLPClassifier
from skdeep.callbacks import Checkpoint, TimeBudget
from skdeep.dask import DaskMLPClassifier, DaskMLPRegressor
from skdeep.dask.partitions.shard_holder import ShardHolder
from tests.dask.test_full_batch import OPTIONS, WEIGHTS, X, Y, divided, largest_difference

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
SOLVERS = {
    "adam": {},
    "sgd": {"learning_rate_init": 0.1},
    "adamw": {"alpha": 0.05, "clip_norm": 0.1},
    "rmsprop": {"penalty": "l1", "alpha": 0.1},
}


def unions(sizes, n_batches):
    """Return the rows of every mini-batch: the same share of every partition."""
    starts = np.concatenate([[0], np.cumsum(sizes)])[:-1]
    return [
        np.concatenate(
            [
                start + np.arange(k * n // n_batches, (k + 1) * n // n_batches)
                for start, n in zip(starts, sizes, strict=True)
            ]
        )
        for k in range(n_batches)
    ]


@pytest.mark.parametrize("solver", SOLVERS)
def test_updates_are_those_of_the_unions(client, solver):
    options = {**OPTIONS, "solver": solver, "shuffle": False, **SOLVERS[solver]}
    sizes, n_epochs = (70, 50, 30), 3
    local = MLPClassifier(**{**options, "batch_size": 150})
    for _ in range(n_epochs):
        for rows in unions(sizes, 5):
            local.set_params(batch_size=len(rows))
            local.partial_fit(X[rows], Y[rows], WEIGHTS[rows], classes=[0, 1, 2])
    options |= {"max_iter": n_epochs, "batch_size": 30, "synchronise": "update"}
    given = (da.from_array(each, chunks=(sizes, -1)[: each.ndim]) for each in (X, Y, WEIGHTS))
    model = DaskMLPClassifier(**options).fit(*given)
    assert largest_difference(model, local) < 1e-9
    assert model._optimizer.t == local._optimizer.t == 15
    assert np.abs(model._optimizer.states - local._optimizer.states).max() < 1e-9


def test_every_row_is_used_once_in_an_epoch(client, monkeypatch):
    seen, take = [], ShardHolder._take

    def noted(holder, partition, rows, *out):
        seen.append((partition.index, rows))
        return take(holder, partition, rows, *out)

    monkeypatch.setattr(ShardHolder, "_take", noted)
    options = {**OPTIONS, "max_iter": 1, "synchronise": "update", "batch_size": 32}
    DaskMLPClassifier(**options).fit(divided(X, 40), divided(Y, 40))
    for index, n_rows in enumerate((40, 40, 40, 30)):
        rows = np.concatenate([rows for place, rows in seen if place == index])
        assert sorted(rows) == list(range(n_rows)) != list(rows)


def test_noise_does_not_depend_on_the_workers(client):
    options = {**OPTIONS, "batch_size": 40, "synchronise": "update", "dropout": 0.3}
    options["input_noise"] = 0.1
    one = sorted(client.nthreads())[:1]
    given = divided(X, 40), divided(Y, 40)
    model = DaskMLPClassifier(**options).fit(*given)
    together = DaskMLPClassifier(**options).fit(*client.persist(given, workers=one))
    assert largest_difference(model, together) < 1e-12
    other = DaskMLPClassifier(**{**options, "random_state": 1}).fit(*given)
    assert largest_difference(model, other) > 1e-3


@pytest.mark.parametrize("way", ["update", "epoch"])
def test_same_seed_same_network(client, way):
    options = {**OPTIONS, "synchronise": way, "batch_size": 20, "dropout": 0.2}
    given = [each.persist() for each in (divided(X, 40), divided(Y, 40))]
    one = DaskMLPClassifier(**options).fit(*given)
    other = DaskMLPClassifier(**options).fit(*given)
    assert largest_difference(one, other) == 0
    assert one.synchronise_ == way and one.t_ == 12 * 150
    changed = DaskMLPClassifier(**{**options, "random_state": 1}).fit(*given)
    assert largest_difference(one, changed) > 0.01


def test_one_shard_trains_as_a_local_fit(client):
    options = {**OPTIONS, "shuffle": False, "batch_size": 40, "learning_rate": "cosine"}
    local = MLPClassifier(**options).fit(X, Y)
    model = DaskMLPClassifier(**options).fit(divided(X, 150), divided(Y, 150))
    assert model.synchronise_ == "epoch"
    assert largest_difference(model, local) < 1e-12
    assert model.loss_curve_ == pytest.approx(local.loss_curve_)


def test_averages_of_local_epochs(client):
    """After one epoch: the mean of the networks of both workers, weighted by rows."""
    options = {**OPTIONS, "shuffle": False, "batch_size": 20, "max_iter": 1}
    given = [da.from_array(each, chunks=((100, 50), -1)[: each.ndim]) for each in (X, Y)]
    model = DaskMLPClassifier(**options, synchronise="epoch").fit(*given)
    parts = slice(0, 100), slice(100, 150)
    local = [
        MLPClassifier(**options).partial_fit(X[part], Y[part], classes=[0, 1, 2]) for part in parts
    ]
    for mine, first, second in zip(model.coefs_, *(each.coefs_ for each in local), strict=True):
        assert np.abs(mine - (first * 2 + second) / 3).max() < 1e-12
    states = [each._optimizer.states for each in local]
    mean = (states[0] * 2 + states[1]) / 3
    assert np.abs(model._optimizer.states - mean).max() < 1e-12


@pytest.mark.parametrize("way", ["update", "epoch"])
def test_early_stopping_and_validation(client, way):
    inputs, labels = make_classification(400, 6, random_state=0)
    options = {**OPTIONS, "synchronise": way, "max_iter": 40, "learning_rate_init": 0.02}
    given = divided(inputs, 130), divided(labels, 130)
    model = DaskMLPClassifier(**options, early_stopping=True, n_iter_no_change=3).fit(*given)
    assert model.stop_reason_ == "validation"
    assert model.best_validation_score_ == max(model.validation_scores_) > 0.8
    model = DaskMLPClassifier(**{**options, "max_iter": 3})
    model.fit(*given, X_val=divided(inputs[:60], 25), y_val=divided(labels[:60], 25))
    local = model.to_local()
    assert model.validation_scores_[-1] == pytest.approx(local.score(inputs[:60], labels[:60]))
    numbers = inputs @ np.arange(6) / 10
    model = DaskMLPRegressor(**{**options, "max_iter": 3}, scoring="loss")
    model.fit(given[0], divided(numbers, 130), X_val=given[0], y_val=divided(numbers, 130))
    assert model.validation_scores_ == [-loss for loss in model.validation_loss_curve_]
    model.set_params(scoring=None)
    model.fit(given[0], divided(numbers, 130), X_val=given[0], y_val=divided(numbers, 130))
    score = model.score(given[0], divided(numbers, 130))
    assert model.validation_scores_[-1] == pytest.approx(score)


def test_partial_fit_and_warm_start(client):
    options = {**OPTIONS, "synchronise": "update", "batch_size": 30}
    given = divided(X, 40), divided(Y, 40)
    model = DaskMLPClassifier(**options)
    for _ in range(3):
        model.partial_fit(*given, classes=[0, 1, 2, 7])
    assert model.t_ == 450 and model.stop_reason_ == "partial_fit"
    assert model.predict_proba(given[0]).compute().shape == (150, 4)
    model = DaskMLPClassifier(**options, warm_start=True).fit(*given)
    loss = model.loss_
    assert model.fit(*given).loss_ < loss
    with pytest.raises(ValueError, match="same classes"):
        model.fit(given[0], divided(Y % 2, 40))


@pytest.mark.parametrize("way", ["update", "epoch"])
def test_checkpoints(client, tmp_path, way):
    pytest.importorskip("sklearn.callback")
    options = {**OPTIONS, "synchronise": way, "batch_size": 30, "max_iter": 4}
    given = divided(X, 40), divided(Y, 40)
    whole = DaskMLPClassifier(**options).fit(*given)
    path = tmp_path / "fit.npz"
    model = DaskMLPClassifier(**options).set_callbacks(Checkpoint(path), TimeBudget(1e-9))
    assert model.fit(*given).n_iter_ == 1
    model = DaskMLPClassifier(**options).set_callbacks(Checkpoint(path)).fit(*given)
    assert largest_difference(model, whole) == 0
    assert model.loss_curve_ == whole.loss_curve_
    with pytest.raises(ValueError, match="is of other data"):
        model.fit(given[0] + 1, given[1])


def test_choice_by_measured_times(client):
    inputs, y = make_regression(300, 5, random_state=0)
    model = DaskMLPRegressor(**{**OPTIONS, "max_iter": 2})
    model.fit(divided(inputs, 100), divided(y / y.std(), 100))
    assert model.synchronise_ in ("update", "epoch")
    assert (
        model.set_params(batch_norm=True)
        .fit(divided(inputs, 100), divided(y / y.std(), 100))
        .synchronise_
        == "epoch"
    )
