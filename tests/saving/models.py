"""Fitted estimators of every kind, for the tests of saving and exporting."""

import numpy as np

import skdeep
from skdeep import initialisers, losses, penalties, schedules, solvers
from skdeep.layers import (
    Add,
    AveragePool1D,
    AveragePool2D,
    BatchNorm,
    Branches,
    Columns,
    Concatenate,
    Conv1D,
    Conv2D,
    CrossAttention,
    Dense,
    Dropout,
    Embedding,
    EncodedDense,
    Flatten,
    GlobalAveragePool,
    LayerNorm,
    MaxPool1D,
    MaxPool2D,
    NeuronGraph,
    PeriodicEmbedding,
    PositionalEncoding,
    Reshape,
    Residual,
    Scale,
    SelfAttention,
)
from skdeep.schedules import Cosine, WarmUp
from tests import datasets
from tests.estimators.in_layers import class_and_parameters
from tests.estimators.structures import STRUCTURES
from tests.helpers import quiet


def _fit(name, data, dtype=np.float64, y=None, **parameters):
    X, targets = datasets.load(data)
    defaults = {"max_iter": 3, "random_state": 0}
    model = getattr(skdeep, name)(**{**defaults, **parameters})
    with quiet():
        return model.fit(X.astype(dtype), targets if y is None else y(targets))


def _classifier(data, **keywords):
    return _fit("MLPClassifier", data, **{"hidden_layer_sizes": (5, 4), **keywords})


def _regressor(data, **keywords):
    return _fit("MLPRegressor", data, **{"hidden_layer_sizes": (5, 4), **keywords})


def _structured(data, parameters):
    task = "Regressor" if datasets.is_regression(data) else "Classifier"
    cls, parameters = class_and_parameters(task, parameters)
    return _fit(cls.__name__, data, **parameters)


def _with_objects():
    return _classifier(
        "strings",
        solver=solvers.SGD(momentum=Cosine(), nesterovs_momentum=False),
        learning_rate=WarmUp(schedules.Linear(end=0.3)),
        weight_init=initialisers.Orthogonal(gain=2.0),
        init_from=_classifier("multiclass"),
        loss=losses.LogLoss(label_smoothing=0.1),
        penalty=penalties.ElasticNet(l1_ratio=0.4),
        class_weight={"north": 2.0, "east": 1, "south": np.float32(0.5), "west": 1.0},
    )


def _with_names():
    import pandas as pd

    X, y = datasets.load("regression")
    frame = pd.DataFrame(X, columns=["a", "b", "ä", "d d", ""])
    with quiet():
        return skdeep.MLPRegressor(hidden_layer_sizes=(4,), max_iter=2).fit(frame, y)


def _transformer():
    X, y = datasets.load("binary")
    network = skdeep.MLPClassifier((4, 3), max_iter=2, random_state=0)
    with quiet():
        return (
            skdeep.HiddenLayerTransformer(network, layer=0).set_output(transform="pandas").fit(X, y)
        )


def _sequences(dtype=np.float64):
    return np.random.RandomState(3).standard_normal((60, 9, 3)).astype(dtype)


def _codes(dtype=np.float64):
    rng = np.random.RandomState(4)
    columns = rng.randint(7, size=60), rng.standard_normal(60), rng.randint(4, size=60)
    return np.column_stack([*columns, rng.standard_normal(60)]).astype(dtype)


def _encoded_table():
    rng = np.random.RandomState(6)
    columns = (
        rng.standard_normal((60, 1)),
        rng.randint(3, size=(60, 1)),
        rng.randint(5, size=(60, 1)),
    )
    return np.hstack([*columns, rng.uniform(0, [3, 7], size=(60, 2))]).astype(np.float32)


def _tokens():
    return np.random.RandomState(5).randint(6, size=(60, 8)).astype(float)


def _network(X, hidden, name="NetworkClassifier", **parameters):
    y = np.arange(60) % 3
    y = y * 0.5 if name == "NetworkRegressor" else y
    with quiet():
        return getattr(skdeep, name)(hidden, max_iter=3, random_state=0, **parameters).fit(X, y)


#: Graphs of neurons: what the first gives are copies, of the second the last groups.
COPIED = {"a": [0, 1], "b": (["a", 1], "silu"), "outputs": ["b", 0]}
WHOLE = {"a": [0, 1], "b": ([2, 4], "silu"), "d": (["a"], "silu"), "c": ["a", "b", 3]}

