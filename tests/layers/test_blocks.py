"""Layers whose weights are shared, kept, or trained at a rate of their own."""

import importlib.util
import pickle

import numpy as np
import pytest
import scipy.sparse as sp

import skdeep
from skdeep import NetworkClassifier, NetworkRegressor, check_gradient
from skdeep.callbacks import Checkpoint
from skdeep.displays import describe_network
from skdeep.engines.cpu.planning.plan import plan_training
from skdeep.engines.cpu.planning.shape import Shape
from skdeep.layers import Add, Columns, Concatenate, Conv1D, Dense, Embedding, Flatten, MaxPool1D
from tests.helpers import assert_close, quiet, same
from tests.layers.problems import codes, fitted, reference_outputs, sequences

RNG = np.random.default_rng(0)
X = RNG.normal(size=(90, 6))
Y = X[:, 0] * X[:, 1] + X[:, 2]


def tanh(units=6, **parameters):
    return Dense(units, "tanh", **parameters)


SHARED = {
    "first layer": [("a", tanh()), tanh(4), tanh(6), tanh(weights_of="a")],
    "three times": [tanh(5), ("a", tanh(5)), tanh(5, weights_of="a"), tanh(5, weights_of="2")],
    "side by side": [("a", tanh()), tanh(weights_of="a"), tanh(3)],
    "frozen": [tanh(), ("a", tanh(trainable=False)), tanh(weights_of="a"), tanh(3)],
    "two pairs": [
        tanh(4),
        tanh(4),
        tanh(4, weights_of="1"),
        tanh(3),
        tanh(3),
        tanh(3, weights_of="4"),
    ],
    "slow": [("a", tanh(learning_rate_factor=0.1)), tanh(weights_of="a"), tanh(3)],
}
FROZEN = {
    "first": [tanh(trainable=False), tanh(4)],
    "middle": [tanh(5), tanh(4, trainable=False), tanh(3)],
    "last": [tanh(5), tanh(4, trainable=False)],
    "all": [tanh(5, trainable=False), tanh(4, trainable=False)],
    "every other": [tanh(5, trainable=False), tanh(4), tanh(3, trainable=False), tanh(5)],
}


def own(layers):
    """Return the places of the layers that use weights of their own."""
    return [i for i, each in enumerate(layers) if _layer(each).weights_of is None]


def _layer(entry):
    return entry[1] if isinstance(entry, tuple) else entry


@pytest.mark.parametrize("layers", SHARED.values(), ids=SHARED)
def test_shared_weights_are_there_once(layers):
    model = fitted(layers, X, Y)
    assert len(model.coefs_) == len(model.intercepts_) == len(own(layers)) + 1
    assert model.n_layers_ == len(layers) + 2
    assert model._vector.size == sum(w.size for w in [*model.coefs_, *model.intercepts_])
    assert_close(model.predict(X), reference_outputs(model, X)[:, 0], 1e-10)
    assert_close(model.make_predictor().predict(X), model.predict(X), 1e-12)


@pytest.mark.parametrize("batch_size", [5, 30, 90])
@pytest.mark.parametrize("layers", SHARED.values(), ids=SHARED)
def test_gradient_of_shared_weights(layers, batch_size):
    """With tiles that form the gradient of a batch (which trains), and with parts of the rows."""
    model = fitted(layers, X, Y, alpha=0.3, batch_size=batch_size)
    assert check_gradient(model, X, Y) < 1e-7


@pytest.mark.parametrize("before", [Add(["in", "features"]), Columns([3, 1, 0, 5, 4, 2])], ids=str)
def test_gradient_behind_a_layer_without_weights(before):
    """Its place among the weights is that of the shared ones that follow."""
    layers = [("in", tanh()), before, ("s", tanh()), tanh(weights_of="s"), tanh(), tanh(7)]
    model = NetworkRegressor(layers, solver="lbfgs", max_iter=3, random_state=0)
    with quiet():
        model.fit(X, Y)
    assert check_gradient(model, X, Y) < 1e-6
    plan = plan_training(model._network()[0], Shape(90, 8, None, True), 1, 1)
    copies = plan.operations[plan.operations.transposed > 0]
    ends = copies.transposed + copies.fan_in * copies.fan_out
    for place, end in zip(copies.transposed, ends, strict=True):
        inside = (copies.transposed > place) & (copies.transposed < end)
        assert not inside.any() and end <= plan.memory_size


