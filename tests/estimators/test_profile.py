"""Where the time of a fit went: the phases, and that watching changes nothing."""

import threading
import warnings

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.exceptions import ConvergenceWarning
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdeep import MLPClassifier, MLPRegressor, profile_fit
from skdeep.engines.cpu.memory import fields as at
from skdeep.engines.cpu.threads import member_phases
from skdeep.training.sampling import NAMES, Sampler
from tests.helpers import quiet, same

PRODUCTS = ("forward", "backward", "gradient")
ENDLESS = {"tol": 0.0, "n_iter_no_change": 10**6, "random_state": 0}


def _data(n_rows, n_features, n_classes=3, dtype=np.float64):
    random = np.random.RandomState(0)
    X = random.randn(n_rows, n_features).astype(dtype)
    return X, np.arange(n_rows) % n_classes


def _profile(estimator, X, y, **fit_params):
    with quiet():
        return profile_fit(estimator, X, y, **fit_params)


def _check_sums(profile):
    assert set(profile.seconds) == set(NAMES)
    assert min(profile.seconds.values()) > -1e-9
    assert sum(profile.seconds.values()) == pytest.approx(profile.total)
    first, *others = profile.member_seconds
    assert sum(first.values()) == pytest.approx(profile.total)
    assert all(sum(other.values()) <= profile.total * (1 + 1e-9) for other in others)


def _samplers():
    return [thread for thread in threading.enumerate() if thread.name == "skdeep-sampler"]


@pytest.mark.nojit
@pytest.mark.parametrize("solver", ["adam", "sgd", "rprop", "lbfgs", "bold_driver", "cg"])
def test_phases_sum_to_the_time_of_the_fit(solver):
    X, y = _data(60, 5)
    profile = _profile(MLPClassifier((4,), solver=solver, max_iter=3, random_state=0), X, y)
    _check_sums(profile)
    assert not _samplers()


def test_two_members_share_the_time():
    X, y = _data(2000, 60)
    profile = _profile(MLPClassifier((150, 150), max_iter=5, n_threads=2, **ENDLESS), X, y)
    _check_sums(profile)
    assert 1 <= len(profile.member_seconds) <= 2


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_wide_networks_spend_most_in_products(solver):
    X, y = _data(1000, 300)
    estimator = MLPClassifier((300, 300), solver=solver, max_iter=5, n_threads=1, **ENDLESS)
    with quiet():
        estimator.fit(X, y)  # compiles
    profile = _profile(estimator, X, y)
    _check_sums(profile)
    assert profile.n_samples > 20
    seconds = profile.seconds
    assert sum(seconds[name] for name in PRODUCTS) > 0.5 * sum(
        seconds[name] for name in NAMES if name != "python"
    )


def test_single_rows_spend_most_elsewhere():
    X, y = _data(1000, 3)
    estimator = MLPClassifier((2,), batch_size=1, max_iter=200, n_threads=1, **ENDLESS)
    with quiet():
        estimator.fit(X, y)  # compiles
    profile = _profile(estimator, X, y)
    _check_sums(profile)
    assert profile.n_samples > 20
    assert sum(profile.seconds[name] for name in PRODUCTS) < 0.5 * profile.total


@pytest.mark.nojit
@pytest.mark.parametrize(
    "parameters",
    [
        {"batch_size": 7},
        {"batch_size": 40, "early_stopping": True},
        {"activation": "gelu", "solver": "sgd"},
        {"solver": "lbfgs"},
    ],
    ids=str,
)
def test_results_are_those_of_a_fit(parameters):
    X, y = _data(90, 4)
    plain = MLPClassifier((5,), max_iter=6, random_state=3, **parameters)
    watched = MLPClassifier((5,), max_iter=6, random_state=3, **parameters)
    with quiet():
        plain.fit(X, y)
    _profile(watched, X, y)
    assert same(vars(plain), vars(watched))


def test_sparse_input_and_fit_parameters():
    X, y = _data(300, 20)
    X[X < 1] = 0
    weight = np.linspace(0.5, 1.5, len(X))
    plain, watched = (
        MLPRegressor(hidden_layer_sizes=(5,), max_iter=4, random_state=0) for _ in range(2)
    )
    with quiet():
        plain.fit(sp.csr_matrix(X), y, sample_weight=weight)
    _profile(watched, sp.csr_matrix(X), y, sample_weight=weight)
    assert same(vars(plain), vars(watched))


def test_a_pipeline_is_profiled():
    X, y = _data(300, 20)
    pipeline = make_pipeline(StandardScaler(), MLPClassifier((5,), max_iter=200, **ENDLESS))
    _check_sums(_profile(pipeline, X, y))
    assert pipeline.predict(X).shape == y.shape


@pytest.mark.nojit
def test_errors_pass_through():
    X, y = _data(60, 5)
    with pytest.raises(ValueError, match="solver"):
        profile_fit(MLPClassifier(solver="nothing"), X, y)
    assert not _samplers()
    assert member_phases.watcher() is None
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        with pytest.raises(ConvergenceWarning):
            profile_fit(MLPClassifier((3,), max_iter=1, random_state=0), X, y)
    assert not _samplers()
    assert member_phases.watcher() is None


