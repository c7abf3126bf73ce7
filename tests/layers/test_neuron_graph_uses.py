"""Graphs of neurons beside everything else that estimators can, and among other layers."""

import copy
import pickle

import numpy as np
import pytest
import scipy.sparse as sp
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

import skdeep
from skdeep import NetworkClassifier, NetworkRegressor, check_gradient
from skdeep.formulas.optimizers import REGISTRY as RULES
from skdeep.formulas.penalties import REGISTRY as PENALTIES
from skdeep.layers import Add, Columns, Concatenate, Conv1D, Dense, Flatten, NeuronGraph
from tests import datasets
from tests.helpers import assert_close, quiet, same, unchanged
from tests.layers.graphs import GRAPHS, copied, estimator, fitted
from tests.layers.problems import fitted as fitted_network
from tests.layers.problems import reference_outputs

LIMIT = 1e-6
TWO = ["with columns", "last groups"]


@pytest.mark.parametrize("penalty", [name for name in PENALTIES if not PENALTIES[name].power] + [3])
@pytest.mark.parametrize("solver", ["sgd", "adam", "rmsprop", "adagrad", "rprop", "cg", "lbfgs"])
def test_what_is_no_connection_stays_exactly_zero(solver, penalty):
    by_batches = solver in RULES and not RULES[solver].full_batch
    options = dict(solver=solver, penalty=penalty, max_iter=10)
    options["batch_size"] = 20 if by_batches else "auto"
    model, *_ = fitted("multioutput", GRAPHS["random"], **options)
    layers = list(zip(model.coefs_, model.connectivity_, strict=True))
    assert sum((~mask).sum() for _, mask in layers) > 20
    for coef, mask in layers:
        assert mask.dtype == bool and not coef[~mask].any() and coef[mask].all()


WITH = {
    "batch_norm": {"batch_norm": True, "batch_size": 20},
    "batch_norm of the layer": {"layer": {"batch_norm": True}, "batch_size": 20},
    "dropout": {"layer": {"dropout": 0.3}, "batch_size": 20},
    "dropconnect": {"dropconnect": 0.3, "batch_size": 7},
    "dropconnect of the layer": {"layer": {"dropconnect": 0.3}, "batch_size": 7},
    "noise": {"input_noise": 0.1},
    "max_norm": {"max_norm": 0.5, "batch_size": 10},
    "clip_norm": {"clip_norm": 0.1},
    "weight_norm": {"weight_norm": True, "batch_size": 20},
    "frozen": {"layer": {"trainable": False}},
    "slow": {"layer": {"learning_rate_factor": 0.1}},
    "auxiliary outputs": {"layer": {"auxiliary_output": True}, "batch_size": 20},
    "l1": {"penalty": "l1"},
    "early stopping": {"early_stopping": True},
    "restarts": {"n_restarts": 3},
    "restarts, lbfgs": {"n_restarts": 2, "solver": "lbfgs"},
    "he_normal": {"weight_init": "he_normal"},
    "orthogonal": {"weight_init": "orthogonal"},
    "everything": {
        "layer": {"dropout": 0.2, "dropconnect": 0.1, "batch_norm": True},
        "max_norm": 2.0,
        "clip_norm": 1.0,
        "early_stopping": True,
        "batch_size": 11,
        "shuffle": True,
    },
}


@pytest.mark.parametrize("others", WITH)
@pytest.mark.parametrize("graph", TWO)
def test_with_other_parameters(graph, others):
    bits = []
    for n_threads in (1, 2):
        options = dict(WITH[others], max_iter=3, n_threads=n_threads)
        model, X, y = fitted("multiclass", GRAPHS[graph], **options)
        bits.append(model._vector)
    assert_array_equal(*bits)
    assert np.isfinite(bits[0]).all()
    assert all(not c[~m].any() for c, m in zip(model.coefs_, model.connectivity_, strict=True))
    assert check_gradient(model, X, y) < LIMIT
    if not model.batch_norm_:
        assert_close(model.predict_proba(X), copied(model).predict(X), 1e-9)
    if others == "noise":
        return
    with quiet():
        model.fit(sp.csr_matrix(X), y)
    assert check_gradient(model, sp.csr_matrix(X), y) < LIMIT


@pytest.mark.parametrize("graph", TWO)
def test_sparse_features_are_the_same_numbers(graph):
    model, X, y = fitted("multiclass", GRAPHS[graph], max_iter=3, batch_size=20)
    for container in (sp.csr_matrix, sp.csc_matrix, sp.csr_array):
        with quiet():
            other = clone(model).fit(container(X), y)
        assert_close(other._vector, model._vector, 1e-9)
        assert_close(other.predict_proba(container(X)), model.predict_proba(X), 1e-9)
    with quiet():
        model.partial_fit(sp.csr_matrix(X), y)
        model.fit(X, y, X_val=sp.csr_matrix(X), y_val=y)


