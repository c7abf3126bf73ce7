"""The picture of an architecture has the layers, arrows and neurons that it should."""

import copy

import numpy as np
import pytest
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdeep import MLPClassifier, MLPRegressor, NetworkClassifier, NetworkRegressor, Perceptron
from skdeep.displays import NetworkDisplay, describe_network
from skdeep.layers import Conv1D, Dense, Flatten, NeuronGraph
from tests.displays import networks
from tests.helpers import quiet

plt = pytest.importorskip("matplotlib.pyplot")


def words(display):
    return [text.get_text() for text in display.ax_.texts]


def inside(display):
    """Return whether all boxes lie within the axes."""
    (left, right), (low, high) = display.ax_.get_xlim(), display.ax_.get_ylim()
    return all(
        left < box.get_x() < box.get_x() + box.get_width() < right
        and low < box.get_y() < box.get_y() + box.get_height() < high
        for box in display.boxes_
    )


def test_layers():
    display = NetworkDisplay.from_estimator(networks.classifier(batch_norm=True, dropout=0.5))
    assert len(display.boxes_) == 4 and len(display.arrows_) == 3 and inside(display)
    assert words(display)[1].splitlines() == [
        "hidden 0", "5 units", "relu", "batch norm", "dropout 0.5", "35 parameters",
    ]  # fmt: skip
    assert display.ax_.get_title() == display.description.title()
    assert display.edges_ is None and display.neurons_ == []
    display.figure_.canvas.draw()


def test_skips_and_auxiliary_outputs():
    clf = networks.classifier((5, 4, 3), skip_connections=True, heads=(0, 1))
    display = NetworkDisplay.from_estimator(clf)
    assert len(display.boxes_) == 5 + 2 and inside(display)
    assert len(display.arrows_) == (1 + 2 + 3 + 1) + 2
    assert "in training only" in words(display)[4]
    assert str(display) == display.summary() == str(describe_network(clf))


def test_not_fitted():
    display = NetworkDisplay.from_estimator(MLPRegressor(hidden_layer_sizes=(7,)))
    assert [text.splitlines()[1] for text in words(display)] == [
        "? features", "7 units", "? outputs",
    ]  # fmt: skip
    assert display.connections is None and "not fitted" in display.ax_.get_title()
    with pytest.raises(ValueError, match="kind='neurons' needs a fitted estimator or a graph"):
        display.plot(kind="neurons")
    assert len(NetworkDisplay.from_estimator(Perceptron()).boxes_) == 2
    pipe = make_pipeline(StandardScaler(), MLPClassifier((3,)))
    assert len(NetworkDisplay.from_estimator(pipe).boxes_) == 3


def test_neurons():
    clf = networks.classifier()
    display = NetworkDisplay.from_estimator(clf, kind="neurons")
    assert [len(layer.get_offsets()) for layer in display.neurons_] == [4, 5, 4, 3]
    assert len(display.edges_.get_segments()) == 4 * 5 + 5 * 4 + 4 * 3
    weights = np.concatenate([np.ravel(coef) for coef in clf.coefs_])
    widths = display.edges_.get_linewidths()
    assert np.argmax(widths) == np.argmax(np.abs(weights))
    red, blue = display.edges_.get_colors()[:, [0, 2]].T
    np.testing.assert_array_equal(red > blue, weights > 0)
    assert display.boxes_ == [] and {"0", "1", "2"} <= set(words(display))


def test_neurons_of_wide_layers():
    display = NetworkDisplay.from_estimator(
        networks.digit_classifier(), kind="neurons", max_units=6
    )
    assert [len(layer.get_offsets()) for layer in display.neurons_] == [6, 6, 6]
    assert len(display.edges_.get_segments()) == 72
    assert words(display).count("⋮") == 3
    for wrong in (1, 2.5, "all"):
        with pytest.raises(ValueError, match="max_units must be an integer of at least 2"):
            display.plot(max_units=wrong)


def test_deep_networks():
    display = NetworkDisplay.from_estimator(MLPClassifier((2,) * 200))
    assert len(display.boxes_) == 202 and display.figure_.get_figwidth() <= 60


def test_neurons_with_skips():
    clf = networks.classifier((2, 2), skip_connections=True)
    display = NetworkDisplay.from_estimator(clf, kind="neurons")
    assert len(display.edges_.get_segments()) == sum(np.size(coef) for coef in clf.coefs_)


