"""Deep Boltzmann machines beside enumeration, scikit-learn and what they should learn."""

import itertools
import pickle

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.special import expit, logsumexp, softmax
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks

from skdeep import DeepBoltzmannMachine, MLPClassifier
from skdeep.boltzmann.deep_model import DeepModel, inputs_of, mean_field, negative_energy, one_hot
from skdeep.boltzmann.deep_partition import annealed_importance, exact_log_partition
from tests.boltzmann.rbm_oracle import train
from tests.helpers import quiet, unchanged

digits = load_digits()
X, y = digits.data[:300] / 16, digits.target[:300]
QUICK = dict(n_iter=1, n_iter_pretraining=1, random_state=0)


def random_model(sizes, n_classes, scale=1.0):
    rng = np.random.RandomState(0)
    sizes = [sizes[0] + n_classes, *sizes[1:]]
    weights = [scale * rng.normal(size=shape) for shape in itertools.pairwise(sizes)]
    return DeepModel(tuple(weights), tuple(rng.normal(size=n) for n in sizes), n_classes)


def all_states(model):
    """All states of all layers."""
    parts = []
    for layer, bias in enumerate(model.biases):
        n = model.n_features if layer == 0 else len(bias)
        states = np.array(list(itertools.product((0.0, 1.0), repeat=n)))
        if model.has_labels(layer):
            n_states = len(states)
            states = np.repeat(states, model.n_classes, axis=0)
            codes = np.tile(np.arange(model.n_classes), n_states)
            states = np.hstack([states, one_hot(codes, model.n_classes, float)])
        parts.append(states)
    places = np.array(list(itertools.product(*(range(len(part)) for part in parts))))
    return [part[column] for part, column in zip(parts, places.T, strict=True)]


@pytest.mark.parametrize("n_classes", [0, 3])
@pytest.mark.parametrize("sizes", [(4, 3, 4), (3, 2, 3, 2), (5, 2, 2)])
def test_partition_function(sizes, n_classes):
    model = random_model(sizes, n_classes)
    expected = logsumexp(negative_energy(model, all_states(model)))
    assert exact_log_partition(model) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("n_classes", [0, 3])
@pytest.mark.parametrize("sizes", [(8, 6, 6), (6, 5, 5, 4)])
def test_annealed_importance_sampling(sizes, n_classes):
    model = random_model(sizes, n_classes)
    log_weights = annealed_importance(model, 200, 1000, np.random.RandomState(0))
    found = logsumexp(log_weights) - np.log(200)
    assert abs(found - exact_log_partition(model)) < 0.1


def test_annealed_importance_sampling_of_a_trained_machine():
    rng = np.random.RandomState(0)
    codes = rng.randint(3, size=1200)
    patterns = np.array([[1, 1, 1, 0, 0, 0], [0, 0, 1, 1, 1, 0], [1, 0, 0, 0, 1, 1]])
    V = patterns[codes] ^ (rng.uniform(size=(1200, 6)) < 0.08)
    dbm = DeepBoltzmannMachine(
        (4, 4), learning_rate=0.05, n_iter=60, n_iter_pretraining=40, random_state=0
    ).fit(V, codes)
    assert abs(dbm.log_partition("ais", random_state=0) - dbm.log_partition("exact")) < 0.1


def test_pretraining_doubles_weights():
    dbm = DeepBoltzmannMachine(
        (9, 7, 5), n_iter=0, n_iter_pretraining=2, momentum=0.5, random_state=0
    ).fit(X)
    rng, data = np.random.RandomState(0), X
    for layer, (up, down) in enumerate(((2, 1), (2, 2), (1, 2))):
        n_hidden = dbm.hidden_layer_sizes[layer]
        steps = dict(batch_size=20, n_iter=2, persistent=False, momentum=0.5, weight_decay=0.0002)
        first = rng.normal(0, 0.01, (data.shape[1], n_hidden))
        weights, hidden, visible, _ = train(
            data, rng, n_hidden=n_hidden, **steps, up=up, down=down, weights=first
        )
        np.testing.assert_allclose(dbm.weights_[layer], weights, rtol=0, atol=1e-10)
        np.testing.assert_allclose(dbm.biases_[layer + 1], hidden, rtol=0, atol=1e-10)
        if layer == 0:
            np.testing.assert_allclose(dbm.biases_[0], visible, rtol=0, atol=1e-10)
        data = expit(up * (data @ weights) + hidden)


