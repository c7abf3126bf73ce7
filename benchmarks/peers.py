"""Adapters: one class for each library, all of them handing out the same kind of job.

A job is a function without arguments that does the timed work once. It returns the number of epochs
(or iterations) done, or None, so that a comparison at unequal work is noticed.
"""

import importlib
import itertools
import os
import warnings
from importlib.metadata import PackageNotFoundError, version

import numpy as np
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning

from benchmarks.limits import products_job, update_job

NEVER = 10**9  # epochs without improvement before a fit stops
TORCH_ACTIVATIONS = {"relu": "ReLU", "tanh": "Tanh", "logistic": "Sigmoid", "gelu": "GELU"}
SKLEARN_ACTIVATIONS = ("identity", "logistic", "tanh", "relu")


def cores():
    """Return the number of cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count()


def package_version(name):
    """Return the version of an installed distribution, or None."""
    try:
        return version(name)
    except PackageNotFoundError:
        return getattr(importlib.import_module(name), "__version__", None)


class EstimatorPeer:
    """skdeep, or scikit-learn: anything with scikit-learn's two MLP classes.

    Parameters
    ----------
    name : str
        Shown in the tables.
    module : str
        Where `MLPClassifier` and `MLPRegressor` are imported from.
    distribution : str
        Name of the installed package.
    """

    failures = ()

    def __init__(self, name, module, distribution):
        self.name = name
        self.module = importlib.import_module(module)
        self.version = package_version(distribution)

    def supports(self, shape):
        """Tell whether this peer can run the shape."""
        regularised = shape.dropout or shape.batch_norm
        return self.name == "skdeep" or (
            shape.activation in SKLEARN_ACTIVATIONS and not regularised
        )

    def estimator(self, shape, n_rows, **parameters):
        """Return the estimator of a shape, for a number of rows."""
        cls = self.module.MLPClassifier if shape.task == "classify" else self.module.MLPRegressor
        if self.name == "skdeep":
            parameters = {"dropout": shape.dropout, "batch_norm": shape.batch_norm, **parameters}
        return cls(
            hidden_layer_sizes=shape.hidden,
            activation=shape.activation,
            solver=shape.solver,
            batch_size=min(shape.batch, n_rows),
            max_iter=shape.epochs,
            tol=0.0,
            n_iter_no_change=NEVER,
            random_state=0,
            **parameters,
        )

    def job(self, shape, data, **parameters):
        """Return the function that fits, or predicts with a model fitted here."""
        X_train, y_train, X = data

        def fit():
            model = self.estimator(shape, X_train.shape[0], **parameters)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)
                return model.fit(X_train, y_train)

        if shape.work == "fit":
            return lambda: fit().n_iter_
        model = fit()
        if shape.fast and self.name == "skdeep":
            model = model.make_predictor()

        def predict():
            for _ in range(shape.calls):
                model.predict(X)

        return predict


class TorchPeer:
    """PyTorch in eager mode with the fused form of its solvers, as its users write it.

    The same network, initial range, batches, shuffling, L2 penalty (on weights only) and learning
    rate as scikit-learn; sparse rows go through `embedding_bag`, its fastest way for them.
    """

    name = "torch"
    failures = ()

    def __init__(self):
        self.torch = importlib.import_module("torch")
        self.version = self.torch.__version__

    def supports(self, shape):
        """Tell whether this peer can run the shape: PyTorch has no comparable L-BFGS."""
        return shape.solver in ("adam", "sgd") and (shape.density == 1 or shape.work == "fit")

    def _network(self, shape, dtype):
        nn, units = self.torch.nn, shape.units
        layers = []
        for n, m in itertools.pairwise(units):
            layers += [nn.Linear(n, m, dtype=dtype), *self._hidden(shape, m, dtype)]
        n_after = len(layers) // (len(units) - 1) - 1
        return nn.Sequential(*layers[:-n_after])

    def _hidden(self, shape, n_units, dtype):
        """Return what comes after the weights of a hidden layer."""
        nn = self.torch.nn
        layers = [nn.BatchNorm1d(n_units, dtype=dtype)] if shape.batch_norm else []
        layers.append(getattr(nn, TORCH_ACTIVATIONS[shape.activation])())
        return [*layers, nn.Dropout(shape.dropout)] if shape.dropout else layers

    def _optimizer(self, shape, network):
        optim = self.torch.optim
        weights = [p for p in network.parameters() if p.ndim == 2]
        biases = [p for p in network.parameters() if p.ndim == 1]
        groups = [
            {"params": weights, "weight_decay": 1e-4 / shape.batch},
            {"params": biases, "weight_decay": 0.0},
        ]
        if shape.solver == "adam":
            return optim.Adam(groups, lr=1e-3, fused=True)
        return optim.SGD(groups, lr=1e-3, momentum=0.9, nesterov=True, fused=True)

    def _loss(self, shape):
        functional = self.torch.nn.functional
        if shape.task == "regress":
            return lambda out, y: 0.5 * functional.mse_loss(out, y)
        if shape.units[-1] == 1:
            return functional.binary_cross_entropy_with_logits
        return functional.cross_entropy

    def _targets(self, shape, y, dtype):
        """Return the targets as the loss wants them: class numbers, or a column of numbers."""
        y = self.torch.from_numpy(y)
        if shape.task == "classify" and shape.units[-1] > 1:
            return y
        return y.to(dtype).reshape(len(y), -1)

    def _compiled(self, network):
        """Return the network as a function: here, itself."""
        return network

    def _dense_forward(self, network, X):
        X, network = self.torch.from_numpy(X), self._compiled(network)
        return lambda rows: network(X[rows])

    def _sparse_forward(self, network, X):
        torch, first, rest = self.torch, network[0], network[1:]
        table = torch.nn.Parameter(first.weight.detach().T.contiguous())
        first.weight = table

        def forward(rows):
            part = X[rows.numpy()]
            bags = torch.nn.functional.embedding_bag(
                torch.from_numpy(part.indices.astype(np.int64)),
                table,
                torch.from_numpy(part.indptr[:-1].astype(np.int64)),
                mode="sum",
                per_sample_weights=torch.from_numpy(part.data),
            )
            return rest(bags + first.bias)

        return forward

    def _fit(self, shape, X, y):
        torch = self.torch
        torch.manual_seed(0)
        dtype = torch.float32 if X.dtype == np.float32 else torch.float64
        network = self._network(shape, dtype)
        setup = self._sparse_forward if sparse.issparse(X) else self._dense_forward
        forward = setup(network, X)
        optimizer, loss_of = self._optimizer(shape, network), self._loss(shape)
        y = self._targets(shape, y, dtype)
        history = []
        for _ in range(shape.epochs):
            total = torch.zeros((), dtype=dtype)
            for rows in torch.randperm(len(y)).split(shape.batch):
                optimizer.zero_grad(set_to_none=True)
                loss = loss_of(forward(rows), y[rows])
                loss.backward()
                optimizer.step()
                total += loss.detach() * len(rows)
            history.append(total.item() / len(y))
        return network, history

    def job(self, shape, data):
        """Return the function that fits, or predicts with a model fitted here."""
        X_train, y_train, X = data
        if shape.work == "fit":
            return lambda: len(self._fit(shape, X_train, y_train)[1])
        network, _ = self._fit(shape, X_train, y_train)
        network.eval()

        def predict():
            with self.torch.inference_mode():
                for _ in range(shape.calls):
                    network(self.torch.from_numpy(X)).argmax(dim=1).numpy()

        return predict


class CompiledTorchPeer(TorchPeer):
    """The same with the network compiled by `torch.compile`, for dense fits.

    The optimiser stays eager and fused. Needs a C++ compiler; where it fails, the shape is skipped
    with a note.
    """

    name = "torch.compile"
    failures = (Exception,)

    def supports(self, shape):
        """Tell whether this peer can run the shape."""
        return super().supports(shape) and shape.density == 1 and shape.work == "fit"

    def _compiled(self, network):
        return self.torch.compile(network, dynamic=False)


class BareProducts:
    """The matrix products alone, measured like a peer (see `benchmarks.limits`)."""

    name = "bare products"
    version = None
    failures = ()

    def supports(self, shape):
        """Tell whether the products of a shape are known before it runs.

        L-BFGS evaluates the gradient an unknown number of times per iteration, and one row is all
        overhead.
        """
        return shape.solver != "lbfgs" and shape.rows > 1

    def job(self, shape, data):
        """Return the function that performs the products of the shape."""
        return products_job(shape, data)


class Updates:
    """The passes over weights and states alone, measured like a peer."""

    name = "weights and states"
    version = None
    failures = ()

    def supports(self, shape):
        """Tell whether a fit of the shape updates its weights a known number of times."""
        return shape.work == "fit" and shape.n_states is not None

    def job(self, shape, data):
        """Return the function that reads and writes weights and states."""
        return update_job(shape, data[0].dtype, cores())


def load_peers(names):
    """Return the peers that can be imported, skdeep first, and notes on those that cannot.

    Parameters
    ----------
    names : sequence of str
        Of "sklearn", "torch" and "torch.compile".

    Returns
    -------
    peers : list
    notes : list of str
    """
    makers = {
        "sklearn": lambda: EstimatorPeer("sklearn", "sklearn.neural_network", "scikit-learn"),
        "torch": TorchPeer,
        "torch.compile": CompiledTorchPeer,
    }
    peers, notes = [EstimatorPeer("skdeep", "skdeep", "skdeep")], []
    for name in names:
        try:
            peers.append(makers[name]())
        except ImportError:
            notes.append(f"{name} is not installed: its column is left out")
    return [*peers, BareProducts(), Updates()], notes
