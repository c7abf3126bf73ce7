"""Scores of validation sets are those of scikit-learn."""

import numpy as np
import pytest
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import accuracy_score, r2_score
from sklearn.preprocessing import LabelBinarizer

from skdeep.estimators.targets.classes import ClassTargets
from skdeep.estimators.targets.scores import r2

rng = np.random.default_rng(0)
LABELS = {
    "binary": np.arange(50) % 2,
    "strings": np.array(["no", "yes"])[np.arange(50) % 2],
    "multiclass": np.arange(50) % 4,
    "multilabel": rng.integers(0, 2, (50, 3)),
    "one class": np.zeros(50, int),
}


def targets_of(y):
    binarizer = LabelBinarizer().fit(y)
    classes = binarizer.classes_
    targets = ClassTargets(binarizer, classes, "log_loss", 0.0, None)
    n_outputs = targets.indicate(y).shape[1]
    output = targets.natural_output
    return targets._replace(n_outputs=n_outputs, output=output)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("kind", sorted(LABELS))
def test_accuracy(kind, weighted):
    y = LABELS[kind]
    targets = targets_of(y)
    indicators = targets.indicate(y)
    outputs = rng.random(indicators.shape)
    outputs[::2] = 0.6 * indicators[::2] + 0.2
    weights = rng.random(50) if weighted else None
    expected = accuracy_score(y, targets.labels(outputs), sample_weight=weights)
    assert targets.score(indicators, outputs, weights) == expected
    assert kind == "one class" or 0.4 < expected < 1.0


@pytest.mark.parametrize("dtypes", ["dd", "ff", "df", "fd", "qd", "qf"])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("n_outputs", [1, 3])
@pytest.mark.parametrize("place", [0.0, 1e6])
def test_r2(place, n_outputs, weighted, dtypes):
    """Also far from zero, in the precision that scikit-learn brings all arrays to."""
    y = (place + 10 * rng.random((50, n_outputs))).astype(dtypes[0])
    predictions = (y + rng.random((50, n_outputs))).astype(dtypes[1])
    weights = rng.random(50) if weighted else None
    expected = r2_score(y, predictions, sample_weight=weights)
    assert r2(y, predictions, weights) == pytest.approx(expected, rel=1e-14)
    y[:] = y[0]  # with which a mean that is rounded would leave a variance
    assert r2(y, predictions, weights) == r2_score(y, predictions, sample_weight=weights)


def test_r2_of_equal_targets():
    y, predictions = np.ones((5, 3)), np.ones((5, 3))
    predictions[:, 1] = 2.0
    y[:, 2] = np.arange(5)
    for sample_weight in (None, np.arange(5.0)):
        expected = r2_score(y, predictions, sample_weight=sample_weight)
        assert r2(y, predictions, sample_weight) == pytest.approx(expected, rel=1e-14)
        assert r2(y[:, :1], predictions[:, :1], sample_weight) == 1.0
        assert r2(y[:, 1:2], predictions[:, 1:2], sample_weight) == 0.0


def test_r2_of_one_sample():
    with pytest.warns(UndefinedMetricWarning):
        assert np.isnan(r2(np.ones((1, 1)), np.ones((1, 1)), None))
