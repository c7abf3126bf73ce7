"""First weights: moments, bounds, structure, and the same numbers for the same seed."""

import numpy as np
import pytest

from skdeep import initialisers
from skdeep.formulas.initialisers import REGISTRY
from skdeep.formulas.parameter import Parameter
from skdeep.initialisers import Constant, Normal, Orthogonal, Sparse, Uniform, Zeros

pytestmark = pytest.mark.nojit

SHAPES = [(1, 1), (1, 7), (7, 1), (5, 5), (30, 4), (4, 30)]
FAN_IN, FAN_OUT = 300, 500


def draw(name, fan_in=FAN_IN, fan_out=FAN_OUT, seed=0, **parameters):
    """Draw with the defaults, or with other parameters."""
    initialiser = initialisers.resolve(name).set_params(**parameters)
    return initialiser.check().draw(np.random.RandomState(seed), fan_in, fan_out)


# name -> (mean, variance, largest absolute value) of the defaults at FAN_IN and FAN_OUT
MOMENTS = {
    "zeros": (0.0, 0.0, 0.0),
    "constant": (0.1, 0.0, 0.1),
    "uniform": (0.0, 0.05**2 / 3, 0.05),
    "normal": (0.0, 0.05**2, np.inf),
    "glorot_uniform": (0.0, 2 / 800, np.sqrt(6 / 800)),
    "glorot_normal": (0.0, 2 / 800, np.inf),
    "he_uniform": (0.0, 2 / 300, np.sqrt(6 / 300)),
    "he_normal": (0.0, 2 / 300, np.inf),
    "lecun_normal": (0.0, 1 / 300, np.inf),
    "orthogonal": (0.0, 1 / 500, 1.0),
    "sparse": (0.0, 15 / 300, np.inf),
}


def test_every_scheme_is_there():
    assert set(MOMENTS) == set(REGISTRY)
    assert set(initialisers.names()) == {"auto", *MOMENTS}
    assert {name for name, entry in REGISTRY.items() if entry.symmetric} == {"zeros", "constant"}


@pytest.mark.parametrize("name", sorted(REGISTRY))
def test_moments(name):
    """Of 150,000 weights, four standard errors wide."""
    mean, variance, largest = MOMENTS[name]
    weights = draw(name)
    tolerance = 4 * np.sqrt(variance / weights.size) + 1e-15
    assert weights.mean() == pytest.approx(mean, abs=tolerance)
    assert weights.var() == pytest.approx(variance, rel=0.03, abs=1e-15)
    assert np.abs(weights).max() <= largest


@pytest.mark.parametrize("name", sorted(n for n in REGISTRY if n.endswith("uniform")))
def test_uniform_ones_reach_their_bounds(name):
    largest = MOMENTS[name][2]
    weights = draw(name)
    assert weights.min() < -0.999 * largest and weights.max() > 0.999 * largest


@pytest.mark.parametrize("name", sorted(n for n in REGISTRY if n.endswith("normal")))
def test_normal_ones_have_normal_tails(name):
    """Of normal numbers, 4.55 % are farther than two standard deviations from the mean."""
    weights = draw(name)
    assert np.mean(np.abs(weights) > 2 * weights.std()) == pytest.approx(0.0455, abs=0.002)


@pytest.mark.parametrize("name", sorted(REGISTRY))
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_shapes(name, shape):
    weights = draw(name, *shape)
    assert weights.shape == shape
    assert weights.dtype == np.float64
    assert weights.flags.c_contiguous
    assert np.isfinite(weights).all()


@pytest.mark.parametrize("name", sorted(REGISTRY))
def test_seeds(name):
    first = draw(name, 20, 10, seed=3)
    np.testing.assert_array_equal(first, draw(name, 20, 10, seed=3))
    assert np.array_equal(first, draw(name, 20, 10, seed=4)) == REGISTRY[name].symmetric


@pytest.mark.parametrize("name", sorted(REGISTRY))
def test_entries_are_complete(name):
    entry = REGISTRY[name]
    assert entry.name == name
    assert all(isinstance(p, Parameter) for p in entry.parameters.values())
    weights = draw(name, 20, 10)
    alike = (weights == weights[:, :1]).all()
    assert entry.symmetric == alike


