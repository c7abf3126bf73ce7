"""Networks that are no chains: layers read what they name, and are joined, added or selected."""

import copy
import importlib.util
import pickle

import numpy as np
import pytest
import scipy.sparse as sp

import skdeep
from skdeep import NetworkClassifier, NetworkRegressor, check_gradient
from skdeep.callbacks import Checkpoint
from skdeep.displays import describe_network
from skdeep.layers import Add, Columns, Concatenate, Conv1D, Dense, Embedding, Flatten, MaxPool1D
from tests.helpers import assert_close, quiet
from tests.layers.problems import (
    centred,
    codes,
    fitted,
    predicted_outputs,
    reference_outputs,
    sequences,
)

RNG = np.random.default_rng(0)
X = RNG.normal(size=(90, 6))
Y = X[:, 0] * X[:, 1] + X[:, 2]


def tanh(units, **parameters):
    return Dense(units, "tanh", **parameters)


VECTORS = {
    "residual": [("a", tanh(5)), ("b", tanh(5)), Add(["a", "b"], activation="gelu"), tanh(3)],
    "two blocks": [
        *(("a", tanh(5)), ("b", tanh(5)), ("c", Add(["a", "b"]))),
        *(("d", tanh(5)), Add(["c", "d", "a"], activation="tanh")),
    ],
    "neighbours": [("a", tanh(5)), ("b", tanh(4, inputs="features")), tanh(3, inputs=["a", "b"])],
    "turned round": [("a", tanh(5)), ("b", tanh(4, inputs="features")), tanh(3, inputs=["b", "a"])],
    "dense": [("a", tanh(5)), ("b", tanh(4)), tanh(3, inputs=["features", "a", "b"])],
    "apart": [("a", tanh(5)), ("b", tanh(4)), ("c", tanh(4)), tanh(3, inputs=["a", "c"])],
    "with features": [("a", tanh(5)), ("b", tanh(4)), Concatenate(inputs=["b", "features"])],
    "columns": [
        *(Columns([0, 2]), ("a", tanh(3)), Columns(range(1, 4), inputs="features")),
        *(("b", tanh(4)), Concatenate(["a", "b"])),
    ],
    "units": [("a", tanh(6)), Columns([4, 0]), ("b", tanh(3)), tanh(3, inputs=["a", "b"])],
    "joined columns": [("a", tanh(3)), Columns([8, 0, 2], inputs=["features", "a"]), tanh(3)],
    "twin towers": [
        *(("left", Columns([0, 2, 4])), ("right", Columns([1, 3, 5], inputs="features"))),
        *(("p", tanh(4, inputs="left")), ("q", tanh(4, inputs="right", weights_of="p"))),
        tanh(3, inputs=["p", "q"]),
    ],
    "shared over other sources": [
        *(("a", tanh(2)), ("b", tanh(4, inputs="features")), ("c", tanh(6, inputs=["a", "b"]))),
        tanh(6, inputs="c", weights_of="c"),
    ],
    "frozen branch": [
        *(("a", tanh(5, trainable=False)), ("b", tanh(5)), ("c", tanh(5, inputs="features"))),
        Add(["a", "b", "c"]),
    ],
    "same twice": [("a", tanh(5)), ("same", Flatten()), Add(["a", "same"]), tanh(2)],
    "same side by side": [("a", tanh(5)), ("same", Flatten()), tanh(3, inputs=["a", "same"])],
}


@pytest.fixture(params=VECTORS)
def layers(request):
    return VECTORS[request.param]


def test_same_as_numpy(layers):
    model = fitted(layers, X, Y)
    assert_close(model.predict(X), reference_outputs(model, X)[:, 0], 1e-10)
    assert_close(model.make_predictor().predict(X), model.predict(X), 1e-12)
    assert model._vector.size == sum(w.size for w in [*model.coefs_, *model.intercepts_])


@pytest.mark.parametrize("batch_size", [5, 90])
def test_gradient(layers, batch_size):
    model = fitted(layers, X, Y, alpha=0.1, batch_size=batch_size)
    assert check_gradient(model, X, Y) < 1e-6


