"""Graphs of neurons with every feature of an estimator that networks of layers have, one by one."""

import numpy as np
import pytest

import skdeep
from skdeep import check_gradient
from skdeep.layers import NeuronGraph
from tests.estimators.features.test_feature_pairs import FEATURES, TOO_LARGE, WAYS, _data, _fit
from tests.helpers import quiet

CLASSES = {"multiclass": skdeep.NetworkClassifier, "regression": skdeep.NetworkRegressor}
GRAPHS = [
    {"a": [0, 1], "b": (["a", 2], "gelu"), "c": ["a"], "outputs": ["b", "c", 0]},
    {"a": [0, 1], "b": (["a", 2], "gelu"), "c": ["a"]},
]
PLAIN = {"max_iter": 3, "batch_size": 8, "random_state": 0, "alpha": 0.01}


def _estimator(kind, graph, feature):
    """Return an estimator; None where it has not these parameters."""
    settings = {name: value for name, value in feature.items() if name not in WAYS}
    if settings.get("init_from"):
        settings["init_from"] = _estimator(kind, graph, {}).set_params(max_iter=1).fit(*_data(kind))
    cls = CLASSES[kind]
    known = cls().get_params(deep=False)
    if not settings.keys() <= known.keys():
        return None
    return cls([NeuronGraph(graph, "tanh")], **{**PLAIN, **settings})


@pytest.mark.filterwarnings("ignore:weight_init=.* makes all units of a layer alike")
@pytest.mark.parametrize("graph", GRAPHS, ids=["copies", "groups"])
@pytest.mark.parametrize("name", FEATURES)
def test_feature(name, graph):
    trained = 0
    for kind in CLASSES:
        with quiet():
            model = _estimator(kind, graph, FEATURES[name])
            if model is None:
                continue
            try:
                data = _fit(model, kind, FEATURES[name])
            except ValueError as error:
                assert not any(word in str(error) for word in TOO_LARGE), error
                continue
            if data is None:
                continue
        trained += 1
        assert np.isfinite(model.loss_)
        for coef, mask in zip(model.coefs_, model.connectivity_, strict=True):
            assert not coef[~mask].any()
        assert check_gradient(model, *data, max_parameters=25) < 1e-4
    with quiet():
        known = _estimator("multiclass", graph, FEATURES[name]) is not None
    assert trained or not known or name.startswith(("loss", "outputs"))
