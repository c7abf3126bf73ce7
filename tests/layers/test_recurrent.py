"""Recurrent layers: shapes, numbers beside NumPy's, gradients, masks, truncation, bad input."""

import pickle
import re
from itertools import chain

import numpy as np
import pytest

from skdeep import NetworkClassifier, NetworkRegressor, check_gradient, saving
from skdeep.displays import describe_network
from skdeep.layers import GRU, LSTM, Concatenate, Conv1D, Dense, Flatten, SimpleRNN
from tests.helpers import assert_close, quiet, run_python
from tests.layers.problems import centred, fitted, predicted_outputs, reference_outputs, sequences

KINDS = [SimpleRNN, GRU, LSTM]
#: Parameters of the layer, and whether the outputs have steps.
OPTIONS = {
    "last": {},
    "all steps": dict(return_sequences=True),
    "both directions": dict(bidirectional=True),
    "both, all steps": dict(bidirectional=True, return_sequences=True),
}


def _layers(cls, options, after=()):
    """Return a layer of some kind that reads the features, and what is behind it."""
    return [cls(5, **options), *after, *([Flatten()] if "return_sequences" in options else [])]


class MaskedSteps:
    """A mixin of recurrent layers that read vectors: the inputs of all steps, then their mask."""

    steps_, channels_ = 9, 3

    def operations(self, shape, source, mask=None):
        """Return the operations, which read the mask behind the inputs."""
        inputs = self.steps_ * self.channels_
        assert shape == (inputs + self.steps_,)
        found, given = super().operations(
            (self.steps_, self.channels_), source, mask=(source, inputs)
        )
        return tuple(each._replace(n_inputs=inputs + self.steps_) for each in found), given

    def reference(self, X, weights, biases):
        """Compute the outputs in NumPy."""
        inputs = self.steps_ * self.channels_
        sequences = X[:, :inputs].reshape(len(X), self.steps_, self.channels_)
        return super().reference(sequences, weights, biases, mask=X[:, inputs:])


class MaskedSimpleRNN(MaskedSteps, SimpleRNN):
    """`SimpleRNN` of masked steps."""

    reads_sequences = False


class MaskedGRU(MaskedSteps, GRU):
    """`GRU` of masked steps."""

    reads_sequences = False


class MaskedLSTM(MaskedSteps, LSTM):
    """`LSTM` of masked steps."""

    reads_sequences = False


MASKED = [MaskedSimpleRNN, MaskedGRU, MaskedLSTM]


def masked_sequences(n_samples=60, dtype=np.float64):
    """Return sequences of which steps are masked, at the end or anywhere, and labels."""
    X, y = sequences(n_samples, dtype=dtype)
    rng = np.random.default_rng(3)
    mask = np.arange(9) < rng.integers(1, 10, size=n_samples)[:, None]
    mask[::3] = rng.random((len(mask[::3]), 9)) < 0.6
    mask[0] = 0
    return np.hstack([X.reshape(n_samples, -1), mask]).astype(dtype), y