@pytest.mark.parametrize("batch_size", [5, 30])
def test_step_is_along_the_gradient(layers, batch_size):
    """Which tiles form over the whole batch."""
    rows, y = X[:batch_size], Y[:batch_size]
    options = dict(solver="sgd", momentum=0.0, alpha=0.1, shuffle=False, batch_size=batch_size)
    model = fitted(layers, rows, y, **options, max_iter=1)
    _, coefs, intercepts = model.loss_gradient(rows, y)
    before = [part.copy() for part in (*model.coefs_, *model.intercepts_)]
    model.partial_fit(rows, y)
    after = *model.coefs_, *model.intercepts_
    for part, old, slope in zip(after, before, (*coefs, *intercepts), strict=True):
        assert_close(part, old - 0.01 * slope, 1e-10)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("batch_size", [16, 150, 1100])
def test_same_bits_for_any_number_of_threads(dtype, batch_size):
    rng = np.random.default_rng(1)
    rows, y = rng.normal(size=(1200, 40)).astype(dtype), rng.integers(3, size=1200)
    layers = [
        *(("a", Dense(50)), ("b", Dense(50, dropout=0.1)), ("c", Add(["a", "b"], dropout=0.2))),
        *(("d", Columns(range(3, 33), inputs="features")), ("e", Dense(20))),
        Dense(30, inputs=["e", "c"]),
    ]
    options = dict(batch_size=batch_size, max_iter=1)
    models = [fitted(layers, rows, y, **options, n_threads=n) for n in (1, 2, 3, 5)]
    for model in models:
        assert model.coefs_[0].dtype == dtype
        assert np.array_equal(model._vector, models[0]._vector)
        assert np.array_equal(model.predict(rows), models[0].predict(rows))


SEQUENCES = {
    "channels": [
        ("a", Conv1D(3, 3, padding="same", activation="tanh")),
        ("b", Conv1D(2, 5, padding="same", activation="tanh", inputs="features")),
        ("c", Concatenate(["b", "a", "features"])),
        Conv1D(3, 2, activation="tanh"),
        Flatten(),
    ],
    "read together": [
        ("a", Conv1D(3, 3, padding="same", activation="tanh")),
        Conv1D(3, 2, activation="tanh", inputs=["features", "a"]),
        MaxPool1D(),
    ],
    "residual": [
        ("a", Conv1D(4, 3, padding="same", activation="tanh")),
        ("b", Conv1D(4, 3, padding="same", activation="tanh")),
        ("c", Add(["a", "b"], activation="tanh")),
        ("d", MaxPool1D(inputs=["c", "features"])),
        Dense(3, "tanh"),
    ],
    "some channels": [
        ("a", Columns([2, 0])),
        Conv1D(3, 2, activation="tanh"),
        ("b", Flatten()),
        ("c", Flatten(inputs="features")),
        Dense(4, "tanh", inputs=["b", "c"]),
    ],
}


@pytest.mark.parametrize("name", SEQUENCES)
def test_sequences(name):
    samples, y = sequences()
    for batch_size in (7, 60):
        model = fitted(SEQUENCES[name], samples, y, batch_size=batch_size, alpha=0.1)
        expected = centred(reference_outputs(model, samples), model)
        assert_close(predicted_outputs(model, samples), expected, 1e-9)
        assert check_gradient(model, samples, y) < 1e-5


def test_joining_is_what_concatenate_does():
    """To the bit, with the dropout of each layer its own."""
    begin = [("a", tanh(5, dropout=0.2)), ("b", tanh(4, inputs="features"))]
    short = [*begin, tanh(6, inputs=["b", "a"], dropout=0.4), tanh(3, dropout=0.1)]
    long = [*begin, Concatenate(["b", "a"]), tanh(6, dropout=0.4), tanh(3, dropout=0.1)]
    assert np.array_equal(fitted(short, X, Y)._vector, fitted(long, X, Y)._vector)


def test_a_chain_by_its_names():
    chain = [("a", tanh(5)), ("b", tanh(4)), tanh(3)]
    named = [("a", tanh(5, inputs="features")), ("b", tanh(4, inputs=["a"])), tanh(3, inputs="b")]
    assert np.array_equal(fitted(chain, X, Y)._vector, fitted(named, X, Y)._vector)
    places = [tanh(5, inputs="features"), tanh(4, inputs="0"), tanh(3, inputs="1")]
    assert np.array_equal(fitted(chain, X, Y)._vector, fitted(places, X, Y)._vector)