#: name -> features of networks of layers that are not dense, and a function that returns one.
NETWORKS = {
    "network, convolutions": (
        _sequences,
        lambda X: _network(
            X,
            [
                ("conv", Conv1D(6, 4, padding="same", activation="gelu", auxiliary_output=True)),
                Conv1D(
                    5, 2, strides=2, dilation=3, padding="same", batch_norm=True, dropconnect=0.1
                ),
                Flatten(),
                Dense(4, dropconnect=0.2, auxiliary_output=True),
            ],
            max_norm=1.0,
        ),
    ),
    "network, pooling": (
        lambda: _sequences(np.float32),
        lambda X: _network(
            X,
            [MaxPool1D(4, strides=3), Conv1D(4, 1), MaxPool1D(), Dense(4)],
            "NetworkRegressor",
            weight_norm=True,
            batch_norm=True,
        ),
    ),
    "network, attention": (
        _sequences,
        lambda X: _network(
            X,
            [
                PositionalEncoding(),
                ("block", Residual([SelfAttention(X.shape[2], causal=True)], activation="tanh")),
                SelfAttention(2, 6, trainable=False),
                PositionalEncoding(True),
                Flatten(),
                Branches([Dense(3, "tanh"), [PeriodicEmbedding(2, 3), Dense(4)]]),
            ],
        ),
    ),
    "network, cross-attention": (
        _sequences,
        lambda X: _network(
            X,
            [
                ("memory", Conv1D(4, 2, activation="tanh")),
                ("short", Conv1D(6, 3, strides=2, inputs="features")),
                Residual([CrossAttention("memory", 2)]),
                Flatten(),
            ],
        ),
    ),
    "network, images": (
        lambda: np.random.RandomState(4).standard_normal((60, 9, 8, 2)),
        lambda X: _network(
            X,
            [
                ("conv", Conv2D(6, (4, 3), padding="same", activation="tanh", batch_norm=True)),
                ("pool", MaxPool2D((3, 2), strides=2)),
                AveragePool2D(2, strides=1, auxiliary_output=True),
                Conv2D(5, 2, strides=(2, 1), dilation=(1, 2), padding="same", dropconnect=0.1),
                ("vector", MaxPool2D()),
                ("mean", GlobalAveragePool(inputs="pool")),
                Dense(4, inputs=["vector", "mean"]),
            ],
        ),
    ),
    "network, normalised": (
        lambda: np.random.RandomState(4).standard_normal((60, 5, 4, 2)),
        lambda X: _network(
            X,
            [
                ("scale", Scale(dropout=0.1)),
                Conv2D(6, 2, activation="tanh"),
                BatchNorm(),
                Reshape((4, -1)),
                LayerNorm(),
                Dropout(0.1),
                Flatten(),
                Dense(4),
                ("last", BatchNorm(dropout=0.1, auxiliary_output=True)),
            ],
            max_norm=1.0,
        ),
    ),
    "network, means": (
        _sequences,
        lambda X: _network(X, [AveragePool1D(4, strides=3), Conv1D(4, 1), AveragePool1D()]),
    ),
    "network, columns": (
        _codes,
        lambda X: _network(
            X, [Embedding([7, 4], 3, columns=[0, 2]), Dense(5), Dense(4, "tanh")], batch_norm=True
        ),
    ),
    "network, encoded table": (
        _encoded_table,
        lambda X: _network(
            X,
            [
                EncodedDense(
                    *(6, "tanh"),
                    n_numbers=1,
                    n_levels=[2, 4],
                    n_bins=(3, 7),
                    bin_means=np.linspace(0, 1, 10),
                    batch_norm=True,
                    dropconnect=0.1,
                    auxiliary_output=True,
                ),
                Dense(5),
            ],
        ),
    ),
    "network, positions": (
        lambda: np.random.RandomState(7).uniform(0, 4, size=(60, 2)),
        lambda X: _network(X, [EncodedDense(5, n_bins=[4, 4])], "NetworkRegressor"),
    ),
    "network, tokens": (
        _tokens,
        lambda X: _network(
            X, [Embedding(6, 3), Conv1D(4, 3), Flatten()], solver="sgd", weight_norm=True
        ),
    ),
    "network, branches": (
        _codes,
        lambda X: _network(
            X,
            [
                ("codes", Columns([0, 2], inputs="features")),
                ("table", Embedding(7, 3)),
                ("a", Flatten()),
                ("numbers", Columns([3, 1], inputs="features")),
                ("b", Dense(6, learning_rate_factor=0.5)),
                ("both", Dense(6, inputs=["a", "b"], trainable=False)),
                ("again", Dense(6, inputs="b")),
                ("sum", Add(["both", "again", "b"], activation="tanh", dropout=0.1)),
                Dense(4, batch_norm=True),
            ],
            dropconnect=0.1,
        ),
    ),
    "network, shared weights": (
        _sequences,
        lambda X: _network(
            X,
            [
                ("first", Conv1D(3, 2, padding="same", inputs="features")),
                ("second", Conv1D(3, 2, padding="same", weights_of="first", inputs="first")),
                ("joined", Concatenate(["features", "second"])),
                MaxPool1D(),
                ("dense", Dense(6, batch_norm=True)),
                Dense(6, weights_of="dense", batch_norm=True),
            ],
            "NetworkRegressor",
            weight_norm=True,
        ),
    ),
    "network, graph": (
        lambda: _sequences()[..., 0],
        lambda X: _network(X, [NeuronGraph(COPIED, "tanh")], "NetworkRegressor", weight_norm=True),
    ),
    "network, graph and connections": (
        lambda: _sequences()[..., 0],
        lambda X: _network(
            X,
            [
                ("first", Dense(6, connections=np.tri(9, 6, 2, dtype=bool))),
                ("graph", NeuronGraph(WHOLE, "tanh", batch_norm=True)),
                Dense(3, inputs="graph"),
            ],
            solver="sgd",
        ),
    ),
    "network, flat": (
        _sequences,
        lambda X: _network(X, [Flatten(), Dense(5, "tanh")], "NetworkRegressor", solver="lbfgs"),
    ),
}

