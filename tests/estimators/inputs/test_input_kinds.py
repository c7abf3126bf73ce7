"""Kinds of input, one by one, beside scikit-learn: the same numbers, warnings and errors."""

import numpy as np
import pytest
import sklearn
from sklearn.utils.fixes import parse_version

from tests.estimators.inputs.input_comparison import (
    PEERS,
    assert_same_seen,
    fitted,
    learned,
    make,
    plain_y,
    see,
)
from tests.estimators.inputs.input_deviations import DEVIATIONS
from tests.estimators.inputs.kinds_of_data import X
from tests.estimators.inputs.kinds_of_features import FEATURES
from tests.estimators.inputs.kinds_of_targets import LABELS, SAMPLE_WEIGHTS, TARGETS_OF_REGRESSION

if parse_version(sklearn.__version__) < parse_version("1.9"):
    pytest.skip(
        "older versions of scikit-learn treat some kinds otherwise", allow_module_level=True
    )


def _classes(name):
    return {} if name == "MLPRegressor" else {"classes": np.unique(plain_y(name))}


def fit_features(name, ours, maker):
    return learned(make(name, ours).fit(maker(), plain_y(name)))


def continue_features(name, ours, maker):
    model = make(name, ours)
    return learned(model.partial_fit(maker(), plain_y(name), **_classes(name)))


def predict(name, ours, maker):
    return [fitted(name, ours).predict(maker())]


def fit_targets(name, ours, maker):
    model = make(name, ours).fit(X, maker())
    classes = [] if name == "MLPRegressor" else [model.classes_]
    return learned(model) + classes + [model.predict(X)]


def continue_targets(name, ours, maker):
    """Classes that are no plain numbers are those of a fit."""
    if name == "MLPRegressor":
        return learned(make(name, ours).partial_fit(X, maker()))
    classes = make(name, ours).fit(X, maker()).classes_
    return learned(make(name, ours).partial_fit(X, maker(), classes=classes))


def fit_weights(name, ours, maker):
    return learned(make(name, ours).fit(X, plain_y(name), sample_weight=maker()))


#: What the kinds are of -> the kinds, the estimators, and the calls.
ROLES = {
    "X": (FEATURES, PEERS, (fit_features, continue_features, predict)),
    "labels": (
        LABELS,
        ("MLPClassifier", "Perceptron"),
        (fit_targets, continue_targets),
    ),
    "targets": (
        TARGETS_OF_REGRESSION,
        ("MLPRegressor",),
        (fit_targets, continue_targets),
    ),
    "sample_weight": (SAMPLE_WEIGHTS, PEERS, (fit_weights,)),
}
CASES = [(role, kind) for role, (kinds, *_) in ROLES.items() for kind in kinds]


@pytest.mark.parametrize("role, kind", CASES)
def test_as_in_scikit_learn(role, kind):
    kinds, names, calls = ROLES[role]
    for name in names:
        for call in calls:
            expected = see(call, name, False, kinds[kind])
            got = see(call, name, True, kinds[kind])
            where = role, kind, name, call.__name__.partition("_")[0]
            deviation = next((d for d in DEVIATIONS if d.holds(*where)), None)
            if deviation is None:
                assert_same_seen(got, expected)
            else:
                deviation.check(got, expected)
