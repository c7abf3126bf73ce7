"""Cross-attention: steps of one sequence that read those of another."""

import numpy as np
import pytest

from skdeep import NetworkClassifier, check_gradient
from skdeep.layers import (
    Conv1D,
    CrossAttention,
    Dense,
    Flatten,
    LayerNorm,
    PositionalEncoding,
    Residual,
    SelfAttention,
)
from tests.helpers import assert_close, quiet
from tests.layers.problems import centred, fitted, predicted_outputs, reference_outputs, sequences

SHORT = [
    ("steps", Conv1D(4, 1, activation="tanh")),
    ("short", Conv1D(6, 3, strides=2, activation="tanh")),
]
LAYERS = {
    "one head": [*SHORT, CrossAttention("steps"), Flatten()],
    "heads": [*SHORT, CrossAttention("steps", 2, 4, dropout=0.1), Flatten(), Dense(5, "tanh")],
    "of the features": [*SHORT, CrossAttention("features", 3, inputs="short"), Flatten()],
    "of itself": [("steps", Conv1D(4, 2, activation="tanh")), CrossAttention("steps"), Flatten()],
    "longer than what it reads": [
        *SHORT,
        CrossAttention("short", 2, inputs="steps"),
        Flatten(),
    ],
    "decoder": [
        ("encoded", SelfAttention(3)),
        ("shifted", Conv1D(4, 2, activation="tanh", inputs="features")),
        PositionalEncoding(True),
        Residual([LayerNorm(), SelfAttention(2, causal=True)]),
        Residual([LayerNorm(), CrossAttention("encoded", 2)]),
        Residual([LayerNorm(), CrossAttention("encoded", 4)]),
        Flatten(),
    ],
}


@pytest.mark.parametrize("layers", LAYERS.values(), ids=LAYERS)
def test_same_as_numpy(layers):
    X, y = sequences()
    model = fitted(layers, X, y)
    expected = centred(reference_outputs(model, X), model)
    assert_close(predicted_outputs(model, X), expected, 1e-10)


@pytest.mark.parametrize("name, n_samples", [*((name, 40) for name in LAYERS), ("heads", 1100)])
def test_gradient(name, n_samples):
    X, y = sequences(n_samples)
    assert check_gradient(fitted(LAYERS[name], X, y, alpha=0.1), X, y) < 1e-6


@pytest.mark.parametrize("name", ["encoded", "shifted"])
def test_gradient_where_one_side_is_not_trained(name):
    X, y = sequences()
    layers = [
        ("encoded", Conv1D(3, 1, activation="tanh", trainable=name != "encoded")),
        (
            "shifted",
            Conv1D(4, 2, activation="tanh", inputs="features", trainable=name != "shifted"),
        ),
        CrossAttention("encoded", 2, trainable=False),
        Flatten(),
    ]
    model = fitted(layers, X, y)
    assert check_gradient(model, X, y) < 1e-6


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("batch_size", [32, 600])
def test_same_bits_for_any_number_of_threads(dtype, batch_size):
    X, y = sequences(1200, (12, 8), dtype)
    models = [
        fitted(_decoder(), X, y, batch_size=batch_size, n_threads=n, max_iter=1)
        for n in (1, 2, 3, 5)
    ]
    for model in models:
        assert model.coefs_[1].dtype == dtype
        assert np.array_equal(model._vector, models[0]._vector)
        assert np.array_equal(model.predict_proba(X), models[0].predict_proba(X))


def _decoder():
    return [
        ("encoded", Conv1D(8, 1)),
        ("short", Conv1D(8, 3, strides=2)),
        Residual([CrossAttention("encoded", 2, dropout=0.1)]),
        Flatten(),
    ]


