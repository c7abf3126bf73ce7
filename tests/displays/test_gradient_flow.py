"""The norms that were recorded, by layer and epoch."""

import re

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from skdeep import MLPClassifier
from skdeep.displays import GradientFlowDisplay
from tests.displays import networks

plt = pytest.importorskip("matplotlib.pyplot")
to_rgb = pytest.importorskip("matplotlib.colors").to_rgb


def recorded(**parameters):
    return networks.classifier(max_iter=5, record_gradient_norms=True, **parameters)


def test_over_epochs():
    clf = recorded(heads=(0, 1))
    display = GradientFlowDisplay.from_estimator(clf)
    assert [line.get_label() for line in display.lines_] == ["hidden 0", "hidden 1", "output"]
    for line, norms in zip(display.lines_, clf.gradient_norms_.T, strict=True):
        np.testing.assert_array_equal(line.get_xdata(), [1, 2, 3, 4, 5])
        np.testing.assert_array_equal(line.get_ydata(), norms)
    assert display.ax_.get_yscale() == "log" and display.ax_.get_xlabel() == "Epoch"
    assert display.plot(log_scale=False).ax_.get_yscale() == "linear"


def test_over_layers():
    clf = recorded()
    display = GradientFlowDisplay.from_estimator(clf, x="layer")
    assert [line.get_label() for line in display.lines_] == ["epoch 1", "epoch 3", "epoch 5"]
    for line, norms in zip(display.lines_, clf.gradient_norms_[[0, 2, 4]], strict=True):
        np.testing.assert_array_equal(line.get_ydata(), norms)
    ticks = [text.get_text() for text in display.ax_.get_xticklabels()]
    assert ticks == ["hidden 0", "hidden 1", "output"]
    assert len(display.plot(x="layer", epochs=[2]).lines_) == 1
    for epochs in ([0], [6], [1.5]):
        with pytest.raises(ValueError, match="epochs must lie between 1 and 5"):
            display.plot(x="layer", epochs=epochs)
    with pytest.raises(ValueError, match="epochs is for x='layer'"):
        display.plot(epochs=[1])


def test_frozen_layers_have_no_gradient():
    source = networks.classifier()
    clf = recorded(init_from=source, frozen_layers=1)
    display = GradientFlowDisplay.from_estimator(clf)
    assert clf.gradient_norms_[:, 0].max() == 0
    assert display.ax_.get_yscale() == "symlog"
    display.figure_.canvas.draw()


def test_not_recorded():
    with pytest.raises(NotFittedError):
        GradientFlowDisplay.from_estimator(MLPClassifier(record_gradient_norms=True))
    for solver in ("adam", "lbfgs"):
        with pytest.raises(ValueError, match="fit it with record_gradient_norms=True"):
            GradientFlowDisplay.from_estimator(networks.classifier(solver=solver))
    with pytest.raises(TypeError, match="Perceptron has no layers"):
        GradientFlowDisplay.from_estimator(networks.perceptron())
    assert plt.get_fignums() == []


def test_plain_data():
    display = GradientFlowDisplay(gradient_norms=[[1.0, 2.0]]).plot()
    assert [line.get_label() for line in display.lines_] == ["layer 0", "layer 1"]
    with pytest.raises(ValueError, match="shape"):
        GradientFlowDisplay(gradient_norms=[1.0, 2.0]).plot()
    with pytest.raises(ValueError, match="layer_names has 1 names"):
        GradientFlowDisplay(gradient_norms=[[1.0, 2.0]], layer_names=["a"]).plot()
    with pytest.raises(ValueError, match="x must be one of 'epoch', 'layer'"):
        GradientFlowDisplay(gradient_norms=[[1.0]]).plot(x="time")


def test_ticks_are_plain_numbers():
    display = GradientFlowDisplay(gradient_norms=[[0.3, 0.4], [0.6, 0.2]]).plot()
    display.figure_.canvas.draw()
    axis = display.ax_.yaxis
    shown = [text.get_text() for text in axis.get_ticklabels(which="both")]
    shown = {text for text in shown if text}
    assert "0.3" in shown and all(re.fullmatch(r"[\d.]+", text) for text in shown)


@pytest.mark.parametrize("style", ["default", "dark_background"])
def test_lines_stand_out_from_the_background(style):
    with plt.style.context(style):
        display = GradientFlowDisplay(gradient_norms=np.ones((4, 7))).plot()
    ground = to_rgb(display.ax_.get_facecolor())
    for line in display.lines_:
        assert np.abs(np.subtract(to_rgb(line.get_color()), ground)).max() > 0.3
    legend = display.figure_.legends[0]  # below the axes: there are many lines
    assert len(legend.get_texts()) == 7