def test_training_of_all_layers_is_that_of_numpy():
    """Two epochs with labels, whose learning rate falls linearly, from random weights."""
    parameters = dict(learning_rate=0.1, momentum=0.5, weight_decay=0.01, n_chains=12)
    dbm = DeepBoltzmannMachine(
        (5, 4), n_iter=2, n_iter_pretraining=0, n_mean_field_steps=3, **parameters, random_state=0
    ).fit(X[:50], y[:50])
    rng, V = np.random.RandomState(0), np.hstack([X[:50], np.eye(10)[y[:50]]])
    W = rng.normal(0, 0.01, (74, 5))
    U = rng.normal(0, 0.01, (5, 4))
    b, c, d = np.zeros(74), np.zeros(5), np.zeros(4)

    def mean_field_of(v, n_steps):
        g = expit(2 * v @ W + c)
        h = expit(g @ U + d)
        for _ in range(n_steps):
            g = expit(v @ W + h @ U.T + c)
            h = expit(g @ U + d)
        return g, h

    g, h = mean_field_of(V[rng.randint(0, 50, 12)], 1)
    velocity, done = [np.zeros_like(part) for part in (W, U, b, c, d)], 0
    for _ in range(2):
        order = rng.permutation(50)
        for begin in range(0, 50, 20):
            v = V[order[begin : begin + 20]]
            positive = (v, *mean_field_of(v, 3))
            for _ in range(2):
                inputs = g @ W.T + b
                n = (rng.uniform(size=(12, 74)) < expit(inputs)).astype(float)
                totals = softmax(inputs[:, 64:], axis=1).cumsum(axis=1)
                n[:, 64:] = np.eye(10)[(totals > rng.uniform(size=(12, 1))).argmax(axis=1)]
                h = (rng.uniform(size=(12, 4)) < expit(g @ U + d)).astype(float)
                g = (rng.uniform(size=(12, 5)) < expit(n @ W + h @ U.T + c)).astype(float)
            (v, p, q), rate = positive, 0.1 * (1 - done / 100)
            gradients = [
                v.T @ p / len(v) - n.T @ g / 12 - 0.01 * W,
                p.T @ q / len(v) - g.T @ h / 12 - 0.01 * U,
                *(
                    a.mean(axis=0) - z.mean(axis=0)
                    for a, z in zip(positive, (n, g, h), strict=True)
                ),
            ]
            for part, change, gradient in zip((W, U, b, c, d), velocity, gradients, strict=True):
                change *= 0.5
                change += rate * gradient
                part += change
            done += len(v)
    np.testing.assert_allclose(dbm.weights_[0], W[:64], rtol=0, atol=1e-12)
    np.testing.assert_allclose(dbm.label_weights_, W[64:], rtol=0, atol=1e-12)
    np.testing.assert_allclose(dbm.weights_[1], U, rtol=0, atol=1e-12)
    found = np.concatenate([dbm.biases_[0], dbm.label_biases_, *dbm.biases_[1:]])
    np.testing.assert_allclose(found, np.concatenate([b, c, d]), rtol=0, atol=1e-12)
    np.testing.assert_array_equal(dbm.chains_[1], g)


def test_samples_have_the_frequencies_of_the_energy():
    model = random_model((4, 3, 3), 2, scale=0.7)
    dbm = DeepBoltzmannMachine((3, 3), **QUICK).fit(np.eye(4), [0, 0, 1, 1])
    dbm.weights_ = [model.weights[0][:4], model.weights[1]]
    dbm.biases_ = [model.biases[0][:4], *model.biases[1:]]
    dbm.label_weights_, dbm.label_biases_ = model.weights[0][4:], model.biases[0][4:]
    states = all_states(model)
    logs, codes = negative_energy(model, states), states[0][:, :4] @ (8, 4, 2, 1)
    for label in (None, 0, 1):
        of_label = True if label is None else states[0][:, 4 + label] == 1
        expected = [np.exp(logs[of_label & (codes == k)]).sum() for k in range(16)]
        samples = dbm.sample(4000, label, n_steps=50, random_state=0) @ (8, 4, 2, 1)
        found = np.bincount(samples.astype(int), minlength=16) / 4000
        np.testing.assert_allclose(found, expected / np.sum(expected), atol=0.03)


def test_conditionals_are_those_of_the_energy():
    model = random_model((3, 2, 2), 2)
    states = all_states(model)
    for layer in range(model.n_layers):
        inputs = inputs_of(model, states, layer)
        for unit in range(inputs.shape[1] if layer else model.n_features):
            low, high = ([state.copy() for state in states] for _ in range(2))
            low[layer][:, unit], high[layer][:, unit] = 0, 1
            difference = negative_energy(model, high) - negative_energy(model, low)
            np.testing.assert_allclose(inputs[:, unit], difference, atol=1e-12)


