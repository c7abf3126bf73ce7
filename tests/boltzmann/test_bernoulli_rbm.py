"""The restricted Boltzmann machine beside scikit-learn's and beside NumPy."""

import pickle

import numpy as np
import pytest
import scipy.sparse as sp
import sklearn.neural_network
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks

from skdeep import BernoulliRBM
from tests.boltzmann.rbm_oracle import train
from tests.helpers import run_python, unchanged

X = load_digits().data[:200] / 16
ATTRIBUTES = ("components_", "intercept_hidden_", "intercept_visible_", "h_samples_")


def assert_same_attributes(ours, theirs, atol):
    for name in ATTRIBUTES:
        got, expected = getattr(ours, name), getattr(theirs, name)
        assert got.dtype == expected.dtype
        np.testing.assert_allclose(got, expected, rtol=0, atol=atol, err_msg=name)


@pytest.mark.parametrize("batch_size", [1, 7, 32, 100, 300])
@pytest.mark.parametrize("container", [np.asarray, sp.csr_matrix, sp.csc_array])
def test_numbers_of_scikit_learn(batch_size, container):
    parameters = dict(n_components=37, batch_size=batch_size, n_iter=10, random_state=3)
    theirs = sklearn.neural_network.BernoulliRBM(**parameters).fit(X)
    ours = BernoulliRBM(**parameters).fit(container(X))
    assert_same_attributes(ours, theirs, 1e-11)
    np.testing.assert_allclose(ours.transform(container(X)), theirs.transform(X), atol=1e-10)
    np.testing.assert_allclose(ours.score_samples(X), theirs.score_samples(X), atol=1e-8)
    np.testing.assert_array_equal(ours.gibbs(X), theirs.gibbs(X))


def test_numbers_after_many_epochs():
    parameters = dict(n_components=40, batch_size=20, n_iter=200, random_state=0)
    theirs = sklearn.neural_network.BernoulliRBM(**parameters).fit(X)
    assert_same_attributes(BernoulliRBM(**parameters).fit(X), theirs, 1e-9)


def test_float32():
    parameters = dict(n_components=30, batch_size=25, n_iter=2, random_state=0)
    theirs = sklearn.neural_network.BernoulliRBM(**parameters).fit(X.astype(np.float32))
    ours = BernoulliRBM(**parameters).fit(X.astype(np.float32))
    assert_same_attributes(ours, theirs, 1e-5)
    assert ours.transform(X.astype(np.float32)).dtype == np.float32


def test_one_generator_for_all():
    """The generator ends in the same state, and `verbose` draws from it as in scikit-learn."""
    states = []
    for cls in (BernoulliRBM, sklearn.neural_network.BernoulliRBM):
        rng = np.random.RandomState(5)
        rng.uniform(size=3)
        model = cls(n_components=8, n_iter=2, random_state=rng, verbose=True).fit(X)
        states.append((rng.randint(1 << 30), model.components_))
    assert states[0][0] == states[1][0]
    np.testing.assert_allclose(states[0][1], states[1][1], rtol=0, atol=1e-12)


def test_verbose_prints_the_same(capsys):
    printed = []
    for cls in (BernoulliRBM, sklearn.neural_network.BernoulliRBM):
        cls(n_components=8, n_iter=2, random_state=0, verbose=True).fit(X)
        printed.append([line.split(", time")[0] for line in capsys.readouterr().out.splitlines()])
    assert printed[0] == printed[1]


def test_other_generators():
    parameters = dict(n_components=8, n_iter=2)
    for make in (
        lambda: np.random.RandomState(np.random.PCG64(0)),
        type("Own", (np.random.RandomState,), {}),
    ):
        models = []
        for cls in (BernoulliRBM, sklearn.neural_network.BernoulliRBM):
            rng = make()
            rng.seed(1) if isinstance(rng._bit_generator, np.random.MT19937) else None
            models.append(cls(**parameters, random_state=rng).fit(X))
        assert_same_attributes(*models, 1e-12)


