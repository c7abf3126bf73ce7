"""Block or grid: by the work of a batch, and by how many fits share the device."""

import json
import threading

import pytest

from skdeep.engines.cuda.launching.ways import MOST_OPERATIONS, Crowd, is_for_graph, is_for_grid
from tests.simulated import run_simulated


def crowd_of(n_fits):
    """Return a crowd of so many fits."""
    crowd = Crowd()
    for _ in range(n_fits):
        crowd.enter()
    return crowd


@pytest.mark.parametrize(
    ("operations", "n_fits", "by_grid"),
    [
        (4e7, 1, False),
        (9e7, 1, True),  # 784-(100)-10 in batches of 200
        (9e7, 2, False),
        (1e9, 10, True),
        (1e9, 132, False),
        (6e9, 132, False),
        (6e9, 140, True),  # two turns of the blocks
        (9e9, 264, True),
        (6e9, 264, False),
        (1.4e11, 132, True),  # 784-(2048, 2048)-10 in batches of 4,096: no block does that
    ],
)
def test_choice(operations, n_fits, by_grid):
    assert is_for_grid(operations, 5e7, crowd_of(n_fits), 132) == by_grid


@pytest.mark.parametrize(
    ("operations", "by_graph"),
    [(9.5e7, True), (9e8, True), (2e9, False), (1.4e11, False)],  # 784-(100)-10, 784-(2048, 2048)
)
def test_choice_of_graphs(operations, by_graph):
    assert is_for_graph(operations, 1e9) == by_graph


@pytest.mark.parametrize("n_fits", [1, 1000])
def test_settings_for_tests(n_fits):
    """All by blocks, or all by grids."""
    for operations in (1.0, MOST_OPERATIONS, 1e15):
        assert not is_for_grid(operations, float("inf"), crowd_of(n_fits), 132)
        assert is_for_grid(operations, 0, crowd_of(n_fits), 132)


def test_the_first_of_many_waits_for_the_second(monkeypatch):
    """In a thread of a search; a fit of the main thread is alone."""
    crowd, found = crowd_of(1), []
    monkeypatch.setattr("time.sleep", lambda seconds: crowd.enter())
    arguments = 9e7, 5e7, crowd, 132
    assert is_for_grid(*arguments) and crowd.size == 1
    thread = threading.Thread(target=lambda: found.append(is_for_grid(*arguments)))
    thread.start()
    thread.join()
    assert found == [False]


def test_fits():
    """Two in threads go by blocks, one alone by a grid; what fails leaves the crowd."""
    code = """
import json, threading, warnings
import numpy as np
from skdeep import MLPClassifier
from skdeep.engines.cuda import engine
from skdeep.engines.cuda.hardware import devices
from skdeep.engines.cuda.launching import ways
warnings.simplefilter("ignore")
rng = np.random.default_rng(0)
X, y = rng.normal(size=(20, 4)), np.arange(20) % 3
settings = {"hidden_layer_sizes": (3,), "max_iter": 2, "batch_size": 8, "random_state": 0}
device = devices.device_of(0)
device.processors, ways.SECONDS_TO_MEET = 8, 60
ways.time.sleep = lambda seconds: together.wait(60)
engine.MOST_OPERATIONS_OF_A_BLOCK = 6 * 8 * (5 * 3 + 4 * 3) * 0.75
by_grid, make = [], engine.Training._make_pace

def watch(self):
    by_grid.append(self._grid is not None)
    return make(self)

engine.Training._make_pace = watch
together, enter = threading.Event(), device.crowd.enter
def entered():
    enter()
    if device.crowd.size == 2: together.set()
device.crowd.enter = entered
fits = [MLPClassifier(**settings, device="cuda") for _ in range(3)]
threads = [threading.Thread(target=model.fit, args=(X, y)) for model in fits[:2]]
for t in threads: t.start()
for t in threads: t.join()
fits[2].fit(X, y)
plain = MLPClassifier(**settings).fit(X, y)
apart = [float(abs(a - b).max()) for m in fits for a, b in zip(m.coefs_, plain.coefs_)]
engine.Model, error = lambda *arguments: 1 / 0, ""
try: fits[0].fit(X, y)
except ZeroDivisionError as raised: error = "failed"
print(json.dumps([by_grid, max(apart), device.crowd.size, error]))
"""
    by_grid, apart, left, error = json.loads(run_simulated(code))
    assert by_grid == [False, False, True]
    assert apart < 1e-9
    assert left == 0 and error == "failed"