def test_mean_field_is_a_fixed_point_and_a_bound():
    model = random_model((4, 3, 3), 0, scale=0.5)
    states = all_states(model)
    V = np.unique(states[0], axis=0)
    found = mean_field(model, V, 200)
    for layer in (1, 2):
        np.testing.assert_allclose(found[layer], expit(inputs_of(model, found, layer)), atol=1e-9)
    dbm = DeepBoltzmannMachine((3, 3), **QUICK).fit(V)
    dbm.weights_, dbm.biases_ = list(model.weights), list(model.biases)
    logs = negative_energy(model, states)
    exact = [logsumexp(logs[(states[0] == v).all(axis=1)]) for v in V] - logsumexp(logs)
    bound = dbm.score_samples(V)
    assert (bound <= exact + 1e-12).all()
    np.testing.assert_allclose(bound, exact, atol=0.3)
    np.testing.assert_allclose(dbm.score_samples(V, dbm.log_partition("exact")), bound)


@pytest.fixture(scope="module")
def fitted():
    steps = dict(n_iter=10, n_iter_pretraining=100, n_mean_field_steps=5, n_gibbs_steps=1)
    return DeepBoltzmannMachine((60, 60), **steps, batch_size=10, random_state=0).fit(
        X, digits.target_names[y]
    )


def test_learns_classes(fitted):
    assert (fitted.predict(X) == y).mean() > 0.85
    proba = fitted.predict_proba(X)
    assert proba.shape == (300, 10)
    np.testing.assert_allclose(proba.sum(axis=1), 1)
    judge = LogisticRegression(max_iter=2000).fit(X, y)
    samples = [fitted.sample(30, y=k, random_state=k, probabilities=True) for k in range(10)]
    right = [(judge.predict(sample) == k).mean() for k, sample in enumerate(samples)]
    assert np.mean(right) > 0.7


def test_samples(fitted):
    S = fitted.sample(20, random_state=1)
    assert S.shape == (20, 64) and set(np.unique(S)) <= {0, 1}
    np.testing.assert_array_equal(S, fitted.sample(20, random_state=1))
    each = fitted.sample(3, y=[1, 2, 3], n_steps=5, probabilities=True)
    assert each.shape == (3, 64) and each.min() >= 0 and each.max() <= 1


def test_initialises_a_classifier(fitted):
    mlp = MLPClassifier(
        (60, 60), activation="logistic", init_from=fitted, max_iter=1, learning_rate_init=1e-12
    )
    with quiet():
        mlp.fit(X, y)
    np.testing.assert_allclose(mlp.coefs_[0], 2 * fitted.weights_[0], atol=1e-9)
    np.testing.assert_allclose(mlp.coefs_[1], fitted.weights_[1], atol=1e-9)
    np.testing.assert_allclose(mlp.intercepts_[1], fitted.biases_[2], atol=1e-9)
    with pytest.raises(NotFittedError):
        mlp.set_params(init_from=DeepBoltzmannMachine((60, 60))).fit(X, y)


def test_without_labels():
    dbm = DeepBoltzmannMachine((10, 8, 6), **QUICK).fit(X)
    assert dbm.transform(X).shape == (300, 6)
    assert [w.shape for w in dbm.weights_] == [(64, 10), (10, 8), (8, 6)]
    assert not hasattr(dbm, "predict") and not hasattr(dbm, "classes_")
    with pytest.raises(ValueError, match="fitted without labels"):
        dbm.sample(1, y=3)
    refitted = clone(dbm).fit(X, y).fit(X)
    assert not hasattr(refitted, "label_weights_")
    np.testing.assert_array_equal(refitted.weights_[0], dbm.weights_[0])
    assert list(dbm.get_feature_names_out()) == [f"deepboltzmannmachine{i}" for i in range(6)]


def test_float32_and_sparse_features():
    single = DeepBoltzmannMachine((10, 8), **QUICK).fit(X.astype(np.float32), y)
    arrays = *single.weights_, *single.biases_, single.label_weights_, *single.chains_
    assert {a.dtype for a in arrays} == {np.dtype(np.float32)}
    assert single.transform(X).dtype == single.sample(2).dtype == np.float32
    dense = DeepBoltzmannMachine((10, 8), **QUICK).fit(X, y)
    sparse = DeepBoltzmannMachine((10, 8), **QUICK).fit(sp.csr_matrix(X), y)
    np.testing.assert_array_equal(dense.weights_[0], sparse.weights_[0])
    np.testing.assert_array_equal(dense.transform(X), sparse.transform(sp.csc_matrix(X)))


