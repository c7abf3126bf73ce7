"""Generative adversarial networks: samples, features of all estimators, invalid input."""

import pickle
import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from skdeep import GenerativeAdversarialNetwork, load_safetensors, save_safetensors
from skdeep.callbacks import Checkpoint
from skdeep.layers import (
    LSTM,
    Add,
    BatchNorm,
    Concatenate,
    Conv1D,
    Conv2D,
    CrossAttention,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    LayerNorm,
    Reshape,
    SelfAttention,
)
from skdeep.solvers import SGD, Adam, RMSProp
from tests.callbacks.recording import Recorder, StopAt, untouched
from tests.helpers import assert_close, run_python, same, unchanged

RNG = np.random.default_rng(0)
X = RNG.normal([1, -1, 0.5, 0], [1, 0.3, 0.6, 0.2], (130, 4))
Y = np.array(["b", "a", "c"])[np.arange(130) % 3]
LAYERS = [Dense(7), Dense(5, "tanh")]


def gan(generator=LAYERS, discriminator=LAYERS, **parameters):
    options = {"latent_size": 3, "max_iter": 3, "batch_size": 32, "random_state": 0}
    return GenerativeAdversarialNetwork(generator, discriminator, **{**options, **parameters})


@parametrize_with_checks(
    [gan(), gan(loss="wasserstein", n_critic=2, discriminator=[Dense(3, "tanh")])]
)
@pytest.mark.filterwarnings("default")
def test_scikit_learn_check(estimator, check):
    check(estimator)


# --- what is learned


def ring(n_samples, random_state):
    """Return samples of eight normal distributions on a ring, and their means."""
    rng = np.random.default_rng(random_state)
    angles = np.arange(8) * np.pi / 4
    means = 2 * np.column_stack([np.cos(angles), np.sin(angles)])
    return means[rng.integers(8, size=n_samples)] + 0.1 * rng.normal(size=(n_samples, 2)), means


def test_all_modes_of_a_ring():
    data, means = ring(2000, 0)
    found, layers = [], [Dense(64), Dense(64)]
    options = {"latent_size": 8, "batch_size": 64, "max_iter": 60}
    rates = dict.fromkeys(
        ("generator_learning_rate_init", "discriminator_learning_rate_init"), 0.002
    )
    for seed in range(10):
        model = gan(layers, layers, **options, **rates, random_state=seed)
        samples = model.fit(data.astype(np.float32)).sample(1000, random_state=0)
        distances = np.linalg.norm(samples[:, None] - means, axis=2)
        near = distances.min(axis=1) < 0.3  # three standard deviations
        counts = np.bincount(distances.argmin(axis=1)[near], minlength=8)
        found.append(np.count_nonzero(counts >= 20))
    assert sum(number == 8 for number in found) >= 8, found


def test_digits_of_the_class_asked_for():
    data, labels = load_digits(return_X_y=True)
    data = (data / 16).astype(np.float32)
    judge = LogisticRegression(max_iter=2000).fit(data, labels)
    critic = 2 * [Dense(128, "leaky_relu", dropout=0.3)]
    options = {"out_activation": "logistic", "label_smoothing": 0.1, "max_iter": 60}
    model = gan([Dense(128), Dense(128)], critic, latent_size=16, batch_size=64, **options)
    asked = np.repeat(np.arange(10), 50)
    samples = model.fit(data, labels).sample(500, asked, random_state=0)
    assert samples.dtype == np.float32 and samples.min() >= 0 and samples.max() <= 1
    assert np.mean(judge.predict(samples) == asked) > 0.85
    spread = np.mean([samples[asked == k].std(axis=0).mean() for k in range(10)])
    real = np.mean([data[labels == k].std(axis=0).mean() for k in range(10)])
    assert 0.4 < spread / real < 1.3  # they are not all alike