@pytest.mark.parametrize("cls, gates", [(SimpleRNN, 1), (GRU, 3), (LSTM, 4)])
def test_shapes(cls, gates):
    operation, shape = cls(5).connect((9, 3), source=0)
    assert shape == operation.output_shape == (5,)
    assert operation.weights.shape == (8, 5 * gates) and operation.biases.shape == (5 * gates,)
    assert cls(5, return_sequences=True).connect((9, 3), source=2)[1] == (9, 5)
    both = cls(5, return_sequences=True, bidirectional=True)
    (forth, back, joined), shape = both.operations((9, 3), 0)
    assert shape == joined.output_shape == (9, 10) and joined.sources == (1, 2)
    assert forth.output_shape == back.output_shape == (9, 5)
    masked, _ = cls(5).connect((9, 3), source=2, mask=(0, 27))
    assert masked.sources == (2, 0)
    assert cls(5).reads_mask and not cls(5).gives_steps()
    assert cls(5, return_sequences=True).gives_steps()


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
@pytest.mark.parametrize("cls", KINDS)
def test_same_as_numpy(cls, options):
    X, y = sequences()
    model = fitted(_layers(cls, options), X, y)
    expected = centred(reference_outputs(model, X), model)
    assert_close(predicted_outputs(model, X), expected, 1e-10)


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
@pytest.mark.parametrize("cls", KINDS)
def test_gradient(cls, options):
    """Of a layer that reads the features, and of one that reads another."""
    X, y = sequences()
    layers = _layers(cls, options, [Conv1D(3, 2)] if "return_sequences" in options else [])
    assert check_gradient(fitted([*layers, Dense(3, "tanh")], X, y), X, y) < 1e-6
    layers = [cls(4, return_sequences=True), *_layers(cls, options)]
    assert check_gradient(fitted(layers, X, y, alpha=0.1), X, y) < 1e-6


@pytest.mark.parametrize("activation", ["tanh", "relu", "sigmoid", "identity"])
def test_activations(activation):
    X, y = sequences()
    model = fitted([SimpleRNN(5, activation=activation)], X, y)
    expected = centred(reference_outputs(model, X), model)
    assert_close(predicted_outputs(model, X), expected, 1e-10)
    assert check_gradient(model, X, y) < 1e-6


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
@pytest.mark.parametrize("cls", MASKED)
def test_masks(cls, options):
    X, y = masked_sequences()
    model = fitted(_layers(cls, options), X, y)
    expected = centred(reference_outputs(model, X), model)
    assert_close(predicted_outputs(model, X), expected, 1e-10)
    assert check_gradient(model, X, y) < 1e-6


@pytest.mark.parametrize("cls", MASKED)
def test_masked_steps_at_the_end_are_as_if_they_were_not_there(cls):
    X, y = masked_sequences()
    X[:, 27:] = np.arange(9) < 4
    model = fitted([cls(5, bidirectional=True)], X, y)
    plain = cls.__mro__[2](5, bidirectional=True)
    inputs = X[:, :27].reshape(-1, 9, 3)[:, :4]
    hidden = plain.reference(inputs, model.coefs_[:2], model.intercepts_[:2])
    outputs = hidden @ model.coefs_[2] + model.intercepts_[2]
    assert_close(predicted_outputs(model, X), centred(outputs, model), 1e-10)


def test_inputs_of_masked_steps_are_not_read():
    """Whatever they are, outputs and updates are the same."""
    X, y = masked_sequences()
    other = X.copy()
    other[:, :27][np.repeat(X[:, 27:] == 0, 3, axis=1)] = 1e300
    first, second = (fitted([MaskedLSTM(5)], each, y) for each in (X, other))
    assert np.array_equal(first._vector, second._vector)
    assert np.array_equal(first.predict_proba(X), second.predict_proba(other))


@pytest.mark.parametrize("cls", KINDS)
def test_sequences_of_different_lengths(cls):
    """As if each was there alone, also behind a layer of the same kind, in both directions."""
    X, y = sequences(40)
    lengths = np.random.default_rng(0).integers(1, 10, size=40)
    cut = [x[:length] for x, length in zip(X, lengths, strict=True)]
    layers = [cls(4, bidirectional=True, return_sequences=True), cls(3, bidirectional=True)]
    model = fitted(layers, cut, y)
    first, second = (plain for _, plain in model.layers_)
    coefs, intercepts = model.coefs_, model.intercepts_
    outputs = [
        second.reference(
            first.reference(x[None], coefs[:2], intercepts[:2]), coefs[2:4], intercepts[2:4]
        )
        for x in cut
    ]
    expected = np.concatenate(outputs) @ coefs[4] + intercepts[4]
    assert_close(predicted_outputs(model, cut), centred(expected, model), 1e-10)