@pytest.mark.parametrize("graph", TWO)
def test_float32(graph):
    model, X, y = fitted("multiclass", GRAPHS[graph], max_iter=5)
    double = model._vector
    with quiet():
        single = model.fit(X.astype(np.float32), y)
    assert single.coefs_[0].dtype == single._vector.dtype == np.float32
    assert single.predict_proba(X.astype(np.float32)).dtype == np.float32
    assert_close(single._vector, double, 1e-3)
    assert check_gradient(single, X, y) < LIMIT


@pytest.mark.parametrize("trainable", [False, True])
def test_layers_taken_over_keep_their_bits_if_frozen(trainable):
    source, X, y = fitted("multiclass", GRAPHS["with columns"])
    layer = {"trainable": trainable}
    options = dict(init_from=source, max_iter=4, batch_size=10)
    model, *_ = fitted("multiclass", GRAPHS["with columns"], layer, **options)
    for ours, theirs in zip(model.coefs_[:-1], source.coefs_[:-1], strict=True):
        assert np.array_equal(ours, theirs) != trainable
    assert not np.array_equal(model.coefs_[-1], source.coefs_[-1])
    assert check_gradient(model, X, y) < LIMIT


def test_taken_over_from_dense_layers_only_connections_stay():
    with quiet():
        X, y = datasets.load("regression")
        source = NetworkRegressor([Dense(2, "tanh")], max_iter=1, random_state=0).fit(X, y)
        layers = [NeuronGraph({"a": [0, 1], "b": [3]}, "tanh")]
        options = dict(init_from=source, solver="sgd", learning_rate_init=1e-300)
        model = NetworkRegressor(layers, max_iter=1, random_state=1, **options).fit(X, y)
    assert_array_equal(model.coefs_[0], source.coefs_[0] * model.connectivity_[0])


@pytest.mark.parametrize("graph", TWO)
def test_fits_that_go_on(graph):
    """`partial_fit`, warm starts, pickles and files go on where a single fit would be."""
    model, X, y = estimator("multiclass", GRAPHS[graph], max_iter=4, batch_size=20)
    with quiet():
        once = clone(model).fit(X, y)
        parts = clone(model)
        for step in range(4):
            parts.partial_fit(X, y, classes=[*range(4)])
            if step == 1:
                parts = pickle.loads(pickle.dumps(parts))
        warm = clone(model).set_params(warm_start=True, max_iter=2).fit(X, y)
        begun = warm._vector.copy()
        warm.fit(X, y)
    assert_array_equal(parts._vector, once._vector)
    assert same(parts.coefs_, once.coefs_) and parts.loss_curve_ == once.loss_curve_
    assert same(parts.connectivity_, once.connectivity_)
    assert not np.array_equal(begun, warm._vector)
    again = pickle.loads(pickle.dumps(once))
    assert_array_equal(again.predict_proba(X), once.predict_proba(X))
    with quiet():
        assert_array_equal(clone(again).fit(X, y)._vector, once._vector)


def test_training_goes_on_with_the_same_graph():
    graph = {"a": [0, 1], "b": (["a"], "gelu")}
    model, X, y = fitted("regression", graph, warm_start=True)
    with quiet():
        model.set_params(layers__0__graph={"b": (("a",), "gelu"), "a": (1, 0)}).fit(X, y)
        model.set_params(layers__0__dropout=0.5, layers__0__trainable=False).fit(X, y)
    others = [
        {"a": [0, 2], "b": (["a"], "gelu")},
        {"a": [0, 1], "b": (["a"], "silu")},
        {"a": [0, 1], "b": (["a"], "gelu"), "outputs": ["b", "a"]},
    ]
    for other in others:
        model.set_params(layers__0__graph=other)
        for call in (model.fit, model.partial_fit):
            message = "goes on with the fitted network"
            with unchanged(model), pytest.raises(ValueError, match=message):
                call(X, y)


def test_validation_set():
    options = dict(max_iter=5, early_stopping=True, scoring="loss")
    model, X, y = estimator("multiclass", GRAPHS["with columns"], **options)
    with quiet():
        model.fit(X[:70], y[:70], X_val=X[70:], y_val=y[70:])
    probabilities = model.predict_proba(X[70:])[np.arange(len(X) - 70), y[70:]]
    best = min(model.validation_loss_curve_)
    assert -np.log(probabilities).mean() == pytest.approx(best, rel=1e-9)


