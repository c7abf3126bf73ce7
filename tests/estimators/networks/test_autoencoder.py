"""Autoencoders: numbers of a regression of the features, codes, variants, pre-training."""

import pickle
import warnings

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.base import clone
from sklearn.datasets import load_digits, load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks

from skdeep import (
    Autoencoder,
    MLPClassifier,
    NetworkClassifier,
    NetworkRegressor,
    check_gradient,
    greedy_pretraining,
    load_safetensors,
    save_safetensors,
)
from skdeep.displays import describe_network
from skdeep.layers import Add, Columns, Conv1D, Conv2D, Dense, Dropout, Flatten, Residual
from tests.helpers import assert_close, quiet, same, unchanged

X = load_digits().data[:300] / 16
Y = load_digits().target[:300]
LAYERS = [Dense(20, "tanh"), Dense(8, "logistic")]
VARIANTS = {
    "undercomplete": {},
    "tied": {"tied_weights": True},
    "noise": {"input_noise": 0.1},
    "masking": {"masking": 0.2, "tied_weights": True},
    "l1": {"sparsity": "l1", "sparsity_weight": 0.01},
    "kl": {"sparsity": "kl", "sparsity_weight": 0.1, "tied_weights": True},
    "log loss": {"loss": "log_loss"},
    "given": {"decoder": [("back", Dense(30, "relu"))], "sparsity": "l1"},
}


def fitted(data=X, layers=LAYERS, **parameters):
    """Return an autoencoder trained for a few epochs."""
    options = {"max_iter": 3, "random_state": 0, **parameters}
    with quiet():
        return Autoencoder(layers, **options).fit(data)


@parametrize_with_checks(
    [
        Autoencoder([Dense(5), Dense(2, "identity")], max_iter=20),
        Autoencoder([Dense(4, "logistic")], tied_weights=True, sparsity="kl", max_iter=20),
        Autoencoder([Dense(4)], decoder=[Dense(5)], sparsity="l1", solver="lbfgs", max_iter=20),
    ]
)
@pytest.mark.filterwarnings("default")
def test_scikit_learn_check(estimator, check):
    check(estimator)


@pytest.mark.parametrize(
    "parameters",
    [{}, {"solver": "sgd", "input_noise": 0.1}, {"loss": "log_loss", "batch_norm": True}],
    ids=str,
)
def test_a_regression_of_the_features(parameters):
    """To the bit."""
    found = fitted(tol=0.0, **parameters)
    layers = [*LAYERS, Dense(20, "tanh")]
    with quiet():
        expected = NetworkRegressor(layers, max_iter=3, random_state=0, tol=0.0, **parameters)
        expected.fit(X, X)
    assert same(found.coefs_, expected.coefs_) and same(found.intercepts_, expected.intercepts_)
    assert np.array_equal(found.reconstruct(X), expected.predict(X))
    weights = np.arange(len(X)) % 3
    assert same(
        found.loss_gradient(X, sample_weight=weights), expected.loss_gradient(X, X, weights)
    )