@pytest.mark.parametrize("batch_size", [5, 90])
@pytest.mark.parametrize("layers", [SHARED["first layer"], SHARED["three times"]])
def test_step_of_shared_weights(layers, batch_size):
    """A step of gradient descent is along the gradient that all rows have."""
    options = dict(solver="sgd", momentum=0.0, alpha=0.3, shuffle=False)
    rows, y = X[:batch_size], Y[:batch_size]
    options |= dict(batch_size=batch_size, learning_rate_init=0.01)
    model = fitted(layers, rows, y, **options, max_iter=1)
    _, coefs, intercepts = model.loss_gradient(rows, y)
    before = [part.copy() for part in (*model.coefs_, *model.intercepts_)]
    model.partial_fit(rows, y)
    for part, old, slope in zip(
        (*model.coefs_, *model.intercepts_), before, (*coefs, *intercepts), strict=True
    ):
        assert_close(part, old - 0.01 * slope, 1e-10)


def test_penalty_counts_shared_weights_once():
    layers = SHARED["three times"]
    plain, penalised = (fitted(layers, X, Y, alpha=alpha, max_iter=1) for alpha in (0.0, 2.0))
    penalised.coefs_ = [coef.copy() for coef in plain.coefs_]
    penalised.intercepts_ = [part.copy() for part in plain.intercepts_]
    squares = sum((coef**2).sum() for coef in plain.coefs_)
    difference = penalised.loss_gradient(X, Y)[0] - plain.loss_gradient(X, Y)[0]
    assert_close(difference, squares / len(X), 1e-10)


def test_shared_weights_are_drawn_once():
    """What comes behind is drawn as if the layer were not there."""
    options = dict(max_iter=1, learning_rate_init=1e-300)
    shared = fitted([("a", tanh()), tanh(weights_of="a"), tanh(3)], X, Y, **options)
    without = fitted([tanh(), tanh(3)], X, Y, **options)
    assert same(shared.coefs_, without.coefs_) and same(shared.intercepts_, without.intercepts_)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("batch_size", [8, 100, 700])
def test_same_bits_for_any_number_of_threads(dtype, batch_size):
    """Of wide layers, too: those of float64 would be in panels, were they not shared."""
    rng = np.random.default_rng(1)
    rows, y = rng.normal(size=(1400, 300)).astype(dtype), rng.integers(3, size=1400)
    wide = [Dense(300), ("a", Dense(300)), Dense(300, weights_of="a", dropout=0.1)]
    layers = [*wide, Dense(40, trainable=False), Dense(30, learning_rate_factor=2.0)]
    models = [
        fitted(layers, rows, y, max_iter=1, batch_size=batch_size, n_threads=n)
        for n in (1, 2, 3, 5)
    ]
    for model in models:
        assert model.coefs_[1].dtype == dtype
        assert np.array_equal(model._vector, models[0]._vector)


def test_float32_beside_float64():
    layers = SHARED["two pairs"]
    single = fitted(layers, X.astype(np.float32), Y, max_iter=10)
    double = fitted(layers, X, Y, max_iter=10)
    assert single.coefs_[1].dtype == np.float32
    assert_close(single.predict(X.astype(np.float32)), double.predict(X), 1e-3)


@pytest.mark.parametrize("container", [sp.csr_array, sp.csc_matrix])
@pytest.mark.parametrize("batch_size", [7, 90])
def test_sparse_features(container, batch_size):
    """The layer that reads them shares its weights with one that reads another layer."""
    rows = np.where(np.abs(X) > 0.7, X, 0)
    for layers in (SHARED["first layer"], [tanh(learning_rate_factor=0.5), tanh(trainable=False)]):
        options = dict(batch_size=batch_size, max_iter=4)
        dense, sparse = (fitted(layers, A, Y, **options) for A in (rows, container(rows)))
        assert_close(sparse._vector, dense._vector, 1e-8)
        assert check_gradient(sparse, container(rows), Y) < 1e-7