@pytest.mark.parametrize("fitted", [False, True])
def test_graph(fitted):
    clf = NetworkClassifier([NeuronGraph(networks.GRAPH)], max_iter=2)
    if fitted:
        with quiet():
            clf.fit(*networks.iris(as_frame=True))
    display = NetworkDisplay.from_estimator(clf)
    n_outputs = 3 if fitted else 1  # what is known of them
    assert len(display.edges_.get_segments()) == 2 + 2 + 3 + n_outputs
    assert {"a", "b", "c"} <= set(words(display))
    assert ("sepal width (cm)" in words(display)) == fitted
    display.figure_.canvas.draw()
    boxes = display.plot(kind="layers")
    assert len(boxes.boxes_) == 5 and len(boxes.arrows_) == 1 + 1 + 3 + 1


def test_graphs_beside_other_layers():
    """A curve for every connection, whatever copies what layers read."""
    X, y = networks.iris()
    layers = [
        ("a", Dense(2)),
        ("b", NeuronGraph({"n": [0], "m": ["n", 1], "outputs": ["m", 3]}, inputs="features")),
        Dense(3, inputs=["b", "a"]),
    ]
    with quiet():
        clf = NetworkClassifier(layers, max_iter=1).fit(X, y)
    display = NetworkDisplay.from_estimator(clf)
    n_lines = 4 * 2 + 1 + 2 + 4 * 3 + 3 * 3
    assert len(display.edges_.get_segments()) == n_lines and display.boxes_ == []
    assert [len(layer.get_offsets()) for layer in display.neurons_] == [4, 2, 1, 1, 3, 3]
    unfitted = NetworkDisplay.from_estimator(NetworkClassifier(layers))
    assert len(unfitted.edges_.get_segments()) == n_lines - 2 * 3  # of a single output
    layered = NetworkDisplay.from_estimator(NetworkClassifier([Dense(2)], max_iter=1))
    assert len(layered.boxes_) == 3


def test_neurons_are_those_of_dense_layers():
    X, y = networks.iris()
    with quiet():
        dense = NetworkRegressor([Dense(3), Dense(2)], max_iter=1).fit(X, y)
        conv = NetworkRegressor([Conv1D(2, 2), Flatten()], max_iter=1).fit(X, y)
    display = NetworkDisplay.from_estimator(dense, kind="neurons")
    assert len(display.edges_.get_segments()) == 4 * 3 + 3 * 2 + 2
    assert len(NetworkDisplay.from_estimator(dense).boxes_) == 4
    assert len(NetworkDisplay.from_estimator(conv).boxes_) == 4
    with pytest.raises(ValueError, match=r"or a graph.* must be Dense or NeuronGraph"):
        NetworkDisplay.from_estimator(conv, kind="neurons")


def test_perceptron_and_names_of_a_pipeline():
    pipe = make_pipeline(StandardScaler(), Perceptron(max_iter=20))
    with quiet():
        pipe.fit(*networks.iris(as_frame=True))
    display = NetworkDisplay.from_estimator(pipe, kind="neurons")
    assert len(display.edges_.get_segments()) == 12
    assert "petal width (cm)" in words(display)


@pytest.mark.parametrize("wrap", [FrozenEstimator, copy.deepcopy])
def test_frozen(wrap):
    clf = networks.classifier()
    display = NetworkDisplay.from_estimator(wrap(clf))
    assert display.description == describe_network(clf)


def test_bad_input():
    with pytest.raises(TypeError, match="Networks are those of skdeep's MLP"):
        NetworkDisplay.from_estimator(LogisticRegression())
    with pytest.raises(ValueError, match="hidden_layer_sizes must be > 0"):
        NetworkDisplay.from_estimator(MLPClassifier((-1,)))
    with pytest.raises(ValueError, match="graph has a cycle"):
        NetworkDisplay.from_estimator(NetworkClassifier([NeuronGraph({"a": ["b"], "b": ["a"]})]))
    with pytest.raises(ValueError, match="kind must be one of 'auto', 'layers', 'neurons'"):
        NetworkDisplay.from_estimator(networks.classifier(), kind="boxes")
    assert plt.get_fignums() == []


def test_given_axes():
    _, ax = plt.subplots()
    assert NetworkDisplay.from_estimator(networks.classifier(), ax=ax).figure_ is ax.figure


@pytest.mark.parametrize("size", [(3.0, 2.0), (12.0, 4.0)])
def test_words_fit_into_their_boxes(size):
    figure, ax = plt.subplots(figsize=size)
    clf = networks.classifier((30, 30, 30, 30))
    display = NetworkDisplay.from_estimator(clf, ax=ax)
    figure.canvas.draw()
    boxes = [box.get_window_extent() for box in display.boxes_]
    for text, box in zip(ax.texts, boxes, strict=True):
        words = text.get_window_extent()
        assert box.x0 <= words.x0 and words.x1 <= box.x1
        assert box.y0 <= words.y0 and words.y1 <= box.y1
