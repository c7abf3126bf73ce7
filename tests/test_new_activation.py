"""What CONTRIBUTING.md says of a new activation holds: one file more, and it is there."""

import json
import pathlib
import re
import shutil

import pytest

import skdeep
from tests.helpers import run_python

ROOT = pathlib.Path(skdeep.__file__).resolve().parents[1]
GUIDE = ROOT / "CONTRIBUTING.md"
pytestmark = pytest.mark.skipif(not GUIDE.exists(), reason="CONTRIBUTING.md is not installed")
FOLDER = pathlib.Path("skdeep", "formulas", "activations")

CODE = """
import json, warnings
import numpy as np
warnings.simplefilter("error")
import skdeep
from skdeep import MLPClassifier, MLPRegressor, check_gradient
from skdeep.formulas.activations import REGISTRY

rng = np.random.RandomState(0)
X = rng.standard_normal((60, 4))
y = (X[:, 0] * X[:, 1] > 0).astype(int)
settings = dict(random_state=0, learning_rate_init=0.02, max_iter=60, tol=0.0)
answers = {"where": skdeep.__file__, "known": NAME in REGISTRY}
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    model = MLPClassifier((8,), NAME, **settings).fit(X, y)
    mixed = MLPRegressor("huber", (5, 4), [NAME, "gelu"], out_activation=NAME, **settings)
    mixed.fit(X, y.astype(float))
h = REGISTRY[NAME].forward(X @ model.coefs_[0] + model.intercepts_[0])
o = 1 / (1 + np.exp(-(h @ model.coefs_[1] + model.intercepts_[1])))
answers["difference"] = float(np.abs(model.predict_proba(X)[:, 1:] - o).max())
answers["losses"] = [model.loss_curve_[0], model.loss_curve_[-1]]
answers["errors"] = [check_gradient(model, X, y), check_gradient(mixed, X, y)]
answers["listed"] = [
    line for line in MLPClassifier.__doc__.splitlines() if line.startswith("    activation : ")
]
try:
    MLPClassifier(activation="ghost").fit(X, y)
except ValueError as error:
    answers["message"] = str(error)
print(json.dumps(answers))
"""


def _block():
    """Return the name and the code of the activation that the guide shows."""
    section = GUIDE.read_text(encoding="utf-8").split("## Add an activation", 1)[1]
    name = re.search(r"`skdeep/formulas/activations/(?!<)(\w+)\.py`", section)[1]
    return name, re.search(r"^```python\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)[1]


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    """What the package with one file more says."""
    name, code = _block()
    folder = tmp_path_factory.mktemp("more")
    shutil.copytree(
        ROOT / "skdeep", folder / "skdeep", ignore=shutil.ignore_patterns("__pycache__")
    )
    assert not (folder / FOLDER / f"{name}.py").exists(), "choose another example"
    (folder / FOLDER / f"{name}.py").write_text(code, encoding="utf-8")
    caches = {"NUMBA_CACHE_DIR": folder / "cache"}
    out = run_python(f"NAME = {name!r}\n{CODE}", root=folder, timeout=300, **caches)
    answers = json.loads(out.strip().splitlines()[-1])
    assert pathlib.Path(answers["where"]).is_relative_to(folder)
    return answers


def test_accepted(answers):
    name, _ = _block()
    assert answers["known"]
    assert repr(name) in answers["message"], "the options of the message"


def test_documented(answers):
    """Where the docstring lists activations, this one is among them."""
    (line,) = answers["listed"]
    name, _ = _block()
    assert "relu" not in line or name in line


def test_trained(answers):
    first, last = answers["losses"]
    assert last < 0.9 * first
    assert answers["difference"] < 1e-12


def test_gradients(answers):
    """Hidden, in a sequence, and as the output."""
    assert max(answers["errors"]) < 1e-6