def test_shared_convolutions():
    samples, y = sequences(shape=(9, 4))
    layers = [
        ("a", Conv1D(4, 3, padding="same", activation="tanh")),
        MaxPool1D(2),
        Conv1D(4, 3, padding="same", dilation=2, activation="tanh", weights_of="a"),
        Flatten(),
    ]
    for batch_size in (7, 60):
        model = fitted(layers, samples, y, batch_size=batch_size, alpha=0.1)
        assert [coef.shape for coef in model.coefs_] == [(3, 4, 4), (16, 3)]
        assert check_gradient(model, samples, y) < 1e-6
    bits = [fitted(layers, samples, y, n_threads=n)._vector for n in (1, 2, 3)]
    assert np.array_equal(bits[0], bits[1]) and np.array_equal(bits[0], bits[2])


@pytest.mark.parametrize("layers", FROZEN.values(), ids=FROZEN)
def test_frozen_layers_keep_their_weights(layers):
    model = fitted(layers, X, Y, max_iter=1, learning_rate_init=1e-300)
    first = [part.copy() for part in (*model.coefs_, *model.intercepts_)]
    for batch_size in (5, 90):
        model = fitted(layers, X, Y, batch_size=batch_size)
        kept = [
            same(*pair) for pair in zip((*model.coefs_, *model.intercepts_), first, strict=True)
        ]
        frozen = [not layer.trainable for layer in layers]
        assert kept == [*frozen, False] * 2
        assert check_gradient(model, X, Y) < 1e-7
        gradient = model.loss_gradient(X, Y)[1]
        assert [not part.any() for part in gradient] == [*frozen, False]


def test_frozen_weights_get_no_penalty():
    """As with `frozen_layers`."""
    model = fitted(FROZEN["middle"], X, Y, alpha=3.0)
    plain = fitted(FROZEN["middle"], X, Y, alpha=0.0, max_iter=1)
    for name in ("coefs_", "intercepts_"):
        setattr(plain, name, [part.copy() for part in getattr(model, name)])
    squares = sum((coef**2).sum() for place, coef in enumerate(model.coefs_) if place != 1)
    difference = model.loss_gradient(X, Y)[0] - plain.loss_gradient(X, Y)[0]
    assert_close(difference, 1.5 * squares / len(X), 1e-10)


def test_frozen_first_layers_as_of_an_mlp():
    """To the bit."""
    options = dict(max_iter=5, random_state=0, activation="tanh")
    layers = [tanh(5, trainable=False), tanh(4, trainable=False), tanh(3)]
    with quiet():
        expected = skdeep.MLPRegressor(
            hidden_layer_sizes=(5, 4, 3), frozen_layers=2, **options
        ).fit(X, Y)
    model = fitted(layers, X, Y, max_iter=5, learning_rate_init=0.001)
    assert np.array_equal(model._vector, expected._vector)


def test_frozen_embedding_and_convolution():
    rows, y = codes()
    layers = [Embedding(7, 3, columns=[0], trainable=False), tanh(4)]
    first = fitted(layers, rows, y, max_iter=1, learning_rate_init=1e-300)
    assert same(fitted(layers, rows, y).coefs_[0], first.coefs_[0])
    samples, y = sequences()
    layers = [Conv1D(4, 2), Conv1D(3, 2, trainable=False), Flatten()]
    for batch_size in (6, 60):
        model = fitted(layers, samples, y, batch_size=batch_size)
        first = fitted(layers, samples, y, max_iter=1, learning_rate_init=1e-300)
        kept = [same(*pair) for pair in zip(model.coefs_, first.coefs_, strict=True)]
        assert kept == [False, True, False]
        assert check_gradient(fitted(layers, samples, y, alpha=0.1), samples, y) < 1e-5


FACTORS = (0.25, 1.0, 3.0)


def adam(w, g, state, t, rate):
    m = state["m"] = 0.9 * state.get("m", 0.0) + 0.1 * g
    v = state["v"] = 0.999 * state.get("v", 0.0) + 0.001 * g * g
    return w - rate * (m / (1 - 0.9**t)) / (
        np.sqrt(v / (1 - 0.999**t)) + 1e-8 / np.sqrt(1 - 0.999**t)
    )