def test_wasserstein_moves_samples_to_the_data():
    options = {"n_critic": 5, "clip_value": 0.1, "max_iter": 100, "latent_size": 4}
    data = np.random.default_rng(0).normal([3, -2], 0.3, (640, 2))
    rates = {"generator_solver": RMSProp(1e-3), "discriminator_solver": RMSProp(1e-3)}
    layers = [Dense(16), Dense(16)]
    model = gan(layers, layers, loss="wasserstein", **options, **rates).fit(data)
    assert np.abs(model.sample(500, random_state=0).mean(axis=0) - [3, -2]).max() < 0.5
    critic = model.discriminator_
    assert max(np.abs(part).max() for part in (*critic.coefs_, *critic.intercepts_)) <= 0.1


# --- layers


IMAGES = {
    "convolutions": (
        [Dense(32), Reshape((4, 4, 2)), Conv2D(3, 3, padding="same"), Flatten()],
        [Conv2D(3, 2), Conv2D(2, 2), Flatten(), Dense(6)],
        (4, 4),
    ),
    "sequences": (
        [Dense(8), Reshape((4, 2)), LSTM(5)],
        [Conv1D(4, 2), LSTM(5), Dense(6)],
        (8, 2),
    ),
    "graph": (
        [("a", Dense(6)), ("b", Dense(6, inputs="features")), ("c", Add(["a", "b"]))],
        [
            ("a", Dense(6, inputs="features")),
            ("b", Dense(5)),
            ("c", Concatenate(["a", "features", "b"])),
            ("d", Dense(5)),
            ("e", Dense(5, inputs=["d", "b"])),
        ],
        None,
    ),
    "attention": (
        [Dense(8), Reshape((4, 2)), SelfAttention(1), Flatten()],
        [
            ("a", Conv1D(4, 1)),
            ("b", SelfAttention(2)),
            ("c", CrossAttention("a", 2)),
            ("d", Flatten()),
            ("e", Dense(5)),
        ],
        (8, 2),
    ),
    "normalised": (
        [Dense(6, batch_norm=True), Dropout(0.1), Dense(5)],
        [Dense(6, dropout=0.2), LayerNorm(), Dense(6, dropconnect=0.1)],
        None,
    ),
}


@pytest.mark.parametrize("labels", [None, np.arange(96) % 2], ids=["plain", "by class"])
@pytest.mark.parametrize("case", IMAGES.values(), ids=IMAGES)
def test_layers_and_same_bits_for_any_number_of_threads(case, labels):
    data = np.random.default_rng(1).normal(size=(96, 16))
    generator, discriminator, shape = case
    found = []
    for n_threads in (1, 2, 3):
        options = {"input_shape": shape, "n_threads": n_threads, "n_critic": 2}
        model = gan(generator, discriminator, **options).fit(data, labels)
        found.append(model.sample(9, random_state=0).tobytes())
        found[-1] += model.decision_function(data, labels).tobytes()
    assert found[0] == found[1] == found[2]
    # The generator has the numbers that its part of the composite has reached.
    assert np.isfinite(np.frombuffer(found[0])).all()


@pytest.mark.parametrize("batch_size", [40, 600])
def test_same_bits_of_large_networks(batch_size):
    """Networks that are shared among threads."""
    data = np.random.default_rng(0).random((1300, 90)).astype(np.float32)
    layers, found = [Dense(130, "tanh"), Dense(33)], []
    for n_threads in (1, 2, 5):
        model = gan(layers, layers, batch_size=batch_size, n_threads=n_threads, max_iter=2)
        found.append(model.fit(data, np.arange(1300) % 3))
    for name in ("generator_", "discriminator_"):
        first, *others = (getattr(model, name)._vector for model in found)
        assert all(np.array_equal(first, other) for other in others)


