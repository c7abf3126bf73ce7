"""Solvers and losses against PyTorch, where it is installed."""

import numpy as np
import pytest

from skdeep import losses, solvers
from tests.estimators.problems import coded, data, flat, model, weights
from tests.helpers import assert_close, quiet
from tests.training.problems import ALPHA, RATE, problem

torch = pytest.importorskip("torch", reason="compares with PyTorch, which is not installed")

F = torch.nn.functional
TINY = 1e-30  # epsilon, where PyTorch adds it after a correction and scikit-learn before it

# name -> (solver, PyTorch's optimizer of the parameters)
SOLVERS = {
    "sgd": ("sgd", dict(momentum=0.0), lambda p: torch.optim.SGD(p, RATE)),
    "momentum": (
        "sgd",
        dict(nesterovs_momentum=False),
        lambda p: torch.optim.SGD(p, RATE, momentum=0.9),
    ),
    "nesterov": ("sgd", {}, lambda p: torch.optim.SGD(p, RATE, momentum=0.9, nesterov=True)),
    "adam": ("adam", dict(epsilon=TINY), lambda p: torch.optim.Adam(p, RATE, eps=TINY)),
    "adam, betas": (
        "adam",
        dict(epsilon=TINY, beta_1=0.5, beta_2=0.8),
        lambda p: torch.optim.Adam(p, RATE, betas=(0.5, 0.8), eps=TINY),
    ),
    "adagrad": (
        solvers.AdaGrad(RATE, epsilon=1e-3),
        {},
        lambda p: torch.optim.Adagrad(p, RATE, eps=1e-3),
    ),
    "rmsprop": (
        solvers.RMSProp(RATE, rho=0.8, epsilon=1e-3),
        {},
        lambda p: torch.optim.RMSprop(p, RATE, alpha=0.8, eps=1e-3),
    ),
    "rmsprop, defaults": ("rmsprop", {}, lambda p: torch.optim.RMSprop(p, RATE, alpha=0.9)),
    "rprop": (
        solvers.RProp(0.01, increase=1.3, decrease=0.4, step_min=1e-3, step_max=0.1),
        {},
        lambda p: torch.optim.Rprop(p, 0.01, etas=(0.4, 1.3), step_sizes=(1e-3, 0.1)),
    ),
    "rprop, defaults": ("rprop", {}, lambda p: torch.optim.Rprop(p, RATE)),
}


def _tensors(arrays, dtype=np.float64):
    return [torch.tensor(np.asarray(a, dtype), requires_grad=True) for a in arrays]


def _tanh_network(X, tensors):
    """Return the arguments of the output activation."""
    count = len(tensors) // 2
    h = torch.tensor(X)
    for i, (w, b) in enumerate(zip(tensors[:count], tensors[count:], strict=True)):
        a = h @ w + b
        h = torch.tanh(a) if i < count - 1 else a
    return h


