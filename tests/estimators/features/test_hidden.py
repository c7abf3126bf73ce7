"""The hidden layers: the same numbers as NumPy products, and a transformer like any other."""

import pickle

import numpy as np
import pytest
import sklearn
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdeep import HiddenLayerTransformer, MLPClassifier, MLPRegressor
from skdeep.formulas.activations import REGISTRY as ACTIVATIONS
from tests import datasets
from tests.helpers import CONTAINERS, assert_close, quiet, unchanged


def fitted(name="multiclass", activation=("tanh", "gelu"), dtype=np.float64, **parameters):
    X, y = datasets.load(name)
    cls = MLPRegressor if datasets.is_regression(name) else MLPClassifier
    model = cls(
        hidden_layer_sizes=(5,) * len(activation),
        activation=activation,
        max_iter=2,
        random_state=0,
        **parameters,
    )
    with quiet():
        return model.fit(X.astype(dtype), y), X.astype(dtype), y


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_numpy_products(container, dtype):
    model, X, _ = fitted(dtype=dtype)
    got = model.hidden_activations(CONTAINERS[container](X))
    h = X
    for layer, name in enumerate(("tanh", "gelu")):
        a = h @ model.coefs_[layer] + model.intercepts_[layer]
        h = np.vectorize(ACTIVATIONS[name].forward, otypes=[dtype])(a)
        assert got[layer].dtype == dtype and got[layer].shape == (len(X), 5)
        assert_close(got[layer], h, 1e-5 if dtype == np.float32 else 1e-12)
    assert len(got) == 2


@pytest.mark.parametrize("name", ["regression", "multilabel"])
def test_the_rest_of_the_network_makes_the_outputs(name):
    model, X, _ = fitted(name)
    hidden = model.hidden_activations(X)[-1]
    head = type(model).from_weights(
        model.coefs_[2:],
        model.intercepts_[2:],
        **({"multilabel": True} if name == "multilabel" else {}),
    )
    assert_close(head._outputs(hidden), model._outputs(X), 1e-12)


def test_without_hidden_layers():
    X, y = datasets.load("binary")
    model = MLPClassifier((), solver="lbfgs").fit(X, y)
    assert model.hidden_activations(X) == []


def test_wrong_input():
    model, X, _ = fitted()
    with unchanged(model), pytest.raises(ValueError, match="features"):
        model.hidden_activations(X[:, 1:])
    with pytest.raises(NotFittedError):
        MLPClassifier().hidden_activations(X)


@pytest.mark.parametrize("layer", [0, 1, -1, -2])
def test_layers(layer):
    model, X, y = fitted()
    transformer = HiddenLayerTransformer(clone(model), layer=layer)
    with unchanged(transformer.estimator), quiet():
        got = transformer.fit_transform(X, y)
    assert_array_equal(got, model.hidden_activations(X)[layer])
    assert_array_equal(pickle.loads(pickle.dumps(transformer)).transform(X), got)
    assert transformer.estimator_ is not transformer.estimator
    assert not hasattr(clone(transformer), "estimator_")


def test_frozen_network():
    model, X, y = fitted()
    transformer = HiddenLayerTransformer(FrozenEstimator(model))
    with unchanged(model):
        got = clone(transformer).fit(X[:9], y[:9]).transform(X)
    assert_array_equal(got, model.hidden_activations(X)[-1])


def test_names_and_frames():
    pd = pytest.importorskip("pandas")
    model, X, y = fitted()
    frame = pd.DataFrame(X, columns=[f"x{i}" for i in range(X.shape[1])])
    transformer = HiddenLayerTransformer(clone(model)).set_output(transform="pandas")
    with quiet():
        out = transformer.fit(frame, y).transform(frame)
    names = [f"hiddenlayertransformer{i}" for i in range(5)]
    assert list(out.columns) == list(transformer.get_feature_names_out()) == names
    assert list(transformer.feature_names_in_) == list(frame.columns)
    with pytest.raises(ValueError, match="feature names"):
        transformer.transform(frame.rename(columns={"x0": "other"}))


def test_in_a_search():
    X, y = datasets.load("multiclass")
    mlp = MLPClassifier((4, 3), max_iter=3, random_state=0)
    pipeline = make_pipeline(StandardScaler(), HiddenLayerTransformer(mlp), LogisticRegression())
    grid = {
        "hiddenlayertransformer__layer": [0, 1],
        "hiddenlayertransformer__estimator__activation": ["relu", "tanh"],
    }
    with quiet():
        search = GridSearchCV(pipeline, grid, cv=2).fit(X, y)
    assert len(search.cv_results_["params"]) == 4
    assert search.predict(X).shape == y.shape


@pytest.mark.parametrize("routing", [False, True])
def test_sample_weight_reaches_the_network(routing):
    X, y = datasets.load("regression")
    weights = np.random.RandomState(0).uniform(0, 2, len(y))
    mlp = MLPRegressor(hidden_layer_sizes=(4,), max_iter=2, random_state=0)
    with quiet(), sklearn.config_context(enable_metadata_routing=routing):
        expected = clone(mlp).fit(X, y, sample_weight=weights).hidden_activations(X)[0]
        if routing:
            mlp.set_fit_request(sample_weight=True)
        transformer = HiddenLayerTransformer(mlp).fit(X, y, sample_weight=weights)
        plain = HiddenLayerTransformer(mlp).fit(X, y)
    assert_array_equal(transformer.transform(X), expected)
    assert not np.array_equal(plain.transform(X), expected)


BAD = [
    ({"layer": 2}, "layer=2 is no hidden layer of a network with 2"),
    ({"layer": -3}, "layer=-3 is no hidden layer"),
    ({"layer": 0.5}, "'layer' parameter"),
    ({"estimator": LogisticRegression()}, "'estimator' parameter"),
    ({"estimator": MLPClassifier(())}, "with 0"),
    ({"estimator": MLPClassifier((3,), alpha=-1)}, "'alpha' parameter"),
]


@pytest.mark.parametrize("parameters, words", BAD)
def test_bad_parameters(parameters, words):
    X, y = datasets.load("binary")
    transformer = HiddenLayerTransformer(MLPClassifier((3, 2), max_iter=1))
    with quiet():
        transformer.fit(X, y)
    transformer.set_params(**parameters)
    with unchanged(transformer), pytest.raises(ValueError, match=words):
        transformer.fit(X, y)
