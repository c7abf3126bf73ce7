"""Callbacks, checkpoints and files of Boltzmann machines."""

import importlib.util

import numpy as np
import pytest
from sklearn.datasets import load_digits

import skdeep
from skdeep import BernoulliRBM, DeepBoltzmannMachine
from tests.helpers import same

digits = load_digits()
X, y = digits.data[:100] / 16, digits.target[:100]
needs_callbacks = pytest.mark.skipif(
    importlib.util.find_spec("sklearn.callback") is None, reason="callbacks of scikit-learn 1.9"
)
MACHINES = [
    BernoulliRBM(6, n_iter=6, momentum=0.5, random_state=0),
    BernoulliRBM(6, n_iter=6, batch_size=30, persistent=False, random_state=0),
    DeepBoltzmannMachine((6, 5), n_iter=6, n_iter_pretraining=2, random_state=0),
]


def public(estimator):
    """Return the fitted attributes."""
    return {k: v for k, v in vars(estimator).items() if k.endswith("_") and k[0] != "_"}


def fresh(estimator):
    return type(estimator)(**estimator.get_params())


@needs_callbacks
@pytest.mark.parametrize("machine", MACHINES, ids=lambda m: type(m).__name__)
@pytest.mark.parametrize("random_state", [0, None])
def test_checkpoints_go_on_to_the_same_bits(machine, random_state, tmp_path):
    from skdeep.callbacks import Checkpoint, TimeBudget

    path = tmp_path / "machine.npz"
    machine = fresh(machine).set_params(random_state=random_state)
    cut = fresh(machine).set_callbacks(Checkpoint(path), TimeBudget(1e-9)).fit(X, y)
    assert (cut.n_iter_, cut.stop_reason_) == (1, "callback")
    went_on = fresh(machine).set_callbacks(Checkpoint(path)).fit(X, y)
    again = fresh(machine).set_callbacks(Checkpoint(path)).fit(X, y)
    assert (went_on.n_iter_, went_on.stop_reason_) == (6, "max_iter")
    assert same(public(again), public(went_on))
    if random_state is not None:
        assert same(public(went_on), public(fresh(machine).fit(X, y)))
    other = fresh(machine).set_params(learning_rate=0.3).set_callbacks(Checkpoint(path))
    with pytest.raises(ValueError, match="learning_rate=0"):
        other.fit(X, y)


@needs_callbacks
@pytest.mark.parametrize("machine", MACHINES, ids=lambda m: type(m).__name__)
def test_callbacks_see_fitted_machines(machine):
    from skdeep.callbacks import get_epoch

    seen = []

    class Watch:
        def setup(self, estimator, context): ...

        def teardown(self, estimator, context): ...

        def on_fit_task_begin(self, estimator, context): ...

        def on_fit_task_end(self, estimator, context, *, fitted_estimator=None):
            if context.task_name == "epoch":
                seen.append((get_epoch(context).number, fitted_estimator.transform(X)))

    fitted = fresh(machine).set_callbacks(Watch()).fit(X, y)
    assert [number for number, _ in seen] == [1, 2, 3, 4, 5, 6]
    np.testing.assert_array_equal(seen[-1][1], fitted.transform(X))
    half = fresh(machine)
    assert not np.array_equal(seen[0][1], seen[-1][1])
    if isinstance(machine, BernoulliRBM):
        np.testing.assert_array_equal(seen[2][1], half.set_params(n_iter=3).fit(X).transform(X))


@pytest.mark.parametrize("machine", MACHINES, ids=lambda m: type(m).__name__)
def test_files(machine, tmp_path):
    pytest.importorskip("safetensors")
    for estimator in (fresh(machine), fresh(machine).fit(X, digits.target_names[y])):
        path = skdeep.save_safetensors(estimator, tmp_path / "machine.safetensors")
        loaded = skdeep.load_safetensors(path)
        assert same(public(loaded), public(estimator))
        assert loaded.get_params() == estimator.get_params()
    np.testing.assert_array_equal(loaded.transform(X), estimator.transform(X))
    np.testing.assert_array_equal(
        loaded.sample(3, random_state=0), estimator.sample(3, random_state=0)
    )
    if hasattr(machine, "partial_fit"):
        loaded.random_state_ = estimator.random_state_ = 0
        del loaded.random_state_, estimator.random_state_
        assert same(public(loaded.partial_fit(X)), public(estimator.partial_fit(X)))


def test_files_with_parts_that_do_not_fit(tmp_path):
    pytest.importorskip("safetensors")
    rbm = fresh(MACHINES[0]).fit(X)
    rbm.intercept_hidden_ = rbm.intercept_hidden_[1:]
    dbm = fresh(MACHINES[2]).fit(X)
    dbm.chains_ = [chain[:, 1:] for chain in dbm.chains_]
    for estimator in (rbm, dbm):
        path = skdeep.save_safetensors(estimator, tmp_path / "machine.safetensors")
        with pytest.raises(ValueError, match="its arrays have the shapes"):
            skdeep.load_safetensors(path)