@pytest.mark.parametrize("batch_size", [7, 90])
@pytest.mark.parametrize("container", [sp.csr_array, sp.csc_matrix])
def test_sparse_features(container, batch_size):
    """Of dense layers, which may read them beside other layers, where nothing is copied."""
    rows = np.where(np.abs(X) > 0.7, X, 0)
    for name in ("dense", "turned round", "residual", "apart"):
        options = dict(batch_size=batch_size, max_iter=4)
        dense, sparse = (fitted(VECTORS[name], A, Y, **options) for A in (rows, container(rows)))
        assert_close(sparse._vector, dense._vector, 1e-8)
        assert_close(sparse.predict(container(rows)), dense.predict(rows), 1e-8)
    flat = [("a", tanh(5)), Flatten(inputs=["features", "a"])]
    for refused in (*(VECTORS[n] for n in ("with features", "columns", "joined columns")), flat):
        model = NetworkRegressor(refused)
        assert not model.__sklearn_tags__().input_tags.sparse
        with pytest.raises(TypeError, match=r"Sparse data was passed for X.* by layers\["):
            model.fit(container(rows), Y)
    model = NetworkRegressor([("a", tanh(5)), tanh(4, inputs=["a", "features"])])
    with pytest.raises(TypeError, match=r"layers\[1\], .* beside .* inputs are 'features' first"):
        model.fit(container(rows), Y)


EMBEDDINGS = {
    "two branches": [
        *(("codes", Columns([0, 2])), ("e", Embedding([7, 4], 3)), ("flat", Flatten())),
        *(("numbers", Columns([1, 3], inputs="features")), ("d", tanh(4))),
        tanh(5, inputs=["flat", "d"]),
    ],
    "shared table": [
        *(("x", Embedding(7, 3, columns=[0])),),
        *(("y", Embedding(7, 3, columns=[2], inputs="features", weights_of="x")),),
        tanh(5, inputs=["x", "y"]),
    ],
    "columns of columns": [
        *(("turned", Columns([3, 2, 1, 0])), ("codes", Columns([3, 1]))),
        *(Embedding(7, 3, inputs="codes"), Flatten()),
    ],
    "named": [("e", Embedding(7, 3, columns=[0], inputs="features")), tanh(4)],
}


@pytest.mark.parametrize("name", EMBEDDINGS)
def test_embeddings_read_any_columns(name):
    rows, y = codes()
    for batch_size in (7, 60):
        model = fitted(EMBEDDINGS[name], rows, y, alpha=0.1, batch_size=batch_size)
        assert_close(predicted_outputs(model, rows), reference_outputs(model, rows), 1e-10)
        assert check_gradient(model, rows, y) < 1e-6


def test_shared_table_is_there_once():
    rows, y = codes()
    model = fitted(EMBEDDINGS["shared table"], rows, y)
    assert [coef.shape for coef in model.coefs_] == [(7, 3), (12, 5), (5, 1)]


@pytest.mark.parametrize("name", EMBEDDINGS)
def test_codes_are_checked_wherever_they_are_read(name):
    """By the names that they have in X."""
    rows, y = codes()
    model = fitted(EMBEDDINGS[name], rows, y)
    bad = rows.copy()
    bad[3, 0] = 7
    with pytest.raises(ValueError, match=r"column 0 of X must hold integers from 0 to 6, but hol"):
        model.predict(bad)
    with pytest.raises(ValueError, match=r"column 0 of X must hold integers from 0 to 6, but hol"):
        NetworkRegressor(EMBEDDINGS[name]).fit(bad, y)


@pytest.mark.parametrize(
    "begin, column",
    [
        ([Columns([1], output_shape=(2,)), Embedding([3, 5], 3)], 3),
        ([Flatten(), Embedding(5, 3)], 2),
        ([Columns([0]), Flatten(), Embedding(5, 3)], 2),
    ],
)
def test_codes_of_samples_of_two_axes(begin, column):
    rows = np.random.default_rng(0).integers(3, size=(40, 2, 2)).astype(float)
    y = rows[:, 1, 1] + rows[:, 0, 1]
    layers = [*begin, Flatten()]
    model = fitted(layers, rows, y)
    assert_close(predicted_outputs(model, rows), reference_outputs(model, rows), 1e-10)
    bad = rows.copy()
    bad.reshape(40, 4)[7, column] = 5
    for call in (model.predict, lambda rows: NetworkRegressor(layers).fit(rows, y)):
        with pytest.raises(ValueError, match=rf"column {column} of X must hold integers.*row 7"):
            call(bad)


