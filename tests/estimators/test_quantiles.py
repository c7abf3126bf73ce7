"""Several quantiles in one network: the sum of their losses, and predictions that do not cross."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.metrics import d2_pinball_score, mean_pinball_loss

import skdeep
from skdeep import Autoencoder, MLPRegressor, NetworkRegressor, TabularRegressor
from skdeep.engines.choice import find_engine
from skdeep.layers import Dense
from skdeep.losses import Quantile
from tests.helpers import quiet, run_python, unchanged

QUANTILES = [0.1, 0.5, 0.9]
RNG = np.random.default_rng(0)
X = RNG.uniform(-1, 1, size=(120, 3))
Y = X[:, 0] + (1.2 + X[:, 1]) * RNG.normal(size=120)
WEIGHTS = RNG.integers(0, 3, size=120)


def _make(name="MLPRegressor", quantiles=QUANTILES, **parameters):
    options = {"loss": Quantile(quantiles), "random_state": 0, "max_iter": 20, **parameters}
    if name == "MLPRegressor":
        return MLPRegressor(hidden_layer_sizes=(7,), activation="tanh", **options)
    return NetworkRegressor([Dense(7, "tanh", auxiliary_output=True)], **options)


def _pinball(outputs, y, weights=None):
    """Return the mean over the samples of the sum over the quantiles, written out."""
    u = y[:, np.newaxis] - outputs
    losses = np.where(u >= 0, u * QUANTILES, u * (np.array(QUANTILES) - 1)).sum(axis=1)
    return np.average(losses, weights=weights)


def _numpy_outputs(network, X):
    hidden = np.tanh(X @ network.coefs_[0] + network.intercepts_[0])
    return hidden @ network.coefs_[1] + network.intercepts_[1]


@pytest.mark.parametrize("weights", [None, WEIGHTS])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_loss_and_gradient(dtype, weights):
    network = _make(alpha=0.1)
    with quiet():
        network.fit(X.astype(dtype), Y)
    assert network.coefs_[0].dtype == dtype
    loss, coef_grads, intercept_grads = network.loss_gradient(X, Y, sample_weight=weights)
    total = len(X) if weights is None else weights.sum()

    def objective():
        penalty = 0.05 * sum((coef.astype(float) ** 2).sum() for coef in network.coefs_) / total
        return _pinball(_numpy_outputs(network, X), Y, weights) + penalty

    tight = 1e-5 if dtype == np.float32 else 1e-12
    np.testing.assert_allclose(loss, objective(), rtol=tight)
    if dtype == np.float32:
        return
    for arrays, gradients in ((network.coefs_, coef_grads), (network.intercepts_, intercept_grads)):
        for array, gradient in zip(arrays, gradients, strict=True):
            for place in list(np.ndindex(array.shape))[::3]:
                before, difference = array[place], 0.0
                for sign in (1, -1):
                    array[place] = before + sign * 1e-7
                    difference += sign * objective() / 2e-7
                array[place] = before
                assert abs(difference - gradient[place]) < 1e-6


@pytest.mark.parametrize("name", ["MLPRegressor", "NetworkRegressor"])
@pytest.mark.parametrize(
    "parameters",
    [
        {"early_stopping": True},
        {"solver": "lbfgs"},
        {"solver": "rprop"},
        {"batch_size": 8, "solver": "sgd"},
        {"precision": "float32", "scoring": "loss", "early_stopping": True},
    ],
    ids=str,
)
def test_predictions_do_not_cross(name, parameters):
    network = _make(name, **parameters)
    with quiet():
        predictions = network.fit(X, Y).predict(X)
    assert predictions.shape == (120, 3) and network.n_outputs_ == 3
    assert (np.diff(predictions, axis=1) >= 0).all()
    outputs = network.make_predictor().outputs(X.astype(network.coefs_[0].dtype))
    np.testing.assert_allclose(np.sort(outputs, axis=1), predictions, rtol=1e-4, atol=1e-5)
    expected = np.mean(
        [d2_pinball_score(Y, p, alpha=q) for q, p in zip(QUANTILES, predictions.T, strict=True)]
    )
    assert network.score(X, Y) == pytest.approx(expected)
    assert network.score(X, Y, WEIGHTS) != network.score(X, Y)


def test_scores_and_losses_of_the_validation_set():
    network = _make(max_iter=3, shuffle=False)
    with quiet():
        network.fit(X[:80], Y[:80], X_val=X[80:], y_val=Y[80:], sample_weight_val=WEIGHTS[80:])
    outputs = _numpy_outputs(network, X[80:])
    loss = _pinball(outputs, Y[80:], WEIGHTS[80:])
    assert network.validation_loss_curve_[-1] == pytest.approx(loss)
    score = network.score(X[80:], Y[80:], WEIGHTS[80:])
    assert network.validation_scores_[-1] == pytest.approx(score)


def test_one_of_several_is_the_single_one():
    with quiet():
        several = _make(quantiles=[0.3]).fit(X, Y)
        single = _make(quantiles=0.3).fit(X, Y)
    assert np.array_equal(several.coefs_[0], single.coefs_[0])
    assert np.array_equal(several.predict(X)[:, 0], single.predict(X))
    assert several.loss_curve_ == single.loss_curve_


def test_quantiles_are_met():
    X = RNG.uniform(-1, 1, size=(2000, 2))
    y = X[:, 0] + (1.2 + X[:, 1]) * RNG.normal(size=2000)
    network = MLPRegressor(Quantile(QUANTILES), (20,), random_state=0, max_iter=150)
    with quiet():
        predictions = network.fit(X, y).predict(X)
    shares = (y[:, np.newaxis] <= predictions).mean(axis=0)
    np.testing.assert_allclose(shares, QUANTILES, atol=0.03)
    constant = [mean_pinball_loss(y, np.full(2000, np.quantile(y, q)), alpha=q) for q in QUANTILES]
    assert network.loss_ < 0.95 * sum(constant)


def test_going_on_and_threads():
    network, other = _make(n_threads=1, batch_size=60), _make(n_threads=3, batch_size=60)
    for _ in range(3):
        network.partial_fit(X, Y)
        other = pickle.loads(pickle.dumps(other.partial_fit(X, Y)))
    assert np.array_equal(network.coefs_[0], other.coefs_[0])
    assert network.loss_curve_[-1] < network.loss_curve_[0]


def test_parameters():
    network = clone(_make()).set_params(loss__quantile=(0.2, 0.8))
    with quiet():
        assert network.fit(X, Y).predict(X).shape == (120, 2)
    assert "Quantile(quantile=(0.2, 0.8))" in repr(network)


@pytest.mark.parametrize("wrong", [[0.5, 0.1], [0.0, 0.5], [0.5, 1.0], [], [[0.5]], ["a"], [True]])
def test_wrong_quantiles(wrong):
    network = _make(quantiles=wrong)
    message = "must be a number between 0 and 1, or increasing numbers between 0 and 1. Got"
    with unchanged(network), pytest.raises(ValueError, match=message):
        network.fit(X, Y)


def test_refusals():
    with pytest.raises(ValueError, match="of one target, but y has the shape"):
        _make().fit(X, np.stack([Y, Y], axis=1))
    with pytest.raises(ValueError, match="several quantiles are for MLPRegressor and Network"):
        Autoencoder([Dense(2)], loss=Quantile(QUANTILES)).fit(X)
    with pytest.raises(ValueError, match=r"TabularRegressor\(quantiles="):
        TabularRegressor(loss=Quantile(QUANTILES)).fit(X, Y)
    network = _make(device="cuda")
    engine = find_engine("cpu", 1)._replace(loss_by_output=False)
    recipe = type("Recipe", (), {"loss": type("Loss", (), {"parameters": (0.1, 0.9)})})
    with pytest.raises(ValueError, match="device='cuda' has no kernels for several quantiles"):
        network._engine_for_loss(engine, recipe)
    assert network.set_params(device="auto")._engine_for_loss(engine, recipe).loss_by_output


def test_exports(tmp_path):
    with quiet():
        network = _make(precision="float32").fit(X, Y)
    with pytest.raises(ValueError, match="does not have: several quantiles"):
        network.to_sklearn()
    pytest.importorskip("safetensors")
    path = skdeep.save_safetensors(network, tmp_path / "quantiles.safetensors")
    loaded = skdeep.load_safetensors(path)
    assert np.array_equal(loaded.predict(X), network.predict(X))
    assert loaded.loss.quantile == QUANTILES and loaded.precision == "float32"
    onnxruntime = pytest.importorskip("onnxruntime")
    network.coefs_[1][:, 0] += 1  # now the outputs cross
    session = onnxruntime.InferenceSession(network.to_onnx().SerializeToString())
    (found,) = session.run(None, {"X": X.astype(np.float32)})
    np.testing.assert_allclose(found, network.predict(X), rtol=1e-4, atol=1e-5)


def test_without_the_compiler():
    code = """
import numpy as np, warnings
from skdeep import MLPRegressor
from skdeep.losses import Quantile
warnings.simplefilter("ignore")
X = np.random.default_rng(0).normal(size=(12, 2))
fit = MLPRegressor(Quantile([0.2, 0.7]), (3,), random_state=0, max_iter=3, precision="float32")
print(fit.fit(X, X[:, 0], X_val=X, y_val=X[:, 0]).loss_curve_)
"""
    compiled = eval(run_python(code))
    plain = eval(run_python(code, NUMBA_DISABLE_JIT="1"))
    np.testing.assert_allclose(plain, compiled, rtol=1e-5)
