"""Penalties, dropout, batch normalisation and limited norms against PyTorch, where it is installed.

PyTorch adds 1e-6 or 1e-7 to norms that it divides by, hence some of the tolerances.
"""

import numpy as np
import pytest

import skdeep
from skdeep import solvers
from skdeep.network.layout import normalisation_views, parameter_views
from skdeep.penalties import ElasticNet
from tests import datasets
from tests.helpers import assert_close, quiet
from tests.oracle_regularised import UNITS, WEIGHTS, factors

torch = pytest.importorskip("torch", reason="compares with PyTorch, which is not installed")

F, nn = torch.nn.functional, torch.nn
ALPHA, BATCH, EPOCHS, HIDDEN = 0.3, 20, 4, (6, 4)
X, Y = datasets.load("multiclass")
N_LAYERS = len(HIDDEN) + 1


class Network:
    """skdeep's network in PyTorch, trained in the order of the rows.

    ``rates`` are those of dropout and dropconnect, whose masks the oracle draws.
    """

    def __init__(self, start, batch_norm=False, seed=0, rates=(0.0, 0.0), penalty=None):
        arrays = [*start.coefs_, *start.intercepts_]
        self.tensors = [torch.tensor(a, dtype=torch.float64, requires_grad=True) for a in arrays]
        self.norms = [nn.BatchNorm1d(n, dtype=torch.float64) for n in HIDDEN if batch_norm]
        self.seed, self.rates, self.update = seed, rates, 0
        self.penalty = penalty or (lambda w: 0.5 * w**2)

    @property
    def weights(self):
        return self.tensors[:N_LAYERS]

    @property
    def parameters(self):
        return [*self.tensors, *(p for norm in self.norms for p in norm.parameters())]

    def _masked(self, t, rate, layer, purpose):
        if rate == 0 or layer == N_LAYERS - 1:
            return t
        return t * torch.tensor(factors(rate, t.shape, self.seed, self.update, layer, purpose))

    def outputs(self, X):
        h = torch.tensor(X)
        for i, (w, b) in enumerate(zip(self.weights, self.tensors[N_LAYERS:], strict=True)):
            a = h @ self._masked(w, self.rates[1], i, WEIGHTS) + b
            if i < N_LAYERS - 1:
                a = self.norms[i](a) if self.norms else a
                h = self._masked(torch.tanh(a), self.rates[0], i, UNITS)
        return a

    def loss(self, X, y):
        self.update += 1
        losses = F.cross_entropy(self.outputs(X), torch.tensor(y), reduction="sum")
        return (losses + ALPHA * sum(self.penalty(w).sum() for w in self.weights)) / len(X)

    def train(self, optimizer, limit_gradient=None, limit_weights=None):
        steps = optimizer(self.parameters)
        for _ in range(EPOCHS):
            for start in range(0, len(X), BATCH):
                steps.zero_grad()
                self.loss(X[start : start + BATCH], Y[start : start + BATCH]).backward()
                if limit_gradient is not None:
                    limit_gradient(self.parameters)
                steps.step()
                if limit_weights is not None:
                    with torch.no_grad():
                        for w in self.weights:
                            w.copy_(limit_weights(w))
        return self


def _estimator(**parameters):
    settings = {"activation": "tanh", "alpha": ALPHA, "batch_size": BATCH, "max_iter": EPOCHS}
    settings |= {"shuffle": False, "random_state": 7, "solver": "sgd", "learning_rate_init": 0.05}
    return skdeep.MLPClassifier(HIDDEN, **{**settings, **parameters})


def _fit(**parameters):
    with quiet():
        return _estimator(**parameters).fit(X, Y)


def _start():
    """Return the network before training, up to less than rounding."""
    return _fit(learning_rate_init=1e-30, max_iter=1)


def _seed():
    """Return what is drawn after the initial weights."""
    rng = np.random.RandomState(7)
    for n, m in zip((X.shape[1], *HIDDEN), (*HIDDEN, 4), strict=True):
        rng.uniform(size=n * m + m)
    return rng.randint(2**31 - 1)


def _compare(model, network, rtol=1e-9):
    tensors = [t.detach().numpy() for t in network.tensors]
    for w, v in zip([*model.coefs_, *model.intercepts_], tensors, strict=True):
        assert_close(w, v, rtol)


def _nesterov(parameters):
    return torch.optim.SGD(parameters, 0.05, momentum=0.9, nesterov=True)


def _rmsprop(parameters):
    return torch.optim.RMSprop(parameters, 0.01, alpha=0.8, eps=1e-2)