def test_in_a_search():
    X, y = datasets.load("multiclass")
    graphs = [GRAPHS["random"], {"only": range(6), "outputs": ["only", 0]}]
    layers = [NeuronGraph(graphs[0])]
    grids = [{"layers__0__graph": graphs, "layers__0__activation": ["relu", "tanh"]}]
    grids += [{"layers": [[Dense(3)], layers]}]
    model = NetworkClassifier(layers, max_iter=20, learning_rate_init=0.02, random_state=0)
    with quiet():
        search = GridSearchCV(model, grids, cv=2, error_score="raise").fit(X, y)
    scores = search.cv_results_["mean_test_score"]
    assert len(scores) == 6 and len(set(scores)) > 2 and layers[0].graph is graphs[0]


@pytest.mark.parametrize("graph", TWO)
def test_gradient_norms(graph):
    options = dict(solver="sgd", batch_size=89, record_gradient_norms=True)
    model, X, y = fitted("regression", GRAPHS[graph], **options, learning_rate_init=1e-300)
    _, coefs, intercepts = model.loss_gradient(X, y)
    pairs = zip(coefs, intercepts, strict=True)
    expected = [np.sqrt((w**2).sum() + (b**2).sum()) for w, b in pairs]
    found = model.gradient_norms_[0]
    assert_close(found[found > 0], expected, 1e-9)
    assert len(found) == len(model.layers_[0][1].steps()) + 1  # 0 for what copies


def test_feature_names():
    """They may stand for numbers of features, and `layers_` has the numbers."""
    pd = pytest.importorskip("pandas")
    X, y = datasets.load("regression")
    frame = pd.DataFrame(X, columns=[f"f{i}" for i in range(5)])
    named = {"h": ["f0", 3], "k": (["f1", "h"], "tanh"), "outputs": ["k", "f4"]}
    numbers = {"h": [0, 3], "k": ([1, "h"], "tanh"), "outputs": ["k", 4]}
    with quiet():
        model = NetworkRegressor([NeuronGraph(named)], max_iter=3, random_state=0).fit(frame, y)
        other = NetworkRegressor([NeuronGraph(numbers)], max_iter=3, random_state=0).fit(X, y)
        assert_array_equal(model._vector, other._vector)
        assert_array_equal(model.predict(frame), other.predict(X))
        assert model.layers_[0][1].graph == numbers and model.layers[0].graph is named
        again = pickle.loads(pickle.dumps(model)).partial_fit(frame, y)
        assert_array_equal(again._vector, other.partial_fit(X, y)._vector)
        columns = [Columns([4, 0]), NeuronGraph({"a": ["f0"], "outputs": ["a", "f4"]})]
        model = NetworkRegressor(columns, max_iter=3, random_state=0).fit(frame, y)
    assert model.layers_[1][1].graph == {"a": [1], "outputs": ["a", 0]}


def test_other_data():
    """A graph names columns: data with fewer, and data without the names, will not do."""
    pd = pytest.importorskip("pandas")
    X, y = datasets.load("regression")
    model, *_ = fitted("regression", {"a": [0, 4], "outputs": ["a", 3]})
    with unchanged(model), pytest.raises(ValueError, match=r"'a' reads 4, .* of the 4 columns"):
        model.fit(X[:, :4], y)
    for call in (model.predict, lambda X: model.partial_fit(X, y)):
        with unchanged(model), pytest.raises(ValueError, match="4 features"):
            call(X[:, :4])
    model.set_params(layers__0__graph={"a": ["first", "f1"]})
    frame = pd.DataFrame(X, columns=[f"f{i}" for i in range(5)])
    for data in (X, frame):
        message = r"layers\[0\], NeuronGraph.*'a' reads 'first', which is neither"
        with unchanged(model), pytest.raises(ValueError, match=message):
            model.fit(data, y)
    model.set_params(layers__0__graph={"f1": [0]})
    with unchanged(model), pytest.raises(ValueError, match="'f1' is the name of a neuron and of"):
        model.fit(frame, y)
    model.set_params(layers__0__graph={"a": [1, "f1"]})
    with unchanged(model), pytest.raises(ValueError, match="'a' reads 'f1' twice"):
        model.fit(frame, y)
    second = [Dense(3), NeuronGraph({"a": ["f1"]})]
    with pytest.raises(ValueError, match=r"layers\[1\], NeuronGraph.*'a' reads 'f1', which is nei"):
        NetworkRegressor(second).fit(frame, y)


def test_the_graph_is_not_changed():
    graph = {"a": [0, 1], "b": (["a", 2], "tanh")}
    kept = copy.deepcopy(graph)
    model, X, _ = fitted("regression", graph)
    assert graph == kept and model.layers[0].graph is graph
    graph["a"] = [3]  # which changes nothing of the fitted network
    with unchanged(model):
        model.predict(X)
    assert model.connectivity_[0][:, 0].tolist() == [True, True, False, False, False]
    assert clone(model).layers[0].graph == graph


