"""Networks made of layers: the numbers of multi-layer perceptrons, and all that is around them."""

import copy
import pickle

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV
from sklearn.utils.estimator_checks import parametrize_with_checks

import skdeep
import skdeep.displays
from skdeep import MLPClassifier, MLPRegressor, NetworkClassifier, NetworkRegressor
from skdeep.callbacks import Checkpoint
from skdeep.displays import describe_network
from skdeep.layers import LSTM, Conv1D, Dense, Embedding, Flatten, MaxPool1D
from tests.helpers import quiet, same, unchanged
from tests.layers.problems import codes, fitted, sequences

X, Y = load_iris(return_X_y=True)
CONVOLUTION = [("conv", Conv1D(4, 2, padding="same")), Flatten(), Dense(5)]

# parameters of a dense network that have to do what they do in a multi-layer perceptron
PARAMETERS = [
    {},
    {"solver": "sgd", "learning_rate": "adaptive", "batch_size": 16},
    {"solver": "lbfgs", "alpha": 0.1},
    {"solver": "rprop", "weight_init": "he_normal"},
    {"early_stopping": True, "n_iter_no_change": 2},
    {"clip_norm": 0.1, "input_noise": 0.1, "record_gradient_norms": True},
    {"n_restarts": 2, "penalty": "l1"},
    {"out_activation": "logistic"},
]


@pytest.mark.parametrize("parameters", PARAMETERS, ids=str)
@pytest.mark.parametrize("rows", [np.asarray, sp.csr_array, sp.csc_array], ids=lambda f: f.__name__)
def test_dense_layers_are_a_multilayer_perceptron(parameters, rows):
    """To the bit."""
    if parameters.get("input_noise") and rows is not np.asarray:
        pytest.skip("noise is for dense features")
    options = dict(max_iter=8, random_state=0, **parameters)
    dropout = 0.3 if "lbfgs" not in parameters.values() else 0.0
    layers = [Dense(7, "tanh", dropout=dropout), Dense(5, dropout=dropout)]
    pairs = [(MLPClassifier, NetworkClassifier, Y), (MLPRegressor, NetworkRegressor, Y * 0.5)]
    for perceptron, network, y in pairs:
        with quiet():
            expected = perceptron(
                hidden_layer_sizes=(7, 5), activation=["tanh", "relu"], dropout=dropout, **options
            ).fit(rows(X), y)
            found = network(layers, **options).fit(rows(X), y)
        assert same(found.coefs_, expected.coefs_)
        assert same(found.intercepts_, expected.intercepts_)
        for name in ("loss_", "n_iter_", "n_layers_", "stop_reason_", "gradient_norms_"):
            assert same(getattr(found, name, None), getattr(expected, name, None)), name
        assert np.array_equal(found.predict(rows(X)), expected.predict(rows(X)))


def test_no_layers_are_a_linear_model():
    with quiet():
        found = NetworkClassifier(max_iter=5, random_state=0).fit(X, Y)
        expected = MLPClassifier((), max_iter=5, random_state=0).fit(X, Y)
    assert same(found.coefs_, expected.coefs_)


@parametrize_with_checks(
    [
        NetworkClassifier([Dense(20)], max_iter=200, learning_rate_init=0.02),
        NetworkRegressor([Dense(20)], max_iter=200, learning_rate_init=0.01),
        NetworkClassifier(CONVOLUTION, max_iter=200, learning_rate_init=0.02),
        NetworkRegressor(CONVOLUTION, max_iter=200, learning_rate_init=0.02),
    ]
)
@pytest.mark.filterwarnings("default")
def test_scikit_learn_check(estimator, check):
    check(estimator)


def test_names_of_nested_parameters():
    model = NetworkClassifier(CONVOLUTION)
    params = model.get_params()
    assert params["layers__conv__filters"] == 4 and params["layers__2__units"] == 5
    assert params["layers__conv"] is CONVOLUTION[0][1]
    assert "layers__conv" not in model.get_params(deep=False)
    new = clone(model).set_params(layers__conv__filters=3, layers__2=Dense(9), alpha=0.5)
    assert new.layers[0][1].filters == 3 and new.layers[2].units == 9 and new.alpha == 0.5
    assert CONVOLUTION[0][1].filters == 4 and CONVOLUTION[2].units == 5
    new.set_params(layers__2__units=8)
    assert new.layers[2].units == 8
    both = clone(model).set_params(layers=[Dense(2)], layers__0__units=3)
    assert [layer.units for layer in both.layers] == [3]
    for wrong in ("layers__5__units", "layers__dense__units", "layers__conv__units", "layer"):
        with pytest.raises(ValueError, match="Invalid parameter"):
            clone(model).set_params(**{wrong: 1})