#: name -> function that returns a fitted estimator and the name of its data.
MODELS = {
    "binary": lambda: _classifier("binary"),
    "binary, float32": lambda: _classifier("binary", dtype=np.float32, batch_norm=True),
    "one class": lambda: _classifier("binary", y=np.zeros_like),
    "multiclass": lambda: _classifier("multiclass", solver="sgd", momentum=0.5),
    "strings": lambda: _classifier("strings", early_stopping=True, n_restarts=2),
    "objects of strings": lambda: _classifier("strings", y=lambda y: y.astype(object)),
    "booleans": lambda: _classifier("binary", y=lambda y: y > 0, solver="lbfgs"),
    "floats": lambda: _classifier("multiclass", y=lambda y: y * 2.0 - 3.0),
    "small integers": lambda: _classifier("multiclass", y=lambda y: y.astype(np.int8) - 2),
    "multilabel": lambda: _classifier("multilabel", weight_norm=True),
    "hinge, two": lambda: _classifier("binary", loss="hinge"),
    "hinge, several": lambda: _classifier("multiclass", loss="hinge", out_activation="identity"),
    "shares": lambda: _classifier("multiclass", out_activation="logistic"),
    "squared error": lambda: _classifier("binary", loss="squared_error", out_activation="logistic"),
    "linear": lambda: _classifier("multiclass", hidden_layer_sizes=()),
    "regression": lambda: _regressor("regression", record_gradient_norms=True),
    "several outputs": lambda: _regressor("multioutput", dtype=np.float32, solver="rmsprop"),
    "counts": lambda: _regressor("counts", loss="poisson", batch_norm=True),
    "names": _with_names,
    "objects": _with_objects,
    "generator": lambda: _classifier("binary", random_state=np.random.RandomState(3)),
    "infinite patience": lambda: _classifier("binary", n_iter_no_change=np.inf, penalty=1.5),
    "arrays": lambda: _regressor("regression", hidden_layer_sizes=np.array([3, 2])),
    "several activations": lambda: _regressor("regression", activation=["mish", "gelu"]),
    "perceptron": lambda: _fit("Perceptron", "multiclass", max_iter=20, tol=None),
    "perceptron, two": lambda: _fit("Perceptron", "strings", y=lambda y: y == "east", tol=None),
    "perceptron, sparse": lambda: _fit("Perceptron", "sparse", penalty="l1", tol=None).sparsify(),
    "transformer": _transformer,
    **{name: lambda make=make, fit=fit: fit(make()) for name, (make, fit) in NETWORKS.items()},
    **{
        f"{name}, {data}": lambda data=data, parameters=parameters: _structured(data, parameters)
        for name, parameters in STRUCTURES.items()
        for data in ("regression", "multiclass")
    },
}
#: Names of those that are networks of layers.
LAYERED = {*NETWORKS, *(name for name in MODELS if "heads" in name)}
_made = {}


def fitted(name):
    """Return the estimator of a name, made once, and features to predict."""
    if name not in _made:
        _made[name] = MODELS[name]()
    model = _made[name]
    if name in NETWORKS:
        return model, NETWORKS[name][0]()
    n_features = model.n_features_in_
    X = np.random.RandomState(7).standard_normal((40, n_features))
    X = X.astype(getattr(model, "coefs_", [X])[0].dtype)
    if hasattr(model, "feature_names_in_"):
        import pandas as pd

        X = pd.DataFrame(X, columns=model.feature_names_in_)
    return model, X


def predictions(model, X):
    """Return everything that an estimator predicts, by the names of its methods."""
    methods = "predict", "predict_proba", "decision_function", "transform", "hidden_activations"
    found = {name: getattr(model, name)(X) for name in methods if hasattr(model, name)}
    return {name: getattr(value, "values", value) for name, value in found.items()}
