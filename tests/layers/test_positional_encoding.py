"""Encodings of positions, fixed and learned."""

import numpy as np
import pytest

from skdeep import NetworkClassifier, check_gradient
from skdeep.layers import Dense, Embedding, Flatten, PositionalEncoding
from tests.helpers import assert_close
from tests.layers.problems import centred, fitted, predicted_outputs, reference_outputs, sequences


def test_sines_and_cosines():
    """Of an odd number of channels; they are not trained."""
    X, y = sequences()
    vectors = fitted([PositionalEncoding(), Flatten()], X, y, dropconnect=0.3).coefs_[0]
    t = np.arange(9)
    expected = np.column_stack([np.sin(t), np.cos(t), np.sin(t / 10000 ** (2 / 3))])
    assert_close(vectors, expected, 1e-14)


@pytest.mark.parametrize("learned", [False, True])
@pytest.mark.parametrize("n_samples", [60, 1500])
def test_same_as_numpy_and_gradient(learned, n_samples):
    X, y = sequences(n_samples)
    model = fitted([PositionalEncoding(learned), Flatten(), Dense(4, "tanh")], X, y, alpha=0.1)
    assert_close(predicted_outputs(model, X), centred(reference_outputs(model, X), model), 1e-10)
    assert check_gradient(model, X, y) < 1e-6


def test_learned_vectors_change():
    X = np.random.default_rng(0).integers(5, size=(60, 7))
    layers = [Embedding(5, 6), ("where", PositionalEncoding(True)), Flatten()]
    models = [fitted(layers, X, X[:, 3], max_iter=n) for n in (1, 2)]
    assert models[0].coefs_[1].std() > 0.01
    assert not np.array_equal(models[0].coefs_[1], models[1].coefs_[1])


def test_vectors_are_shared_and_refused():
    X, y = sequences()
    shared = PositionalEncoding(True, weights_of="a")
    model = fitted([("a", PositionalEncoding(True)), shared, Flatten()], X, y, alpha=0.1)
    assert [coef.shape for coef in model.coefs_] == [(9, 3), (27, 3)]
    assert check_gradient(model, X, y) < 1e-6
    with pytest.raises(ValueError, match=r"\(steps, channels\), but \(27,\) arrives"):
        NetworkClassifier([Flatten(), PositionalEncoding()]).fit(X, y)