@pytest.mark.parametrize("batch_size", [10, 40])
@pytest.mark.parametrize(
    "options",
    [
        {"n_gibbs_steps": 3},
        {"persistent": False},
        {"persistent": False, "n_gibbs_steps": 2, "momentum": 0.5},
        {"momentum": 0.9, "weight_decay": 0.01},
        {"weight_decay": 0.1},
        {"gaussian": True, "learning_rate": 0.01},
        {"gaussian": True, "learning_rate": 0.01, "persistent": False, "n_gibbs_steps": 2},
    ],
)
def test_numbers_of_numpy(options, batch_size):
    parameters = dict(n_iter=3, batch_size=batch_size)
    expected = train(X, np.random.RandomState(1), n_hidden=13, **parameters, **options)
    options = dict(options)
    visible = "gaussian" if options.pop("gaussian", False) else "bernoulli"
    rbm = BernoulliRBM(13, **parameters, **options, visible=visible, random_state=1).fit(X)
    np.testing.assert_allclose(rbm.components_, expected[0].T, rtol=0, atol=1e-11)
    np.testing.assert_allclose(rbm.intercept_hidden_, expected[1], rtol=0, atol=1e-11)
    np.testing.assert_allclose(rbm.intercept_visible_, expected[2], rtol=0, atol=1e-11)
    if rbm.persistent:
        np.testing.assert_array_equal(rbm.h_samples_, expected[3])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("batch_size", [10, 50])
def test_same_bits_for_any_number_of_threads(dtype, batch_size):
    models = [
        BernoulliRBM(150, batch_size=batch_size, n_iter=2, random_state=0, n_threads=n)
        for n in (1, 2, 3)
    ]
    first, *others = [model.fit(X.astype(dtype)) for model in models]
    for other in others:
        assert_same_attributes(first, other, 0)


def test_partial_fit_goes_on():
    ours, theirs = (
        cls(12, batch_size=30, random_state=0)
        for cls in (BernoulliRBM, sklearn.neural_network.BernoulliRBM)
    )
    for begin, end in ((0, 30), (30, 90), (90, 100)):
        assert ours.partial_fit(X[begin:end]) is ours
        theirs.partial_fit(X[begin:end])
    assert_same_attributes(ours, theirs, 1e-13)
    momentum = BernoulliRBM(12, batch_size=30, momentum=0.5, n_iter=1, random_state=0)
    steps = clone(momentum)
    for begin in range(0, 200, 30):
        steps.partial_fit(X[begin : begin + 30])
    assert_same_attributes(steps, momentum.fit(X), 0)


def test_exact_likelihood():
    rbm = BernoulliRBM(6, n_iter=20, random_state=0).fit(X[:, 20:29])
    bits = np.arange(1 << 9)[:, None] >> np.arange(9) & 1
    assert np.exp(rbm.score_samples(bits, exact=True)).sum() == pytest.approx(1)
    wide = BernoulliRBM(11, n_iter=20, random_state=0).fit(X[:, 20:29])
    assert np.exp(wide.score_samples(bits, exact=True)).sum() == pytest.approx(1)
    hidden = np.arange(1 << 6)[:, None] >> np.arange(6) & 1
    energies = hidden @ rbm.components_ @ bits.T + (hidden @ rbm.intercept_hidden_)[:, None]
    energies = energies + bits @ rbm.intercept_visible_
    assert rbm.log_partition() == pytest.approx(np.log(np.exp(energies).sum()))


def test_exact_likelihood_of_gaussian_units():
    V = np.random.RandomState(0).normal(size=(200, 1)) + np.array([[-2.0]])
    rbm = BernoulliRBM(4, visible="gaussian", learning_rate=0.01, random_state=0).fit(V)
    grid = np.linspace(-12, 12, 4001)
    density = np.exp(rbm.score_samples(grid[:, None], exact=True))
    assert density.sum() * (grid[1] - grid[0]) == pytest.approx(1)
    constant = rbm.score_samples(V, exact=True) - rbm.score_samples(V)
    np.testing.assert_allclose(constant, -rbm.log_partition())
    sparse = rbm.score_samples(sp.csr_matrix(V))
    np.testing.assert_allclose(sparse, rbm.score_samples(V))


def test_learns_a_distribution():
    """The likelihood comes near the entropy of the data, and samples have their frequencies."""
    rng = np.random.RandomState(0)
    data = np.repeat(rng.randint(0, 2, (400, 3)), 2, axis=1) ^ (rng.uniform(size=(400, 6)) < 0.1)
    rbm = BernoulliRBM(6, batch_size=50, n_iter=500, n_gibbs_steps=2, random_state=0).fit(data)
    _, counts = np.unique(data, axis=0, return_counts=True)
    entropy = -(counts / 400 * np.log(counts / 400)).sum()
    assert rbm.score_samples(data, exact=True).mean() > -entropy - 0.1
    patterns = np.arange(1 << 6)[:, None] >> np.arange(6) & 1
    samples = rbm.sample(4000, n_steps=50, random_state=0)
    found = (samples[:, None] == patterns).all(axis=2).mean(axis=0)
    expected = np.exp(rbm.score_samples(patterns, exact=True))
    np.testing.assert_allclose(found, expected, atol=4 * np.sqrt(0.25 / 4000))


