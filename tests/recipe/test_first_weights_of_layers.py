"""Networks that are lists of layers, begun with the layers of another network."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression

from skdeep import MLPClassifier, NetworkClassifier
from skdeep.layers import Conv1D, Dense, Flatten, MaxPool1D
from tests.helpers import quiet
from tests.recipe.test_first_weights import STILL, X, Y, source

SEQUENCES = np.random.RandomState(5).standard_normal((len(Y), 9, 3))


def layered(layers, features=SEQUENCES, **parameters):
    with quiet():
        return NetworkClassifier(layers, **{**STILL, **parameters}).fit(features, Y)


def test_networks_of_layers_begin_with_others():
    """From the first layer on, as long as kinds and shapes agree, across pooling and flattening."""
    first, second = Conv1D(4, 3), Conv1D(5, 2)
    begun = layered([first, MaxPool1D(2), second, Flatten(), Dense(6)])
    model = layered([first, second, Flatten(), Dense(6)], init_from=begun)
    for index in range(2):
        assert_array_equal(model.coefs_[index], begun.coefs_[index])
        assert_array_equal(model.intercepts_[index], begun.intercepts_[index])
    assert model.coefs_[2].shape != begun.coefs_[2].shape  # as a flattened sequence is longer
    alike = [first, MaxPool1D(2), second, Flatten(), Dense(6)]
    again = layered(alike, init_from=begun, random_state=1)
    assert_array_equal(again.coefs_[2], begun.coefs_[2])
    assert not np.array_equal(again.coefs_[3], begun.coefs_[3])
    assert clone(again).init_from is begun
    assert not [name for name in again.get_params() if name.startswith("init_from__")]


def test_layers_that_are_not_trained_are_taken_over():
    begun = layered([Dense(5), Dense(4)], X, max_iter=3)
    options = {"max_iter": 3, "solver": "adam", "init_from": begun}
    model = layered([Dense(5, trainable=False), Dense(4)], X, **options)
    assert_array_equal(model.coefs_[0], begun.coefs_[0])
    assert not np.array_equal(model.coefs_[1], begun.coefs_[1])
    message = r"Layer 1 has trainable=False, but init_from lacks it: the weights of layer 1 have"
    with pytest.raises(ValueError, match=message):
        layered([Dense(5), Dense(3, trainable=False)], X, **options)


@pytest.mark.parametrize("ours", [False, True])
@pytest.mark.parametrize("theirs", [False, True])
def test_multilayer_perceptrons_and_dense_layers_begin_with_one_another(ours, theirs):
    """Batch normalisation is taken over, or becomes part of the weights."""
    features = SEQUENCES[:, 0]
    origin = source((5, 4), batch_norm=theirs)
    model = layered([Dense(5), Dense(4)], X, init_from=origin, batch_norm=ours)
    same_network = MLPClassifier((5, 4), init_from=origin, batch_norm=ours, **STILL)
    with quiet():
        same_network.fit(X, Y)
        back = MLPClassifier((5, 4), init_from=model, batch_norm=theirs, **STILL).fit(X, Y)
    for index in range(2):
        assert_array_equal(model.coefs_[index], same_network.coefs_[index])
        assert_array_equal(model.intercepts_[index], same_network.intercepts_[index])
        if ours == theirs:
            assert_array_equal(back.coefs_[index], origin.coefs_[index])
    other = layered([Dense(5), Dense(4)], features)
    with pytest.raises(ValueError, match="the weights of layer 0 have shape"):
        layered([Dense(5), Dense(4)], X, init_from=other)


def test_single_normalised_layers_are_taken_over():
    begun = layered([Dense(5), Dense(4, batch_norm=True), Dense(3)], X, max_iter=5)
    begun.batch_norm_[0].mean[:] = 1.0
    kept = layered([Dense(5), Dense(4, batch_norm=True), Dense(3)], X, init_from=begun)
    assert_array_equal(kept.batch_norm_[0].scale, begun.batch_norm_[0].scale)
    absorbed = layered([Dense(5, batch_norm=True), Dense(4), Dense(3)], X, init_from=begun)
    norm = begun.batch_norm_[0]
    slope = norm.scale / np.sqrt(norm.variance + 1e-5)
    assert_allclose(absorbed.coefs_[1], begun.coefs_[1] * slope, rtol=1e-12)
    assert_array_equal(absorbed.coefs_[2], begun.coefs_[2])
    assert_array_equal(absorbed.batch_norm_[0].scale, np.ones(5))


@pytest.mark.parametrize(
    "make, message",
    [
        (
            lambda: layered([Conv1D(4, 2), Flatten()]),
            r"shape \(2, 3, 4\) of conv1d there, but \(",
        ),
        (lambda: layered([Flatten(), Dense(4)]), r"\(27, 4\) there, but \(3, 3, 4\) of conv1d"),
        (lambda: layered([MaxPool1D()]), "it has 0, this network 1"),
        (lambda: NetworkClassifier([Conv1D(4, 3)]), "init_from=NetworkClassifier.* is not fitted"),
        (lambda: LogisticRegression().fit(X, Y), "init_from must be a fitted MLPC"),
    ],
)
def test_networks_that_are_not_alike(make, message):
    model = NetworkClassifier([Conv1D(4, 3), Flatten()], init_from=make())
    before = dict(vars(model))
    with pytest.raises(ValueError, match=message):
        model.fit(SEQUENCES, Y)
    assert vars(model) == before
