"""PyTorch, eager and compiled."""

import importlib
import itertools

import numpy as np
from scipy import sparse

TORCH_ACTIVATIONS = {"relu": "ReLU", "tanh": "Tanh", "logistic": "Sigmoid", "gelu": "GELU"}


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

        answer = self._answer(shape)

        def predict():
            with self.torch.inference_mode():
                for _ in range(shape.calls):
                    answer(network(self.torch.from_numpy(X))).numpy()

        return predict

    def _answer(self, shape):
        """Return what makes labels or probabilities of the outputs."""
        if shape.work == "predict":
            return lambda out: out.argmax(dim=1)
        return lambda out: out.softmax(dim=1)


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
