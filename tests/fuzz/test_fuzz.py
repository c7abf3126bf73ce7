"""The fuzzer itself: cases are reproducible, planted faults are found and made small."""

import json

import numpy as np
import pytest

import skdeep
from skdeep import initialisers, losses, penalties, schedules, solvers
from skdeep.formulas import activations
from tests.fuzz import values
from tests.fuzz.checking import check
from tests.fuzz.children import Child
from tests.fuzz.drawing import draw
from tests.fuzz.properties import PROPERTIES
from tests.fuzz.rendering import HEAD, source
from tests.fuzz.scripts import script
from tests.fuzz.shrinking import shrink

#: Cases whose kernels the tests of the estimators compile anyway.
PLAIN = {"scikit-learn", "threads", "repetition", "clones", "copies"}


def plain_cases(n_cases):
    """Return cases that train networks of dense float64 rows in the plain way."""
    found, index = [], 0
    while len(found) < n_cases:
        case = draw(1, index)
        index += 1
        if case["estimator"] not in ("MLPClassifier", "MLPRegressor"):
            continue
        extended = case["parameters"].keys() - set(values.names(case["estimator"], True))
        plain_data = case["data"]["form"] == "dense" and "dtype" not in case["data"]
        fits_only = all(call[0] != "set_params" for call in case["calls"])
        plain = extended <= values.LEFT_OUT and plain_data and fits_only
        if plain and case["property"] in PLAIN:
            found.append(case)
    return found


def simple(property_, **more):
    """Return a case of a small regression."""
    case = {
        "property": property_,
        "estimator": "MLPRegressor",
        "data": {"rows": 12, "features": 3, "seed": 1, "targets": "regression", "form": "dense"},
        "parameters": {"hidden_layer_sizes": [3], "max_iter": 2, "random_state": 3},
        "calls": [["fit", {}], ["predict", {}]],
    }
    case["parameters"].update(more.pop("parameters", {}))
    return {**case, **more}


def test_cases_are_reproducible_and_plain():
    cases = [draw(7, index) for index in range(50)]
    assert cases == [draw(7, index) for index in range(50)]
    assert cases != [draw(8, index) for index in range(50)]
    for case in cases:
        assert json.loads(json.dumps(case)) == case


def test_every_case_is_python():
    for index in range(400):
        case = draw(2, index)
        for variant in PROPERTIES[case["property"]].variants(case).values():
            compile(HEAD + source(variant), "case", "exec")


def test_all_that_the_registries_hold_is_drawn():
    text = json.dumps([draw(0, index) for index in range(6000)])
    for name in [*solvers.names(), *schedules.names(), *initialisers.names()]:
        assert f'"{name}"' in text, name
    for module in (solvers, schedules, initialisers, losses, penalties):
        for cls in module.CLASSES.values():
            assert f".{cls.__name__}" in text, cls
    for name in activations.hidden_names():
        assert f'"{name}"' in text, name
    for estimator in values.OURS:
        for name in values.names(estimator, False):
            assert f'"{name}"' in text, name


@pytest.mark.parametrize("case", plain_cases(12), ids=lambda case: case["property"])
def test_cases_hold(case):
    outcome = check(case)
    assert outcome.status in ("held", "refused", "unstable"), outcome


def test_a_planted_fault_is_found_and_made_small(monkeypatch):
    predict = skdeep.MLPRegressor.predict

    def wrong(self, X):
        return predict(self, X) * (1.001 if self.momentum == 0.25 else 1.0)

    monkeypatch.setattr(skdeep.MLPRegressor, "predict", wrong)
    parameters = {"momentum": 0.25, "alpha": 0.5, "tol": 0.01, "hidden_layer_sizes": [5, 4]}
    calls = [["fit", {}], ["pickle", {}], ["fit", {}], ["predict", {}], ["score", {}]]
    case = simple("scikit-learn", parameters=parameters, calls=calls)
    outcome = check(case)
    assert (outcome.status, outcome.kind) == ("failed", "predict: result")
    small = shrink(case, lambda c: check(c)[:2] == outcome[:2], seconds=15)
    assert small["calls"] == [["fit", {}], ["predict", {}]]
    assert small["parameters"] == {
        "momentum": 0.25, "hidden_layer_sizes": [], "max_iter": 1, "random_state": 0,
    }  # fmt: skip
    assert small["data"]["rows"] < 5 and small["data"]["features"] == 1


def test_a_script_shows_the_failure(monkeypatch, capsys):
    monkeypatch.setattr(skdeep.MLPRegressor, "predict", lambda self, X: np.full(len(X), 1.5))
    case = simple("scikit-learn")
    text = script(case, check(case))
    exec(compile(text, "script", "exec"), {"__name__": "script"})
    assert "skdeep beside scikit-learn: call 1, result differs by" in capsys.readouterr().out


def test_faults_of_a_single_call(monkeypatch):
    def wrong(self, X):
        self.coefs_ = []
        raise KeyError("a planted fault")

    monkeypatch.setattr(skdeep.MLPRegressor, "predict", wrong)
    outcome = check(simple("anything"))
    assert outcome.status == "failed"
    assert "raises KeyError" in outcome.detail and "changes the estimator" in outcome.detail


def test_invalid_input_has_to_be_refused(monkeypatch):
    case = simple("bad input", calls=[["fit", {"fault": "NaN in X"}]])
    assert check(case).status == "refused"
    monkeypatch.setattr(skdeep.MLPRegressor, "fit", lambda self, X, y: self)
    assert check(case).kind == "fit: accepts what is invalid"


def test_deaths_and_hangs_are_findings():
    child = Child(timeout=120)
    try:
        outcome = child.check(_with_code("os.kill(os.getpid(), 11)"))
        assert (outcome.status, outcome.kind) == ("died", "died of SIGSEGV")
        assert child.check(_with_code("pass")).status == "held"
        child.timeout = 1
        assert child.check(_with_code("while True: pass")).status == "hung"
    finally:
        child.close()


def _with_code(code):
    return simple("anything", calls=[["break", {"code": code}]])
