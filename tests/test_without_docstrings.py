"""``python -OO``, which leaves out docstrings and assertions."""

import json
import pickle

import numpy as np

from skdeep import MLPClassifier
from tests.helpers import quiet, run_python

EVERYTHING = """
import importlib, json, os, pickle, pkgutil, tempfile, warnings
import numpy as np
import skdeep

names = [info.name for info in pkgutil.walk_packages(skdeep.__path__, "skdeep.")]
for name in names:
    importlib.import_module(name)

from skdeep import MLPClassifier, MLPRegressor, Perceptron, saving
from skdeep.displays import describe_network
from skdeep.schedules import Cosine, WarmUp
from skdeep.solvers import SGD

warnings.simplefilter("error")
warnings.filterwarnings("ignore", message=".*iteration")
X = np.random.RandomState(0).standard_normal((12, 3))
y = np.array(4 * ["a", "b", "c"])
t = X[:, 0] ** 2
few = {"hidden_layer_sizes": (3,), "max_iter": 2, "random_state": 0}
solver = SGD(momentum=WarmUp(Cosine()))
estimators = [
    MLPClassifier(**few, early_stopping=True, validation_fraction=0.5).fit(X, y),
    MLPClassifier(**few).partial_fit(X, y, classes=np.unique(y)),
    MLPRegressor(**few, solver=solver, weight_init="he_normal", n_restarts=2).fit(X, t),
    MLPRegressor(**few, solver="lbfgs").fit(X, t),
    MLPRegressor(**few, solver="bold_driver", activation="gelu").fit(X, t),
    Perceptron(max_iter=2).fit(X, y),
]
different = []
for estimator in estimators:
    twins = [pickle.loads(pickle.dumps(estimator))]
    if estimator.get_params().get("activation") != "gelu":  # scikit-learn has none
        twins.append(type(estimator).from_sklearn(estimator.to_sklearn()))
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "model.safetensors")
        saving.save_safetensors(estimator, path)
        twins.append(saving.load_safetensors(path))
    expected = estimator.predict(X)
    different += [t for t in twins if not np.array_equal(t.predict(X), expected)]
    shown = repr(estimator), str(describe_network(estimator)), estimator._repr_html_()
    different += [estimator for text in shown if not text.strip()]
# What is wrong with parameters and data is checked, not asserted.
accepted = []
for parameters, features in [
    ({"hidden_layer_sizes": (-1,)}, X),
    ({"solver": "no"}, X),
    ({"solver": SGD(momentum=2.0)}, X),
    ({"learning_rate": Cosine(end=-1)}, X),
    ({}, X[:, 0]),
    ({}, X * np.nan),
]:
    try:
        MLPClassifier(**parameters).fit(features, y)
    except ValueError as error:
        continue
    accepted.append(repr(parameters))
debug = __debug__
print(json.dumps([debug, MLPClassifier.__doc__, len(names), list(map(repr, different)), accepted]))
"""


def test_everything_works_without_docstrings():
    """All modules are imported, and every estimator is fitted, saved, exported and described."""
    out = run_python(EVERYTHING, PYTHONOPTIMIZE=2, NUMBA_DISABLE_JIT=1)
    debug, documentation, n_modules, different, accepted = json.loads(out.splitlines()[-1])
    assert not debug
    assert documentation is None
    assert n_modules > 100
    assert different == []
    assert accepted == []


def test_kernels_compile_without_docstrings(tmp_path):
    X = np.random.RandomState(0).standard_normal((30, 4))
    with quiet():
        model = MLPClassifier((5,), max_iter=3, random_state=0).fit(X, X[:, 0] > 0)
    (tmp_path / "model.pkl").write_bytes(pickle.dumps(model))
    code = f"""
import json, pickle
import numpy as np
with open({str(tmp_path / "model.pkl")!r}, "rb") as file:
    model = pickle.load(file)
X = np.random.RandomState(0).standard_normal((30, 4))
print(json.dumps(model.predict_proba(X).tolist()))
"""
    predictions = json.loads(run_python(code, PYTHONOPTIMIZE=2))
    np.testing.assert_array_equal(predictions, model.predict_proba(X))