def test_grid_search_over_parameters_of_layers():
    grid = {"layers__conv__filters": [1, 6], "layers__2": [Dense(5), Dense(20, "tanh")]}
    model = NetworkClassifier(CONVOLUTION, solver="lbfgs", max_iter=30, random_state=0)
    with quiet():
        search = GridSearchCV(model, grid, cv=2).fit(X, Y)
    assert search.best_estimator_.coefs_[0].shape[-1] in (1, 6)
    assert search.best_score_ > 0.8


@pytest.mark.parametrize("layers", [[Dense(5)], CONVOLUTION], ids=["dense", "convolution"])
def test_going_on(layers):
    """By `partial_fit` and warm starts: as one fit, and never with another network."""
    options = dict(random_state=0, shuffle=False)
    with quiet():
        whole = NetworkClassifier(layers, max_iter=4, **options).fit(X, Y)
        steps = NetworkClassifier(layers, **options)
        for _ in range(4):
            steps.partial_fit(X, Y, classes=[0, 1, 2])
        assert same(whole.coefs_, steps.coefs_)
        warm = NetworkClassifier(layers, max_iter=2, warm_start=True, **options).fit(X, Y).fit(X, Y)
    assert warm.t_ == whole.t_
    for change in ({"layers": [*layers, Dense(3)]}, {"input_shape": (2, 2)}):
        before = clone(warm), warm._vector.copy()
        with pytest.raises(ValueError, match="layers, input_shape, batch_norm"):
            copy.deepcopy(warm).set_params(**change).partial_fit(X, Y)
        assert np.array_equal(warm._vector, before[1])


def test_dropout_can_be_changed_between_calls():
    model = fitted([Dense(5)], X, Y)
    assert model.set_params(layers__0__dropout=0.5).partial_fit(X, Y).stop_reason_ == "partial_fit"
    assert model.layers_[0][1].dropout == 0.5


def test_layers_are_those_of_the_last_call():
    model = fitted([Dense(5, dropout=0.1, dropconnect=0.2), Dense(4)], X, Y, warm_start=True)
    rates = {"dropout": 0.3, "dropconnect": 0.4}
    model.set_params(**{f"layers__0__{name}": rate for name, rate in rates.items()})
    with quiet():
        model.fit(X, Y)
    found = model.layers_[0][1].get_params()
    assert {name: found[name] for name in rates} == rates
    model.set_params(layers__0__units=6)
    with pytest.raises(ValueError, match="Training goes on with the fitted network"):
        model.fit(X, Y)
    assert model.layers_[0][1].units == 5


def test_later_changes_of_layers_do_not_change_the_network():
    layers = [Conv1D(4, 2), Flatten()]
    model = fitted(layers, X, Y)
    expected = model.predict_proba(X)
    layers[0].set_params(filters=7)
    layers.append(Dense(3))
    assert np.array_equal(model.predict_proba(X), expected)


def test_changed_attributes_are_noticed():
    model = fitted([Conv1D(4, 2), Flatten()], X, Y)
    for name, value in (
        ("coefs_", model.coefs_[:1]),
        ("coefs_", [model.coefs_[0][:1], model.coefs_[1]]),
        ("intercepts_", [np.zeros(3), model.intercepts_[1]]),
        ("layers_", [("0", Conv1D(5, 2)), ("1", Flatten())]),
        ("input_shape_", (2, 2)),
        ("n_outputs_", 4),
        ("out_activation_", "none"),
    ):
        changed = copy.copy(model)
        setattr(changed, name, value)
        with pytest.raises(ValueError, match=r"shape|arrive|must be"):
            changed.predict(X)
    model.coefs_[0][:] = 0
    model.coefs_[1][:] = 0
    assert len(np.unique(model.predict(X))) == 1


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_copies(copied):
    model = fitted(CONVOLUTION, X, Y)
    other = copied(model)
    assert np.array_equal(other.predict_proba(X), model.predict_proba(X))
    assert other.coefs_[0].base is not None  # views, as before
    with quiet():
        assert same(other.partial_fit(X, Y).coefs_, model.partial_fit(X, Y).coefs_)