@pytest.mark.parametrize("batch_size", [20, 80])
def test_masks(batch_size):
    """Masked steps of the memory are not read, and those that read stay masked."""
    rng = np.random.default_rng(0)
    X = [rng.normal(size=(n, 4)) for n in rng.integers(2, 9, size=80)]
    y = [(each[:, 0] > 0).astype(int) for each in X]
    layers = [
        ("encoded", SelfAttention(2)),
        ("steps", Conv1D(6, 1, activation="tanh", inputs="features")),
        Residual([LayerNorm(), CrossAttention("encoded", 2)]),
    ]
    with quiet():
        models = [
            NetworkClassifier(
                layers, max_iter=2, random_state=0, batch_size=batch_size, n_threads=n
            ).fit(X, y)
            for n in (1, 2, 3, 5)
        ]
    assert all(np.array_equal(each._vector, models[0]._vector) for each in models)
    assert check_gradient(models[0], X, y) < 1e-6
    together = models[0].predict_proba(X)
    for each, found in zip(X[:5], together, strict=False):
        assert np.array_equal(models[0].predict_proba([each])[0], found)


def test_shares_are_those_of_the_outputs():
    X, _ = sequences(5)
    memory = np.random.default_rng(1).normal(size=(5, 4, 6))
    layer = CrossAttention("memory", 3)
    rng = np.random.default_rng(2)
    weights = [rng.normal(size=(1, *shape)) for shape in ((3, 3), (6, 6), (3, 3))]
    biases = [rng.normal(size=n) for n in (3, 6, 3)]
    mask = np.array([[1, 1, 1, 0]] * 5, dtype=bool)
    shares = layer.shares([X, memory], weights, biases, mask)
    assert shares.shape == (5, 3, 9, 4)
    assert_close(shares.sum(axis=-1), np.ones((5, 3, 9)), 1e-12)
    assert (shares[..., 3] == 0).all()
    values = np.split(memory @ weights[1][0] + biases[1], 2, axis=-1)[1]
    heads = np.einsum("nhij,njh->nih", shares, values) @ weights[2][0] + biases[2]
    assert_close(heads, layer.reference([X, memory], weights, biases, mask), 1e-12)


def test_everything_around_it():
    X, y = sequences()
    layers = [*SHORT, ("cross", CrossAttention("steps", 2, trainable=False)), Flatten()]
    model = fitted(layers, X, y, record_gradient_norms=True)
    shapes = [coef.shape for coef in model.coefs_[2:5]]
    assert shapes == [(1, 6, 6), (1, 4, 12), (1, 6, 6)]
    first = model.coefs_[3].copy()
    with quiet():
        model.set_params(warm_start=True, layers__cross__trainable=True).fit(X, y)
    assert not np.array_equal(first, model.coefs_[3])
    assert "CrossAttention" in repr(model.layers_)


def test_within_residual():
    """A layer of the same container can be the memory."""
    X, y = sequences()
    tanh = {"activation": "tanh"}
    inner = [("a", Conv1D(5, 1, **tanh)), ("b", Conv1D(3, 1, **tanh)), CrossAttention("a")]
    model = fitted([Residual(inner), Flatten()], X, y)
    assert dict(model.layers_)["0_2"].memory == "0_a"
    assert check_gradient(model, X, y) < 1e-6


@pytest.mark.parametrize(
    "layers, message",
    [
        ([*SHORT, CrossAttention("steps", 4)], "heads=4 does not divide dim, which is 6"),
        ([*SHORT, CrossAttention("steps", 3, 8)], "heads=3 does not divide dim, which is 8"),
        ([*SHORT, CrossAttention("other")], r"memory='other' is neither 'features' nor the name"),
        ([*SHORT, CrossAttention("steps", inputs=["steps", "short"])], "must be one name"),
        ([("a", Flatten()), ("b", Conv1D(3, 1, inputs="features")), CrossAttention("a")], "27"),
    ],
)
def test_layers_that_do_not_fit(layers, message):
    with pytest.raises(ValueError, match=message):
        NetworkClassifier([*layers, Flatten()]).fit(*sequences())