def test_nobody_watches_other_threads():
    seen = []
    with Sampler() as sampler:
        assert member_phases.watcher() is sampler
        thread = threading.Thread(target=lambda: seen.append(member_phases.watcher()))
        thread.start()
        thread.join()
    assert seen == [None]
    assert member_phases.watcher() is None
    assert not _samplers()


class _Recorder:
    """A watcher that keeps the codes of the members at the end of every call."""

    def __init__(self):
        self.codes, self.ends = None, []

    def enter(self, plan, members):
        self.codes = member_phases.codes(plan)
        assert len(self.codes) >= members
        assert not self.codes.any()

    def leave(self):
        self.ends.append(self.codes.copy())


@pytest.mark.nojit
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_codes_are_zero_outside_of_kernels(solver):
    X, y = _data(60, 5)
    recorder = _Recorder()
    with quiet(), member_phases.watched_by(recorder):
        estimator = MLPClassifier((4,), solver=solver, max_iter=3, random_state=0).fit(X, y)
        estimator.predict(X)
    assert len(recorder.ends) >= 2
    assert not np.concatenate(recorder.ends).any()


def test_codes_are_phases():
    """What other threads see while a kernel runs are the codes that there are, of every member."""
    X, y = _data(3000, 40)
    seen, codes, end = set(), [], threading.Event()

    class Watcher:
        def enter(self, plan, members):
            codes.append(member_phases.codes(plan)[:members])

        def leave(self):
            codes.clear()

    def look():
        while not end.wait(1e-4):
            for array in codes:
                seen.update(array.tolist())

    thread = threading.Thread(target=look)
    thread.start()
    try:
        with quiet(), member_phases.watched_by(Watcher()):
            MLPClassifier((100, 100), batch_size=100, max_iter=20, **ENDLESS).fit(X, y)
    finally:
        end.set()
        thread.join()
    assert seen <= set(range(len(NAMES)))
    assert {member_phases.FORWARD_PRODUCT, member_phases.GRADIENT_PRODUCT} <= seen


@pytest.mark.nojit
def test_marks_of_members_do_not_meet():
    plan = np.zeros(at.PHASES + 3 * at.PHASE_STEP, dtype=np.int64)
    for member in range(3):
        member_phases.codes(plan)[member] = member + 1
    assert plan[: at.PLAN_SIZE].sum() == 0
    assert np.flatnonzero(plan).tolist() == [
        at.PHASES + member * at.PHASE_STEP for member in range(3)
    ]


@pytest.mark.nojit
def test_samples_are_divided():
    """Time is divided by what members were seen at; who is not at work waits for those who are."""
    sampler = Sampler()
    with sampler:
        pass
    sampler.total, sampler._in_calls = 10.0, 8.0
    sampler._count([0, 0], 1.0, True)  # Python, before the kernel is at work
    sampler._count([member_phases.UPDATING, 0], 1.0, False)
    sampler._count([member_phases.UPDATING, member_phases.GATHERING], 2.0, False)
    seconds = sampler.seconds()
    assert seconds["update"] == pytest.approx(3.0)
    assert seconds["waiting"] == pytest.approx(1.0)
    assert seconds["gather"] == pytest.approx(2.0)
    assert seconds["python"] == pytest.approx(2.0 + 2.0)
    first, second = sampler.member_seconds()
    assert first["update"] == pytest.approx(6.0)
    assert first["python"] == pytest.approx(4.0)
    assert second["gather"] == pytest.approx(4.0)
    assert second["waiting"] == pytest.approx(2.0)
    assert second["python"] == 0.0
    assert sampler.n_samples == 2


@pytest.mark.nojit
def test_a_late_first_look_was_held_up_by_python():
    sampler = Sampler()
    with sampler:
        pass
    sampler.total = sampler._in_calls = 1.0
    sampler._count([member_phases.UPDATING], 0.5, True)
    sampler._count([member_phases.UPDATING], 0.0005, False)
    assert sampler.seconds()["python"] > 0.9


def test_table():
    X, y = _data(300, 20)
    profile = _profile(MLPClassifier((5,), max_iter=20, **ENDLESS), X, y)
    title, *rows, last = profile.table().splitlines()
    assert str(profile) == profile.table()
    assert title.split() == ["phase", "seconds", "share"]
    assert {row.split()[0] for row in rows} == set(NAMES)
    seconds = [float(row.split()[1]) for row in rows]
    assert seconds == sorted(seconds, reverse=True)
    assert last.startswith("total")
    assert repr(profile).startswith("<FitProfile of ")


@pytest.mark.nojit
def test_kernels_without_a_team_are_watched():
    X, y = _data(60, 5)
    with quiet():
        estimator = MLPClassifier((4,), max_iter=3, random_state=0, n_threads=1).fit(X, y)
    recorder = _Recorder()
    with member_phases.watched_by(recorder):
        estimator.predict(X)
    assert len(recorder.ends) == 1