LAYERS = {
    "convolution": (CONVOLUTION, X),
    "embedding": ([Embedding([9, 9], 2, columns=np.array([0, 2])), Dense(3)], np.round(X)),
}


@pytest.mark.parametrize("name", LAYERS)
def test_files(name, tmp_path):
    pytest.importorskip("safetensors")
    layers, rows = LAYERS[name]
    model = fitted(layers, rows, Y)
    loaded = skdeep.load_safetensors(skdeep.save_safetensors(model, tmp_path / "model"))
    assert np.array_equal(loaded.predict_proba(rows), model.predict_proba(rows))
    assert repr(loaded) == repr(model) and repr(loaded.layers_) == repr(model.layers_)
    assert same(loaded.partial_fit(rows, Y).coefs_, model.partial_fit(rows, Y).coefs_)
    clone(loaded)


@pytest.mark.parametrize(
    "parameters",
    [{"weight_norm": True}, {"batch_norm": True, "max_norm": 0.5}, {"dropconnect": 0.2}],
    ids=str,
)
def test_checkpoints_of_regularised_networks(parameters, tmp_path):
    """A run that is cut off and taken up again ends with the same bits."""
    samples, y = sequences()
    parameters = dict(parameters)
    own = {"batch_norm": parameters.pop("batch_norm", None)}
    layers = [Conv1D(4, 2), MaxPool1D(2), Flatten(), Dense(5, **own)]
    options = {"random_state": 0, "max_iter": 6, **parameters}
    with quiet():
        whole = NetworkClassifier(layers, **options).fit(samples, y)
        broken = NetworkClassifier(layers, **options | {"max_iter": 3})
        broken.set_callbacks(Checkpoint(tmp_path / "run", every=1)).fit(samples, y)
        resumed = NetworkClassifier(layers, **options)
        resumed.set_callbacks(Checkpoint(tmp_path / "run", every=1, resume=True)).fit(samples, y)
        assert same(whole._vector, resumed._vector)
        copied = pickle.loads(pickle.dumps(whole))
        assert same(whole.partial_fit(samples, y)._vector, copied.partial_fit(samples, y)._vector)


@pytest.mark.parametrize("change", [{"dilation": -3}, {"strides": 0}, {"filters": 10}], ids=str)
def test_kernels_do_not_trust_layers(change):
    """Which say what kernels read."""
    model = fitted([Conv1D(4, 2), Flatten()], X, Y)
    model.layers_[0][1].set_params(**change)
    for call in (model.predict, lambda X: model.partial_fit(X, Y), model.make_predictor):
        with pytest.raises(ValueError, match=r"must be|shapes|arrive"):
            call(*([] if call == model.make_predictor else [X]))
    with pytest.raises(ValueError, match=r"must be|shapes|arrive"):
        pickle.loads(pickle.dumps(model))


def test_validation_set_and_scorer():
    samples, y = sequences(80)
    given = dict(X_val=samples[:20], y_val=y[:20])
    layers = [Conv1D(4, 2), Flatten()]
    with quiet():
        model = NetworkClassifier(layers, max_iter=4, early_stopping=True, random_state=0)
        model.fit(samples, y, **given)
        assert len(model.validation_scores_) == 4
        assert model.best_validation_score_ == model.score(samples[:20], y[:20])
        model.set_params(scoring="neg_log_loss").fit(samples, y, **given)
    with pytest.raises(ValueError, match=r"validation set\): X has samples of shape \(8, 3\)"):
        model.fit(samples, y, X_val=samples[:, 1:], y_val=y)


def test_augment_gets_matrices():
    samples, y = sequences()

    def shifted(X, y, rng):
        assert X.shape == (len(samples), 27)
        return X + 0.1 * rng.normal(size=X.shape), y

    model = fitted([Conv1D(4, 2), Flatten()], samples, y, augment=shifted)
    assert np.isfinite(model.loss_)