def test_labels_of_any_kind():
    names = np.array(["zero", "one", "two"])
    rows = y < 3
    dbm = DeepBoltzmannMachine((10, 8), **QUICK).fit(X[rows], names[y[rows]])
    assert set(dbm.predict(X[rows])) <= set(names)
    assert dbm.sample(2, y="two").shape == (2, 64)
    with pytest.raises(
        ValueError, match=r"y='ten' is none of the classes \['one', 'two', 'zero'\]"
    ):
        dbm.sample(2, y="ten")
    with pytest.raises(ValueError, match=r"shape \(3,\)"):
        dbm.sample(3, y=["one", "two"])
    with pytest.raises(ValueError, match="one label, or one for each sample: setting an array"):
        dbm.sample(2, y=[["one"], ["one", "two"]])
    with pytest.raises(ValueError, match=r"y=\{'one': 1\} is none of the classes"):
        dbm.sample(2, y={"one": 1})


def test_pipelines_and_pickles(fitted):
    features = DeepBoltzmannMachine((40, 40), n_iter=2, n_iter_pretraining=100, random_state=0)
    pipeline = make_pipeline(features, LogisticRegression(C=100, max_iter=2000))
    assert pipeline.fit(X, y).score(X, y) > 0.85
    other = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(other.sample(5, y=3), fitted.sample(5, y=3))


def test_verbose(capsys):
    DeepBoltzmannMachine((5, 4), **QUICK, verbose=True).fit(X)
    line = "[DeepBoltzmannMachine] Iteration 1, reconstruction error = 0."
    assert capsys.readouterr().out.startswith(line)


@pytest.mark.parametrize(
    "parameters",
    [
        {"hidden_layer_sizes": (5,)},
        {"hidden_layer_sizes": (5, 0)},
        {"hidden_layer_sizes": (5, 2.5)},
        {"n_chains": 0},
        {"learning_rate_pretraining": 0},
        {"momentum": 1.0},
    ],
)
def test_bad_parameters(parameters):
    dbm = DeepBoltzmannMachine(**parameters)
    with unchanged(dbm), pytest.raises(ValueError, match=next(iter(parameters))):
        dbm.fit(X)


def test_bad_input(fitted):
    dbm = DeepBoltzmannMachine((5, 4), **QUICK)
    for name in ("transform", "sample", "score_samples", "log_partition"):
        with pytest.raises(NotFittedError):
            getattr(dbm, name)(*(() if name in ("sample", "log_partition") else (X,)))
    with unchanged(dbm), pytest.raises(ValueError, match=r"one class only, 0\.0:"):
        dbm.fit(X, np.zeros(300))
    with unchanged(dbm), pytest.raises(ValueError, match="inconsistent numbers of samples"):
        dbm.fit(X, y[1:])
    with unchanged(dbm), pytest.raises(ValueError, match="Unknown label type"):
        dbm.fit(X, y + 0.5)
    missing = X.copy()
    missing[0, 0] = np.nan
    for call in (fitted.fit, fitted.transform, fitted.predict, fitted.score_samples):
        with unchanged(fitted), pytest.raises(ValueError, match="NaN"):
            call(missing)
    with pytest.raises(ValueError, match="n_samples must be an integer from 1 on, got 0"):
        fitted.sample(0)
    with pytest.raises(ValueError, match="probabilities must be True or False, got 'x'"):
        fitted.sample(1, probabilities="x")
    with pytest.raises(ValueError, match="method='exact' is a sum over all states"):
        fitted.log_partition("exact")
    with pytest.raises(ValueError, match="n_betas"):
        fitted.log_partition("ais", n_betas=1)
    with pytest.raises(ValueError, match="log_partition must be a number"):
        fitted.score_samples(X, "exact")
    with pytest.warns(UserWarning, match=r"X has values outside \[0, 1\]"):
        dbm.fit(2 * X)
    assert dbm.fit(X[:1]).transform(X[:1]).shape == (1, 4)


@pytest.mark.filterwarnings("ignore:X has values outside:UserWarning")
def test_divergence():
    dbm = DeepBoltzmannMachine((5, 4), n_iter=2, n_iter_pretraining=2, random_state=0)
    dbm.set_params(learning_rate=1e308)
    with unchanged(dbm), pytest.raises(ValueError, match="has diverged in iteration 1"):
        dbm.fit(X)
    dbm.set_params(learning_rate=0.1, learning_rate_pretraining=1e308)
    with unchanged(dbm), pytest.raises(ValueError, match="Use a smaller learning_rate_pretraining"):
        dbm.fit(1e10 * X)


@pytest.mark.filterwarnings("ignore:X has values outside:UserWarning")
@parametrize_with_checks([DeepBoltzmannMachine((4, 3), **QUICK)])
def test_checks_of_scikit_learn(estimator, check):
    check(estimator)
