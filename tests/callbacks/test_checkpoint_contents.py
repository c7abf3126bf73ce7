"""Checkpoints whose arrays have the right form and values that no training can have reached."""

import numpy as np
import pytest

from skdeep import MLPClassifier
from skdeep.callbacks import Checkpoint, _storage
from tests.callbacks.recording import Quiet, untouched
from tests.callbacks.test_checkpoint_files import COMMON, X, Y, cut, refused


def shuffle_out(arrays, numbers):
    arrays["order"][3] = 10**9


def shuffle_below(arrays, numbers):
    arrays["order"][3] = -1


def shuffle_twice(arrays, numbers):
    arrays["order"][3] = arrays["order"][4]


def lengthen_best(arrays, numbers):
    arrays["best"] = np.ones(7)


def add_state(arrays, numbers):
    arrays["states"] = np.ones((5, arrays["states"].shape[1]))


def set_number(name, value):
    def change(arrays, numbers):
        numbers[name] = value

    return change


CHANGES = {
    "order": (shuffle_out, "'order' is not a permutation of 90 rows"),
    "order below": (shuffle_below, "'order' is not a permutation of 90 rows"),
    "order twice": (shuffle_twice, "'order' is not a permutation of 90 rows"),
    "best": (lengthen_best, "'best' has the shape"),
    "states": (add_state, "'states' has the"),
    "position": (set_number("position", 10**6), "the state of the random generator is"),
    "below": (set_number("position", -1), "the state of the random generator is"),
    "gauss": (set_number("gauss", None), "'gauss' is None"),
    "updates": (set_number("update", -1), "'update' must be an integer from 0"),
    "epochs": (set_number("n_epochs", 10**30), "'n_epochs' must be an integer from 0"),
    "samples": (set_number("seen", 2**63), "'seen' must be an integer from 0"),
    "stalled": (set_number("stalled", -9), "'stalled' must be an integer from 0"),
    "reason": (set_number("stop_reason", "unheard of"), "'stop_reason' is 'unheard of'"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_values(change, tmp_path):
    path = tmp_path / "fit.npz"
    cut(path)
    header, arrays = _storage.read(path)
    do, message = CHANGES[change]
    do(arrays, header["numbers"])
    _storage.write(path, header, arrays)
    refused(path, f"is a damaged checkpoint: {message}")


@pytest.mark.parametrize("solver", ["sgd", "bold_driver"])
def test_states_of_a_solver_without_any(solver, tmp_path):
    path = tmp_path / "fit.npz"
    changes = {"solver": solver, "momentum": 0.0}
    cut(path, **changes)
    header, arrays = _storage.read(path)
    name = "states" if solver == "sgd" else "gradient"
    arrays[name] = arrays[name][..., :-1]
    _storage.write(path, header, arrays)
    refused(path, "is a damaged checkpoint", **changes)


def test_numbers_that_are_missing(tmp_path):
    path = tmp_path / "fit.npz"
    cut(path)
    header, arrays = _storage.read(path)
    del header["numbers"]
    _storage.write(path, header, arrays)
    refused(path, "is a damaged checkpoint")


@pytest.mark.parametrize(
    "start, key",
    [
        ({"position": 10**6, "has_gauss": 0, "gauss": 0.0}, np.zeros(624, np.uint32)),
        ({"position": 3, "has_gauss": 0}, np.zeros(624, np.uint32)),
        ({"position": 3, "has_gauss": 0, "gauss": 0.0}, np.zeros(9, np.uint32)),
        ({"position": 3, "has_gauss": 0, "gauss": 0.0}, np.zeros(624)),
    ],
    ids=["position", "missing", "short", "type"],
)
def test_the_generator_that_a_fit_began_with(start, key, tmp_path):
    path = tmp_path / "fit.npz"
    cut(path)
    header, arrays = _storage.read(path)
    header["start"], arrays["start"] = start, key
    _storage.write(path, header, arrays)
    refused(path, "state of the random generator is not", random_state=None)


class Supplier(Quiet):
    """Has the snapshot of a checkpoint, with a changed order."""

    def __init__(self, path):
        self.checkpoint = Checkpoint(path)

    def setup(self, estimator, context):
        self.checkpoint.setup(estimator, context)

    def resume_training(self, estimator, context, run):
        snapshot = self.checkpoint.resume_training(estimator, context, run)
        snapshot.arrays["order"][0] = 10**9
        return snapshot


def test_whoever_supplies_a_snapshot(tmp_path):
    """Also those of other callbacks than `Checkpoint`."""
    cut(tmp_path / "fit.npz")
    model = MLPClassifier(**COMMON).set_callbacks(Supplier(tmp_path / "fit.npz"))
    with (
        untouched(model),
        pytest.raises(ValueError, match="'order' is not a permutation of 90 rows"),
    ):
        model.fit(X, Y)
