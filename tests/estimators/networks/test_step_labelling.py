"""Outputs for every step of a sequence: numbers beside NumPy's, gradients, masks, bad input."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.metrics import accuracy_score, r2_score
from sklearn.model_selection import cross_val_score

from skdeep import NetworkClassifier, NetworkRegressor, check_gradient
from skdeep.displays import describe_network
from skdeep.layers import LSTM, Conv1D, Dense, Flatten, SelfAttention
from skdeep.saving import load_safetensors, save_safetensors
from tests.helpers import assert_close, quiet, run_python

STEP_BY_STEP = [Conv1D(5, 1, activation="tanh")]


def signals(n_samples=40, n_steps=9, dtype=np.float64, n_classes=3, seed=0):
    """Return sequences of two channels and a label for every step."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_samples, n_steps, 2)).astype(dtype)
    y = (X[:, :, 0] > 0).astype(int)
    return X, y if n_classes == 2 else y + (X[:, :, 1] > 0.5)


def ragged(*arrays, seed=1):
    """Return arrays as lists of sequences of different lengths."""
    lengths = np.random.default_rng(seed).integers(2, arrays[0].shape[1] + 1, size=len(arrays[0]))
    lengths[0] = arrays[0].shape[1]
    return [[row[:n] for row, n in zip(array, lengths, strict=True)] for array in arrays]


def fitted(layers, X, y, cls=NetworkClassifier, **parameters):
    options = {"max_iter": 3, "random_state": 0, "learning_rate_init": 0.01, **parameters}
    with quiet():
        return cls(layers, **options).fit(X, y)


def flat(X, y):
    """Return all steps of sequences one behind the other, and the weights of each."""
    weights = np.concatenate([np.full(len(each), 1 / len(each)) for each in y])
    return np.concatenate(list(X)), np.concatenate(list(y)), weights