@pytest.mark.parametrize("parameters", VARIANTS.values(), ids=VARIANTS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_code_and_reconstruction(parameters, dtype):
    model = fitted(X.astype(dtype), **parameters)
    code = model.transform(X.astype(dtype))
    h = np.tanh(X @ model.coefs_[0] + model.intercepts_[0]) @ model.coefs_[1]
    expected = 1 / (1 + np.exp(-h - model.intercepts_[1]))
    tolerance = 1e-4 if dtype == np.float32 else 1e-10
    assert code.dtype == model.coefs_[0].dtype == dtype
    assert_close(code, expected, tolerance)
    made = model.inverse_transform(code)
    assert made.dtype == dtype and made.shape == X.shape
    assert_close(made, model.reconstruct(X.astype(dtype)), tolerance)
    scores = model.score_samples(X.astype(dtype))
    losses = 0.5 * (made - X) ** 2
    if "loss" in parameters:
        losses = -X * np.log(made) - (1 - X) * np.log(1 - made)
    assert_close(scores, -losses.sum(axis=1), tolerance)
    assert_close(model.score(X.astype(dtype)), scores.mean(), tolerance)
    names = [f"autoencoder{i}" for i in range(8)]
    assert list(model.get_feature_names_out()) == names


@pytest.mark.parametrize("parameters", VARIANTS.values(), ids=VARIANTS)
def test_gradient(parameters):
    model = fitted(X[:40], **parameters)
    weights = np.random.default_rng(0).uniform(0, 2, 40)
    still = {"input_noise": 0.0, "masking": 0.0}
    assert check_gradient(model.set_params(**still), X[:40], None, weights) < 1e-6


@pytest.mark.parametrize("parameters", VARIANTS.values(), ids=VARIANTS)
def test_same_bits_for_any_number_of_threads(parameters):
    data = np.random.default_rng(0).random((1300, 90)).astype(np.float32)
    layers = [Dense(70, "tanh"), Dense(33, "logistic")]
    for batch_size in (40, 600):
        options = {"batch_size": batch_size, "max_iter": 2, **parameters}
        models = [fitted(data, layers, n_threads=n, **options) for n in (1, 2, 3, 5)]
        for model in models:
            assert np.array_equal(model._vector, models[0]._vector)
            assert np.array_equal(model.transform(data), models[0].transform(data))


def test_linear_autoencoders_find_the_principal_components():
    """The error of the best linear code is that of PCA."""
    data, _ = load_iris(return_X_y=True)
    data = data - data.mean(axis=0)
    for parameters in ({}, {"tied_weights": True}):
        layers = [Dense(2, "identity")]
        options = {"solver": "lbfgs", "alpha": 0.0, "max_iter": 2000, "tol": 1e-7}
        model = fitted(data, layers, **options, **parameters)
        left = np.linalg.svd(data, compute_uv=False)[2:]
        assert_close(-model.score(data), 0.5 * np.sum(left**2) / len(data), 1e-4)


def test_noise_is_on_what_is_read_alone():
    """A network that reads nothing but noise gives the means of the features as they are."""
    data = 3.0 + np.random.default_rng(0).normal(size=(500, 4))
    options = {"alpha": 0.0, "max_iter": 200, "learning_rate_init": 0.05, "tol": 0.0}
    model = fitted(data, [Dense(2, "identity")], input_noise=1000.0, **options)
    assert np.abs(model.reconstruct(data).mean(axis=0) - 3.0).max() < 0.5


def test_validation_and_early_stopping():
    model = fitted(X[:200], early_stopping=True, n_iter_no_change=2, max_iter=10)
    assert len(model.validation_scores_) == model.n_iter_
    assert same(model.validation_scores_, [-loss for loss in model.validation_loss_curve_])
    with quiet():
        model = Autoencoder(LAYERS, max_iter=3, random_state=0)
        model.fit(X[:200], X_val=X[200:], sample_weight_val=np.ones(100))
    assert_close(model.validation_loss_curve_[-1], -model.score(X[200:]), 1e-10)
    seen = []

    def scorer(estimator, rows, targets):
        seen.append((rows is not targets) and np.array_equal(rows, targets))
        return -float(((estimator.reconstruct(rows) - targets) ** 2).mean())

    scored = fitted(early_stopping=True, scoring=scorer)
    assert all(seen) and max(scored.validation_scores_) == scored.best_validation_score_


def test_going_on():
    options = dict(random_state=0, shuffle=False)
    whole = fitted(max_iter=4, **options)
    steps = Autoencoder(LAYERS, **options)
    for _ in range(4):
        steps.partial_fit(X)
    assert same(whole.coefs_, steps.coefs_)
    with quiet():
        warm = Autoencoder(LAYERS, max_iter=2, warm_start=True, **options).fit(X).fit(X)
        assert warm.t_ == whole.t_
        for change in ({"layers": [Dense(3)]}, {"decoder": [Dense(3)]}, {"sparsity": "l1"}):
            other = pickle.loads(pickle.dumps(warm)).set_params(**change)
            with (
                unchanged(other),
                pytest.raises(ValueError, match="layers, input_shape, batch_norm"),
            ):
                other.fit(X)


@pytest.mark.parametrize("parameters", VARIANTS.values(), ids=VARIANTS)
def test_saved_and_described(parameters, tmp_path):
    model = fitted(**parameters)
    code, made = model.transform(X), model.reconstruct(X)
    others = [pickle.loads(pickle.dumps(model))]
    if "safetensors" in _installed():
        path = tmp_path / "model.safetensors"
        others.append(load_safetensors(save_safetensors(model, path)))
    for other in others:
        assert np.array_equal(other.transform(X), code)
        assert np.array_equal(other.inverse_transform(code), model.inverse_transform(code))
        assert np.array_equal(other.reconstruct(X), made)
    text = str(describe_network(model))
    assert text.startswith("Autoencoder: 64-(20, 8")
    assert ("masking 0.2" in text) == ("masking" in parameters)
    assert "Autoencoder" in model._repr_html_()
    unfitted = str(describe_network(clone(model)))
    assert unfitted.startswith("Autoencoder, not fitted: ?-(20, 8")


def _installed():
    import importlib.util

    return {"safetensors"} if importlib.util.find_spec("safetensors") else set()


def test_exports():
    torch, onnx = pytest.importorskip("torch"), pytest.importorskip("onnx")
    from onnx.reference import ReferenceEvaluator

    for parameters in VARIANTS.values():
        model = fitted(**parameters)
        module, made = model.to_torch(), model.reconstruct(X)
        assert_close(module(torch.from_numpy(X)).detach().numpy(), made, 1e-10)
        graph = model.to_onnx()
        onnx.checker.check_model(graph)
        assert_close(ReferenceEvaluator(graph).run(None, {"X": X})[0], made, 1e-10)


def test_pipeline_and_search():
    autoencoder = Autoencoder(LAYERS, max_iter=5, random_state=0)
    pipeline = make_pipeline(autoencoder, LogisticRegression(max_iter=1000))
    grid = {"autoencoder__layers__0__units": [5, 10], "autoencoder__masking": [0.0, 0.1]}
    with quiet():
        search = GridSearchCV(pipeline, grid, cv=2).fit(X, Y)
        alone = GridSearchCV(autoencoder, {"layers__1__units": [2, 8]}, cv=2).fit(X)
    assert search.best_estimator_[0].coefs_[0].shape[1] in (5, 10)
    assert alone.best_score_ == max(alone.cv_results_["mean_test_score"])
    model = Autoencoder(LAYERS, decoder=[("back", Dense(30))])
    assert model.get_params()["decoder__back__units"] == 30
    changed = clone(model).set_params(decoder__back__units=5, layers__0__units=7, masking=0.1)
    assert changed.decoder[0][1].units == 5 and changed.layers[0].units == 7
    assert model.decoder[0][1].units == 30 and LAYERS[0].units == 20


def test_frames():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(X, columns=[f"pixel {i}" for i in range(64)])
    with quiet():
        model = Autoencoder(LAYERS, max_iter=2).set_output(transform="pandas").fit(frame)
    assert list(model.transform(frame).columns) == list(model.get_feature_names_out())
    assert list(model.feature_names_in_) == list(frame.columns)


@pytest.mark.parametrize("parameters", [{}, {"tied_weights": True}, {"sparsity": "l1"}], ids=str)
def test_layers_of_a_classifier(parameters):
    """Networks begin with the encoder, and no layer of the decoder."""
    model = fitted(**parameters)
    layers = [Dense(20, "tanh"), Dense(8, "logistic"), Dense(20, "tanh")]
    with quiet():
        networks = [
            NetworkClassifier(layers, init_from=model, max_iter=1, learning_rate_init=1e-12),
            MLPClassifier((20, 8, 20), init_from=model, max_iter=1, learning_rate_init=1e-12),
        ]
        for network in networks:
            network.set_params(random_state=1).fit(X, Y)
            for layer in (0, 1):
                assert_close(network.coefs_[layer], model.coefs_[layer], 1e-6)
                assert_close(network.intercepts_[layer], model.intercepts_[layer], 1e-6)
            third = model.coefs_[1].T if "tied_weights" in parameters else model.coefs_[2]
            assert np.abs(network.coefs_[2] - third).max() > 0.1
        frozen = [Dense(20, "tanh", trainable=False), Dense(8, "logistic", trainable=False)]
        network = NetworkClassifier(frozen, init_from=model, max_iter=2).fit(X, Y)
        assert np.array_equal(network.coefs_[1], model.coefs_[1])
        other = Autoencoder(LAYERS, init_from=model, max_iter=1, learning_rate_init=1e-12).fit(X)
    assert_close(other.coefs_[1], model.coefs_[1], 1e-6)


@pytest.mark.parametrize("parameters", [{}, {"tied_weights": True, "masking": 0.1}], ids=str)
def test_greedy_pretraining(parameters):
    """Stage by stage: layers of earlier stages stay as they were, or are trained further."""
    layers = [Flatten(), ("first", Dense(20, "tanh")), Dense(10, "tanh"), Dense(5, "tanh")]
    options = {"max_iter": 2, "random_state": 0, **parameters}
    model = Autoencoder(layers, **options)
    with quiet(), unchanged(model):
        found = greedy_pretraining(model, X, sample_weight=np.ones(len(X)))
        expected = None
        for depth in (2, 3, 4):
            stage = [Flatten(), ("first", Dense(20, "tanh", trainable=depth == 2))]
            stage += [Dense(10, "tanh", trainable=depth == 3), Dense(5, "tanh")][: depth - 2]
            expected = Autoencoder(stage, init_from=expected, **options).fit(X)
        further = greedy_pretraining(model, X, freeze=False)
    assert same(found.coefs_, expected.coefs_)
    assert not np.array_equal(further.coefs_[0], found.coefs_[0])
    assert repr(found.get_params()) == repr(model.get_params())
    with pytest.raises(ValueError, match="decoder must be None"):
        greedy_pretraining(clone(model).set_params(decoder=[], tied_weights=False), X)
    with pytest.raises(ValueError, match="freeze must be True or False"):
        greedy_pretraining(model, X, freeze="yes")


def test_greedy_pretraining_of_layers_without_weights():
    """A stage ends with a dense layer, and the last one with all that is behind."""
    options = {"max_iter": 2, "random_state": 0}
    layers = [Dropout(0.1), Dense(20, "tanh"), Dense(10, "tanh"), Dropout(0.1)]
    with quiet():
        first = Autoencoder(layers[:2], **options).fit(X)
        frozen = [Dropout(0.1), Dense(20, "tanh", trainable=False), *layers[2:]]
        expected = Autoencoder(frozen, init_from=first, **options).fit(X)
        found = greedy_pretraining(Autoencoder(layers, **options), X)
    assert same(found.coefs_, expected.coefs_)
    with quiet():
        assert greedy_pretraining(Autoencoder([Dropout(0.1)], **options), X).n_iter_ == 2


@pytest.mark.parametrize(
    "layers, parameters, message",
    [
        ([Dense(9, "logistic"), Dense(4, "relu")], {"sparsity": "kl"}, "'kl' needs outputs"),
        ([Dense(9, batch_norm=True), Dense(4)], {}, "batch_norm"),
        ([Dense(9), Dense(4)], {"tol": -1.0}, "'tol' parameter"),
    ],
    ids=["penalty", "frozen", "parameter"],
)
def test_greedy_pretraining_refuses_before_any_stage(layers, parameters, message, monkeypatch):
    monkeypatch.setattr(Autoencoder, "fit", lambda *_, **__: pytest.fail("a stage was trained"))
    with pytest.raises(ValueError, match=message):
        greedy_pretraining(Autoencoder(layers, **parameters), X)


def test_unlabelled_rows_help():
    """Few labels are too few for a deep network of logistic units, but not with all rows."""
    data, labels = load_digits(return_X_y=True)
    data, few = data / 16, np.random.default_rng(0).permutation(len(data))[:100]
    rest = np.setdiff1d(np.arange(len(data)), few)
    layers = [Dense(50, "logistic") for _ in range(4)]
    options = {"learning_rate_init": 0.01, "max_iter": 60, "tol": 0.0, "random_state": 0}
    with quiet():
        model = greedy_pretraining(Autoencoder(layers, masking=0.2, **options), data)
        options["max_iter"] = 200
        scores = [
            NetworkClassifier(layers, init_from=source, **options)
            .fit(data[few], labels[few])
            .score(data[rest], labels[rest])
            for source in (None, model)
        ]
    assert scores[0] + 0.1 < scores[1] > 0.85, scores


def test_other_layers():
    """Samples of two axes, graphs of layers, and containers."""
    images = X.reshape(-1, 8, 8)
    layers = [Conv1D(6, 3, activation="tanh"), Flatten(), Dense(5, "identity")]
    model = fitted(images, layers, decoder=[Dense(30)])
    assert model.input_shape_ == (8, 8) and model.transform(images).shape == (len(X), 5)
    assert np.array_equal(model.transform(X), model.transform(images))
    assert_close(model.inverse_transform(model.transform(X)), model.reconstruct(images), 1e-10)
    flat = fitted(images, [Flatten(), *LAYERS], tied_weights=True)
    assert same(flat.coefs_, fitted(tied_weights=True).coefs_)
    sequences = fitted(images, [Conv1D(6, 3, activation="tanh")], decoder=[Flatten()])
    assert sequences.transform(images).shape == (len(X), 36)
    decoder = [("a", Dense(8, "tanh")), Add(["1", "a"]), Residual([Dense(8, "tanh")])]
    for parameters in ({}, {"batch_norm": True}):
        encoder = [Residual([Dense(64, "tanh")]), Dense(8, "tanh")]
        model = fitted(layers=encoder, decoder=[*decoder], **parameters)
        assert_close(model.inverse_transform(model.transform(X)), model.reconstruct(X), 1e-10)


@pytest.mark.parametrize(
    "layers, decoder, code",
    [([Dropout(0.1)], None, X), ([Columns([3, 4])], [], X[:, 3:5])],
    ids=["dropout", "columns"],
)
def test_encoders_without_weights(layers, decoder, code):
    model = fitted(layers=layers, decoder=decoder)
    assert np.array_equal(model.transform(X), code)
    assert_close(model.inverse_transform(code), model.reconstruct(X), 1e-12)


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_outputs_are_vectors(method):
    """The last layer has to give vectors, also where the estimator has been fitted before."""
    samples, images = X.reshape(-1, 8, 8), X.reshape(-1, 8, 8, 1)
    model = Autoencoder([Conv1D(4, 3, padding="same")], decoder=[Conv1D(2, 1)], max_iter=1)
    with (
        unchanged(model),
        pytest.raises(ValueError, match=r"put Flatten\(\) at the end of decoder"),
    ):
        getattr(model, method)(samples)
    model = Autoencoder([Conv2D(4, (3, 3))], decoder=[Conv2D(2, (1, 1))])
    with (
        unchanged(model),
        pytest.raises(ValueError, match=r"put Flatten\(\) at the end of decoder"),
    ):
        getattr(model, method)(images)
    model = fitted(samples, [Conv1D(4, 3)], decoder=[Conv1D(2, 1), Flatten()])
    model.set_params(decoder=[Conv1D(2, 1)])
    message = "put Flatten" if method == "fit" else "layers, input_shape, batch_norm"
    with unchanged(model), pytest.raises(ValueError, match=message):
        getattr(model, method)(samples)


def test_weights_of_scores():
    model = fitted()
    assert_close(model.score(X, sample_weight=2.0), model.score(X), 1e-12)
    weights = np.arange(len(X)) % 3
    expected = np.average(model.score_samples(X), weights=weights)
    assert_close(model.score(X, sample_weight=weights), expected, 1e-12)
    with pytest.raises(ValueError, match=r"[Ss]ample.weight"):
        model.score(X, sample_weight=np.zeros(len(X)))
    with pytest.raises(ValueError, match=r"sample_weight\.shape"):
        model.score(X, sample_weight=np.ones(3))
    expected = model.score(X)
    assert model.set_params(layers=[]).score(X) == expected


@pytest.mark.parametrize(
    "layers, parameters, message",
    [
        ([], {}, "layers is empty"),
        ([Dropout(0.1)], {"tied_weights": True}, "the first Dense layer: layers must hold one"),
        ([("sparsity", Dense(3))], {"sparsity": "l1"}, "'sparsity', which is the name of the pen"),
        (LAYERS, {"decoder": [("sparsity", Dense(3))], "sparsity": "l1"}, "choose another name"),
        ([Conv1D(3, 2)], {"input_shape": (32, 2)}, r"decoder=None is made of .* Conv1D\("),
        (LAYERS, {"decoder": [Dense(3)], "tied_weights": True}, "decoder must be None"),
        (LAYERS, {"decoder": [Dense(3, inputs="features")]}, "the decoder reads the code"),
        (LAYERS, {"decoder": [Dense(3, inputs="0")]}, "the decoder reads the code"),
        (LAYERS, {"decoder": [Dense(20, weights_of="0")]}, "the decoder reads the code"),
        ([Dense(3, "tanh")], {"sparsity": "kl"}, "'kl' needs outputs between 0 and 1"),
        (LAYERS, {"masking": 0.1, "solver": "lbfgs"}, "masking=0.1 is for solvers"),
        (LAYERS, {"masking": 1.0}, "'masking' parameter of Autoencoder"),
        (LAYERS, {"sparsity": "l2"}, "'sparsity' parameter of Autoencoder"),
        (LAYERS, {"sparsity": "kl", "sparsity_target": 1.0}, "'sparsity_target' parameter"),
        (LAYERS, {"scoring": "accuracy"}, "'scoring' parameter of Autoencoder"),
        (LAYERS, {"device": "cuda", "tied_weights": True}, "no kernels for tied_weights"),
        (LAYERS, {"device": "cuda", "sparsity": "l1"}, "no kernels for layers"),
        ([*LAYERS, Dense(20, weights_of="0")], {}, "decoder=None is made of"),
        (LAYERS, {"tied_weights": True, "batch_norm": True}, "cannot be normalised"),
    ],
)
def test_parameters_that_do_not_go_together(layers, parameters, message):
    model = Autoencoder(layers, **parameters)
    with unchanged(model), pytest.raises(ValueError, match=message):
        model.fit(X)


def test_input_that_cannot_be_read():
    model = fitted()
    with unchanged(model):
        for method in (model.fit, model.transform, model.score_samples):
            with pytest.raises(TypeError, match="Sparse data was passed for X, but dense data"):
                method(sp.csr_array(X))
        with pytest.raises(ValueError, match=r"X has 3 features, but the code .* has 8"):
            model.inverse_transform(X[:, :3])
        with pytest.raises(ValueError, match="loss='log_loss' needs X in"):
            clone(model).set_params(loss="log_loss").fit(X + 1)
        with pytest.raises(ValueError, match="NaN"):
            model.fit(np.where(X > 0.5, np.nan, X))


def test_no_warning_without_a_cause():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Autoencoder(LAYERS, max_iter=500, tol=0.1, random_state=0).fit(X)