@pytest.mark.parametrize("case", ["convolutions", "graph", "attention"])
def test_gradient_of_the_generator(case):
    """One step of gradient descent goes against central differences of the loss."""
    generator, discriminator, shape = IMAGES[case]
    data, labels = np.random.default_rng(1).normal(size=(12, 16)), np.arange(12) % 2
    options = {"generator_solver": SGD(0.5, momentum=0.0), "batch_size": 12, "max_iter": 1}
    options |= {"discriminator_solver": SGD(1e-300, momentum=0.0), "shuffle": False}
    model = gan(generator, discriminator, input_shape=shape, **options)
    still = clone(model).set_params(generator_solver=SGD(1e-300, momentum=0.0)).fit(data, labels)
    model.fit(data, labels)
    random_state = np.random.RandomState(0)
    for network in (still.generator_, still.discriminator_):
        random_state.uniform(size=len(network._vector))
    [*_, seed] = [random_state.randint(2**31 - 1) for _ in range(3)]
    rng = np.random.Generator(np.random.SFC64([seed, 0]))
    rng.permutation(12) if model.shuffle else None
    rng.standard_normal((12, 3))
    latent = np.hstack([rng.standard_normal((12, 3)), np.eye(2)[labels]])
    network = still.generator_

    def loss():
        scores = still.decision_function(network.predict(latent), labels)
        return np.mean(np.logaddexp(0, -scores))

    assert_close(model.generator_loss_curve_[0], loss(), 1e-10)
    step = (network._vector - model.generator_._vector) / 0.5
    for place in range(0, len(step), 23):
        before = network._vector[place]
        values = []
        for change in (1e-6, -1e-6):
            network._vector[place] = before + change
            values.append(loss())
        network._vector[place] = before
        assert abs((values[0] - values[1]) / 2e-6 - step[place]) < 1e-6 * np.abs(step).max() + 1e-8


# --- what all estimators do


@pytest.mark.parametrize("labels", [None, Y], ids=["plain", "by class"])
def test_saved_and_trained_on(labels, tmp_path):
    model = gan(generator_solver=RMSProp(0.01), label_smoothing=0.1).fit(X, labels)
    others = [pickle.loads(pickle.dumps(model))]
    others.append(load_safetensors(save_safetensors(model, tmp_path / "gan.safetensors")))
    for _ in range(2):
        for other in others:
            for asked in (None, labels):
                ours, theirs = (each.sample(130, asked, 1) for each in (model, other))
                assert np.array_equal(ours, theirs)
            assert same(model.decision_function(X), other.decision_function(X))
            assert model.generator_loss_curve_ == other.generator_loss_curve_
        for each in (model, *others):
            each.partial_fit(X, labels)
    assert len(model.discriminator_loss_curve_) == 5 and model.n_iter_ == 1
    assert model.stop_reason_ == "partial_fit"


def test_proportions_of_classes_in_all_calls():
    """Samples without a class are of those that any call has seen, whatever the first has."""
    model, data = gan(), {k: X[Y == k][:20] for k in "abc"}
    model.partial_fit(data["a"], ["a"] * 20, classes=["a", "b", "c"])
    assert model.class_prior_.tolist() == [1, 0, 0]
    for _ in range(2):
        model.partial_fit(data["b"], ["b"] * 20)
    assert_close(model.class_prior_, [1 / 3, 2 / 3, 0], 1e-12)
    model.sample(5, random_state=0)


def test_calls_of_partial_fit_are_a_fit():
    """The states of both optimizers go on; a generator of one's own would draw other numbers."""
    whole = gan().fit(X, Y)
    parts = gan()
    for _ in range(3):
        parts.partial_fit(X, Y, classes=["a", "b", "c"])
    assert parts.generator_loss_curve_[0] == whole.generator_loss_curve_[0]
    rest = parts.generator_loss_curve_[1:]
    assert np.allclose(rest, whole.generator_loss_curve_[1:], rtol=0.2) and len(rest) == 2
    assert parts.generator_._optimizer.t == whole.generator_._optimizer.t == 15


