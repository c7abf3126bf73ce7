"""The perceptron's kernels: sums, certain signs, orders, and calls of any length."""

import numpy as np
import pytest
import scipy.sparse as sp
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.utils._seq_dataset import ArrayDataset64

from skdeep.engines.cpu.compiling.jit import kernel
from skdeep.engines.cpu.perceptron.epochs import output
from skdeep.engines.cpu.perceptron.kernel import fill_permutation
from skdeep.engines.cpu.perceptron.perceptron_training import Rule, Samples, Training, features_of
from skdeep.engines.cpu.perceptron.vectors import products
from skdeep.engines.cpu.threads import team

pytestmark = pytest.mark.nojit

RULE = Rule(
    batch=False,
    penalised=False,
    alpha=0.0,
    l1_ratio=0.0,
    rate=1.0,
    intercept_rate=1.0,
    tol=-np.inf,
    patience=5,
    shuffled=True,
)


@kernel
def _products(w, x, start):
    return products(w, x, start, w.size)


@kernel
def _outputs(task, intercept, out):
    for row in range(out.size):
        out[row] = output(task, row, 1.0, intercept)


def make_training(X, signs, rule=RULE, seed=3, coef=None):
    """Return a training without weights or a validation set."""
    weights, none = np.ones(X.shape[0], dtype=X.dtype), np.zeros(0, dtype=bool)
    coef = np.zeros(X.shape[1]) if coef is None else coef
    samples = Samples(features_of(X), weights, none)
    return Training(samples, signs, (1.0, 1.0), rule, seed, coef, 0.0)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [1, 2, 7, 8, 9, 15, 16, 17, 31, 32, 33, 48, 63, 65, 257])
def test_products(size, dtype):
    """Every length of the last vector; what lies beyond the vectors is not touched."""
    rng = np.random.RandomState(size)
    w, x = rng.standard_normal(size).astype(dtype), np.full(size + 50, np.nan, dtype=dtype)
    for start in (0, 3, 50):
        x[:] = np.nan
        x[start : start + size] = rng.standard_normal(size)
        terms = (w * x[start : start + size]).astype(np.float64)
        total, magnitude = _products(w, x, start)
        assert_allclose(magnitude, abs(terms).sum(), rtol=1e-14)
        assert_allclose(total, terms.sum(), rtol=0, atol=1e-14 * magnitude)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("container", [np.asarray, sp.csr_array])
def test_signs_are_those_of_sums_from_left_to_right(container, dtype):
    """Rows whose terms cancel, so that the sign hangs on the order of the sum."""
    rng = np.random.RandomState(0)
    w = rng.standard_normal(40).astype(dtype)
    half = rng.standard_normal((3000, 20)).astype(dtype)
    X = np.hstack([half, -(half * w[:20]) / w[20:]]).astype(dtype)
    sums = np.zeros(len(X))
    for j in range(40):
        sums += (X[:, j] * w[j]).astype(np.float64)
    expected = sums.astype(dtype).astype(np.float64)
    training = make_training(container(X), np.ones(len(X), dtype=np.int8), coef=w)
    found = np.empty(len(X))
    _outputs(training.task, 0.0, found)
    assert_array_equal(np.sign(found), np.sign(expected))
    assert (np.sign(X.astype(np.float64) @ w) != np.sign(expected)).any()  # a hard test


@pytest.mark.parametrize("n_rows", [1, 2, 3, 100])
@pytest.mark.parametrize("seed", [0, 1, 12345, 2**31 - 2])
def test_order_is_that_of_scikit_learn(n_rows, seed):
    column = np.arange(n_rows, dtype=float)
    dataset = ArrayDataset64(column[:, None], column, np.ones(n_rows))
    permutation, order = np.empty(n_rows, dtype=np.int32), np.arange(n_rows)
    fill_permutation(seed, permutation)
    for _ in range(3):
        dataset._shuffle_py(seed)
        order = order[permutation]
        assert [dataset._next_py()[3] for _ in range(n_rows)] == order.tolist()


@pytest.mark.parametrize("penalised", [False, True])
@pytest.mark.parametrize("batch", [False, True])
def test_calls_of_any_length_come_to_the_same(penalised, batch):
    rng = np.random.RandomState(0)
    X, signs = rng.standard_normal((60, 5)), rng.choice([-1, 1], 60).astype(np.int8)
    rule = RULE._replace(penalised=penalised, batch=batch, alpha=0.01, l1_ratio=0.5)
    fits = []
    for lengths in ([12], [1] * 12, [5, 7]):
        training = make_training(X, signs, rule)
        curve = []
        for length in lengths:
            training._epochs = length
            curve += training.run(length)
        fits.append((training.coef().tolist(), training.intercept, curve))
    assert len(fits[0][2]) == 12
    assert fits[0] == fits[1] == fits[2]


def test_short_calls_grow(monkeypatch):
    training = make_training(np.ones((4, 1)), np.array([1, -1, 1, -1], dtype=np.int8))
    done = [len(training.run(100)) for _ in range(5)]
    assert done == [1, 2, 4, 8, 16]
    monkeypatch.setattr("skdeep.engines.cpu.perceptron.perceptron_training.SECONDS_PER_CALL", 0.0)
    assert [len(training.run(100)) for _ in range(2)] == [32, 32]


def test_run_each():
    assert team.run_each(lambda x: x + 1, list(range(50)), 3) == list(range(1, 51))
    assert team.run_each(lambda x: x, [], 3) == []
    busy = team._cores.busy
    seen = []

    def fail(x):
        seen.append(x)
        if x == 5:
            raise RuntimeError("five")

    with pytest.raises(RuntimeError, match="five"):
        team.run_each(fail, list(range(1000)), 1)
    assert seen == list(range(6))
    with pytest.raises(RuntimeError, match="five"):
        team.run_each(fail, list(range(1000)), 3)
    assert team._cores.busy == busy
