"""What the pages say of something new holds: the files that they show are enough."""

import json
import pathlib
import re
import shutil
from typing import NamedTuple

import pytest

import skdeep
from tests.helpers import run_python

ROOT = pathlib.Path(skdeep.__file__).resolve().parents[1]
DESIGN = ROOT / "docs" / "design.md"
pytestmark = pytest.mark.skipif(not DESIGN.exists(), reason="the documentation is not installed")

PREAMBLE = """
import json, warnings
import numpy as np
warnings.simplefilter("error")
import skdeep
from skdeep import MLPClassifier, MLPRegressor, check_gradient

rng = np.random.RandomState(0)
X = rng.standard_normal((60, 4))
y = (X[:, 0] * X[:, 1] > 0).astype(int)
settings = dict(random_state=0, learning_rate_init=0.02, max_iter=60, tol=0.0)
answers = {"where": skdeep.__file__}

def fitted(model, *targets):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return model.set_params(**settings).fit(X, *targets)

def improves(model):
    return model.loss_curve_[-1] < 0.9 * model.loss_curve_[0]
"""
ACTIVATION = """
from skdeep.formulas.activations import REGISTRY
model = fitted(MLPClassifier((8,), NAME), y)
mixed = fitted(
    MLPRegressor("huber", (5, 4), [NAME, "gelu"], out_activation=NAME), y.astype(float)
)
h = REGISTRY[NAME].forward(X @ model.coefs_[0] + model.intercepts_[0])
o = 1 / (1 + np.exp(-(h @ model.coefs_[1] + model.intercepts_[1])))
answers["difference"] = float(np.abs(model.predict_proba(X)[:, 1:] - o).max())
answers["improves"] = improves(model)
answers["errors"] = [check_gradient(model, X, y), check_gradient(mixed, X, y)]
answers["listed"] = [
    line for line in MLPClassifier.__doc__.splitlines() if line.startswith("    activation : ")
]
try:
    MLPClassifier(activation="ghost").fit(X, y)
except ValueError as error:
    answers["message"] = str(error)
"""
LOSS = """
targets = X[:, 0] * X[:, 1]
model = fitted(MLPRegressor(NAME, (8,)), targets)
answers["improves"] = improves(model)
answers["errors"] = [check_gradient(model, X, targets)]
own = {"alpha": 0.0, "batch_size": 60}
settings["max_iter"] = 1
begun = fitted(MLPRegressor(NAME, (8,), **own), targets)
settings["max_iter"] = 2
from skdeep.losses import LogCosh
losses = fitted(MLPRegressor(LogCosh(), (8,), **own), targets).loss_curve_
expected = np.mean(np.log(np.cosh(targets - begun.predict(X))))
answers["difference"] = float(abs(losses[1] - expected))
try:
    MLPRegressor(loss="ghost").fit(X, targets)
except ValueError as error:
    answers["message"] = str(error)
"""
SOLVER = """
from skdeep import solvers
settings.pop("learning_rate_init")
settings.update(learning_rate_init=0.01)
model = fitted(MLPClassifier((8,), solver=NAME), y)
object_ = getattr(solvers, NAME.capitalize())
own = fitted(MLPClassifier((8,), solver=object_(beta=0.5)), y)
answers["improves"] = improves(model) and improves(own)
settings["max_iter"] = 1
begun = fitted(MLPClassifier((8,), solver=NAME, batch_size=60), y)
settings["max_iter"] = 2
gone_on = fitted(MLPClassifier((8,), solver=NAME, batch_size=60), y)
steps = np.abs(gone_on.coefs_[0] - begun.coefs_[0])
answers["errors"] = [float(np.abs(steps[steps > 0] - 0.01).max())]
try:
    MLPClassifier(solver="ghost").fit(X, y)
except ValueError as error:
    answers["message"] = str(error)
"""
KIND = """
import importlib.util
from skdeep import NetworkClassifier, layers
from skdeep.layers import Dense, Rescale

settings.pop("learning_rate_init")
rescaled = [Rescale("tanh"), Dense(6), Rescale()]
model = fitted(NetworkClassifier(rescaled, learning_rate_init=0.02), y)
again = fitted(NetworkClassifier(rescaled, learning_rate_init=0.02, n_threads=1), y)
answers["same"] = all(map(np.array_equal, model.coefs_, again.coefs_))
answers["improves"] = improves(model)
h = X
for (_, layer), w, b in zip(model.layers_, model.coefs_, model.intercepts_):
    h = layer.reference(h, w, b)
o = 1 / (1 + np.exp(-(h @ model.coefs_[-1] + model.intercepts_[-1])))
answers["difference"] = float(np.abs(model.predict_proba(X)[:, 1:] - o).max())
answers["errors"] = [check_gradient(model, X, y)]
answers["exported"], of_class = {}, model.predict_proba(X)
if importlib.util.find_spec("onnx") and importlib.util.find_spec("onnxruntime"):
    from onnxruntime import InferenceSession
    session = InferenceSession(model.to_onnx().SerializeToString())
    found = session.run(["probabilities"], {"X": X})[0]
    answers["exported"]["ONNX"] = float(np.abs(found - of_class).max())
if importlib.util.find_spec("torch"):
    import torch
    module = model.to_torch()
    found = module(torch.from_numpy(X)).detach().numpy()
    answers["exported"]["PyTorch"] = float(np.abs(found - of_class[:, 1:]).max())
    answers["trained"] = len(list(module.parameters()))
try:
    NetworkClassifier([Rescale()]).fit(X.reshape(60, 2, 2), y)
except ValueError as error:
    answers["message"] = str(error)
"""