def softmax(a):
    e = np.exp(a - a.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


# --- numbers


@pytest.mark.parametrize("dtype, rtol", [(np.float64, 1e-10), (np.float32, 1e-4)])
def test_same_as_numpy(dtype, rtol):
    """Probabilities, the loss and the gradient of the weights of the outputs."""
    X, y = signals(dtype=dtype)
    X, y = ragged(X, y)
    weights = np.random.default_rng(2).uniform(0.5, 2, size=len(X))
    model = fitted(STEP_BY_STEP, X, y, alpha=0.0)
    assert model.coefs_[-1].shape == (1, 5, 3) and model.coefs_[-1].dtype == dtype
    (first, last), (b, c) = model.coefs_, model.intercepts_
    loss, gradient = 0.0, np.zeros((5, 3))
    predictions = model.predict_proba(X)
    for sequence, labels, weight, found in zip(X, y, weights, predictions, strict=True):
        hidden = np.tanh(sequence.astype(float) @ first[0] + b)
        shares = softmax(hidden @ last[0] + c)
        assert_close(found, shares, rtol)
        right = np.eye(3)[labels]
        loss -= weight * np.log(shares[right > 0]).mean()
        gradient += weight * hidden.T @ (shares - right) / len(labels)
    ours, coefs, _ = model.loss_gradient(X, y, weights)
    assert_close(ours, loss / weights.sum(), rtol)
    assert_close(coefs[-1][0], gradient / weights.sum(), 10 * rtol)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_same_as_a_network_of_steps(n_classes):
    """A layer that reads each step by itself is a dense layer of all steps."""
    X, y = ragged(*signals(n_classes=n_classes))
    rows, labels, weights = flat(X, y)
    options = dict(solver="lbfgs", max_iter=20, random_state=0, alpha=0.0)
    with quiet():
        ours = NetworkClassifier(STEP_BY_STEP, **options).fit(X, y)
        theirs = NetworkClassifier([Dense(5, activation="tanh")], **options)
        theirs.fit(rows, labels, sample_weight=weights)
    assert ours.n_outputs_ == theirs.n_outputs_ and ours.n_output_steps_ == 9
    for a, b in zip(ours.coefs_, theirs.coefs_, strict=True):
        assert_close(a[0], b, 1e-6)
    assert_close(ours.loss_, theirs.loss_, 1e-8)
    assert_close(np.concatenate(ours.predict_proba(X)), theirs.predict_proba(rows), 1e-6)
    assert np.array_equal(np.concatenate(ours.predict(X)), theirs.predict(rows))


def test_same_as_a_regression_of_steps():
    X, _ = signals()
    targets = np.stack([X.prod(axis=2), np.abs(X[:, :, 0])], axis=2)
    targets[3, 2:5] = targets[5] = np.nan
    known = ~np.isnan(targets[:, :, 0])
    weights = (known / np.maximum(known.sum(axis=1, keepdims=True), 1))[known]
    options = dict(solver="lbfgs", max_iter=20, random_state=0)
    with quiet():
        ours = NetworkRegressor(STEP_BY_STEP, **options).fit(X, targets)
        theirs = NetworkRegressor([Dense(5, activation="tanh")], **options)
        theirs.fit(X[known], targets[known], sample_weight=weights)
    for a, b in zip(ours.coefs_, theirs.coefs_, strict=True):
        assert_close(a[0], b, 1e-6)
    assert ours.predict(X).shape == (40, 9, 2) and ours.n_outputs_ == 2
    assert_close(ours.score(X, targets), r2_score(targets[known], ours.predict(X)[known]), 1e-12)
    one = fitted(STEP_BY_STEP, X, targets[:, :, 0], NetworkRegressor)
    assert one.predict(X).shape == (40, 9)


#: What is different from the defaults: layers, lists of sequences, parameters.
CASES = {
    "softmax": ([Conv1D(4, 3, padding="same", activation="tanh")], False, {}),
    "fewer steps": ([Conv1D(4, 3, strides=2, activation="tanh")], False, {}),
    "lists": (STEP_BY_STEP, True, {"alpha": 0.1}),
    "no layers": ([], True, {}),
    "attention": ([SelfAttention(2, 4), *STEP_BY_STEP], True, {}),
    "recurrent": ([LSTM(3, return_sequences=True, bidirectional=True)], True, {}),
    "logistic": (STEP_BY_STEP, True, {"out_activation": "logistic"}),
    "hinge": (STEP_BY_STEP, True, {"loss": "hinge"}),
    "classes": (STEP_BY_STEP, True, {"class_weight": "balanced"}),
    "auxiliary": (
        [Conv1D(3, 1, activation="tanh", auxiliary_output=True), *STEP_BY_STEP],
        True,
        {"auxiliary_weight": 0.5},
    ),
}


def _data(layers, lists, **options):
    X, y = signals(**options)
    n_steps = 4 if getattr(layers[:1] and layers[0], "strides", 1) == 2 else 9
    return ragged(X, y) if lists else (X, y[:, :n_steps])


@pytest.mark.parametrize("layers, lists, parameters", CASES.values(), ids=CASES)
@pytest.mark.parametrize("n_classes", [2, 3])
def test_gradient(layers, lists, parameters, n_classes):
    X, y = _data(layers, lists, n_classes=n_classes)
    assert check_gradient(fitted(layers, X, y, **parameters), X, y) < 1e-6


def test_gradient_through_the_softmax():
    """Where it does not cancel with the derivative of the loss."""
    X, y = ragged(*signals())
    options = dict(loss="squared_error", out_activation="softmax")
    assert check_gradient(fitted(STEP_BY_STEP, X, y, **options), X, y) < 1e-6


LOSSES = ["squared_error", "absolute_error", "huber", "quantile", "poisson"]


@pytest.mark.parametrize("loss", LOSSES)
def test_gradient_of_regressions(loss):
    X, _ = signals()
    X, y = ragged(X, np.abs(X))
    model = fitted(STEP_BY_STEP, X, y, NetworkRegressor, loss=loss)
    assert check_gradient(model, X, y) < 1e-6


@pytest.mark.parametrize("solver", ["sgd", "adam", "rprop", "cg", "bold_driver", "lbfgs"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_solvers_lower_the_loss(solver, dtype):
    X, y = ragged(*signals(dtype=dtype))
    before = fitted(STEP_BY_STEP, X, y, max_iter=1, learning_rate_init=1e-9)
    options = dict(solver=solver, max_iter=30, learning_rate_init=0.05)
    if solver in ("cg", "bold_driver", "lbfgs"):
        del options["learning_rate_init"]
    model = fitted(STEP_BY_STEP, X, y, **options)
    assert model.coefs_[0].dtype == dtype and model.predict_proba(X)[0].dtype == dtype
    assert model.loss_gradient(X, y)[0] < 0.9 * before.loss_gradient(X, y)[0]


@pytest.mark.parametrize("batch_size", [7, 150, 1100])
def test_same_gradient_however_batches_are_cut(batch_size):
    X, y = ragged(*signals(batch_size))
    options = dict(solver="sgd", momentum=0.0, alpha=0.0, shuffle=False, max_iter=1, tol=0.0)
    options["batch_size"] = batch_size
    model = fitted(STEP_BY_STEP, X, y, **options)
    begun = fitted(STEP_BY_STEP, X, y, **{**options, "learning_rate_init": 1e-300})
    loss, coefs, _ = begun.loss_gradient(X, y)
    assert_close(begun.loss_curve_[0], loss, 1e-10)
    for before, gradient, after in zip(begun.coefs_, coefs, model.coefs_, strict=True):
        np.testing.assert_allclose(before - 0.01 * gradient, after, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("batch_size", [32, 150, 1100])
def test_same_bits_for_any_number_of_threads(dtype, batch_size):
    X, y = signals(2200, 16, dtype)
    layers = [Conv1D(16, 5, padding="same", dropout=0.1), Conv1D(8, 3, padding="same")]
    models = [
        fitted(layers, X, y, batch_size=batch_size, n_threads=n, max_iter=1) for n in (1, 2, 3, 5)
    ]
    for model in models:
        assert model.coefs_[0].dtype == dtype
        assert np.array_equal(model._vector, models[0]._vector)
        assert np.array_equal(model.predict_proba(X), models[0].predict_proba(X))


WITHOUT_COMPILER = """
import numpy as np
from skdeep import NetworkClassifier
from skdeep.layers import Conv1D
X = [np.arange(6.0).reshape(3, 2) / 6, np.ones((2, 2)), -np.ones((4, 2))]
y = [[0, 1, 2], [1, 1], [2, 0, 0, 1]]
model = NetworkClassifier([Conv1D(3, 1, activation="tanh")], max_iter=2, tol=10, random_state=0)
model.fit(X, y)
print([float(x) for x in model.predict_proba(X)[0].ravel()])
"""


def test_without_the_compiler():
    found = [run_python(WITHOUT_COMPILER, NUMBA_DISABLE_JIT=off) for off in ("0", "1")]
    assert_close(*(np.fromstring(text.strip("[]\n"), sep=",") for text in found), 1e-10)


# --- masks and missing targets


def test_masked_steps_have_no_targets():
    """Whatever stands in y, and a label that no other step has is no class."""
    X, y = signals()
    lists = ragged(X, y)
    padded, labels = np.full_like(X, -1.0), np.full(y.shape, 77)
    for row, row_y, x, each in zip(padded, labels, *lists, strict=True):
        row[: len(x)], row_y[: len(each)] = x, each
    model = fitted(STEP_BY_STEP, padded, labels, mask_value=-1.0)
    other = fitted(STEP_BY_STEP, *lists)
    assert model.classes_.tolist() == [0, 1, 2]
    assert np.array_equal(model._vector, other._vector)
    found = model.predict(padded)
    assert found.shape == (40, 9)
    for row, each in zip(found, other.predict(lists[0]), strict=True):
        assert np.array_equal(row[: len(each)], each)
    assert model.score(padded, labels) == other.score(*lists)
    in_front = padded[:, ::-1], labels[:, ::-1]
    assert_close(fitted(STEP_BY_STEP, *in_front, mask_value=-1.0)._vector, model._vector, 1e-8)


@pytest.mark.parametrize("missing", [np.nan, None])
def test_steps_without_a_label(missing):
    X, y = signals()
    names = np.array(["down", "up", "peak"], dtype=object)[y]
    names[:, 4:6] = missing
    model = fitted(STEP_BY_STEP, X, names)
    assert model.classes_.tolist() == ["down", "peak", "up"]
    found = model.predict(X)
    right = np.delete(found == names, [4, 5], axis=1)
    assert_close(model.score(X, names), right.mean(), 1e-12)
    numbers = y.astype(float)
    numbers[:, 4:6] = np.nan
    again = fitted(STEP_BY_STEP, X, numbers)
    assert again.classes_.tolist() == [0.0, 1.0, 2.0]
    kept = np.delete(np.arange(9), [4, 5])
    alone = fitted(STEP_BY_STEP, X[:, kept], y[:, kept])
    assert_close(again._vector, alone._vector, 1e-8)


def test_lists_give_lists():
    X, y = ragged(*signals())
    model = fitted(STEP_BY_STEP, X, y)
    lengths = list(map(len, X))
    for found in (model.predict(X), model.predict_proba(X), model.predict_log_proba(X)):
        assert isinstance(found, list) and list(map(len, found)) == lengths
    binary = fitted(STEP_BY_STEP, X, [each > 0 for each in y], loss="hinge")
    assert list(map(len, binary.decision_function(X))) == lengths
    assert model.predict([X[0][:5], X[1][:2], X[0]])[0].shape == (5,)
    assert model.predict([X[0][:5], X[0][:5]]).shape == (2, 5)  # one length: an array
    assert np.array_equal(model.predict(X[:1])[0], model.predict(X)[0])
    array = np.empty(2, dtype=object)
    array[:] = [X[0], X[0][:3]]
    assert model.predict(array)[1].shape == (3,)


# --- what surrounds training


def test_score_and_validation():
    X, y = ragged(*signals(80))
    given = dict(X_val=X[:20], y_val=y[:20])
    weights = np.random.default_rng(0).uniform(size=20)
    with quiet():
        model = NetworkClassifier(STEP_BY_STEP, max_iter=4, random_state=0)
        model.fit(X[20:], y[20:], **given, sample_weight_val=weights)
    found = np.concatenate(model.predict(X[:20]))
    repeated = np.repeat(weights, list(map(len, X[:20])))
    expected = accuracy_score(np.concatenate(y[:20]), found, sample_weight=repeated)
    assert_close(model.score(X[:20], y[:20], weights), expected, 1e-12)
    assert_close(model.validation_scores_[-1], expected, 1e-12)
    loss, _, _ = model.set_params(alpha=0.0).loss_gradient(X[:20], y[:20], weights)
    assert_close(model.validation_loss_curve_[-1], loss, 1e-10)


@pytest.mark.parametrize("scoring", [None, "accuracy", "f1_macro", "neg_log_loss", "loss"])
def test_early_stopping(scoring):
    X, y = ragged(*signals(80))
    with quiet():
        model = NetworkClassifier(
            STEP_BY_STEP, early_stopping=True, scoring=scoring, max_iter=3, random_state=0
        ).fit(X, y)
    assert len(model.validation_scores_) == 3 and np.isfinite(model.validation_scores_).all()


def test_scorers_see_steps_with_targets():
    X, y = ragged(*signals(60))
    seen = {}

    def scorer(estimator, samples, labels):
        seen["shapes"] = estimator.predict(samples).shape, labels.shape
        return accuracy_score(labels, estimator.predict(samples))

    with quiet():
        model = NetworkClassifier(STEP_BY_STEP, scoring=scorer, max_iter=2, random_state=0)
        model.fit(X, y, X_val=X[:7], y_val=y[:7])
    n_steps = sum(map(len, y[:7]))
    assert seen["shapes"] == ((n_steps,), (n_steps,))
    assert_close(model.validation_scores_[-1], model.score(X[:7], y[:7]), 1e-12)
    with quiet():
        assert np.isfinite(cross_val_score(clone(model).set_params(scoring=None), X, y, cv=2)).all()


@pytest.mark.parametrize("scoring", [None, "r2", "neg_mean_absolute_error"])
def test_early_stopping_of_a_regression(scoring):
    X, _ = signals(80)
    with quiet():
        model = NetworkRegressor(
            STEP_BY_STEP, early_stopping=True, scoring=scoring, max_iter=3, random_state=0
        ).fit(X, X[:, :, 0])
    assert len(model.validation_scores_) == 3 and np.isfinite(model.validation_scores_).all()


def test_class_and_sample_weights():
    """Those of the classes are factors of the weights of the steps."""
    X, y = ragged(*signals())
    weights = np.random.default_rng(3).uniform(size=len(X))
    rows, labels, of_steps = flat(X, y)
    of_steps *= np.repeat(weights, list(map(len, X)))
    options = dict(solver="lbfgs", max_iter=10, random_state=0, class_weight={0: 1, 1: 5, 2: 0.5})
    with quiet():
        ours = NetworkClassifier(STEP_BY_STEP, **options).fit(X, y, sample_weight=weights)
        theirs = NetworkClassifier([Dense(5, activation="tanh")], **options)
        theirs.fit(rows, labels, sample_weight=of_steps)
    assert_close(ours.coefs_[-1][0], theirs.coefs_[-1], 1e-6)


def test_training_goes_on():
    X, y = ragged(*signals())
    model = NetworkClassifier(STEP_BY_STEP, random_state=0, warm_start=True, max_iter=2)
    with quiet():
        model.partial_fit(X[:10], y[:10], classes=[0, 1, 2])
        model.partial_fit(X, y)
        before = model.t_
        model.fit(X, y)
    assert model.t_ == before + 2 * len(X)
    binary = NetworkClassifier(STEP_BY_STEP, random_state=0)
    array, labels = signals(n_classes=2)  # which scikit-learn would take for an indicator matrix
    binary.partial_fit(array, labels, classes=[0, 1])
    assert binary.n_outputs_ == 1 and binary.predict_proba(array).shape == (40, 9, 2)
    with pytest.raises(ValueError, match="same classes as in the previous call"):
        model.partial_fit(X, [each + 5 for each in y])


def test_restarts_and_augment():
    X, y = signals()
    with quiet():
        model = fitted(STEP_BY_STEP, X, y, n_restarts=2)
        assert len(model.restarts_) == 2
        shapes = []

        def augment(rows, labels, rng):
            shapes.append((rows.shape, labels.shape))
            return rows + 0.01 * rng.normal(size=rows.shape), labels

        fitted(STEP_BY_STEP, X, y, augment=augment)
    assert shapes[0] == ((40, 18), (40, 9))


def test_files_and_predictors(tmp_path):
    X, y = ragged(*signals())
    model = fitted(STEP_BY_STEP, X, y)
    save_safetensors(model, tmp_path / "model.safetensors")
    for again in (
        pickle.loads(pickle.dumps(model)),
        load_safetensors(tmp_path / "model.safetensors"),
    ):
        assert again.n_output_steps_ == 9
        for a, b in zip(again.predict_proba(X), model.predict_proba(X), strict=True):
            assert np.array_equal(a, b)
    array, labels = signals()
    model = fitted(STEP_BY_STEP, array, labels)
    predictor = model.make_predictor()
    assert np.array_equal(predictor.predict(array.reshape(40, -1)), model.predict(array))
    assert predictor.predict_proba(array.reshape(40, -1)).shape == (40, 9, 3)
    masked = fitted(STEP_BY_STEP, X, y)
    for export in (masked.to_onnx, masked.to_torch):
        with pytest.raises(ValueError, match="steps that can be masked"):
            export()


def test_description():
    X, y = signals()
    model = fitted([Conv1D(4, 1, auxiliary_output=True), Conv1D(6, 3, padding="same")], X, y)
    *_, auxiliary, last = describe_network(model).layers
    assert last.shape == (9, 3) and last.n_parameters == 7 * 3
    assert auxiliary.shape == (9, 3) and auxiliary.n_parameters == 5 * 3
    sizes = sum(map(np.size, [*model.coefs_, *model.intercepts_]))
    assert sum(layer.n_parameters for layer in describe_network(model).layers) == sizes + 5 * 3


def test_other_outputs_are_as_before():
    """Of labels for several steps, where the last layer gives a vector."""
    X, y = signals(n_classes=2)
    model = fitted([*STEP_BY_STEP, Flatten()], X, y)
    assert model.n_output_steps_ is None and model.n_outputs_ == 9
    assert model.predict(X).shape == (40, 9) and model.coefs_[-1].shape == (45, 9)


# --- what does not fit


def _bad_targets():
    X, y = signals()
    lists, labels = ragged(X, y)
    longer = [*labels[:3], np.append(labels[3], 1), *labels[4:]]
    numbers = np.repeat(X[:, :, :1], 2, axis=2)
    numbers[2, 3, 1] = np.nan
    infinite = X[:, :, 0].copy()
    infinite[1, 1] = np.inf
    nothing = np.full(y.shape, np.nan)
    n = len(labels[3])
    yield (
        "one label",
        NetworkClassifier,
        X,
        y[:, 0],
        "y must have a target for every step: an array",
    )
    yield "one number", NetworkRegressor, X, X[:, 0, 0], r"got the shape \(40,\).*GlobalAveragePool"
    yield "fewer steps", NetworkClassifier, X, y[:, :5], r"y\[0\] has targets for 5 steps.* are 9"
    yield "longer", NetworkClassifier, lists, longer, rf"y\[3\] has targets for {n + 1} .* are {n}"
    yield (
        "lists of arrays",
        NetworkClassifier,
        X,
        labels,
        r"y\[\d+\] has targets for \d steps, .* 9",
    )
    yield "samples", NetworkClassifier, X, y[:9], "inconsistent numbers of samples"
    yield "axes", NetworkClassifier, X, y[:, :, None], "must have the axes samples and steps"
    yield "some of the outputs", NetworkRegressor, X, numbers, "all or none must be NaN"
    yield "infinite", NetworkRegressor, X, infinite, "infinity"
    yield "nothing", NetworkClassifier, X, nothing, "y has no target"
    yield "no class", NetworkClassifier, X, X[:, :, 0], "Unknown label type"
    yield "nan in X", NetworkClassifier, np.where(X > 2, np.nan, X), y, "NaN"


@pytest.mark.parametrize(
    "cls, X, y, message",
    [pytest.param(*case, id=name) for name, *case in _bad_targets()],
)
def test_bad_targets(cls, X, y, message):
    model = cls(STEP_BY_STEP)
    before = dict(vars(model))
    with pytest.raises(ValueError, match=message):
        model.fit(X, y)
    assert vars(model) == before


def test_bad_calls_of_a_fitted_network():
    X, y = signals()
    model = fitted(STEP_BY_STEP, X, y)
    before = dict(vars(model))
    for call in (
        lambda: model.fit(X, y, X_val=X, y_val=y[:, 0]),
        lambda: model.partial_fit(X, y[:, 1:]),
        lambda: model.score(X, y[:, 0]),
        lambda: model.loss_gradient(X, y[:5]),
    ):
        with pytest.raises(ValueError, match=r"y|samples"):
            call()
    assert vars(model) == before
    with pytest.raises(ValueError, match="sequences of one length"):
        model.predict([X[0], X[0][:4]])


def test_layers_that_do_not_fit():
    X, y = signals()
    head = [Conv1D(4, 3, auxiliary_output=True), Conv1D(3, 3)]
    with pytest.raises(
        ValueError, match=r"layers\[0\], Conv1D.*needs the 5 steps that the outputs"
    ):
        NetworkClassifier(head).fit(X, y[:, :5])
    head = [LSTM(2, bidirectional=True, return_sequences=True, auxiliary_output=True)]
    for layers in (head, [*head, Conv1D(3, 1)]):
        assert check_gradient(fitted(layers, X, y), X, y) < 1e-6
    with pytest.raises(ValueError, match=r"\(4, 4, 2\) arrives from the last layer: put Flatten"):
        NetworkClassifier(input_shape=(4, 4, 2)).fit(np.ones((6, 32)), np.ones((6, 4)))


def test_the_gpu_has_none_of_it():
    X, y = signals()
    with pytest.raises(ValueError, match=r"device='cuda' has no kernels for layers\[0\], Conv1D"):
        NetworkClassifier(STEP_BY_STEP, device="cuda").fit(X, y)
    model = fitted([], X, y).set_params(device="cuda")
    with pytest.raises(ValueError, match="device='cuda' has no kernels for outputs of every step"):
        model.predict(X)


def test_changed_attributes():
    """No kernel is called with arrays of other shapes."""
    X, y = signals()
    for change in (None, 4, 18):
        model = fitted(STEP_BY_STEP, X, y)
        model.n_output_steps_ = change
        for call in (lambda m=model: m.predict(X), lambda m=model: m.partial_fit(X, y)):
            with pytest.raises(ValueError, match=r"steps|reshape|label"):
                call()