def test_columns_as_sequences():
    """Some features are a sequence, others are not."""
    layers = [
        ("steps", Columns(range(1, 6), output_shape=(5, 1))),
        *(Conv1D(3, 2, activation="tanh"), ("flat", Flatten())),
        ("rest", Columns([0], inputs="features")),
        tanh(4, inputs=["flat", "rest"]),
    ]
    model = fitted(layers, X, Y)
    assert model.input_shape_ == (6,)
    assert_close(model.predict(X), reference_outputs(model, X)[:, 0], 1e-10)
    assert check_gradient(model, X, Y) < 1e-6


def test_files_hold_columns_of_a_range(tmp_path):
    pytest.importorskip("safetensors")
    model = fitted(VECTORS["columns"], X, Y)
    path = skdeep.save_safetensors(model, tmp_path / "model")
    other = skdeep.load_safetensors(path)
    assert np.array_equal(other.predict(X), model.predict(X))
    assert other.layers[2].columns == [1, 2, 3]
    assert np.array_equal(other.partial_fit(X, Y)._vector, model.partial_fit(X, Y)._vector)


GRAPH = VECTORS["twin towers"]


def test_copies_and_files(tmp_path):
    model = fitted(GRAPH, X, Y)
    others = [pickle.loads(pickle.dumps(model)), copy.deepcopy(model)]
    if importlib.util.find_spec("safetensors"):
        path = skdeep.save_safetensors(model, tmp_path / "model")
        others.append(skdeep.load_safetensors(path))
    for other in others:
        assert np.array_equal(other.predict(X), model.predict(X))
    model.partial_fit(X, Y)
    for other in others:
        assert np.array_equal(other.partial_fit(X, Y)._vector, model._vector)


def test_checkpoint(tmp_path):
    path, options = tmp_path / "run", dict(random_state=0, max_iter=6)
    with quiet():
        whole = NetworkRegressor(GRAPH, **options).fit(X, Y)
        broken = NetworkRegressor(GRAPH, **options | {"max_iter": 3})
        broken.set_callbacks(Checkpoint(path, every=1)).fit(X, Y)
        resumed = NetworkRegressor(GRAPH, **options)
        resumed.set_callbacks(Checkpoint(path, every=1, resume=True)).fit(X, Y)
        assert np.array_equal(whole._vector, resumed._vector)
        other = NetworkRegressor([*GRAPH[:-1], tanh(3, inputs=["q", "p"])], **options)
        with pytest.raises(ValueError, match="is of another network"):
            other.set_callbacks(Checkpoint(path, every=1, resume=True)).fit(X, Y)


def test_training_goes_on_with_the_same_graph():
    layers = [("a", tanh(6)), ("b", tanh(6)), tanh(3, inputs="b")]
    model = fitted(layers, X, Y, warm_start=True)
    model.set_params(layers__2__inputs=["a", "b"])
    for call in (model.fit, model.partial_fit):
        with pytest.raises(ValueError, match="Training goes on with the fitted network"):
            call(X, Y)


@pytest.mark.parametrize("solver", ["lbfgs", "rprop", "bold_driver"])
def test_solvers(solver):
    model = fitted(VECTORS["two blocks"], X, Y, solver=solver, max_iter=30)
    assert np.isfinite(model.loss_) and model.score(X, Y) > 0


def test_description():
    model = fitted(VECTORS["columns"], X, Y)
    description = describe_network(model)
    assert description.n_parameters == model._vector.size
    reads = [layer.reads for layer in description.layers[1:]]
    assert reads == [
        *(("input",), ("hidden 0",), ("input",), ("hidden 2",)),
        *(("hidden a", "hidden b"), ("hidden 4",)),
    ]
    assert [layer.n_units for layer in description.layers] == [6, 2, 3, 3, 4, 7, 1]
    unfitted = describe_network(NetworkRegressor(VECTORS["columns"]))
    assert [layer.reads for layer in unfitted.layers[1:]] == reads