def _penalty(tensors, alpha):
    return 0.5 * alpha * sum((w**2).sum() for w in tensors[: len(tensors) // 2])


def _train(network, optimizer, X, Y, batch_size, epochs, alpha):
    """Train in the order of the rows; return the parameters."""
    tensors = _tensors(network.parameters)
    steps = optimizer(tensors)
    for _ in range(epochs):
        for start in range(0, len(X), batch_size):
            rows = slice(start, start + batch_size)
            steps.zero_grad()
            losses = F.cross_entropy(
                _tanh_network(X[rows], tensors), torch.tensor(Y[rows]), reduction="sum"
            )
            ((losses + _penalty(tensors, alpha)) / len(X[rows])).backward()
            steps.step()
    return [t.detach().numpy() for t in tensors]


def _compare(parameters, optimizer, batch_size, epochs, alpha):
    estimator, network, X, y, Y = problem(
        "multiclass", (6, 4), "tanh", batch_size=batch_size, max_iter=epochs, **parameters
    )
    with quiet():
        estimator.fit(X, y)
    expected = _train(network, optimizer, X, Y, batch_size, epochs, alpha)
    got = [*estimator.coefs_, *estimator.intercepts_]
    for w, v in zip(got, expected, strict=True):
        assert_close(w, v, 1e-9)


@pytest.mark.parametrize("alpha", [ALPHA, 0.0])
@pytest.mark.parametrize("name", SOLVERS)
def test_solver(name, alpha):
    solver, parameters, optimizer = SOLVERS[name]
    full = name.startswith("rprop")
    size, epochs = (97, 25) if full else (20, 5)
    _compare(dict(solver=solver, alpha=alpha, **parameters), optimizer, size, epochs, alpha)


def test_adamw():
    """PyTorch decays what it is told to: the weights, and not the biases."""

    def optimizer(tensors):
        count = len(tensors) // 2
        groups = [
            {"params": tensors[:count], "weight_decay": ALPHA},
            {"params": tensors[count:], "weight_decay": 0.0},
        ]
        return torch.optim.AdamW(groups, RATE, betas=(0.8, 0.95), eps=1e-4)

    solver = solvers.AdamW(RATE, beta_1=0.8, beta_2=0.95, epsilon=1e-4)
    _compare(dict(solver=solver), optimizer, 20, 5, alpha=0.0)


def _pinball(o, y):
    return torch.maximum(0.3 * (y - o), -0.7 * (y - o))


def _shares(a):
    return torch.softmax(a, dim=1)


# name -> (kind of data, loss, parameters, loss of every sample from a, the targets and the labels)
LOSSES = {
    "huber": (
        "multioutput",
        losses.Huber(delta=0.4),
        {},
        lambda a, Y, y: F.huber_loss(a, Y, reduction="none", delta=0.4).sum(1),
    ),
    "absolute": (
        "multioutput",
        "absolute_error",
        {},
        lambda a, Y, y: F.l1_loss(a, Y, reduction="none").sum(1),
    ),
    "squared": (
        "multioutput",
        "squared_error",
        {},
        lambda a, Y, y: 0.5 * F.mse_loss(a, Y, reduction="none").sum(1),
    ),
    "quantile": (
        "multioutput",
        losses.Quantile(quantile=0.3),
        {},
        lambda a, Y, y: _pinball(a, Y).sum(1),
    ),
    "poisson": (
        "multioutput",
        "poisson",
        {},
        lambda a, Y, y: (F.poisson_nll_loss(a, Y, reduction="none") + torch.xlogy(Y, Y) - Y).sum(1),
    ),
    "shares": (
        "multioutput",
        "log_loss",
        {},
        lambda a, Y, y: F.binary_cross_entropy_with_logits(a, Y, reduction="none").sum(1),
    ),
    "binary": (
        "binary",
        "log_loss",
        {},
        lambda a, Y, y: F.binary_cross_entropy_with_logits(a, Y, reduction="none").sum(1),
    ),
    "binary, smoothed": (
        "binary",
        "log_loss",
        dict(label_smoothing=0.2),
        lambda a, Y, y: F.binary_cross_entropy_with_logits(a, 0.8 * Y + 0.1, reduction="none").sum(
            1
        ),
    ),
    "multilabel, smoothed": (
        "multilabel",
        "log_loss",
        dict(label_smoothing=0.2),
        lambda a, Y, y: F.binary_cross_entropy_with_logits(a, 0.8 * Y + 0.1, reduction="none").sum(
            1
        ),
    ),
    "multiclass": (
        "multiclass",
        "log_loss",
        {},
        lambda a, Y, y: F.cross_entropy(a, y, reduction="none"),
    ),
    "multiclass, smoothed": (
        "multiclass",
        losses.LogLoss(label_smoothing=0.3),
        {},
        lambda a, Y, y: F.cross_entropy(a, y, reduction="none", label_smoothing=0.3),
    ),
    "multiclass, logistic": (
        "multiclass",
        "log_loss",
        dict(out_activation="logistic"),
        lambda a, Y, y: F.binary_cross_entropy_with_logits(a, Y, reduction="none").sum(1),
    ),
    "Brier score": (
        "multiclass",
        "squared_error",
        {},
        lambda a, Y, y: 0.5 * ((_shares(a) - Y) ** 2).sum(1),
    ),
    "hinge": ("multiclass", "hinge", {}, lambda a, Y, y: torch.clamp(1 - Y * a, min=0).sum(1)),
    "hinge, two classes": (
        "binary",
        "hinge",
        {},
        lambda a, Y, y: torch.clamp(1 - Y * a, min=0).sum(1),
    ),
    "hinge of tanh": (
        "multilabel",
        "hinge",
        dict(out_activation="tanh"),
        lambda a, Y, y: torch.clamp(1 - Y * torch.tanh(a), min=0).sum(1),
    ),
    "huber of softplus": (
        "regression",
        "huber",
        dict(out_activation="softplus"),
        lambda a, Y, y: F.huber_loss(F.softplus(a), Y, reduction="none").sum(1),
    ),
    "poisson of softplus": (
        "regression",
        "poisson",
        dict(out_activation="softplus"),
        lambda a, Y, y: (
            F.poisson_nll_loss(F.softplus(a), Y, log_input=False, reduction="none", eps=0)
            + torch.xlogy(Y, Y)
            - Y
        ).sum(1),
    ),
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", LOSSES)
def test_loss(name, dtype):
    kind, loss, parameters, formula = LOSSES[name]
    fitted, X, y = model(kind, loss, dtype=dtype, **parameters)
    w = weights()
    got = fitted.loss_gradient(X, y, w)
    tensors = _tensors(fitted.coefs_ + fitted.intercepts_)
    labels = torch.tensor(y) if kind == "multiclass" else None
    a = _tanh_network(X.astype(np.float64), tensors)
    of_samples = formula(a, torch.tensor(coded(fitted, kind, y)), labels)
    total = (torch.tensor(w) * of_samples).sum() + _penalty(tensors, fitted.alpha)
    value = total / w.sum()
    value.backward()
    rtol = 1e-10 if dtype == np.float64 else 1e-4
    assert float(got[0]) == pytest.approx(float(value.detach()), rel=rtol)
    expected = np.concatenate([t.grad.numpy().ravel() for t in tensors])
    assert_close(flat(*got), expected, rtol)


ACTIVATIONS = {
    "leaky_relu": F.leaky_relu,
    "elu": F.elu,
    "selu": F.selu,
    "gelu": F.gelu,
    "silu": F.silu,
    "mish": F.mish,
    "softplus": F.softplus,
    "hard_tanh": F.hardtanh,
    "tanh": torch.tanh,
    "relu": F.relu,
    "logistic": torch.sigmoid,
}


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activation(name):
    X, y = data("regression", "squared_error")
    fitted, _, _ = model("regression", "squared_error", name, (6,))
    w, v, b, c = _tensors(fitted.coefs_ + fitted.intercepts_)
    o = ACTIVATIONS[name](torch.tensor(X) @ w + b) @ v + c
    assert_close(fitted.predict(X), o.detach().numpy()[:, 0], 1e-10)
    (0.5 * ((o[:, 0] - torch.tensor(y)) ** 2).mean()).backward()
    fitted.set_params(alpha=0.0)
    got = flat(*fitted.loss_gradient(X, y))
    assert_close(got, np.concatenate([t.grad.numpy().ravel() for t in (w, v, b, c)]), 1e-8)