class Recipe(NamedTuple):
    """A section of a page, the files that it shows, the lines that they want, and a trial.

    A line is a path, a pattern that matches once, and what takes its place.
    """

    page: pathlib.Path
    section: str
    lines: tuple
    trial: str
    message: str


RECIPES = {
    "activation": Recipe(DESIGN, "### Add an activation", (), ACTIVATION, "{name!r}"),
    "loss": Recipe(DESIGN, "### Add a loss", (), LOSS, "{name}"),
    "solver": Recipe(DESIGN, "### Add an optimizer", (), SOLVER, "{name}"),
    "kind": Recipe(
        DESIGN,
        "### Add a layer kind",
        (
            (
                "layers/__init__.py",
                r"^(from .* import NeuronGraph .*)$",
                r"\1\nfrom skdeep.layers.affine.rescale import Rescale as Rescale",
            ),
        ),
        KIND,
        "(n_features,)",
    ),
}
#: Folders that a section may leave out in front of the name of its file.
FOLDERS = {
    "activation": "skdeep/formulas/activations",
    "loss": "skdeep/formulas/losses",
    "solver": "skdeep/formulas/optimizers",
    "kind": "",
}


def files_of(kind):
    """Return the files that a recipe shows, by their paths."""
    recipe = RECIPES[kind]
    text = recipe.page.read_text(encoding="utf-8").split(recipe.section, 1)[1]
    text = re.split(r"^#+ ", text, maxsplit=1, flags=re.MULTILINE)[0]
    found = {}
    for before, code in re.findall(r"([^\n]*)\n\n```python\n(.*?)^```$", text, re.M | re.S):
        path = re.findall(r"`([\w/]+\.py)`", before)[-1]
        folder = FOLDERS[kind]
        found[path if "/" in path else f"{folder}/{path}"] = code
    return found


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """A folder with a copy of the package in which all recipes are carried out."""
    folder = tmp_path_factory.mktemp("more")
    shutil.copytree(
        ROOT / "skdeep", folder / "skdeep", ignore=shutil.ignore_patterns("__pycache__")
    )
    for kind, recipe in RECIPES.items():
        for path, code in files_of(kind).items():
            assert not (folder / path).exists(), "choose another example"
            (folder / path).write_text(code, encoding="utf-8")
        for path, old, new in recipe.lines:
            text = (folder / "skdeep" / path).read_text(encoding="utf-8")
            text, count = re.subn(old, new, text, flags=re.MULTILINE)
            assert count == 1, (path, old)
            (folder / "skdeep" / path).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module", params=sorted(RECIPES))
def performed(request, package):
    """The name of what is new, and what the package with it says."""
    recipe = RECIPES[request.param]
    name = pathlib.Path(next(iter(files_of(request.param)))).stem
    code = f"NAME = {name!r}\n{PREAMBLE}{recipe.trial}\nprint(json.dumps(answers))"
    out = run_python(code, root=package, timeout=300, NUMBA_CACHE_DIR=package / "cache")
    answers = json.loads(out.strip().splitlines()[-1])
    assert pathlib.Path(answers["where"]).is_relative_to(package)
    return name, recipe, answers


def test_named_in_messages(performed):
    name, recipe, answers = performed
    assert recipe.message.format(name=name) in answers["message"]


def test_trained(performed):
    _, _, answers = performed
    assert answers["improves"]
    assert answers.get("difference", 0.0) < 1e-12
    assert answers.get("same", True)


def test_gradients(performed):
    """Or, of a solver, the length of its steps."""
    _, _, answers = performed
    assert max(answers["errors"]) < 1e-6


def test_exported(performed):
    """Layers, where the libraries are there."""
    _, _, answers = performed
    assert all(difference < 1e-12 for difference in answers.get("exported", {}).values())
    assert answers.get("trained", 8) == 8


def test_documented(performed):
    """Where the docstring lists activations, this one is among them."""
    name, _, answers = performed
    for line in answers.get("listed", ()):
        assert "relu" not in line or name in line