CHECKPOINTS = {
    "plain": {},
    "by class": {"labels": Y, "n_critic": 2, "generator_solver": SGD(0.1)},
    "critic": {"loss": "wasserstein", "n_critic": 2},
    "random": {"discriminator": [Dense(7, dropout=0.3)], "random_state": None},
}


@pytest.mark.parametrize("case", CHECKPOINTS.values(), ids=CHECKPOINTS)
def test_checkpoints(case, tmp_path):
    labels = {**case}.pop("labels", None)
    case = {name: value for name, value in case.items() if name != "labels"}
    path = tmp_path / "gan.npz"
    model = gan(max_iter=6, **case)
    cut = model.set_callbacks(Checkpoint(path), StopAt(3)).fit(X, labels)
    assert (cut.n_iter_, cut.stop_reason_) == (3, "callback")
    went_on = clone(model).set_callbacks(Checkpoint(path)).fit(X, labels)
    assert (went_on.n_iter_, went_on.stop_reason_) == (6, "max_iter")
    if model.random_state is not None:
        whole = gan(max_iter=6, **case).fit(X, labels)
        for name in ("generator_", "discriminator_"):
            ours, theirs = getattr(went_on, name), getattr(whole, name)
            assert np.array_equal(ours._vector, theirs._vector)
            assert same(ours._optimizer, theirs._optimizer)
            assert ours.loss_curve_ == theirs.loss_curve_
    again = clone(model).set_callbacks(Checkpoint(path)).fit(X, labels)  # it is done
    assert np.array_equal(again.sample(5, None, 0), went_on.sample(5, None, 0))
    for change, message in (
        ({"latent_size": 4}, "is of another network: generator, operation 0="),
        ({"batch_size": 16}, "is of a fit with other parameters: generator batch_size=32 instead"),
    ):
        with pytest.raises(ValueError, match=message):
            clone(model).set_params(**change).set_callbacks(Checkpoint(path)).fit(X, labels)
    with pytest.raises(ValueError, match="is of other data"):
        clone(model).set_callbacks(Checkpoint(path)).fit(X + 1, labels)


def test_callbacks_see_every_epoch():
    recorder = Recorder()
    model = gan().set_callbacks(recorder)
    model.fit(X)
    names = [call[0] for call in recorder.calls]
    assert names[0] == "setup" and names[-1] == "teardown"

    class Samples(StopAt):
        found = []

        def on_fit_task_end(self, estimator, context, *, fitted_estimator=None):
            if context.task_name == "epoch":
                self.found.append(fitted_estimator.sample(4, random_state=0))

    model.set_callbacks(Samples(2)).fit(X)
    assert len(Samples.found) == 3
    assert np.array_equal(Samples.found[-1], model.sample(4, random_state=0))


def test_verbose(capsys):
    model = gan(verbose=True, max_iter=2).fit(X)
    lines = capsys.readouterr().out.splitlines()
    pairs = zip(model.generator_loss_curve_, model.discriminator_loss_curve_, strict=True)
    assert lines == [
        f"Iteration {k}, generator loss = {g:.8f}, discriminator loss = {d:.8f}"
        for k, (g, d) in enumerate(pairs, 1)
    ]


def test_in_a_pipeline_and_nested_parameters():
    model = make_pipeline(StandardScaler(), gan()).fit(X)
    assert model[-1].sample(2).shape == (2, 4)
    model.set_params(
        generativeadversarialnetwork__generator__0__units=3,
        generativeadversarialnetwork__discriminator_solver=Adam(beta_1=0.2),
    )
    model.fit(X)
    assert model[-1].generator_.coefs_[0].shape == (3, 3)
    LAYERS[0].set_params(units=7)


def test_large_data_goes_in_segments(monkeypatch):
    """The rows that are prepared at a time: batches are the same, the latent numbers are not."""
    whole = gan().fit(X)
    monkeypatch.setattr("skdeep.adversarial.adversarial_batches.MOST_NUMBERS", 600)
    parts = gan().fit(X)
    assert len(parts.generator_loss_curve_) == 3
    assert np.allclose(parts.generator_loss_curve_, whole.generator_loss_curve_, rtol=0.2)
    assert parts.generator_._optimizer.t == whole.generator_._optimizer.t


