"""Images and bars of the weights, to one symmetric scale."""

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.neural_network import MLPRegressor as TheirRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from skdeep import MLPClassifier
from skdeep.displays import WeightsDisplay
from tests.displays import networks
from tests.helpers import quiet

plt = pytest.importorskip("matplotlib.pyplot")


def ticks(axis):
    return [text.get_text() for text in axis.get_ticklabels()]


def widths(display):
    return np.array([[patch.get_width() for patch in bars] for bars in display.bars_])


def test_images():
    clf = networks.digit_classifier()
    display = WeightsDisplay.from_estimator(clf)
    assert display.image_shape == (8, 8) and len(display.images_) == 12
    for image, column in zip(display.images_, clf.coefs_[0].T, strict=True):
        np.testing.assert_array_equal(image.get_array(), column.reshape(8, 8))
    limit = np.abs(clf.coefs_[0]).max()
    assert {image.get_clim() for image in display.images_} == {(-limit, limit)}
    assert display.colorbar_ is not None and display.bars_ == []
    names = [text.get_text() for text in display.ax_.texts]
    assert names == [str(i) for i in range(12)]
    extents = [image.get_extent() for image in display.images_]
    low, high = display.ax_.get_xlim()
    assert all(low < left < right < high for left, right, _, _ in extents)
    bottom, top = display.ax_.get_ylim()
    assert all(top < y1 < y0 < bottom for _, _, y0, y1 in extents)


def test_chosen_units():
    clf = networks.digit_classifier()
    display = WeightsDisplay.from_estimator(clf, units=[3, -1], colorbar=False, limit=0.5)
    np.testing.assert_array_equal(display.weights, clf.coefs_[0][:, [3, 11]])
    assert display.colorbar_ is None and display.images_[0].get_clim() == (-0.5, 0.5)
    assert "2 of 12 units" in display.ax_.get_title()
    largest = np.sort(np.argsort((clf.coefs_[0] ** 2).sum(axis=0))[-4:])
    display = WeightsDisplay.from_estimator(clf, units=4)
    assert display.unit_names == list(map(str, largest))
    for units in (0, 13, [], [12], [-13], "all", 1.5, True):
        with pytest.raises(ValueError, match="units must be"):
            WeightsDisplay.from_estimator(clf, units=units)


def test_image_shapes():
    clf = networks.digit_classifier()
    display = WeightsDisplay.from_estimator(clf, image_shape=(4, 4, 4))
    image = display.images_[0].get_array()
    channels = clf.coefs_[0][:, 0].reshape(4, 4, 4)
    np.testing.assert_array_equal(image, np.hstack([channels[:, :, i] for i in range(4)]))
    for shape in ((8,), 8, (8, 8.0), (-8, -8)):
        with pytest.raises(ValueError, match="image_shape must be height and width"):
            WeightsDisplay.from_estimator(clf, image_shape=shape)
    with pytest.raises(ValueError, match="63 pixels, but 64 are read"):
        WeightsDisplay.from_estimator(clf, image_shape=(7, 9))
    with pytest.raises(ValueError, match="12 inputs make no square image"):
        WeightsDisplay.from_estimator(clf, layer=1, kind="image")
    with pytest.raises(ValueError, match="kind='bar' draws none"):
        WeightsDisplay.from_estimator(clf, kind="bar", image_shape=(8, 8))


def test_bars_by_name():
    clf = networks.classifier(as_frame=True)
    display = WeightsDisplay.from_estimator(clf)
    assert display.images_ == [] and len(display.bars_) == 5
    np.testing.assert_allclose(widths(display), clf.coefs_[0].T)
    assert ticks(display.ax_.yaxis) == list(clf.feature_names_in_)
    assert ticks(display.ax_.xaxis) == ["0", "1", "2", "3", "4"]
    colours = {
        (patch.get_width() > 0): patch.get_facecolor() for bars in display.bars_ for patch in bars
    }
    red, blue = colours[True], colours[False]
    assert red[0] > red[2] and blue[0] < blue[2]
    lane = display.bars_[1].patches[0].get_x() - display.bars_[0].patches[0].get_x()
    assert lane > 2 * display.limit_


def test_many_inputs():
    clf = networks.digit_classifier()
    display = WeightsDisplay.from_estimator(clf, kind="bar", units=[2], max_inputs=5)
    largest = np.sort(np.argsort(-np.abs(clf.coefs_[0][:, 2]))[:5])
    assert ticks(display.ax_.yaxis) == [f"x{i}" for i in largest]
    np.testing.assert_allclose(widths(display)[0], clf.coefs_[0][largest, 2])
    assert "5 of 64 inputs" in display.ax_.get_ylabel()
    assert display.ax_.get_xlabel() == "Weight for 2"