BAD = [
    ([("a", tanh(3)), tanh(3, inputs="b")], r"layers\[1\].*inputs='b' holds 'b', which is neither"),
    ([("a", tanh(3, inputs=["b"])), ("b", tanh(3))], r"layers\['a'\].*which are called \[\]"),
    ([("a", tanh(3, inputs="a"))], r"layers\['a'\].*nor the name of an earlier layer"),
    ([("a", tanh(3)), tanh(3, inputs="features")], r"Nothing reads the outputs of layers\['a'\]"),
    ([("features", tanh(3))], "layers\\[0\\] is called 'features', which is the name of the fea"),
    ([tanh(3, inputs=[])], "'inputs' parameter must hold names, got \\[\\]"),
    ([tanh(3, inputs=[0])], "'inputs' parameter must hold names, got \\[0\\]"),
    ([tanh(3, inputs=0)], "'inputs' parameter of Dense must be"),
    ([tanh(3, inputs=["features", "features"])], "'inputs' parameter holds a name twice"),
    ([tanh(3), Add()], r"layers\[1\], Add.*it reads several layers"),
    ([tanh(3), Concatenate("0")], r"layers\[1\], Concatenate.*it reads several layers"),
    (
        [tanh(3), tanh(4), Add(["0", "1"])],
        r"layers\[2\], Add.*\[\(3,\), \(4,\)\], which must b",
    ),
    ([tanh(3), Add(["0", "features"])], r"layers\[1\], Add.*\[\(3,\), \(6,\)\], which must be eq"),
    ([tanh(3), Embedding(3, 2, inputs="0")], "reads codes among the features, so it must be the"),
    (
        [tanh(3), Columns([0]), Embedding(3, 2)],
        r"layers\[2\], Embedding.*must be the first layer, or read inputs='features', or Columns",
    ),
    ([Columns([6])], r"columns=\[6\] holds 6, but there are columns 0 to 5"),
    ([Columns([0, 0])], "'columns' parameter holds a column twice"),
    ([Columns([])], "'columns' parameter must hold integers, got \\[\\]"),
    ([Columns([-1])], "'columns' parameter must hold integers >= 0, got -1"),
    ([Columns([True])], "'columns' parameter must hold integers >= 0, got True"),
    ([Columns([[0]])], "'columns' parameter must hold integers >= 0, got \\[0\\]"),
    ([Columns([[1], [2, 3]])], "'columns' parameter must hold integers >= 0, got \\[1\\]"),
    ([Columns(np.eye(2, dtype=int))], "'columns' parameter must hold integers, got array"),
    (
        [("f", Flatten(inputs="features")), tanh(5, inputs=["features", "f"])],
        r"layers\[1\], Dense.*holds the features more than once: \['features', 'f'\]",
    ),
    (
        [("f", Flatten(inputs="features")), Concatenate(["features", "f"]), tanh(2)],
        r"layers\[1\], Concatenate.*holds the features more than once",
    ),
    ([Columns(3)], "'columns' parameter of Columns must be"),
    ([Columns([0, 1], output_shape=(3, 1))], "does not hold the 2 numbers of a sample"),
    ([Columns([0, 1], output_shape=(2, 0))], "'output_shape' parameter must hold integers >= 1"),
    ([Columns([0, 1], output_shape=(2, 1, 1))], "must have one or two numbers"),
    ([Columns([0, 1], output_shape=(2, 1))], "must have a target for every step"),
]


@pytest.mark.parametrize("layers, message", BAD, ids=[message for _, message in BAD])
def test_what_does_not_fit(layers, message):
    rows = np.abs(np.round(X)) % 3
    model = NetworkRegressor(layers)
    before = dict(vars(model))
    with pytest.raises(ValueError, match=message):
        model.fit(rows, Y)
    assert vars(model) == before


def test_sequences_that_do_not_fit():
    samples, y = sequences()
    layers = [("a", Conv1D(3, 2)), Conv1D(3, 2, inputs=["a", "features"]), Flatten()]
    message = r"layers\[1\], Conv1D.*\[\(8, 3\), \(9, 3\)\], which cannot be put side by side"
    with pytest.raises(ValueError, match=message):
        NetworkClassifier(layers).fit(samples, y)


def test_the_gpu_has_none_of_it():
    y = (Y > 0).astype(int)
    for layers in (VECTORS["residual"], VECTORS["turned round"], VECTORS["columns"]):
        with pytest.raises(ValueError, match=r"device='cuda' has no kernels for layers\["):
            NetworkClassifier(layers, device="cuda").fit(X, y)
        with quiet():
            NetworkClassifier(layers, device="auto", max_iter=1).fit(X, y)