def test_checkpoint(tmp_path):
    samples, y = sequences()
    path, layers = tmp_path / "run", [Conv1D(4, 2, dropout=0.1), Flatten()]
    options = dict(random_state=0, max_iter=6)
    with quiet():
        whole = NetworkClassifier(layers, **options).fit(samples, y)
        broken = NetworkClassifier(layers, **options | {"max_iter": 3})
        broken.set_callbacks(Checkpoint(path, every=1)).fit(samples, y)
        resumed = NetworkClassifier(layers, **options)
        resumed.set_callbacks(Checkpoint(path, every=1, resume=True)).fit(samples, y)
        assert same(whole.coefs_, resumed.coefs_)
        other = NetworkClassifier([Conv1D(5, 2, dropout=0.1), Flatten()], **options)
        with pytest.raises(ValueError, match="is of another network"):
            other.set_callbacks(Checkpoint(path, every=1, resume=True)).fit(samples, y)


def test_description():
    model = fitted(CONVOLUTION, X, Y)
    description = describe_network(model)
    assert description.n_parameters == model._vector.size
    assert [layer.n_units for layer in description.layers] == [4, 16, 16, 5, 3]
    assert "hidden conv" in str(description) and "Conv1D" in str(description)
    planned = describe_network(NetworkClassifier(CONVOLUTION))
    assert [layer.activation for layer in planned.layers[1:4]] == ["relu", "identity", "relu"]
    assert "hidden conv" in model._repr_html_()


def test_description_of_shapes_and_parameters():
    """Of every kind, with what training does to it; before a fit as far as shapes are known."""
    layers = [Conv1D(6, 3), MaxPool1D(2, dropout=0.1), Flatten(), Dense(5, dropconnect=0.1)]
    samples, y = sequences()
    model = NetworkClassifier(layers, dropconnect=0.2, input_shape=(9, 3), max_iter=1)
    planned = describe_network(model)
    with quiet():
        described = describe_network(model.fit(samples, y))
    for description in (planned, described):
        sizes = [layer.size() for layer in description.layers[:-1]]
        assert sizes == ["9 x 3", "7 x 6", "3 x 6", "18", "5"]
        counts = [layer.n_parameters for layer in description.layers[:-1]]
        assert counts == [0, 60, 0, 0, 95]
        assert [layer.notes for layer in description.layers[1:-1]] == [
            ("Conv1D", "dropconnect 0.2"),
            ("MaxPool1D", "dropout 0.1"),
            ("Flatten",),
            ("Dense", "dropconnect 0.1"),
        ]
    assert described.n_parameters == model._vector.size
    assert described.title().startswith("NetworkClassifier: 9 x 3-(7 x 6, 3 x 6, 18, 5)-3, ")
    assert "7 x 6" in model._repr_html_()
    free = describe_network(NetworkRegressor([*layers, Dense(4)], batch_norm=False))
    assert [layer.n_units for layer in free.layers] == [None, None, None, None, 5, 4, None]
    assert [layer.n_parameters for layer in free.layers[3:]] == [0, None, 24, None]
    normalised = fitted([Dense(5), Dense(4, batch_norm=False)], X, Y, batch_norm=True)
    hidden = describe_network(normalised).layers[1:-1]
    assert [layer.n_parameters for layer in hidden] == [35, 24]
    assert [layer.notes for layer in hidden] == [("Dense", "batch norm"), ("Dense",)]
    model = fitted([Embedding(9, 2), Flatten()], np.round(X), Y, weight_norm=True)
    assert [layer.notes[1:] for layer in describe_network(model).layers[1:3]] == [
        ("weight norm",),
        (),
    ]
    with pytest.raises(ValueError, match="arrives"):
        describe_network(NetworkClassifier([Flatten(), Conv1D(3, 2)], input_shape=(9, 3)))


def test_displays():
    pytest.importorskip("matplotlib")
    model = fitted(CONVOLUTION, X, Y, record_gradient_norms=True)
    for name in ("GradientFlowDisplay", "LossCurveDisplay", "NetworkDisplay", "WeightsDisplay"):
        assert getattr(skdeep.displays, name).from_estimator(model).figure_ is not None