PENALTIES = {
    "l1": ({"penalty": "l1"}, torch.abs),
    "l2": ({"penalty": "l2"}, lambda w: 0.5 * w**2),
    "elasticnet": (
        {"penalty": ElasticNet(0.4)},
        lambda w: 0.4 * torch.abs(w) + 0.3 * w**2,
    ),
    "power": ({"penalty": 1.5}, lambda w: torch.abs(w) ** 1.5),
    "fourth power": ({"penalty": 4}, lambda w: w**4),
}


@pytest.mark.parametrize("name", PENALTIES)
def test_penalties(name):
    parameters, formula = PENALTIES[name]
    network = Network(_start(), penalty=formula).train(_nesterov)
    _compare(_fit(**parameters), network)


@pytest.mark.parametrize("rates", [(0.4, 0.0), (0.0, 0.3), (0.2, 0.5)])
def test_masks(rates):
    model = _fit(dropout=rates[0], dropconnect=rates[1])
    _compare(model, Network(_start(), seed=_seed(), rates=rates).train(_nesterov))


def test_scale_of_what_is_kept():
    torch.manual_seed(0)
    theirs = F.dropout(torch.ones(1000, dtype=torch.float64), 0.3).unique().tolist()
    assert theirs == np.unique(factors(0.3, (10, 10), 0, 1, 0, UNITS)).tolist()


@pytest.mark.parametrize("optimizer", [_nesterov, _rmsprop])
def test_batch_norm(optimizer):
    """Several epochs: weights, scales, shifts and running statistics; then the predictions."""
    solver = "sgd" if optimizer is _nesterov else solvers.RMSProp(0.01, rho=0.8, epsilon=1e-2)
    model = _fit(solver=solver, batch_norm=True)
    network = Network(_start(), batch_norm=True).train(optimizer)
    _compare(model, network)
    for ours, theirs in zip(model.batch_norm_, network.norms, strict=True):
        assert_close(ours.scale, theirs.weight.detach().numpy(), 1e-9)
        assert_close(ours.shift, theirs.bias.detach().numpy(), 1e-9)
        assert_close(ours.mean, theirs.running_mean.numpy(), 1e-9)
        assert_close(ours.variance, theirs.running_var.numpy(), 1e-9)
        theirs.eval()
    expected = torch.softmax(network.outputs(X), dim=1).detach().numpy()
    assert_close(model.predict_proba(X), expected, 1e-9)


def test_gradient_through_batch_norm():
    model = _fit(batch_norm=True)
    network = Network(model, batch_norm=True)
    for ours, theirs in zip(model.batch_norm_, network.norms, strict=True):
        theirs.weight.data, theirs.bias.data = map(torch.tensor, (ours.scale, ours.shift))
    value = network.loss(X, Y)
    value.backward()
    function, layout, vector = model._full_batch(X, Y, None)
    loss, gradient = function(vector)
    assert loss == pytest.approx(value.item(), rel=1e-12)
    coefs, intercepts = parameter_views(layout, gradient)
    assert_close(coefs[0], network.tensors[0].grad.numpy(), 1e-9)
    assert_close(coefs[2], network.tensors[2].grad.numpy(), 1e-9)
    assert_close(intercepts[2], network.tensors[-1].grad.numpy(), 1e-9)
    norms = normalisation_views(layout, gradient)
    for ours, theirs in zip(norms, network.norms, strict=True):
        assert_close(ours.scale, theirs.weight.grad.numpy(), 1e-9)
        assert_close(ours.shift, theirs.bias.grad.numpy(), 1e-9)


def test_max_norm():
    model = _fit(max_norm=0.7)
    network = Network(_start())
    network.train(_nesterov, limit_weights=lambda w: torch.renorm(w, 2, 1, 0.7))
    _compare(model, network, 1e-5)
    assert not np.allclose(model.coefs_[0], _fit().coefs_[0], rtol=0.01)


@pytest.mark.parametrize("most", [0.05, 0.5, 100.0])
def test_clip_norm(most):
    model = _fit(clip_norm=most)
    network = Network(_start())
    network.train(_nesterov, lambda parameters: nn.utils.clip_grad_norm_(parameters, most))
    _compare(model, network, 1e-9 if most == 100 else 1e-4)


def test_everything_at_once():
    model = _fit(
        batch_norm=True, dropout=0.2, dropconnect=0.1, penalty="l1", max_norm=0.9, clip_norm=0.5
    )
    network = Network(_start(), True, _seed(), (0.2, 0.1), torch.abs)
    network.train(
        _nesterov,
        lambda parameters: nn.utils.clip_grad_norm_(parameters, 0.5),
        lambda w: torch.renorm(w, 2, 1, 0.9),
    )
    _compare(model, network, 1e-4)
