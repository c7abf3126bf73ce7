"""Networks that are lists of layers, begun with the layers of another network."""

import re

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


@pytest.mark.parametrize(
    "hidden, called, why",
    [
        (
            [Dense(6), ("b", Dense(3, trainable=False))],
            "layers['b'], Dense(",
            "the weights of layers['b'], Dense(trainable=False, units=3) have shape (6, 4) there",
        ),
        (
            [Dense(6), Dense(6, weights_of="0"), Dense(5), Dense(3, trainable=False)],
            "layers[3], Dense(",
            "the weights of layers[2], Dense(units=5) have shape (6, 4) there, but (6, 5) here",
        ),
        (
            [("first", Dense(6)), Dense(4), ("last", Dense(3, trainable=False))],
            "layers['last'], Dense(",
            "it has 2 hidden layers with weights",
        ),
    ],
)
def test_layers_that_are_not_trained_must_be_there(hidden, called, why):
    """Messages call layers by their names or places, also behind layers that share weights."""
    begun = layered([Dense(6), Dense(4)], X)
    lacks = ".*: trainable=False, but init_from lacks it: "
    message = f"^{re.escape(called)}{lacks}{re.escape(why)}"
    model = NetworkClassifier(hidden, init_from=begun, **STILL)
    before = dict(vars(model))
    with pytest.raises(ValueError, match=message):
        model.fit(X, Y)
    assert vars(model) == before


def shares(*normalised):
    """Return layers that share the weights of the first; each says whether it is normalised."""
    first, *others = normalised
    width = X.shape[1]
    layers = [Dense(width, batch_norm=first)]
    return layers + [Dense(width, weights_of="0", batch_norm=other) for other in others]


@pytest.mark.parametrize(
    "theirs, ours, lost",
    [
        ((False, True), (False, False), 1),
        ((False, True), (False,), 1),
        ((False, True), (True, False), 1),
        ((True, False), (False, True), 0),
        ((True, False), (False,), 0),
        ((True, True), (False, True), 0),
        ((True, True), (False, False), 0),
        ((True, True), (True,), 1),
        ((True,), (False, True), 0),
    ],
)
def test_normalisation_of_shared_weights_is_not_lost(theirs, ours, lost):
    """The weights of several layers cannot do what the normalisation of one of them does."""
    begun = layered(shares(*theirs), X)
    model = NetworkClassifier(shares(*ours), init_from=begun, **STILL)
    before = dict(vars(model))
    message = rf"init_from: the normalisation of layers\[{lost}\], .* is not taken over: "
    why = (
        "2 layers use its weights there, but only 1"
        if lost >= len(ours)
        else rf"layers\[{lost}\], .* is not norm"
    )
    with pytest.raises(ValueError, match=message + why):
        model.fit(X, Y)
    assert vars(model) == before


@pytest.mark.parametrize(
    "theirs, ours",
    [
        ((False, True), (False, True)),
        ((True, True), (True, True, False)),
        ((True,), (True, True)),
        ((False, True), (True, True)),
    ],
)
def test_normalisation_of_shared_weights_is_taken_over(theirs, ours):
    begun = layered(shares(*theirs), X)
    for place, norm in enumerate(begun.batch_norm_):
        norm.shift[:] = 5.0 + place
    model = layered(shares(*ours), X, init_from=begun)
    assert_array_equal(model.coefs_[0], begun.coefs_[0])
    uses = [use for use, normalised in enumerate(ours) if normalised]
    for use, norm in zip(uses, model.batch_norm_, strict=True):
        there = use < len(theirs) and theirs[use]
        shift = 5.0 + sum(theirs[:use]) if there else 0.0
        assert_allclose(norm.shift, np.full(X.shape[1], shift), atol=1e-20)


@pytest.mark.parametrize("ours", [(False,), (False, False)])
def test_the_normalisation_of_a_single_layer_becomes_part_of_its_weights(ours):
    begun = layered(shares(True), X)
    begun.batch_norm_[0].scale[:] = 2.0
    norm, model = begun.batch_norm_[0], layered(shares(*ours), X, init_from=begun)
    slope = norm.scale / np.sqrt(norm.variance + 1e-5)
    assert_allclose(model.coefs_[0], begun.coefs_[0] * slope, rtol=1e-12)


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
    with pytest.raises(ValueError, match="the weights of the first layer with any have shape"):
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