def test_without_the_compiler():
    code = """
import numpy as np
from skdeep import GenerativeAdversarialNetwork
from skdeep.layers import Dense
X = np.random.default_rng(0).normal(size=(20, 2))
for options in ({}, {"loss": "wasserstein", "n_critic": 2}):
    model = GenerativeAdversarialNetwork(
        [Dense(3)], [Dense(3)], latent_size=2, max_iter=2, batch_size=8, random_state=0, **options
    )
    print(model.fit(X, np.arange(20) % 2).sample(2, 1, random_state=0).round(6).tolist())
"""
    assert run_python(code, NUMBA_DISABLE_JIT="1") == run_python(code)


# --- the end of training


def test_a_discriminator_that_wins_ends_training():
    model = gan(max_iter=200, n_iter_collapse=5, generator_learning_rate_init=1e-9)
    with pytest.warns(ConvergenceWarning, match="the loss of the discriminator has been for 5 ep"):
        model.set_params(discriminator_learning_rate_init=0.03).fit(X + 20)
    assert model.stop_reason_ == "collapse" and model.n_iter_ < 200
    assert max(model.discriminator_loss_curve_[-5:]) <= 0.01
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.set_params(n_iter_collapse=np.inf, max_iter=30).fit(X + 20)
    assert model.stop_reason_ == "max_iter"


def test_a_generator_that_wins_ends_training():
    layers = [Dense(4, "identity")]
    model = gan(layers, [], max_iter=400, n_iter_collapse=3, collapse_tol=0.05)
    model.set_params(discriminator_learning_rate_init=1e-9, generator_learning_rate_init=0.1)
    with pytest.warns(ConvergenceWarning, match="loss of the generator has been for 3 epochs"):
        model.fit(X)
    assert model.stop_reason_ == "collapse" and model.generator_loss_curve_[-1] <= 0.05


def test_a_dead_critic_ends_training():
    dead = [Dense(3, trainable=False), Dense(3)]
    model = gan(LAYERS, dead, loss="wasserstein", n_iter_collapse=2, max_iter=50)
    model.set_params(clip_value=1e-300)
    with pytest.warns(ConvergenceWarning, match="the loss of the critic has been 0 for 2 epochs"):
        model.fit(X)
    assert model.stop_reason_ == "collapse" and model.n_iter_ == 3


def test_diverging_training_leaves_the_estimator_as_it_was():
    model = gan().fit(X)
    model.set_params(discriminator_solver=SGD(10.0), max_iter=20)
    with unchanged(model), pytest.raises(ValueError, match="non-finite parameter weights"):
        model.fit(X * 1e307)
    model.set_params(discriminator_solver=SGD(1e9))  # a learning rate
    with pytest.warns(ConvergenceWarning, match="Training diverged: after epoch 1 the losses are"):
        model.fit(X)
    assert (model.stop_reason_, model.n_iter_) == ("diverged", 1)


# --- invalid input

