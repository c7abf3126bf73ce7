"""Members that train side by side: the networks of their rows, warnings, divergence, Ctrl-C."""

import os
import signal
import threading
import time
import warnings

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from skdeep import MLPRegressor, NetworkRegressor, TabularClassifier
from skdeep.tabular.ensemble import members
from skdeep.tabular.ensemble.members import Job, Rows, outputs_of, train_members
from tests.tabular.ensemble.examples import SMALL, both, outputs, table

RNG = np.random.RandomState(0)
DATA = Rows(RNG.normal(size=(40, 3)).astype(np.float32), RNG.normal(size=40), RNG.rand(40) + 0.1)
TRAINING, HELD_OUT = np.arange(30), np.arange(30, 40)


def network(**parameters):
    """Return a network that makes few epochs."""
    return MLPRegressor(hidden_layer_sizes=(5,), **{"max_iter": 3, "random_state": 0, **parameters})


def test_a_member_is_its_network_fitted():
    stopping = {"early_stopping": True, "scoring": "loss", "n_iter_no_change": 3}
    jobs = [
        Job(network(**stopping), 1, DATA, None, TRAINING, HELD_OUT),
        Job(network(**stopping), 0, DATA, DATA.take(HELD_OUT), None, None),
        Job(network(), 2, DATA, None, None, None),
    ]
    held_out, given, plain = train_members(jobs, 2)
    assert [member.way for member in (held_out, given, plain)] == [1, 0, 2]
    val = {"X_val": DATA.X[30:], "y_val": DATA.y[30:], "sample_weight_val": DATA.weights[30:]}
    with pytest.warns(ConvergenceWarning):
        expected = network(**stopping).fit(DATA.X[:30], DATA.y[:30], DATA.weights[:30], **val)
        np.testing.assert_array_equal(held_out.predictions, expected.predict(DATA.X[30:]))
        expected = network(**stopping).fit(*DATA, **val)
        np.testing.assert_array_equal(given.network.predict(DATA.X), expected.predict(DATA.X))
        expected = network().fit(*DATA)
        np.testing.assert_array_equal(plain.network.predict(DATA.X), expected.predict(DATA.X))
    assert given.predictions is None and plain.held_out is None
    assert plain.network.n_threads == 2  # its predictions use all threads


def test_filters_of_warnings_stay_as_they_are():
    def fit(model, X, y):
        model.fit(X, y)

    before = list(warnings.filters)
    threads = [threading.Thread(target=fit, args=case) for _ in range(3) for case in both()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert warnings.filters == before


def diverge(monkeypatch, seeds, cls=MLPRegressor):
    """Have members of some seeds end with weights that are not finite."""
    train = cls._prepare

    def prepare(self, *arguments, **keywords):
        work = train(self, *arguments, **keywords)

        def conclude(result):
            if self.random_state in seeds:
                result.vector[:] = np.nan
            return work.conclude(result)

        return work._replace(conclude=conclude)

    monkeypatch.setattr(cls, "_prepare", prepare)


def test_diverged_members_are_left_out(monkeypatch):
    jobs = [Job(network(random_state=k), k, DATA, None, None, None) for k in range(3)]
    diverge(monkeypatch, {1})
    found = train_members(jobs, None)
    assert [member.way for member in found] == [0, 2]
    diverge(monkeypatch, {0, 1, 2})
    with pytest.raises(ValueError, match="all members have become infinite or NaN"):
        train_members(jobs, None)


def test_an_ensemble_without_its_diverged_member(monkeypatch):
    _, (model, X, y) = both(n_ensemble=3, oof_predictions=True)
    whole = model.fit(X, y)
    rows = [encoding.transform(X) for encoding in whole._encodings]
    expected = np.mean([outputs_of(whole.members_[k], rows[k]) for k in (0, 2)], axis=0)
    diverge(monkeypatch, {whole.members_[1].random_state}, NetworkRegressor)
    model.fit(X, y)
    assert len(model.members_) == len(model.validation_scores_) == 2 and model._ways == [0, 2]
    np.testing.assert_allclose(outputs(model, X), model._scale.back(expected), rtol=1e-5)
    assert np.isnan(model.oof_predictions_).sum() == 90 - 2 * 18


def test_errors_of_members_arrive(monkeypatch):
    def fail(*arguments, **keywords):
        raise OSError("of a member")

    monkeypatch.setattr(MLPRegressor, "_prepare", fail)
    with pytest.raises(OSError, match="of a member"):
        train_members([Job(network(), 0, DATA, None, None, None)] * 3, 2)


@pytest.mark.skipif(os.name == "nt", reason="no signals between threads")
@pytest.mark.parametrize("n_threads", [1, 2])
def test_ctrl_c(n_threads, monkeypatch):
    train, interrupted = members._train, [None]

    def train_and_interrupt(job, *arguments):
        if not interrupted:
            interrupted.append(None)
            os.kill(os.getpid(), signal.SIGINT)
        return train(job, *arguments)

    monkeypatch.setattr(members, "_train", train_and_interrupt)
    for model, X, y in both(n_ensemble=4, n_threads=n_threads):
        model.fit(X[:40], y[:40]).set_params(max_iter=10**6)
        before = dict(vars(model))
        interrupted.clear()
        with pytest.raises(KeyboardInterrupt):
            model.fit(X, y)
        assert vars(model) == before
        end = time.monotonic() + 60
        while any(thread.name == "skdeep-restart" for thread in threading.enumerate()):
            assert time.monotonic() < end, "members are still training"
            time.sleep(0.01)


def test_lines_that_are_printed(capsys):
    for model, X, y in both(verbose=True):
        model.fit(X, y)
        lines = capsys.readouterr().out.splitlines()
        assert len(lines) == 8
        for number, member in enumerate(model.members_, 1):
            losses = zip(member.loss_curve_, member.validation_loss_curve_, strict=True)
            for epoch, (loss, validation_loss) in enumerate(losses, 1):
                own = f"training loss = {loss:.6f}, validation loss = {validation_loss:.6f}"
                assert f"Member {number} of 2, epoch {epoch}: {own}" in lines
    model.set_params(quantiles=[0.1, 0.9], n_ensemble=1).fit(X, y)
    lines = capsys.readouterr().out.splitlines()
    assert {line.partition(",")[0] for line in lines} == {
        "Member 1 of 2 (quantile 0.1)",
        "Member 2 of 2 (quantile 0.9)",
    }


def test_lines_of_trials(capsys):
    X, labels, _ = table(600)
    TabularClassifier(**{**SMALL, "n_ensemble": 1}, verbose=True).fit(X, labels)
    names = {line.partition(",")[0] for line in capsys.readouterr().out.splitlines()}
    assert names == {
        "Trial without tree features",
        "Trial with tree features",
        "Member 1 of 1",
    }