@pytest.mark.parametrize("fan_in, fan_out", [(40, 10), (10, 40), (12, 12), (1, 6), (6, 1)])
@pytest.mark.parametrize("gain", [1.0, 2.5])
def test_orthogonal(fan_in, fan_out, gain):
    W = draw("orthogonal", fan_in, fan_out, gain=gain)
    gram = W.T @ W if fan_in >= fan_out else W @ W.T
    np.testing.assert_allclose(gram, gain**2 * np.eye(min(fan_in, fan_out)), atol=1e-12)


def test_orthogonal_has_no_preferred_sign():
    """Without the correction of signs, the diagonal of ``Q`` would be negative."""
    corners = np.array([draw("orthogonal", 8, 8, seed=seed)[0, 0] for seed in range(200)])
    assert 70 < np.sum(corners > 0) < 130
    assert {draw("orthogonal", 1, 1, seed=seed)[0, 0] for seed in range(20)} == {-1.0, 1.0}


@pytest.mark.parametrize("n_nonzero", [1, 7, 15, 40])
@pytest.mark.parametrize("fan_in, fan_out", [(30, 20), (15, 3), (4, 9), (1, 5), (50, 1)])
def test_sparse_counts(fan_in, fan_out, n_nonzero):
    weights = draw("sparse", fan_in, fan_out, n_nonzero=n_nonzero)
    counts = np.count_nonzero(weights, axis=0)
    np.testing.assert_array_equal(counts, min(n_nonzero, fan_in))


def test_sparse_values_and_places():
    weights = draw("sparse", std=3.0)
    values = weights[weights != 0]
    assert values.std() == pytest.approx(3.0, rel=0.03)
    rows = np.count_nonzero(weights, axis=1)
    assert rows.min() >= 5 and rows.max() <= 50  # 25 of 500 units on average


def test_parameters_are_heeded():
    assert (draw("constant", value=-2.5) == -2.5).all()
    uniform = draw("uniform", low=1.0, high=3.0)
    assert 1.0 <= uniform.min() < 1.001 and 2.999 < uniform.max() < 3.0
    normal = draw("normal", mean=5.0, std=2.0)
    assert normal.mean() == pytest.approx(5.0, abs=0.02)
    assert normal.std() == pytest.approx(2.0, rel=0.01)


def test_same_numbers_as_numpy():
    """The schemes are single calls of `RandomState`, in the order of the array."""
    state = np.random.RandomState(5)
    np.testing.assert_array_equal(draw("he_normal", 8, 3, 5), state.normal(0, 0.5, (8, 3)))
    state = np.random.RandomState(5)
    np.testing.assert_array_equal(draw("glorot_uniform", 3, 3, 5), state.uniform(-1, 1, (3, 3)))


@pytest.mark.parametrize(
    "initialiser, match",
    [
        (Uniform(low=0.5, high=0.5), "Uniform.*low must be less than high"),
        (Uniform(low=1.0, high=-1.0), "Uniform.*low must be less than high"),
        (Uniform(low=np.nan), "'low' parameter of Uniform"),
        (Normal(std=0), "'std' parameter of Normal"),
        (Normal(mean=np.inf), "'mean' parameter of Normal"),
        (Sparse(n_nonzero=0), "'n_nonzero' parameter of Sparse"),
        (Sparse(n_nonzero=2.5), "'n_nonzero' parameter of Sparse"),
        (Sparse(std=-1), "'std' parameter of Sparse"),
        (Orthogonal(gain=0), "'gain' parameter of Orthogonal"),
        (Constant(value="0.1"), "'value' parameter of Constant"),
    ],
)
def test_bad_values(initialiser, match):
    with pytest.raises(ValueError, match=match):
        initialiser.check()
    with pytest.raises(ValueError, match=match):
        initialisers.resolve(initialiser)


def test_symmetric_ones_say_so():
    assert Zeros().symmetric and Constant().symmetric
    assert not Normal().symmetric