WRONG = {
    "NaN": (lambda m: m.fit(np.where(X > 1, np.nan, X)), "Input X contains NaN"),
    "one row": (lambda m: m.fit(X[:1]), r"1 sample.* minimum of 2 is required"),
    "one class": (lambda m: m.fit(X, np.zeros(130)), "y holds one class, "),
    "numbers as labels": (lambda m: m.fit(X, X[:, 0]), "Unknown label type"),
    "lengths": (lambda m: m.fit(X, Y[:9]), "inconsistent numbers of samples"),
    "classes": (lambda m: m.partial_fit(X, Y, ["a", "b"]), "y holds 'c', which is none of the"),
    "classes alone": (lambda m: m.partial_fit(X, classes=["a", "b"]), "but no labels y"),
    "latent size": (lambda m: m.set_params(latent_size=0).fit(X), "'latent_size' parameter"),
    "smoothing": (
        lambda m: m.set_params(loss="wasserstein", label_smoothing=0.1).fit(X),
        "label_smoothing=0.1 is for loss='non_saturating'",
    ),
    "solver": (
        lambda m: m.set_params(discriminator_solver="lbfgs").fit(X),
        "discriminator: solver='lbfgs' takes all samples at once",
    ),
    "no layer": (lambda m: m.set_params(generator=[3]).fit(X), r"generator\[0\] must be a layer"),
    "no list": (lambda m: m.set_params(generator=Dense(3)).fit(X), "'generator' parameter"),
    "normalised": (
        lambda m: m.set_params(discriminator=[Dense(3, batch_norm=True)]).fit(X),
        r"discriminator\[0\], Dense.*: batch_norm=True would normalise",
    ),
    "normalised layer": (
        lambda m: m.set_params(discriminator=[Dense(3), BatchNorm()]).fit(X),
        r"discriminator\[1\], BatchNorm.*normalise",
    ),
    "batch of one row": (
        lambda m: m.set_params(generator=[Dense(3, batch_norm=True)], batch_size=1).fit(X),
        "generator: batch_norm=True normalises over the rows of a batch, but batch_size=1",
    ),
    "codes": (
        lambda m: m.set_params(discriminator=[Embedding(3, 2, columns=[0])]).fit(X),
        "reads codes of categories",
    ),
    "heads": (
        lambda m: m.set_params(generator=[Dense(3, auxiliary_output=True)]).fit(X),
        "auxiliary_output=True has no targets",
    ),
    "sequence": (
        lambda m: m.set_params(generator=[Dense(6), Reshape((3, 2))]).fit(X),
        r"generator: .*Flatten\(\)",
    ),
    "shape": (
        lambda m: m.set_params(input_shape=(3, 3)).fit(X),
        r"discriminator: input_shape=\(3, 3\) was given, but X has 4 features",
    ),
    "shape by class": (
        lambda m: m.set_params(input_shape=(3, 3), discriminator=[Flatten(), Dense(2)]).fit(X, Y),
        r"input_shape=\(3, 3\) was given, but X has 4 features",
    ),
    "labels behind": (
        lambda m: m.set_params(input_shape=(2, 2), discriminator=[Conv2D(3, 2), Flatten()]).fit(
            X, Y
        ),
        "Dense layers must follow it",
    ),
}


@pytest.mark.parametrize("case", WRONG.values(), ids=WRONG)
@pytest.mark.parametrize("fitted", [False, True])
def test_invalid_input(case, fitted):
    call, message = case
    model = gan()
    if fitted:
        if "partial_fit" in call.__code__.co_names:
            pytest.skip("classes are those of the first call")
        model.fit(X)
    before = {name: value for name, value in vars(model).items() if name.endswith("_")}
    with pytest.raises((ValueError, TypeError), match=message):
        call(model)
    after = {name: value for name, value in vars(model).items() if name.endswith("_")}
    assert before.keys() == after.keys() and all(before[k] is after[k] for k in before)