def test_connectivity_is_that_of_networks_with_masks():
    X, y = datasets.load("regression")
    model = NetworkRegressor([Dense(2)], max_iter=1)
    assert not hasattr(model, "connectivity_")
    with quiet():
        assert not hasattr(model.fit(X, y), "connectivity_")
        model.set_params(layers=[Dense(3), NeuronGraph({"a": [0, 1]})]).fit(X, y)
    assert [mask.all() for mask in model.connectivity_] == [True, False, True]
    assert [mask.shape for mask in model.connectivity_] == [coef.shape for coef in model.coefs_]


CHANGES = {
    "coefs_": (lambda model: model.coefs_.__setitem__(1, np.ones((5, 1))), "coefs_ has the shapes"),
    "fewer": (lambda model: setattr(model, "coefs_", model.coefs_[:1]), "coefs_ has the shapes"),
    "graph": (
        lambda model: model.layers_[0][1].set_params(graph={"a": [0], "b": [1]}),
        "coefs_ has the shapes",
    ),
    "cycle": (
        lambda model: model.layers_[0][1].set_params(graph={"a": ["a"]}),
        "graph has a cycle: 'a' reads 'a'",
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_changed_attributes(change):
    model, X, y = fitted("regression", GRAPHS["with columns"])
    do, message = CHANGES[change]
    do(model)
    for call in (model.predict, lambda X: model.partial_fit(X, y)):
        with unchanged(model), pytest.raises(ValueError, match=message):
            call(X)


def test_replaced_by_equal_shapes():
    model, X, y = fitted("multiclass", GRAPHS["with columns"])
    expected = model.predict_proba(X)
    model.coefs_ = [coef.copy() for coef in model.coefs_]
    assert_array_equal(model.predict_proba(X), expected)
    model.coefs_[0][...] *= 0.5
    assert not np.array_equal(model.predict_proba(X), expected)
    with quiet():
        model.partial_fit(X, y)


RNG = np.random.default_rng(0)
ROWS = RNG.normal(size=(90, 6))
TARGETS = ROWS[:, 0] * ROWS[:, 1] + ROWS[:, 2]


def graph(name, **parameters):
    return NeuronGraph(GRAPHS[name], "tanh", **parameters)


NETWORKS = {
    "behind a layer": [Dense(5, "tanh"), graph("with columns")],
    "before a layer": [graph("last groups"), Dense(3, "tanh")],
    "two graphs": [graph("other order"), NeuronGraph({"a": [0, 1], "b": (["a"], "gelu")})],
    "apart from what it reads": [
        *(("a", Dense(5, "tanh")), ("b", graph("last groups", inputs="features"))),
        Dense(3, "tanh", inputs=["b", "a"]),
    ],
    "of two layers": [
        *(("a", Dense(3, "tanh")), ("b", Dense(3, "tanh", inputs="features"))),
        graph("with columns", inputs=["a", "b"]),
    ],
    "added": [
        *(("a", Dense(2, "tanh")), ("b", graph("last groups", inputs="features"))),
        Add(["a", "b"], activation="tanh"),
    ],
    "side by side": [
        *(("a", Dense(2, "tanh")), ("b", graph("last groups", inputs="features"))),
        Concatenate(["b", "features", "a"]),
    ],
    "some of it": [graph("last groups"), Columns([1])],
    "of some columns": [Columns([5, 0, 2, 3, 1]), graph("with columns")],
    "flat": [graph("last groups"), Flatten(), Dense(2, "tanh")],
    "frozen between": [Dense(5, "tanh"), graph("with columns", trainable=False), Dense(2, "tanh")],
    "as a sequence": [graph("last groups"), Columns([1, 0], output_shape=(2, 1)), Conv1D(2, 2)],
}
NETWORKS["as a sequence"].append(Flatten())


@pytest.mark.parametrize("name", NETWORKS)
def test_among_other_layers(name):
    for batch_size in (5, 90):
        options = dict(alpha=0.1, batch_size=batch_size)
        model = fitted_network(NETWORKS[name], ROWS, TARGETS, **options)
        assert_close(model.predict(ROWS), reference_outputs(model, ROWS)[:, 0], 1e-10)
        assert_close(model.make_predictor().predict(ROWS), model.predict(ROWS), 1e-12)
        assert check_gradient(model, ROWS, TARGETS) < LIMIT


def test_files(tmp_path):
    pytest.importorskip("safetensors")
    with quiet():
        model = NetworkRegressor(NETWORKS["apart from what it reads"], max_iter=2).fit(
            ROWS, TARGETS
        )
    skdeep.save_safetensors(model, tmp_path / "model")
    loaded = skdeep.load_safetensors(tmp_path / "model")
    assert_array_equal(loaded.predict(ROWS), model.predict(ROWS))
    assert same(loaded.connectivity_, model.connectivity_)
    assert loaded.get_params()["layers__b__graph"] == GRAPHS["last groups"]
