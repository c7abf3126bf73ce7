"""Every output activation with every loss: the general delta, or a message that says why not."""

import numpy as np
import pytest

from skdeep import check_gradient
from skdeep.formulas.activations import NAMES, REGISTRY
from skdeep.formulas.losses import REGISTRY as LOSSES
from tests import oracle
from tests.estimators.problems import (
    CASES,
    IDS,
    coded,
    data,
    estimator,
    flat,
    model,
    network,
    weights,
)
from tests.helpers import CONTAINERS, assert_close, quiet, slope_of, unchanged

TRAINABLE = sorted(name for name, spec in REGISTRY.items() if spec.trainable)
for _name in TRAINABLE:
    if not REGISTRY[_name].normalised:
        oracle.learn(_name, REGISTRY[_name].forward, slope_of(REGISTRY[_name]))
GRID = np.linspace(-30, 30, 6001)
SINGLE = {"binary", "regression"}
#: public name of a loss -> what its outputs must be, seen from all that an activation can give
NEEDED = {
    "log_loss": lambda o: ((o >= 0) & (o <= 1)).all(),
    "poisson": lambda o: (o > 0).all(),
    "hinge": lambda o: o.min() < 0 < o.max(),
}


def _fits(output, loss):
    if output == "softmax":
        return loss != "hinge"
    outputs = oracle.ACTIVATIONS[output][0](GRID)
    return NEEDED[loss](outputs) if loss in NEEDED else True


PAIRS = [(kind, loss, output) for kind, loss in CASES for output in TRAINABLE]
GOOD = [
    (kind, loss, output)
    for kind, loss, output in PAIRS
    if _fits(output, loss) and not (output == "softmax" and kind in SINGLE)
]
BAD = [pair for pair in PAIRS if pair not in GOOD]


@pytest.mark.parametrize("kind, loss, output", GOOD, ids=["-".join(pair) for pair in GOOD])
def test_gradient(kind, loss, output, device):
    fitted, X, y = model(kind, loss, "tanh", (4,), out_activation=output, learning_rate_init=0.01)
    assert fitted.out_activation_ == output
    Y = coded(fitted, kind, y)
    for alpha in (0.7, 0.0):
        fitted.set_params(alpha=alpha)
        for w in (None, weights()):
            got = fitted.loss_gradient(X, y, w)
            expected = network(fitted, kind).loss_gradient(X, Y, w, alpha)
            assert float(got[0]) == pytest.approx(expected[0], rel=1e-11)
            assert_close(flat(*got), flat(*expected), 1e-9)
            assert check_gradient(fitted, X, y, w) < 1e-5
    assert check_gradient(fitted, CONTAINERS["csr"](X), y, weights()) < 1e-5
    assert_close(fitted._outputs(X), network(fitted, kind).forward(X)[-1], 1e-10)


@pytest.mark.parametrize("kind, loss, output", GOOD, ids=["-".join(pair) for pair in GOOD])
def test_float32(kind, loss, output, device):
    fitted, X, y = model(kind, loss, "tanh", (4,), np.float32, out_activation=output)
    got = fitted.loss_gradient(X, y, weights())
    Y = coded(fitted, kind, y)
    expected = network(fitted, kind).loss_gradient(X, Y, weights(), fitted.alpha)
    assert got[1][0].dtype == np.float32
    assert float(got[0]) == pytest.approx(expected[0], rel=1e-5)
    assert_close(flat(*got), flat(*expected), 2e-4)


@pytest.mark.parametrize("kind, loss, output", BAD, ids=["-".join(pair) for pair in BAD])
def test_outputs_that_do_not_suit_the_loss(kind, loss, output):
    X, y = data(kind, loss)
    bad = estimator(kind, loss, out_activation=output, hidden_layer_sizes=3)
    words = "for several outputs" if _fits(output, loss) else f"loss={loss!r} needs outputs"
    with unchanged(bad), pytest.raises(ValueError, match=words) as raised:
        bad.fit(X, y)
    assert f"out_activation={output!r}" in str(raised.value)


@pytest.mark.parametrize("output", sorted(oracle.THRESHOLDS))
@pytest.mark.parametrize("kind, loss", [("binary", "squared_error"), ("regression", "huber")])
def test_threshold_outputs_cannot_be_trained(kind, loss, output):
    X, y = data(kind, loss)
    bad = estimator(kind, loss, out_activation=output)
    with unchanged(bad), pytest.raises(ValueError, match=f"out_activation='{output}' cannot be"):
        bad.fit(X, y)


AUTO = {
    ("binary", "log_loss"): "logistic",
    ("multiclass", "log_loss"): "softmax",
    ("multilabel", "log_loss"): "logistic",
    ("binary", "squared_error"): "logistic",
    ("multiclass", "squared_error"): "softmax",
    ("multilabel", "squared_error"): "logistic",
    ("binary", "hinge"): "identity",
    ("multiclass", "hinge"): "identity",
    ("multilabel", "hinge"): "identity",
    ("regression", "poisson"): "exp",
    ("multioutput", "poisson"): "exp",
    ("regression", "log_loss"): "logistic",
    ("multioutput", "log_loss"): "logistic",
}


@pytest.mark.parametrize("kind, loss", CASES, ids=IDS)
def test_auto(kind, loss):
    X, y = data(kind, loss)
    with quiet():
        fitted = estimator(kind, loss, hidden_layer_sizes=(), max_iter=1).fit(X, y)
    output = fitted.out_activation_
    if kind.startswith(("regression", "multioutput")) and (kind, loss) not in AUTO:
        assert output == next(e for e in LOSSES.values() if e.public == loss).default_output or (
            output == "identity"
        )
    else:
        assert output == AUTO[kind, loss]


@pytest.mark.parametrize("alias", sorted(set(NAMES) - set(REGISTRY)))
def test_aliases(alias):
    X, y = data("regression", "squared_error")
    with quiet():
        fitted = estimator("regression", "squared_error", out_activation=alias, max_iter=1)
        assert fitted.fit(X, y).out_activation_ == NAMES[alias]