def nesterov(w, g, state, t, rate):
    v = state["v"] = 0.9 * state.get("v", 0.0) - rate * g
    return w + 0.9 * v - rate * g


def momentum(w, g, state, t, rate):
    v = state["v"] = 0.9 * state.get("v", 0.0) - rate * g
    return w + v


def adagrad(w, g, state, t, rate):
    s = state["s"] = state.get("s", 0.0) + g * g
    return w - rate * g / (np.sqrt(s) + 1e-8)


def rprop(w, g, state, t, rate):
    before, step = state.get("before", np.zeros_like(g)), state.get("step", np.full_like(g, rate))
    sign = np.sign(g * before)
    step = state["step"] = np.clip(step * np.choose(sign.astype(int) + 1, [0.5, 1, 1.2]), 1e-6, 50)
    g = state["before"] = np.where(sign < 0, 0, g)
    return w - step * np.sign(g)


RULES = {
    "adam": (adam, {}),
    "nesterov": (nesterov, {"solver": "sgd"}),
    "momentum": (momentum, {"solver": "sgd", "nesterovs_momentum": False}),
    "adagrad": (adagrad, {"solver": "adagrad"}),
    "rprop": (rprop, {"solver": "rprop"}),
}


@pytest.mark.parametrize("name", RULES)
def test_factors_multiply_the_learning_rate(name):
    """Some steps beside those of the formulas, with the gradients of `loss_gradient`."""
    step, options = RULES[name]
    options = dict(learning_rate_init=0.01, batch_size=90, shuffle=False, alpha=0.2) | options
    layers = [tanh(5, learning_rate_factor=FACTORS[0]), tanh(4)]
    layers.append(tanh(3, learning_rate_factor=FACTORS[2]))
    factors = [*FACTORS, 1.0] * 2
    model = fitted(layers, X, Y, **options, max_iter=1, tol=0.0)
    begun = fitted(layers, X, Y, **options | {"learning_rate_init": 1e-300}, max_iter=1)
    if name == "rprop":  # whose first step is no smaller than that
        begun = fitted(layers, X, Y, solver="sgd", learning_rate_init=1e-300, max_iter=1, alpha=0.2)
    expected = [part.copy() for part in (*begun.coefs_, *begun.intercepts_)]
    states = [{} for _ in expected]
    for t in range(1, 5):
        begun.coefs_, begun.intercepts_ = expected[:4], expected[4:]
        _, coefs, intercepts = begun.loss_gradient(X, Y)
        gradient = (*coefs, *intercepts)
        expected = [
            step(w, g, state, t, 0.01 * factor)
            for w, g, state, factor in zip(expected, gradient, states, factors, strict=True)
        ]
        model = fitted(layers, X, Y, **options, max_iter=t, tol=0.0, n_iter_no_change=100)
        for found, wanted in zip((*model.coefs_, *model.intercepts_), expected, strict=True):
            assert_close(found, wanted, 1e-9)


def test_factor_scales_decoupled_decay():
    """Of adamw, whose decay is a part of the step."""
    options = dict(solver="adamw", alpha=0.5, learning_rate_init=0.01, max_iter=1, batch_size=90)
    models = [
        fitted([tanh(4, learning_rate_factor=factor)], X, Y, **options) for factor in (1.0, 2.0)
    ]
    begun = fitted([tanh(4)], X, Y, **options | {"learning_rate_init": 1e-300})
    steps = [model.coefs_[0] - begun.coefs_[0] for model in models]
    assert_close(steps[1], 2 * steps[0], 1e-9)


@pytest.mark.parametrize("options", [{"clip_norm": 0.1}, {"learning_rate": "cosine"}], ids=str)
def test_factors_with_schedules_and_limits(options):
    layers = [tanh(4, learning_rate_factor=0.5), tanh(3)]
    options = dict(solver="sgd", momentum=0.0, max_iter=1, batch_size=90, **options)
    model, plain = fitted(layers, X, Y, **options), fitted([tanh(4), tanh(3)], X, Y, **options)
    begun = fitted(layers, X, Y, **options | {"learning_rate_init": 1e-300})
    halves = [m.coefs_[0] - begun.coefs_[0] for m in (model, plain)]
    assert_close(halves[0], 0.5 * halves[1], 1e-8)
    assert np.array_equal(model.coefs_[1], plain.coefs_[1])


