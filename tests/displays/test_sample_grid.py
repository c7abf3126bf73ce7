"""The grid of generated samples: shapes, rows, what is refused."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.mixture import GaussianMixture
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

from skdeep import GenerativeAdversarialNetwork
from skdeep.displays import LossCurveDisplay, SampleGridDisplay
from skdeep.layers import Conv2D, Dense, Flatten

X = np.random.default_rng(0).random((60, 16))


def fitted(y=None, discriminator=None, **parameters):
    layers = [Dense(3)] if discriminator is None else discriminator
    model = GenerativeAdversarialNetwork([Dense(3)], layers, max_iter=2, random_state=0)
    return model.set_params(**parameters).fit(X, y)


def test_rows_of_classes():
    model = fitted(np.array(["b", "a", "c"])[np.arange(60) % 3])
    display = SampleGridDisplay.from_estimator(model, n_columns=4, random_state=1)
    assert [text.get_text() for text in display.ax_.get_yticklabels()] == ["a", "b", "c"]
    grid = display.image_.get_array()
    assert grid.shape == (3 * 5 - 1, 4 * 5 - 1)
    samples = model.sample(12, np.repeat(["a", "b", "c"], 4), random_state=1)
    assert np.array_equal(grid[5:9, 10:14], samples[6].reshape(4, 4))
    assert np.isnan(np.ma.filled(grid, np.nan)[4]).all()  # between rows
    assert display.image_.get_clim() == (samples.min(), samples.max())
    display = SampleGridDisplay.from_estimator(model, y=["c"], n_columns=2, vmin=0, vmax=1)
    assert display.image_.get_array().shape == (4, 9) and display.image_.get_clim() == (0, 1)


def test_without_classes_in_pipelines_and_of_other_estimators():
    model = make_pipeline(MinMaxScaler(), fitted()).fit(X)
    display = SampleGridDisplay.from_estimator(model, n_rows=2, n_columns=3, random_state=0)
    assert display.image_.get_array().shape == (9, 14) and display.row_names is None
    mixture = GaussianMixture(2, random_state=0).fit(X)
    display = SampleGridDisplay.from_estimator(mixture, n_rows=2, image_shape=(2, 8))
    assert display.image_.get_array().shape == (5, 89)
    images = fitted(discriminator=[Conv2D(2, 2), Flatten(), Dense(3)], input_shape=(2, 8))
    assert SampleGridDisplay.from_estimator(images).image_shape == (2, 8)


def test_colours():
    samples = np.random.default_rng(0).random((5, 12))
    display = SampleGridDisplay(samples=samples, image_shape=(2, 2, 3), n_columns=3)
    found = display.plot(vmin=0, vmax=1).image_.get_array()
    assert found.shape == (5, 8, 3) and np.array_equal(found[:2, :2], samples[0].reshape(2, 2, 3))
    assert np.all(found[3:, 6:] == 1)  # there is no sixth


def test_invalid():
    model = fitted()
    with pytest.raises(TypeError, match="LogisticRegression has no method sample"):
        SampleGridDisplay.from_estimator(LogisticRegression().fit(X, np.arange(60) % 2))
    for name in ("n_rows", "n_columns"):
        with pytest.raises(ValueError, match=f"{name} must be an integer from 1 on, got 0"):
            SampleGridDisplay.from_estimator(model, **{name: 0})
    with pytest.raises(ValueError, match="15 features are needed"):
        SampleGridDisplay.from_estimator(model, image_shape=(3, 5))
    narrow = GenerativeAdversarialNetwork([Dense(3)], [Dense(3)], max_iter=1).fit(X[:, :15])
    with pytest.raises(ValueError, match="image_shape must be the height and width of an image of"):
        SampleGridDisplay.from_estimator(narrow)
    with pytest.raises(ValueError, match="row_names has 1 names, but there are 2 rows"):
        SampleGridDisplay(samples=X[:4], image_shape=(4, 4), n_columns=2, row_names=["a"]).plot()
    with pytest.raises(ValueError, match="image_shape must be the height"):
        SampleGridDisplay(samples=X, image_shape=(4, 2, 2), n_columns=2).plot()


def test_both_loss_curves():
    model = fitted()
    display = LossCurveDisplay.from_estimator(model)
    assert [name for name, _ in display.lines_] == ["generator", "discriminator"]
    curves = model.generator_loss_curve_, model.discriminator_loss_curve_
    for line, curve in zip(display.lines_.values(), curves, strict=True):
        assert np.array_equal(line.get_ydata(), curve)
    display = LossCurveDisplay.from_estimators({"a": model}, x="sample")
    assert [name for name, _ in display.lines_] == ["a, generator", "a, discriminator"]
