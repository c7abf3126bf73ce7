"""With a scikit-learn before 1.9, or without rich, everything else works, and they say why not."""

from tests.helpers import run_python

#: Import as if some module were not there.
WITHOUT = """
import sys, warnings
import importlib.abc, importlib.util
warnings.simplefilter("ignore")

class Absent(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name == {name!r} or name.startswith({name!r} + "."):
            raise ModuleNotFoundError(name)

{before}
for name in [name for name in sys.modules if (name + ".").startswith({name!r} + ".")]:
    del sys.modules[name]
sys.meta_path.insert(0, Absent())
"""

OLD = """
original = importlib.util.find_spec
importlib.util.find_spec = lambda name: None if name == "sklearn.callback" else original(name)
import sklearn.base, sklearn.callback, sklearn.pipeline, sklearn.linear_model, sklearn.metrics
import sklearn.neural_network, sklearn.model_selection, sklearn.preprocessing
# scikit-learn itself goes on with what it has imported
import sklearn.callback._callback_support as support
"""


def test_old_scikit_learn():
    code = (
        WITHOUT.format(name="sklearn.callback", before=OLD)
        + """
sys.modules["sklearn.callback._callback_support"] = support  # what `sklearn.base` of 1.9 needs
import skdeep.callbacks
from skdeep import MLPClassifier
from sklearn.datasets import load_iris
X, y = load_iris(return_X_y=True)
for solver in ("adam", "lbfgs"):
    clf = MLPClassifier((3,), solver=solver, max_iter=3, random_state=0)
    assert not hasattr(clf, "set_callbacks")
    try:
        clf.set_callbacks()
    except AttributeError as error:
        assert "set_callbacks needs the callbacks of scikit-learn 1.9 or newer" in str(error)
    clf.fit(X, y)
    assert clf.n_iter_ == 3
clf.set_params(solver="adam").partial_fit(X, y)
import pickle
pickle.loads(pickle.dumps(clf)).predict(X)
for make in (
    lambda: skdeep.callbacks.Checkpoint("a.npz"),
    lambda: skdeep.callbacks.TimeBudget(1),
    lambda: skdeep.callbacks.Progress(),
    lambda: skdeep.callbacks.HistoryCSV("a.csv"),
    lambda: skdeep.callbacks.StopOnDivergence(),
):
    try:
        make()
    except ImportError as error:
        print(error)
"""
    )
    lines = run_python(code).splitlines()
    assert len(lines) == 5
    assert all("needs the callbacks of scikit-learn 1.9 or newer, but" in line for line in lines)
    assert lines[0].startswith("Checkpoint") and lines[2].startswith("Progress")


def test_without_rich():
    code = (
        WITHOUT.format(name="rich", before="")
        + """
from sklearn.datasets import load_iris
from skdeep import MLPClassifier
from skdeep.callbacks import Progress, TimeBudget
try:
    MLPClassifier().set_callbacks(Progress())
except ImportError as error:
    print(error)
"""
    )
    said = run_python(code)
    assert "pip install rich" in said or "scikit-learn 1.9" in said