def test_factor_of_one_changes_nothing():
    layers = [tanh(4, learning_rate_factor=1), tanh(3, trainable=True)]
    assert np.array_equal(fitted(layers, X, Y)._vector, fitted([tanh(4), tanh(3)], X, Y)._vector)


ALL = [
    ("a", tanh(learning_rate_factor=0.3)),
    tanh(weights_of="a"),
    tanh(5, trainable=False),
    tanh(4),
]


def test_copies_and_files(tmp_path):
    model = fitted(ALL, X, Y)
    others = [pickle.loads(pickle.dumps(model))]
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
        whole = NetworkRegressor(ALL, **options).fit(X, Y)
        broken = NetworkRegressor(ALL, **options | {"max_iter": 3})
        broken.set_callbacks(Checkpoint(path, every=1)).fit(X, Y)
        resumed = NetworkRegressor(ALL, **options)
        resumed.set_callbacks(Checkpoint(path, every=1, resume=True)).fit(X, Y)
        assert np.array_equal(whole._vector, resumed._vector)
        layers = [("a", tanh(learning_rate_factor=0.2)), *ALL[1:]]
        other = NetworkRegressor(layers, **options)
        with pytest.raises(ValueError, match="is of another network"):
            other.set_callbacks(Checkpoint(path, every=1, resume=True)).fit(X, Y)


@pytest.mark.parametrize("go_on", ["warm start", "partial_fit"])
def test_what_is_trained_may_change(go_on):
    """First what is new, then all of it at a small rate."""
    layers = [tanh(5, trainable=False), tanh(4)]
    model = fitted(layers, X, Y, warm_start=True)
    before = model.coefs_[0].copy()
    model.set_params(layers__0__trainable=True, layers__0__learning_rate_factor=0.1)
    with quiet():
        model.fit(X, Y) if go_on == "warm start" else model.partial_fit(X, Y)
    assert not np.array_equal(model.coefs_[0], before)
    assert model.layers_[0][1].trainable
    before = [coef.copy() for coef in model.coefs_]
    model.set_params(layers__0__trainable=False, layers__1__trainable=False)
    with quiet():
        model.partial_fit(X, Y)
    assert [same(*pair) for pair in zip(model.coefs_, before, strict=True)] == [True, True, False]


def test_restarts_and_validation():
    options = dict(n_restarts=2, early_stopping=True, max_iter=4)
    model = fitted(ALL, X, Y, **options)
    assert np.array_equal(model._vector, fitted(ALL, X, Y, **options, n_threads=1)._vector)


def test_norms_of_gradients():
    """Those of shared weights are the first layer's, and frozen ones have none."""
    model = fitted(ALL, X, Y, record_gradient_norms=True)
    norms = model.gradient_norms_
    assert norms.shape == (3, 5)
    assert (norms[:, [1, 2]] == 0).all() and (norms[:, [0, 3, 4]] > 0).all()


def test_full_batch_solvers():
    """They train shared weights, and leave out frozen ones."""
    layers = [("a", tanh()), tanh(weights_of="a"), tanh(4, trainable=False)]
    first = fitted(layers, X, Y, max_iter=1, learning_rate_init=1e-300)
    for solver in ("lbfgs", "cg", "bold_driver"):
        model = fitted(layers, X, Y, solver=solver, max_iter=20)
        assert model.loss_ < first.loss_
        assert same(model.coefs_[1], first.coefs_[1])


def test_description():
    model = fitted(ALL, X, Y)
    description = describe_network(model)
    assert description.n_parameters == model._vector.size
    notes = [layer.notes[1:] for layer in description.layers[1:-1]]
    assert notes == [("learning rate x 0.3",), ("weights of a",), ("frozen",), ()]
    assert describe_network(NetworkRegressor(ALL)).layers[2].notes[1:] == ("weights of a",)


