"""Losses and weights of adversarial training beside a form in NumPy."""

import numpy as np
import pytest

from skdeep import GenerativeAdversarialNetwork
from skdeep.layers import Dense
from tests.adversarial import numpy_networks
from tests.helpers import assert_close

CASES = {
    "plain": {},
    "several updates": {"n_critic": 3, "batch_size": 20},
    "smooth": {"label_smoothing": 0.2, "label": 1},
    "by class": {"label": 3},
    "wasserstein": {"loss": "wasserstein", "n_critic": 2, "clip_value": 0.2, "label": 2},
    "one batch": {"batch_size": 500},
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_same_as_numpy(case):
    case = {"batch_size": 32, "n_critic": 1, **case}
    n_labels = case.pop("label", 0)
    rng = np.random.default_rng(0)
    X = rng.normal([1, -1, 0.5], [1, 0.3, 0.6], (150, 3))
    y = None if n_labels < 2 else np.arange(150) % n_labels
    columns = np.eye(n_labels)[y] if n_labels > 1 else np.zeros((150, 0))
    layers = [Dense(7, "tanh"), Dense(5, "tanh")], [Dense(6, "tanh"), Dense(4, "tanh")]
    gan = GenerativeAdversarialNetwork(
        *layers,
        latent_size=4,
        random_state=3,
        generator_learning_rate_init=0.004,
        discriminator_learning_rate_init=0.002,
        **case,
    )
    start = gan.set_params(max_iter=1).fit(X, y)  # draws the same weights
    random_state = np.random.RandomState(3)
    first = _weights_before(random_state, start)
    [*_, seed] = [random_state.randint(2**31 - 1) for _ in range(3)]
    G, D = (numpy_networks.Dense(*weights) for weights in first)
    losses = numpy_networks.train(
        G,
        D,
        X,
        columns,
        seed=seed,
        n_latent=4,
        n_epochs=4,
        size=min(case["batch_size"], 150),
        n_critic=case["n_critic"],
        smoothing=case.get("label_smoothing", 0.0),
        clip=case.get("clip_value"),
        rates=(0.004, 0.002),
    )
    gan.set_params(max_iter=4).fit(X, y)
    assert_close(gan.generator_loss_curve_, losses[:, 0], 1e-9)
    assert_close(gan.discriminator_loss_curve_, losses[:, 1], 1e-9)
    for network, expected in ((gan.generator_, G), (gan.discriminator_, D)):
        found = [*network.coefs_, *network.intercepts_]
        for ours, theirs in zip(found, expected.parameters(), strict=True):
            assert_close(ours, theirs, 1e-8)


def _weights_before(random_state, fitted):
    """Return the weights that both networks begin with: Glorot's, drawn as scikit-learn does."""
    found = []
    for network in (fitted.generator_, fitted.discriminator_):
        coefs, intercepts = [], []
        for coef in network.coefs_:
            bound = np.sqrt(6 / sum(coef.shape))
            coefs.append(random_state.uniform(-bound, bound, coef.shape))
            intercepts.append(random_state.uniform(-bound, bound, coef.shape[1]))
        found.append((coefs, intercepts))
    return found
