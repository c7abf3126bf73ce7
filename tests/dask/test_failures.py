"""Workers, clients and schedulers that go away while a network is trained."""

import os
import signal

import dask.array as da
import distributed
import numpy as np
import pytest

from skdeep.callbacks import Checkpoint
from skdeep.callbacks._base import Callback, get_epoch
from skdeep.dask import DaskMLPClassifier
from skdeep.dask.partitions.shard_holder import ShardHolder
from tests.dask.test_full_batch import OPTIONS, X, Y, divided, largest_difference

pytest.importorskip("sklearn.callback")
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


class At(Callback):
    """Calls a function once, after some epochs."""

    def __init__(self, number, function):
        super().__init__()
        self.number, self.function = number, function

    def on_fit_task_end(self, estimator, context):
        epoch = get_epoch(context)
        if epoch is not None and epoch.number >= self.number and self.function is not None:
            function, self.function = self.function, None
            function()


@pytest.fixture(scope="module")
def processes():
    """A client of two workers, each a process of its own."""
    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": ":0"}
    with distributed.LocalCluster(processes=True, **options) as cluster:
        with distributed.Client(cluster, set_as_default=False) as client, client.as_current():
            yield client


def kill_one(client):
    client.wait_for_workers(2, timeout=60)
    os.kill(sorted(client.run(os.getpid).items())[0][1], signal.SIGKILL)


@pytest.mark.parametrize("way, persisted", [("update", True), ("epoch", False)])
def test_a_worker_dies(processes, way, persisted):
    options = {**OPTIONS, "synchronise": way, "batch_size": 30, "max_iter": 5}
    given = [divided(X, 40), divided(Y, 40)]
    given = [each.persist() for each in given] if persisted else given
    whole = DaskMLPClassifier(**options).fit(*given)
    model = DaskMLPClassifier(**options).set_callbacks(At(2, lambda: kill_one(processes)))
    assert model.fit(*given).n_iter_ == 5
    assert largest_difference(model, whole) < 1e-8
    assert model.loss_curve_ == pytest.approx(whole.loss_curve_)


def test_rows_that_cannot_be_computed_again(processes, tmp_path):
    processes.wait_for_workers(2, timeout=60)
    blocks = processes.scatter([X[:75], X[75:]], hash=False), processes.scatter([Y[:75], Y[75:]])
    shapes = (75, 6), (75,)
    given = [
        da.concatenate([da.from_delayed(block, shape, dtype=kind) for block in each])
        for each, shape, kind in zip(blocks, shapes, (X.dtype, Y.dtype), strict=True)
    ]
    path = tmp_path / "fit.npz"
    model = DaskMLPClassifier(**OPTIONS, synchronise="update", batch_size=30)
    model.set_callbacks(Checkpoint(path), At(2, lambda: kill_one(processes)))
    with pytest.raises(RuntimeError, match="could not be computed again: partition"):
        model.fit(*given)
    assert not hasattr(model, "coefs_")
    with np.load(path) as kept:
        assert len(kept["losses"]) == 2


def test_the_client_is_closed(processes):
    client = distributed.Client(processes.cluster, set_as_default=False)
    model = DaskMLPClassifier(**OPTIONS, synchronise="update", client=client)
    with pytest.raises(RuntimeError, match="The Dask client is clos"):
        model.set_callbacks(At(2, client.close)).fit(divided(X, 40), divided(Y, 40))
    assert not hasattr(model, "coefs_")


def test_the_scheduler_goes_away(processes):
    """Ends the cluster of this module: the last of its tests."""
    model = DaskMLPClassifier(**OPTIONS, synchronise="update")
    model.set_callbacks(At(2, processes.cluster.close))
    with pytest.raises(RuntimeError, match=r"scheduler cannot be reached|could not be computed"):
        model.fit(divided(X, 40), divided(Y, 40))
    assert not hasattr(model, "coefs_")


def test_workers_of_different_speed(client, monkeypatch):
    import time

    sums = ShardHolder.sums

    def slow(holder, vector):
        time.sleep(0.02 * (holder._partitions[0].index == 0))
        return sums(holder, vector)

    options = {**OPTIONS, "solver": "lbfgs", "max_iter": 4}
    given = divided(X, 40), divided(Y, 40)
    even = DaskMLPClassifier(**options).fit(*given)
    monkeypatch.setattr(ShardHolder, "sums", slow)
    assert largest_difference(DaskMLPClassifier(**options).fit(*given), even) == 0


def test_an_error_of_the_computation_is_no_loss(client, monkeypatch):
    def broken(holder, vector):
        raise MemoryError("no room for the gradient")

    monkeypatch.setattr(ShardHolder, "sums", broken)
    with pytest.raises(MemoryError, match="no room"):
        DaskMLPClassifier(**OPTIONS, solver="lbfgs").fit(divided(X, 40), divided(Y, 40))


def test_calls_along_a_tree(client, monkeypatch):
    """Holders that are called by other holders give the same sums."""
    options = {**OPTIONS, "solver": "lbfgs", "max_iter": 4}
    given = divided(X, 40), divided(Y, 40)
    star = DaskMLPClassifier(**options).fit(*given)
    monkeypatch.setattr("skdeep.dask.partitions.shard_team.FAN_OUT", 1)
    assert largest_difference(DaskMLPClassifier(**options).fit(*given), star) == 0