def test_samples_of_gaussian_units():
    V = np.random.RandomState(0).normal(size=(500, 2)) @ np.array([[1.0, 0.3], [0, 1]]) + [1, -2]
    rbm = BernoulliRBM(5, visible="gaussian", learning_rate=0.02, n_iter=50, random_state=0).fit(V)
    np.testing.assert_allclose(rbm.sample(3000).mean(axis=0), V.mean(axis=0), atol=0.3)
    assert rbm.gibbs(V).dtype == np.float64


def test_in_pipelines():
    y = load_digits().target[:200]
    pipeline = make_pipeline(
        BernoulliRBM(50, n_iter=20, random_state=0), LogisticRegression(C=100, max_iter=1000)
    )
    assert pipeline.fit(X, y).score(X, y) > 0.9


def test_pickles():
    rbm = BernoulliRBM(5, n_iter=2, random_state=0).partial_fit(X)
    other = pickle.loads(pickle.dumps(rbm))
    assert_same_attributes(rbm.partial_fit(X), other.partial_fit(X), 0)


def test_values_outside_the_unit_interval():
    rbm = BernoulliRBM(3, n_iter=1, random_state=0)
    with pytest.warns(UserWarning, match=r"X has values outside \[0, 1\], from 0 to 16"):
        rbm.fit(X * 16)
    with pytest.warns(UserWarning, match="MinMaxScaler"):
        rbm.partial_fit(sp.csr_matrix(X * 2))
    BernoulliRBM(3, n_iter=1, visible="gaussian").fit(X * 2)


@pytest.mark.parametrize(
    "parameters",
    [
        {"n_components": 0},
        {"n_gibbs_steps": 0},
        {"momentum": 1.0},
        {"weight_decay": -1},
        {"visible": "poisson"},
        {"persistent": "yes"},
        {"n_threads": 0},
    ],
)
def test_bad_parameters(parameters):
    rbm = BernoulliRBM(**parameters)
    with unchanged(rbm), pytest.raises(ValueError, match=next(iter(parameters))):
        rbm.fit(X)


def test_bad_input():
    rbm = BernoulliRBM(3, n_iter=1, random_state=0)
    for call in (rbm.transform, rbm.gibbs, rbm.score_samples, rbm.sample, rbm.log_partition):
        with pytest.raises(NotFittedError):
            call(*(() if call in (rbm.sample, rbm.log_partition) else (X,)))
    rbm.fit(X)
    missing = X.copy()
    missing[3, 3] = np.nan
    for call in (rbm.fit, rbm.partial_fit, rbm.transform, rbm.gibbs, rbm.score_samples):
        with unchanged(rbm), pytest.raises(ValueError, match="NaN"):
            call(missing)
    for call in (rbm.partial_fit, rbm.transform, rbm.gibbs, rbm.score_samples):
        with unchanged(rbm), pytest.raises(ValueError, match="63 features"):
            call(X[:, 1:])
    with pytest.raises(ValueError, match="n_samples must be an integer from 1 on, got 0"):
        rbm.sample(0)
    with pytest.raises(ValueError, match=r"n_steps must be an integer from 1 on, got 1\.5"):
        rbm.sample(1, 1.5)
    with pytest.raises(ValueError, match="at most 20 units, but there are 64 visible and 30"):
        BernoulliRBM(30, n_iter=0).fit(X).score_samples(X, exact=True)
    assert BernoulliRBM(3, n_iter=1).fit(X[:1]).transform(X[:1]).shape == (1, 3)


def test_divergence():
    rbm = BernoulliRBM(3, visible="gaussian", learning_rate=100.0, n_iter=300, random_state=0)
    with unchanged(rbm), pytest.raises(ValueError, match="has diverged in iteration"):
        rbm.fit(1e3 * X)


def test_without_the_compiler():
    code = """
import numpy as np
from skdeep import BernoulliRBM
X = np.random.RandomState(0).uniform(size=(60, 9))
for size in (10, 30):
    print(BernoulliRBM(5, batch_size=size, n_iter=1, random_state=0).fit(X).components_.sum())
"""
    compiled = [float(n) for n in run_python(code).split()]
    plain = [float(n) for n in run_python(code, NUMBA_DISABLE_JIT="1").split()]
    np.testing.assert_allclose(plain, compiled, rtol=1e-10)


@pytest.mark.filterwarnings("ignore:X has values outside:UserWarning")
@parametrize_with_checks(
    [BernoulliRBM(n_components=5, random_state=0)],
    # as of scikit-learn's own: score_samples flips a random feature of every row
    expected_failed_checks=lambda estimator: dict.fromkeys(
        ("check_methods_subset_invariance", "check_methods_sample_order_invariance"), "random"
    ),
)
def test_checks_of_scikit_learn(estimator, check):
    check(estimator)
