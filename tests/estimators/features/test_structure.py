"""Skip connections and auxiliary outputs against neurons in plain NumPy."""

import numpy as np
import pytest
import scipy.sparse as sp

from skdeep import check_gradient
from tests import datasets, oracle
from tests import oracle_solvers as reference
from tests.estimators.structures import (
    ALPHA,
    STRUCTURES,
    copied,
    estimator,
    fitted,
)
from tests.helpers import assert_close, quiet
from tests.oracle_comparison import RTOL, coded, compare, flat, sample_weights

DATA = ["binary", "multiclass", "multilabel", "regression", "multioutput"]
LIMIT = 1e-6  # of the relative error of central differences


@pytest.mark.parametrize("data", DATA)
@pytest.mark.parametrize("structure", STRUCTURES)
def test_outputs_and_gradients(structure, data, device):
    model, X, y = fitted(data, **STRUCTURES[structure])
    compare(model, copied, X, y)
    compare(model, copied, sp.csr_matrix(X), y)
    assert 0 < check_gradient(model, X, y) < LIMIT
    assert check_gradient(model, sp.csr_matrix(X), y, sample_weights(len(y))) < LIMIT


@pytest.mark.parametrize("heads", [{}, {"heads": (0, 1)}], ids=["plain", "heads"])
@pytest.mark.parametrize("sparse", [False, True], ids=["dense", "csr"])
@pytest.mark.parametrize("rows", [1, 5, 32, 200, 1500])
def test_wide_layers(rows, sparse, heads):
    """Layers in panels, products by dots, several parts: whatever the shape, the same gradient."""
    rng = np.random.RandomState(0)
    X, y = rng.standard_normal((rows, 11)), rng.standard_normal((rows, 2))
    X = sp.csr_matrix(np.where(X > 0.5, X, 0)) if sparse else X
    model, *_ = estimator(
        "regression",
        hidden_layer_sizes=(300, 7, 150) if rows < 1000 else (300,),
        skip_connections=True,
        solver="sgd",
        **heads,
    )
    with quiet():
        model.fit(X[:5], y[:5])
    compare(model, copied, X, y)


# solver -> (parameters, the oracle's rule)
SOLVERS = {
    "nesterov": (dict(solver="sgd"), lambda: reference.SGD(0.02)),
    "plain sgd": (dict(solver="sgd", momentum=0.0), lambda: reference.SGD(0.02, 0.0)),
    "adam": (dict(solver="adam"), lambda: reference.Adam(0.02)),
    "rprop": (dict(solver="rprop"), lambda: reference.RProp(0.02)),
}
#: Solvers with sizes of batches: products by dots for few rows, a last batch that is smaller.
WAYS = [("nesterov", 1), ("plain sgd", 5), ("adam", 1), ("adam", 10), ("adam", 23), ("rprop", 23)]


@pytest.mark.parametrize("data", ["multiclass", "multioutput"])
@pytest.mark.parametrize("solver, batch_size", WAYS, ids=str)
@pytest.mark.parametrize("structure", STRUCTURES)
def test_updates(structure, solver, batch_size, data, device):
    """A fit of 20 updates and more takes the path of the oracle."""
    X, y = datasets.load(data)
    X, y = X[:23], y[:23]
    parameters, make = SOLVERS[solver]
    parameters = {**STRUCTURES[structure], **parameters, "batch_size": batch_size}
    model, *_ = estimator(data, **parameters)
    first = {} if datasets.is_regression(data) else {"classes": np.unique(y)}
    start, *_ = estimator(data, **{**parameters, "solver": "sgd", "learning_rate_init": 1e-300})
    start.partial_fit(X, y, **first)
    network, Y, epochs = copied(start), coded(start, y), 2 if batch_size == 1 else 20
    weights = np.random.RandomState(1).uniform(0.1, 2, len(y))
    with quiet():
        model.set_params(max_iter=epochs).fit(X, y, sample_weight=weights)
    curve = oracle.train(
        network,
        make(),
        X,
        Y,
        epochs=epochs,
        batch_size=batch_size,
        alpha=ALPHA,
        sample_weight=weights,
    )
    assert_close(flat(copied(model).parameters), flat(network.parameters), RTOL)
    assert_close(model.loss_curve_, curve, RTOL)


@pytest.mark.parametrize("structure", STRUCTURES)
def test_same_bits_for_any_number_of_threads(structure):
    rng = np.random.RandomState(0)
    X, y = rng.standard_normal((400, 5)), rng.randint(0, 3, 400)
    wide = dict(STRUCTURES[structure])
    wide["hidden_layer_sizes"] = (130, 70, 40)[: len(wide["hidden_layer_sizes"])]
    for data, batch_size in ((X, 200), (sp.csr_matrix(X), 400), (X, 5)):
        vectors = []
        for n_threads in (1, 2, 3):
            model, *_ = estimator(
                "binary", **wide, max_iter=2, batch_size=batch_size, n_threads=n_threads
            )
            with quiet():
                vectors.append(model.fit(data, y)._vector)
        np.testing.assert_array_equal(vectors[0], vectors[1])
        np.testing.assert_array_equal(vectors[0], vectors[2])


@pytest.mark.parametrize("structure", STRUCTURES)
def test_float32(structure):
    model, X, y = fitted("multiclass", **STRUCTURES[structure])
    model.set_params(max_iter=5)
    with quiet():
        double = model.fit(X, y)._vector
        single = model.fit(X.astype(np.float32), y)
    assert single.coefs_[0].dtype == single._vector.dtype == np.float32
    assert single.predict_proba(X.astype(np.float32)).dtype == np.float32
    assert_close(single._vector, double, 1e-3)
    assert check_gradient(single, X, y) < LIMIT


@pytest.mark.parametrize("structure", [name for name in STRUCTURES if "heads" not in name])
def test_hidden_activations(structure):
    model, X, _ = fitted("multiclass", **STRUCTURES[structure])
    names = copied(model).neurons
    values = copied(model).forward(X)[1]
    expected = np.stack([values[name] for name in names], axis=1)
    for features in (X, sp.csr_matrix(X)):
        assert_close(np.hstack(model.hidden_activations(features)), expected, RTOL)


@pytest.mark.nojit
@pytest.mark.parametrize("structure", ["skips and heads", "heads"])
def test_in_plain_python(structure):
    X, y = datasets.load("multiclass")
    for rows in (5, 23):
        model, *_ = estimator("multiclass", **STRUCTURES[structure], batch_size=rows)
        with quiet():
            compare(model.fit(X[:rows], y[:rows]), copied, X[:rows], y[:rows])
