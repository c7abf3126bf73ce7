"""What a solver goes on with, in copies, pickles, files and scikit-learn's estimators."""

import copy
import pickle

import numpy as np
import pytest
from sklearn.base import clone

import skdeep
from skdeep.schedules import Cosine, Linear, WarmUp
from skdeep.solvers import SGD
from tests.estimators.fitted.test_continuing import (
    LABELS,
    TARGETS,
    X,
    assert_same_state,
    both,
    call,
    half,
    vector,
)


def changed_model():
    """Return an estimator whose parameters are no longer those that its solver has."""
    solver = SGD(momentum=Linear(start=0.1), learning_rate_init=0.1)
    model = skdeep.MLPClassifier((5,), solver=solver, learning_rate=WarmUp(Cosine(end=0.1)))
    model.set_params(random_state=0, max_iter=9).partial_fit(X, LABELS, classes=[0, 1, 2])
    return model.set_params(learning_rate="constant", solver=SGD(momentum=0.0))


def by_file(model, path):
    """Save and load it."""
    pytest.importorskip("safetensors")
    return skdeep.load_safetensors(skdeep.save_safetensors(model, path / "model.safetensors"))


WAYS = {
    "pickle": lambda model, path: pickle.loads(pickle.dumps(model)),
    "deepcopy": lambda model, path: copy.deepcopy(model),
    "copy": lambda model, path: copy.copy(model),
    "safetensors": by_file,
}


@pytest.mark.parametrize("way", WAYS)
def test_copies_go_on_with_the_same_solver(way, tmp_path):
    """Whatever the parameters have become; what is set on one changes no other."""
    model = changed_model()
    twin = WAYS[way](model, tmp_path)
    assert not hasattr(clone(model), "_optimizer")
    model.set_params(solver__momentum=0.99)
    for one in (model, twin):
        one.partial_fit(X, LABELS)
    np.testing.assert_array_equal(vector(model), vector(twin))
    assert repr(twin._optimizer.schedule) == "WarmUp(schedule=Cosine(end=0.1))"


def test_states_of_earlier_versions_take_the_parameters():
    """They had no parameters of their own."""
    model = skdeep.MLPClassifier((5,), random_state=0).partial_fit(X, LABELS, classes=[0, 1, 2])
    state = model.__getstate__()
    for name in ("solver", "schedule"):
        del state["_optimizer"][name]
    old = skdeep.MLPClassifier.__new__(skdeep.MLPClassifier)
    old.__setstate__(state)
    assert old._optimizer.solver is None
    twin = pickle.loads(pickle.dumps(old))
    for one in (model, old, twin):
        one.partial_fit(X, LABELS)
    np.testing.assert_array_equal(vector(model), vector(old))
    np.testing.assert_array_equal(vector(model), vector(twin))
    call(old.set_params(beta_1=0.1), "partial_fit", X, LABELS)
    call(model, "partial_fit", X, LABELS)
    assert not np.array_equal(vector(model), vector(old))


def test_files_leave_functions_out(tmp_path):
    """Once the parameter that was a function is something else, the estimator can be saved."""
    model = both("MLPRegressor")[0].set_params(learning_rate=half, momentum=half)
    model.set_params(solver="sgd").partial_fit(X, TARGETS)
    loaded = by_file(model.set_params(learning_rate="constant", momentum=0.9), tmp_path)
    assert loaded._optimizer.solver is None and loaded._optimizer.schedule is None
    assert np.isfinite(vector(loaded.partial_fit(X, TARGETS))).all()


@pytest.mark.parametrize("change", [{"rule": "adam"}, {"solver": {}}, {"schedule": "constant"}])
def test_damaged_states_are_refused(change, tmp_path, monkeypatch):
    """A file's solver must be one, and that of its state."""
    model = both("MLPRegressor")[0].set_params(solver="rmsprop").partial_fit(X, TARGETS)
    state = model.__getstate__()
    state["_optimizer"] = {**state["_optimizer"], **change}
    monkeypatch.setattr(type(model), "__getstate__", lambda self: state)
    with pytest.raises(ValueError, match="cannot be loaded"):
        by_file(model, tmp_path)


@pytest.mark.parametrize("solver", ["sgd", "adam"])
def test_the_solver_goes_to_scikit_learn_and_back(solver):
    """With the parameters that it has, not with those that the estimator has now."""
    pair = both("MLPClassifier", solver=solver, learning_rate="invscaling", power_t=0.2)
    for model in pair:
        call(model, "partial_fit", X, LABELS)
        model.set_params(momentum=0.1, beta_1=0.2, learning_rate_init=0.9, epsilon=0.1)
        model.set_params(learning_rate="constant", power_t=0.9, nesterovs_momentum=False)
    models = [*pair, pair[0].to_sklearn(), skdeep.MLPClassifier.from_sklearn(pair[1])]
    for model in models:
        for _ in range(3):
            call(model, "partial_fit", X, LABELS)
    for model in models[1:]:
        assert_same_state(model, models[0])
