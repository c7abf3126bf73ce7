"""Networks fitted a little, for the displays' tests."""

import functools

import numpy as np
from sklearn.datasets import load_digits, load_iris

from skdeep import MLPClassifier, MLPRegressor, NetworkClassifier, Perceptron
from skdeep.layers import NeuronGraph
from tests.estimators.in_layers import class_and_parameters
from tests.helpers import quiet

GRAPH = {"a": ["sepal length (cm)", 1], "b": ([2, 3], "tanh"), "c": ["a", "b", 0]}


@functools.cache
def iris(as_frame=False):
    return load_iris(return_X_y=True, as_frame=as_frame)


@functools.cache
def digits():
    X, y = load_digits(return_X_y=True)
    return X[:300] / 16, y[:300]


def classifier(sizes=(5, 4), as_frame=False, **parameters):
    """Return a network that knows irises a little; one of layers where there are `heads`."""
    parameters = {"max_iter": 3, "random_state": 0, **parameters}
    with quiet():
        parameters = {"hidden_layer_sizes": sizes, **parameters}
        cls, parameters = class_and_parameters("Classifier", parameters)
        return cls(**parameters).fit(*iris(as_frame))


def graph_classifier(**parameters):
    """Return a network of one graph of neurons, whose features have names."""
    with quiet():
        layers = [NeuronGraph(GRAPH)]
        return NetworkClassifier(layers, max_iter=3, random_state=0, **parameters).fit(*iris(True))


def regressor(**parameters):
    X, y = iris()
    with quiet():
        return MLPRegressor(hidden_layer_sizes=(4,), max_iter=3, random_state=0, **parameters).fit(
            X, y.astype(float)
        )


def digit_classifier(sizes=(12,)):
    with quiet():
        return MLPClassifier(sizes, max_iter=2, random_state=0).fit(*digits())


def perceptron(n_classes=3, as_frame=False, **parameters):
    X, y = iris(as_frame)
    rows = np.asarray(y) < n_classes
    with quiet():
        return Perceptron(max_iter=20, **parameters).fit(X[rows], y[rows])