def test_output_layer_and_skips():
    display = WeightsDisplay.from_estimator(networks.classifier(), layer=-1)
    assert display.input_names == ["h1_0", "h1_1", "h1_2", "h1_3"]
    assert display.unit_names == ["0", "1", "2"] and "outputs" in display.ax_.get_title()
    clf = networks.classifier(as_frame=True, skip_connections=True)
    display = WeightsDisplay.from_estimator(clf, layer=1)
    assert display.input_names == [*clf.feature_names_in_, *(f"h0_{i}" for i in range(5))]
    for layer in (3, -4, 1.0, True):
        with pytest.raises(ValueError, match="layer must be an integer between -3 and 2"):
            WeightsDisplay.from_estimator(clf, layer=layer)


def test_graph_names():
    clf = networks.graph_classifier()
    display = WeightsDisplay.from_estimator(clf, layer=2)
    assert display.unit_names == ["c"]
    assert display.input_names == [*clf.feature_names_in_, "a", "b"]
    np.testing.assert_array_equal(np.array(display.weights) != 0, clf.connectivity_[2])
    clf.set_params(layers__0__graph={**networks.GRAPH, "outputs": [2, "c", 0]})
    with quiet():
        clf.fit(*networks.iris(as_frame=True))
    display = WeightsDisplay.from_estimator(clf, layer=-1)
    assert display.input_names == [clf.feature_names_in_[2], "c", clf.feature_names_in_[0]]


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_perceptron(n_classes, sparse):
    clf = networks.perceptron(n_classes, as_frame=True)
    coef = clf.coef_.copy()
    clf = clf.sparsify() if sparse else clf
    display = WeightsDisplay.from_estimator(clf)
    np.testing.assert_allclose(widths(display), coef)
    assert ticks(display.ax_.yaxis) == list(clf.feature_names_in_)
    assert display.unit_names == (["1"] if n_classes == 2 else ["0", "1", "2"])


def test_names_from_a_pipeline():
    X, y = networks.iris(as_frame=True)
    with quiet():
        pipe = make_pipeline(StandardScaler(), MLPClassifier((3,), max_iter=2)).fit(X, y)
    assert WeightsDisplay.from_estimator(pipe).input_names == list(X.columns)
    display = WeightsDisplay.from_estimator(pipe, input_names=["a", "b", "c", "d"])
    assert ticks(display.ax_.yaxis) == ["a", "b", "c", "d"]
    assert WeightsDisplay.from_estimator(pipe, layer=1).input_names == ["h0_0", "h0_1", "h0_2"]
    with pytest.raises(ValueError, match="input_names has 1 names, but 4"):
        WeightsDisplay.from_estimator(pipe, input_names=["a"])


def test_regressors():
    ours = networks.regressor()
    np.testing.assert_allclose(widths(WeightsDisplay.from_estimator(ours)), ours.coefs_[0].T)
    with quiet():
        theirs = TheirRegressor(hidden_layer_sizes=(3,), max_iter=2).fit(*networks.iris())
    assert len(WeightsDisplay.from_estimator(theirs).bars_) == 3


def test_no_weights():
    with pytest.raises(NotFittedError):
        WeightsDisplay.from_estimator(MLPClassifier())
    with pytest.raises(TypeError, match="DecisionTreeClassifier has no weights"):
        WeightsDisplay.from_estimator(DecisionTreeClassifier().fit(*networks.iris()))
    with pytest.raises(ValueError, match="kind must be one of"):
        WeightsDisplay.from_estimator(networks.classifier(), kind="lines")
    assert plt.get_fignums() == []


def test_plain_data():
    _, ax = plt.subplots()
    display = WeightsDisplay(weights=np.zeros((4, 1))).plot(ax=ax)
    assert display.ax_ is ax and display.limit_ == 1.0
    with pytest.raises(ValueError, match="must be of shape"):
        WeightsDisplay(weights=[1.0, 2.0]).plot()
    with pytest.raises(ValueError, match="unit_names has 2 names, but 1"):
        WeightsDisplay(weights=[[1.0]], unit_names=["a", "b"]).plot()
    with pytest.raises(ValueError, match="limit must be greater than 0"):
        WeightsDisplay(weights=[[1.0]]).plot(limit=-1)


@pytest.mark.parametrize("size", [(3.0, 2.4), (5.0, 4.0), (9.0, 7.0)])
@pytest.mark.parametrize("n_units", [1, 12, 60, 100])
def test_names_do_not_touch_images(n_units, size):
    weights = np.random.default_rng(0).normal(size=(64, n_units))
    with plt.rc_context({"figure.figsize": size}):
        display = WeightsDisplay(weights=weights, image_shape=(8, 8)).plot()
    display.figure_.canvas.draw()
    images = [image.get_window_extent() for image in display.images_]
    names = [text.get_window_extent() for text in display.ax_.texts]
    assert len(names) in (0, n_units)
    for name in names:
        assert not any(name.overlaps(image) for image in images)
    if n_units == 12 or size == (9.0, 7.0):
        assert names