def test_invalid_calls_of_fitted_networks():
    plain, model = gan().fit(X), gan().fit(X, Y)
    for wrong, error in ((0, ValueError), (-1, ValueError), (1.5, TypeError), (True, TypeError)):
        with pytest.raises(error, match="n_samples must be an integer from 1 on, got"):
            plain.sample(wrong)
    for call, message in {
        "unknown class": (lambda: model.sample(2, "d"), "y holds 'd', which is none of the cla"),
        "length": (lambda: model.sample(3, ["a", "b"]), "labels of 3 samples are asked"),
        "no labels": (lambda: plain.sample(2, "a"), "fitted without labels"),
        "scores": (lambda: plain.decision_function(X, "a"), "fitted without labels"),
        "features": (lambda: plain.decision_function(X[:, :2]), "X has 2 features"),
        "further labels": (lambda: plain.partial_fit(X, Y), "fitted without labels"),
        "no further labels": (lambda: model.partial_fit(X), "y is missing"),
        "new label": (lambda: model.partial_fit(X, np.full(130, "d")), "y holds 'd'"),
        "other classes": (lambda: model.partial_fit(X, Y, ["a", "b"]), "are not those of the fir"),
        "layers": (
            lambda: clone_of(plain, generator=[Dense(3)]).partial_fit(X),
            "generator: Training goes on with the fitted network",
        ),
        "latent": (
            lambda: clone_of(plain, latent_size=5).partial_fit(X),
            "latent_size",
        ),
        "loss": (
            lambda: clone_of(plain, loss="wasserstein").partial_fit(X),
            "loss='wasserstein' was given, but training goes on with a discriminator",
        ),
        "outputs": (
            lambda: clone_of(plain, out_activation="tanh").partial_fit(X),
            "out_activation='tanh' was given, but training goes on with a generator",
        ),
    }.values():
        with unchanged(plain), unchanged(model), pytest.raises(ValueError, match=message):
            call()
    unfitted = gan()
    for call in (unfitted.sample, lambda: unfitted.decision_function(X)):
        with pytest.raises(NotFittedError):
            call()
    with pytest.raises(AttributeError):
        unfitted.generator_loss_curve_  # noqa: B018


def clone_of(model, **parameters):
    """Return a fitted estimator of the same attributes with other parameters."""
    new = pickle.loads(pickle.dumps(model))
    return new.set_params(**parameters)


def test_classes_and_scores():
    model = gan(max_iter=30).fit(X, Y)
    assert model.classes_.tolist() == ["a", "b", "c"]
    assert_close(model.class_prior_, [43 / 130, 44 / 130, 43 / 130], 1e-12)
    scores = model.decision_function(X, Y)
    each = [model.decision_function(X, label) for label in model.classes_]
    assert np.array_equal(model.decision_function(X), np.max(each, axis=0))
    assert same(model.sample(3, "b", 1), model.sample(3, ["b", "b", "b"], 1))
    columns = np.eye(3)[np.searchsorted(model.classes_, Y)]
    expected = model.discriminator_.predict(np.hstack([X, columns]))
    assert_close(1 / (1 + np.exp(-scores)), expected, 1e-9)
    numbers = np.array([3, 7])[np.arange(130) % 2]
    assert gan().fit(X, numbers).sample(2, 7).shape == (2, 4)


def test_interrupted_training_keeps_what_there_is():
    class Interrupts(StopAt):
        def on_fit_task_end(self, estimator, context):
            if context.task_name == "epoch" and context.task_id == 1:
                raise KeyboardInterrupt

    model = gan().set_callbacks(Interrupts(1))
    with pytest.warns(UserWarning, match="Training interrupted by user"):
        model.fit(X)
    assert (model.n_iter_, model.stop_reason_) == (2, "interrupted")
    assert len(model.generator_loss_curve_) == 2 and model.sample(2).shape == (2, 4)


def test_changed_attributes_reach_no_kernel():
    model = gan().fit(X)
    model.generator_.coefs_[0] = np.zeros((9, 9))
    for call in (model.sample, lambda: model.partial_fit(X)):
        with pytest.raises(ValueError, match="coefs_ has the shapes"):
            call()
    model = gan().fit(X)
    model.discriminator_._optimizer.states = np.zeros((2, 3))
    with pytest.raises(ValueError, match="The state of the solver must be"):
        model.partial_fit(X)


def test_errors_of_callbacks_leave_the_estimator_as_it_was():
    class Fails(StopAt):
        def on_fit_task_end(self, estimator, context):
            raise RuntimeError("no")

    model = gan().fit(X).set_callbacks(Fails(1))
    with untouched(model), pytest.raises(RuntimeError, match="no"):
        model.fit(X)