@pytest.mark.parametrize("cls", KINDS)
def test_masked_values(cls):
    """A value that stands for missing steps, which are then between others, too."""
    X, y = sequences()
    missing = np.random.default_rng(1).random(X.shape[:2]) < 0.3
    X[missing] = np.nan
    model = fitted([cls(5)], X, y, mask_value=np.nan)
    layer = model.layers_[0][1]
    hidden = layer.reference(X, model.coefs_[0], model.intercepts_[0], ~missing)
    expected = hidden @ model.coefs_[1] + model.intercepts_[1]
    assert_close(predicted_outputs(model, X), centred(expected, model), 1e-10)
    assert check_gradient(model, X, y) < 1e-6


CUT = {
    "one layer": lambda cls: [cls(12)],
    "two layers": lambda cls: [cls(8, return_sequences=True), cls(37, dropout=0.2), Dense(4)],
}


@pytest.mark.parametrize("batch_size", [7, 150, 1100])
@pytest.mark.parametrize("steps", [1, 5, 16])
@pytest.mark.parametrize("cls", KINDS)
def test_same_gradient_however_batches_are_cut(cls, steps, batch_size):
    """Few rows, tiles that form the gradient over the batch, and parts with their own."""
    X, y = sequences(batch_size, (steps, 3))
    layers = [cls(13, return_sequences=True), cls(20, bidirectional=True)]
    options = dict(solver="sgd", momentum=0.0, alpha=0.0, shuffle=False, max_iter=1, tol=0.0)
    model = fitted(layers, X, y, batch_size=batch_size, **options)
    begun = fitted(layers, X, y, batch_size=batch_size, learning_rate_init=1e-300, **options)
    _, coefs, intercepts = begun.loss_gradient(X, y)
    pairs = (begun.coefs_, coefs, model.coefs_), (begun.intercepts_, intercepts, model.intercepts_)
    for before, gradient, after in pairs:
        for w, g, new in zip(before, gradient, after, strict=True):
            np.testing.assert_allclose(w - 0.01 * g, new, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("batch_size", [32, 150, 1100])
@pytest.mark.parametrize("layers", CUT.values(), ids=CUT)
@pytest.mark.parametrize("cls", KINDS)
def test_same_bits_for_any_number_of_threads(cls, layers, dtype, batch_size):
    X, y = sequences(1100, (16, 4), dtype)
    models = [
        fitted(layers(cls), X, y, batch_size=batch_size, n_threads=n, max_iter=1)
        for n in (1, 2, 3, 5)
    ]
    for model in models:
        assert model.coefs_[0].dtype == dtype
        assert np.array_equal(model._vector, models[0]._vector)
        assert np.array_equal(model.predict_proba(X), models[0].predict_proba(X))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("cls", KINDS)
def test_single_sequences_have_the_bits_that_they_have_among_others(cls, dtype):
    """Their products with the inputs are formed for several steps at once."""
    X, y = sequences(40, (29, 4), dtype)
    layers = [cls(9, return_sequences=True, bidirectional=True), cls(90)]
    model = fitted(layers, X, y, max_iter=1)
    whole = model.predict_proba(X)
    assert np.array_equal(np.vstack([model.predict_proba(x[None]) for x in X]), whole)
    X = [x[: 2 + place % 28] for place, x in enumerate(X)]
    model = fitted(layers, X, y, max_iter=1)
    whole = model.predict_proba(X)
    assert np.array_equal(np.vstack([model.predict_proba([x]) for x in X]), whole)


@pytest.mark.parametrize("cls", KINDS)
def test_float32_is_float64_up_to_rounding(cls):
    X, y = sequences()
    layers = [cls(6, return_sequences=True), cls(4)]
    double, single = fitted(layers, X, y), fitted(layers, X.astype(np.float32), y)
    assert_close(single.predict_proba(X), double.predict_proba(X), 1e-4)
    assert single.predict_proba(X.astype(np.float32)).dtype == np.float32


@pytest.mark.parametrize("cls", KINDS)
def test_targets_of_every_step(cls):
    """Sequence labelling, also of sequences of different lengths, with both directions."""
    X, _ = sequences(200)
    y = (np.cumsum(X[:, ::-1, 0], axis=1)[:, ::-1] > 0).astype(int)
    layers = [cls(8, bidirectional=True, return_sequences=True)]
    model = fitted(layers, X, y, max_iter=60)
    assert model.score(X, y) > 0.8
    assert check_gradient(model, X, y) < 1e-6
    lengths = np.random.default_rng(0).integers(2, 10, size=200)
    cut = [[x[:length] for x, length in zip(each, lengths, strict=True)] for each in (X, y)]
    with quiet():
        assert model.fit(*cut).score(*cut) > 0.7


def _gradient(layers, X, y, **parameters):
    model = fitted(layers, X, y, solver="sgd", alpha=0.0, **parameters)
    return [*model.loss_gradient(X, y)[1]]


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("cls", KINDS)
def test_truncation(cls, masked):
    """Gradients stay within segments: differences of outputs whose earlier states are fixed."""
    X, y = sequences(shape=(7, 3))
    seen = np.ones((60, 7), dtype=bool)
    if masked:
        seen = np.random.default_rng(1).random((60, 7)) < 0.7
        X[~seen] = 7.5
    options = {"mask_value": 7.5 if masked else None, "alpha": 0.0, "max_iter": 1}
    model = fitted([cls(4, truncation=3)], X, y.astype(float), **options)
    found, layer = model.loss_gradient(X, y)[1][0], cls(4)
    w, b = model.coefs_[0], model.intercepts_[0]
    # The last three steps that are read are those of the last segment.
    in_segment = seen[:, ::-1].cumsum(axis=1)[:, ::-1] <= 3

    def loss(weights):
        state = layer._first_state(np.zeros((len(X), 4)))
        for t in range(7):
            before = layer._next_state(X[:, t], state, w, b)
            last = layer._next_state(X[:, t], state, weights, b)
            after = [
                np.where(in_segment[:, t, None], *both) for both in zip(last, before, strict=True)
            ]
            state = [np.where(seen[:, t, None], *both) for both in zip(after, state, strict=True)]
        error = state[0] @ model.coefs_[1][:, 0] + model.intercepts_[1] - y
        return 0.5 * np.mean(error**2)

    expected = np.empty_like(w)
    for place in np.ndindex(w.shape):
        step = np.zeros_like(w)
        step[place] = 1e-5
        expected[place] = (loss(w + step) - loss(w - step)) / 2e-5
    assert_close(found, expected, 1e-6)


@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("cls", KINDS)
def test_truncation_of_sequences_of_different_lengths(cls, both):
    """Segments end at the last step of a sequence, not at the last one of the longest."""
    rng, options = np.random.default_rng(0), {"return_sequences": True, "bidirectional": both}
    layers = [cls(3, truncation=2, **options), cls(2, truncation=1)]
    X, y = [rng.normal(size=(3, 2)) for _ in range(8)], rng.normal(size=8)
    padded = fitted(layers, [*X, rng.normal(size=(6, 2))], np.r_[y, 0], alpha=0.0)
    alone = fitted(layers, np.stack(X), y, alpha=0.0)
    for ours, theirs in zip(alone.coefs_, padded.coefs_, strict=True):
        ours[...] = theirs
    for ours, theirs in zip(alone.intercepts_, padded.intercepts_, strict=True):
        ours[...] = theirs
    _, *expected = alone.loss_gradient(np.stack(X), y)
    _, *found = padded.loss_gradient(X, y)
    for theirs, ours in zip(chain(*expected), chain(*found), strict=True):
        assert np.abs(theirs).max() > 0
        assert_close(ours, theirs, 1e-10)


@pytest.mark.parametrize("cls", KINDS)
def test_truncation_at_all_steps_changes_nothing(cls):
    X, y = sequences()
    whole, cut = (_gradient([cls(4, truncation=n)], X, y) for n in (None, 50))
    assert all(map(np.array_equal, whole, cut))


def test_dropout_leaves_the_states():
    """Only what is given is dropped: with one unit, outputs are scaled or 0."""
    X, y = sequences()
    for cls in KINDS:
        model = fitted([cls(6, return_sequences=True, dropout=0.5), cls(3, dropout=0.3)], X, y)
        assert np.isfinite(model.loss_)
        expected = centred(reference_outputs(model, X), model)
        assert_close(predicted_outputs(model, X), expected, 1e-10)


def test_first_values():
    """Each gate is drawn as two layers; forget gates begin open."""
    X, y = sequences()
    options = dict(max_iter=1, learning_rate_init=1e-300)
    model = fitted([LSTM(50)], X, y, **options)
    for rows, n_inputs in ((slice(3), 3), (slice(3, None), 50)):
        bound = np.sqrt(6 / (n_inputs + 50))
        assert 0.99 * bound < np.abs(model.coefs_[0][rows]).max() <= bound
    i, f, o, g = model.intercepts_[0].reshape(4, 50)
    assert (f == 1).all() and all((np.abs(each) < 1e-200).all() for each in (i, o, g))
    model = fitted([GRU(50)], X, y, weight_init="orthogonal", **options)
    for gate in np.split(model.coefs_[0][3:], 3, axis=1):
        assert_close(gate.T @ gate, np.eye(50), 1e-12)
    assert (np.abs(model.intercepts_[0]) < 1e-200).all()


def test_blocks_of_parameters():
    """Frozen layers, shared weights, weight norm, norms of the gradient."""
    X, y = sequences()
    layers = [
        ("a", GRU(4, return_sequences=True, trainable=False)),
        ("b", GRU(4, return_sequences=True, bidirectional=True)),
        ("c", Conv1D(4, 1)),
        ("d", GRU(4, return_sequences=True, bidirectional=True, weights_of="b", inputs="a")),
        Concatenate(["c", "d"]),
        ("flat", Flatten()),
        ("last", GRU(4, bidirectional=True, weights_of="b", inputs="a")),
        Concatenate(["flat", "last"]),
    ]
    model = fitted(layers, X, y, record_gradient_norms=True, clip_norm=1.0)
    shapes = [coef.shape for coef in model.coefs_]
    assert shapes == [(7, 12), (8, 12), (8, 12), (1, 8, 4), (9 * 12 + 8, 3)]
    begun = fitted(layers, X, y, max_iter=1, learning_rate_init=1e-300)
    assert np.array_equal(begun.coefs_[0], model.coefs_[0])
    assert check_gradient(model, X, y) < 1e-6
    expected = centred(reference_outputs(model, X), model)
    assert_close(predicted_outputs(model, X), expected, 1e-10)
    model = fitted([LSTM(4)], X, y, weight_norm=True)
    assert check_gradient(model, X, y) < 1e-6


BAD = [
    ([Dense(4), LSTM(3)], (9,), r"layers\[1\], LSTM.*takes samples of shape \(steps, channels\)"),
    ([LSTM(0)], (9, 3), r"layers\[0\].*'units' parameter of LSTM must be"),
    ([GRU(3, truncation=0)], (9, 3), "'truncation' parameter of GRU must be"),
    ([GRU(3, dropout=1.0)], (9, 3), "'dropout' parameter of GRU must be"),
    ([SimpleRNN(3, activation="gelu")], (9, 3), "'activation' parameter of SimpleRNN must be"),
    ([SimpleRNN(True)], (9, 3), "'units' parameter must be a number, got True"),
    ([LSTM(3, return_sequences=True)], (9, 3), "y must have a target for every step"),
    ([LSTM(3), ("b", LSTM(3))], (9, 3), r"layers\['b'\], LSTM.*\(3,\) arrives"),
    (
        [("a", LSTM(3, return_sequences=True)), LSTM(3, weights_of="a", bidirectional=True)],
        (9, 3),
        "weights_of='a' does not fit",
    ),
]


@pytest.mark.parametrize("layers, shape, message", BAD, ids=[each[-1] for each in BAD])
@pytest.mark.parametrize("cls", [NetworkClassifier, NetworkRegressor])
def test_layers_that_do_not_fit(cls, layers, shape, message):
    X, y = sequences(shape=shape)
    model = cls(layers)
    before = dict(vars(model))
    with pytest.raises(ValueError, match=message):
        model.fit(X, y)
    assert vars(model) == before


@pytest.mark.parametrize("cls", KINDS)
def test_not_normalised(cls):
    X, y = sequences()
    with pytest.raises(ValueError, match=rf"layers\[0\], {cls.__name__}.* cannot be normalised"):
        NetworkClassifier([cls(3), Dense(4)], batch_norm=True).fit(X, y)
    assert fitted([cls(3), Dense(4, batch_norm=True)], X, y).batch_norm_[0].scale.shape == (4,)


def test_saved_and_trained_on(tmp_path):
    """Pickles and files give the same predictions; init_from takes layers over."""
    X, y = sequences()
    layers = [LSTM(4, return_sequences=True, bidirectional=True), GRU(3, truncation=4)]
    model = fitted(layers, X, y)
    saving.save_safetensors(model, tmp_path / "model.safetensors")
    for other in (
        pickle.loads(pickle.dumps(model)),
        saving.load_safetensors(tmp_path / "model.safetensors"),
    ):
        assert np.array_equal(other.predict_proba(X), model.predict_proba(X))
    options = dict(max_iter=1, learning_rate_init=1e-300)
    deeper = fitted([*layers, Dense(3)], X, y, init_from=model, **options)
    for ours, theirs in zip(deeper.coefs_[:3], model.coefs_[:3], strict=True):
        assert np.array_equal(ours, theirs)


def test_description():
    layers = [LSTM(4, return_sequences=True, bidirectional=True), GRU(3)]
    unfitted = str(describe_network(NetworkClassifier(layers)))
    assert re.search(r"hidden 1 +3 +tanh +\? +hidden 0 +GRU", unfitted)
    X, y = sequences()
    shown = str(describe_network(fitted(layers, X, y)))
    assert re.search(r"hidden 0 +9 x 8 +tanh +256 +input +LSTM", shown)
    assert re.search(r"hidden 1 +3 +tanh +108 +hidden 0 +GRU", shown)


def test_features_of_two_dimensions_are_sequences_of_one_channel():
    X, y = sequences(shape=(8, 2))
    flat = X.reshape(len(X), 16)
    assert fitted([LSTM(3)], flat, y).coefs_[0].shape == (4, 12)
    given = fitted([LSTM(3)], flat, y, input_shape=(8, 2))
    assert np.array_equal(given._vector, fitted([LSTM(3)], X, y)._vector)


@pytest.mark.parametrize("cls", KINDS)
def test_remembers_the_first_step(cls):
    """A fit that learns."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 6, 2))
    y = np.sin(2 * X[:, 0, 0]) + X[:, 5, 1]
    with quiet():
        model = NetworkRegressor([cls(16)], solver="lbfgs", max_iter=99, random_state=0).fit(X, y)
    assert model.score(X, y) > 0.95


def test_without_the_compiler():
    code = """
from tests.layers.test_recurrent import *
X, y = masked_sequences(20)
for cls, plain in zip(MASKED, KINDS):
    first = cls(3, return_sequences=True, bidirectional=True, truncation=4)
    model = fitted([first, plain(3)], X, y, batch_size=10, max_iter=1)
    print(*model.predict_proba(X[:5]).ravel())
"""
    compiled, plain = run_python(code), run_python(code, NUMBA_DISABLE_JIT=1)
    assert_close(np.array(plain.split(), float), np.array(compiled.split(), float), 1e-9)
