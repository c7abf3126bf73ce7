"""The table of rules about which parameters go together."""

import pathlib
import re
from types import SimpleNamespace

import pytest

import skdeep
from skdeep import MLPClassifier, MLPRegressor, NetworkRegressor
from skdeep.layers import Dense, Dropout
from skdeep.recipe.rules import RULES, Rule, check
from tests import datasets

ROOT = pathlib.Path(skdeep.__file__).parent


def test_the_first_broken_rule_is_the_one_that_is_told(monkeypatch):
    rules = [Rule(lambda p, n=n: p.x > n, lambda p, n=n: f"{p.x} is above {n}") for n in (5, 3)]
    monkeypatch.setitem(RULES, "test", rules)
    check("test", SimpleNamespace(x=3))
    for x, limit in ((4, 3), (6, 5)):
        with pytest.raises(ValueError, match=f"{x} is above {limit}"):
            check("test", SimpleNamespace(x=x))


def test_every_moment_is_checked_somewhere():
    text = "\n".join(path.read_text(encoding="utf-8") for path in ROOT.rglob("*.py"))
    assert set(re.findall(r'\bcheck\(\s*"([^"]+)"', text)) == set(RULES)


#: Parameters that break two rules of one moment: the first in the table is told of.
TWICE = [
    ({"solver": "lbfgs", "dropout": 0.5, "clip_norm": 1.0}, "dropout=0.5 is for solvers"),
    ({"weight_norm": True, "dropconnect": 0.1, "max_norm": 1.0}, "dropconnect=0.1 do not go"),
    ({"frozen_layers": 3, "batch_norm": True}, "frozen_layers=3 is more than the 1 hidden"),
]


@pytest.mark.parametrize("parameters, message", TWICE)
def test_order(parameters, message):
    X, y = datasets.load("regression")
    with pytest.raises(ValueError, match=re.escape(message)):
        MLPRegressor(hidden_layer_sizes=(3,), **parameters).fit(X, y)


#: Rates of layers, or of the network: what messages begin with, and the rate that was given.
RATES = [
    ([Dense(6, dropconnect=0.2)], 0.0, r"layers\[0\], Dense\(.*\): ", "dropconnect=0.2"),
    ([Dense(6), ("b", Dense(6, dropout=0.3))], 0.0, r"layers\['b'\], Dense\(.*\): ", "dropout=0.3"),
    ([Dense(6), Dropout(0.3)], 0.0, r"layers\[1\], Dropout\(.*\): ", "rate=0.3"),
    ([Dense(6)], 0.1, "", "dropconnect=0.1"),
    ([Dense(6), Dense(6, dropconnect=0.0)], 0.1, "", "dropconnect=0.1"),
    ([Dense(6), Dense(6, dropconnect=0.2)], 0.1, r"layers\[1\], Dense\(.*\): ", "dropconnect=0.2"),
]


@pytest.mark.parametrize("layers, rate, layer, given", RATES)
def test_rates_are_told_as_they_were_given(layers, rate, layer, given):
    X, y = datasets.load("regression")
    model = NetworkRegressor(layers, dropconnect=rate, solver="lbfgs")
    with pytest.raises(ValueError, match=f"^{layer}{given} is for solvers that train update by"):
        model.fit(X, y)
    if "dropconnect" in given:
        model.set_params(solver="adam", weight_norm=True)
        with pytest.raises(ValueError, match=f"^{layer}weight_norm=True and {given} do not go"):
            model.fit(X, y)


@pytest.mark.parametrize("name", ["dropout", "dropconnect", "input_dropout"])
def test_rates_of_multilayer_perceptrons_are_told_as_they_were_given(name):
    X, y = datasets.load("regression")
    model = MLPRegressor(hidden_layer_sizes=(3,), solver="lbfgs", **{name: 0.1})
    message = re.escape(f"{name}=0.1 is for solvers that train update by update")
    with pytest.raises(ValueError, match=f"^{message}"):
        model.fit(X, y)


def test_order_of_partial_fit():
    X, y = datasets.load("binary")
    model = MLPClassifier((3,), n_restarts=2, early_stopping=True, class_weight="balanced")
    for name, value in (("n_restarts", 1), ("early_stopping", False), ("class_weight", None)):
        with pytest.raises(ValueError, match=f"{name}|partial_fit"):
            model.partial_fit(X, y, classes=[0, 1])
        model.set_params(**{name: value})
    model.partial_fit(X, y, classes=[0, 1])
