"""Networks with skips and auxiliary outputs, fitted a little, for several test files."""

from tests import datasets, oracle_graph
from tests.estimators.in_layers import class_and_parameters
from tests.helpers import quiet

ALPHA = 0.3


#: What is added to the parameters of an estimator; with "heads", it is a network of layers.
STRUCTURES = {
    "skips": {"hidden_layer_sizes": (5, 4, 3), "skip_connections": True},
    "skips, one layer": {"hidden_layer_sizes": (6,), "skip_connections": True},
    "skips, mixed": {
        "hidden_layer_sizes": (5, 1, 3),
        "skip_connections": True,
        "activation": ["gelu", "tanh", "silu"],
    },
    "heads": {"hidden_layer_sizes": (5, 4, 3), "heads": (0, 1)},
    "heads, slopes": {
        "hidden_layer_sizes": (5, 4, 3),
        "heads": (0, 2),
        "auxiliary_weight": 0.7,
        "activation": ["mish", "gelu", "tanh"],
    },
    "skips and heads": {
        "hidden_layer_sizes": (5, 4, 3),
        "skip_connections": True,
        "heads": (0, 1, 2),
    },
}


def estimator(data, **parameters):
    """Return an estimator that is not fitted, with the data."""
    X, y = datasets.load(data)
    task = "Regressor" if datasets.is_regression(data) else "Classifier"
    defaults = {
        "activation": "tanh",
        "alpha": ALPHA,
        "learning_rate_init": 0.02,
        "shuffle": False,
        "random_state": 5,
        "max_iter": 1,
    }
    cls, parameters = class_and_parameters(task, {**defaults, **parameters})
    return cls(**parameters), X, y


def fitted(data, **parameters):
    """Return a fitted estimator, with the data."""
    model, X, y = estimator(data, **parameters)
    with quiet():
        return model.fit(X, y), X, y


def copied(model):
    """Return the oracle's copy of a fitted network."""
    own = model.loss == "log_loss" and model.out_activation_ == "softmax"
    loss = "cross_entropy" if own else model.loss
    if hasattr(model, "layers"):
        return oracle_graph.of_layers(model, loss)
    return oracle_graph.of_skips(model, loss)