OF_A = {"columns": [1, 0], "inputs": "features", "weights_of": "a"}
BAD = [
    ([tanh(weights_of="a")], r"layers\[0\], Dense.*weights_of='a' is not the name of an earlier"),
    ([("a", tanh(weights_of="b")), ("b", tanh())], r"layers\['a'\].*which are called \[\]"),
    ([("a", tanh(weights_of="a"))], r"layers\['a'\].*not the name of an earlier layer"),
    (
        [("a", tanh(5)), tanh(weights_of="a")],
        r"layers\[1\].*\(5, 6\).*layers\['a'\], Dense.*\(6, 5\)",
    ),
    ([Embedding(4, 6), Flatten(), tanh(36), tanh(6, weights_of="0")], "are of one kind"),
    (
        [("a", tanh()), ("b", tanh(weights_of="a")), tanh(weights_of="b", trainable=False)],
        r"weights_of='b' do not go together.*those of the weights of layers\['a'\]",
    ),
    (
        [
            *(("a", Embedding([3, 4], 2, columns=[0, 1])), Embedding([4, 3], 2, **OF_A)),
            Concatenate(["a", "1"]),
        ],
        r"layers\[1\].*the tables of this layer have \(4, 3\) rows, those of .* \(3, 4\)",
    ),
    (
        [
            *(("a", Embedding([3, 4], 2, columns=[0, 1])), Embedding(7, 2, **OF_A)),
            Concatenate(["a", "1"]),
        ],
        r"layers\[1\].*the tables of this layer have \(7,\) rows, those of .* \(3, 4\)",
    ),
    ([tanh(), tanh(weights_of="0", trainable=False)], "trainable=False and weights_of='0' do not"),
    ([tanh(), tanh(weights_of="0", learning_rate_factor=2.0)], "learning_rate_factor=2.0 and wei"),
    ([tanh(learning_rate_factor=0.0)], "'learning_rate_factor' parameter of Dense must be"),
    ([tanh(learning_rate_factor=-1.0)], "'learning_rate_factor' parameter of Dense must be"),
    ([tanh(learning_rate_factor=np.inf)], "'learning_rate_factor' parameter of Dense must be"),
    ([tanh(learning_rate_factor=np.nan)], "'learning_rate_factor' parameter of Dense must be"),
    ([tanh(learning_rate_factor="1")], "'learning_rate_factor' parameter of Dense must be"),
    ([tanh(learning_rate_factor=True)], "'learning_rate_factor' parameter must be a number"),
    ([tanh(trainable="no")], "'trainable' parameter of Dense must be"),
    ([tanh(weights_of=0)], "'weights_of' parameter of Dense must be"),
]


@pytest.mark.parametrize("layers, message", BAD, ids=[message for _, message in BAD])
def test_what_does_not_go_together(layers, message):
    rows = np.abs(np.round(X)) % 4
    model = NetworkRegressor(layers)
    before = dict(vars(model))
    with pytest.raises(ValueError, match=message):
        model.fit(rows, Y)
    assert vars(model) == before


@pytest.mark.parametrize("solver", ["lbfgs", "cg", "bold_driver"])
def test_full_batch_solvers_know_no_learning_rate(solver):
    with pytest.raises(ValueError, match=r"layers\[1\], Dense.*solver='" + solver):
        NetworkRegressor([tanh(), tanh(learning_rate_factor=0.5)], solver=solver).fit(X, Y)


@pytest.mark.parametrize(
    "layers, wrong",
    [
        ([tanh(learning_rate_factor=0.5)], 0),
        ([tanh(), tanh(weights_of="0")], 1),
        ([tanh(), tanh(trainable=False)], 1),
    ],
)
def test_the_gpu_has_none_of_it(layers, wrong):
    y = (Y > 0).astype(int)
    with pytest.raises(ValueError, match=rf"device='cuda' has no kernels for layers\[{wrong}\]"):
        NetworkClassifier(layers, device="cuda").fit(X, y)
    with quiet():
        NetworkClassifier(layers, device="auto", max_iter=1).fit(X, y)