WRONG = [
    ({"layers": Dense(3)}, ValueError, "'layers' parameter of NetworkClassifier must be"),
    ({"layers": [3]}, TypeError, r"layers\[0\] must be a layer of skdeep.layers.*got 3"),
    ({"layers": [Dense]}, TypeError, r"write Dense\(...\), not the class"),
    ({"layers": [("a", "b")]}, TypeError, r"layers\[0\] must be a layer"),
    ({"layers": [("a b", Dense(3))]}, ValueError, "called 'a b': names are made of letters"),
    ({"layers": [("a__b", Dense(3))]}, ValueError, "called 'a__b': names are made of letters"),
    ({"layers": [("a_", Dense(3))]}, ValueError, "called 'a_': .* end with no underscore"),
    ({"layers": [("a", Dense(3)), ("a", Dense(3))]}, ValueError, "the name 'a' twice"),
    ({"layers": [Dense(0)]}, ValueError, r"layers\[0\], Dense\(units=0\): The 'units' parameter"),
    ({"input_shape": (5, 1)}, ValueError, r"input_shape=\(5, 1\) was given, but X has 4 features"),
    ({"input_shape": (2, -2)}, ValueError, "input_shape must hold integers >= 1"),
    ({"input_shape": (2, 2)}, ValueError, "y must have a target for every step"),
    ({"layers": [Dense(3, dropout=0.1)], "solver": "lbfgs"}, ValueError, "minimises one fixed"),
    ({"device": "tpu"}, ValueError, "device must be"),
    ({"layers": [Conv1D(2**40, 1)]}, ValueError, "'filters' parameter of Conv1D must be"),
    ({"layers": 2 * [Dense(2**31 - 1)]}, ValueError, "layers has layers that are too large"),
]


@pytest.mark.parametrize("parameters, error, message", WRONG, ids=[m for _, _, m in WRONG])
def test_wrong_parameters(parameters, error, message):
    model = NetworkClassifier(**parameters)
    before = dict(vars(model))
    with pytest.raises(error, match=message):
        model.fit(X, Y)
    assert vars(model) == before


@pytest.mark.parametrize("layers", [CONVOLUTION, [Embedding(9, 2), Flatten()]], ids=str)
def test_a_gpu_says_what_it_lacks(layers):
    """Whether there is one or not."""
    whole = np.round(X)
    name = r"layers\['conv'\], Conv1D" if layers is CONVOLUTION else r"layers\[0\], Embedding"
    model = NetworkClassifier(layers, device="cuda", max_iter=2, random_state=0)
    with pytest.raises(ValueError, match=f"device='cuda' has no kernels for {name}"):
        model.fit(whole, Y)
    with quiet():
        model.set_params(device="auto").fit(whole, Y)
    with pytest.raises(ValueError, match="device='cuda:1' has no kernels"):
        model.set_params(device="cuda:1").predict(whole)


def test_sequences_have_the_shape_of_the_fit():
    samples, y = sequences()
    model = fitted([Conv1D(4, 2), Flatten()], samples, y)
    for wrong in (samples[:, :-1], samples.transpose(0, 2, 1)):
        with pytest.raises(ValueError, match=r"shape|features"):
            model.predict(wrong)
    samples[3, 2, 1] = np.nan
    for call in (model.predict, lambda X: model.fit(X, y)):
        with pytest.raises(ValueError, match="Input X contains NaN"):
            call(samples)


def test_gradient_and_predictor():
    samples, y = codes()
    model = fitted([Embedding([7, 4], 3, columns=[0, 2]), Dense(4, "tanh")], samples, y)
    assert np.array_equal(model.make_predictor().predict(samples), model.predict(samples))
    loss, coefs, intercepts = model.loss_gradient(samples, y)
    assert [g.shape for g in coefs] == [w.shape for w in model.coefs_]
    assert [g.shape for g in intercepts] == [w.shape for w in model.intercepts_]
    assert np.isfinite(loss)


def test_searches_over_sequences():
    samples, y = sequences()
    with quiet():
        model = NetworkClassifier([Conv1D(4, 3), Flatten()], max_iter=2)
        search = GridSearchCV(model, {"layers__0__filters": [2, 3]}, cv=2).fit(samples, y)
    assert search.predict(samples).shape == y.shape
    with pytest.raises(ValueError, match="0 sample"):
        model.fit(samples[:0], y[:0])


def test_public():
    assert {"NetworkClassifier", "NetworkRegressor"} <= set(skdeep.__all__)


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_layers_changed_to_one_that_gives_a_vector(method):
    """Training does not go on, and it is the layers that are named, not y."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(20, 5, 2)), rng.integers(2, size=(20, 5))
    with quiet():
        model = NetworkClassifier([LSTM(3, return_sequences=True)], max_iter=1, warm_start=True)
        model.fit(X, y).set_params(layers=[LSTM(3)])
    with (
        unchanged(model),
        pytest.raises(ValueError, match="layers, input_shape, batch_norm"),
    ):
        getattr(model, method)(X, y[:, 0])
