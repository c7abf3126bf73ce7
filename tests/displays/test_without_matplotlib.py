"""Without matplotlib: a message that says what to install, before any work; text works."""

import sys

import pytest

from skdeep import MLPClassifier
from skdeep import displays as public
from tests.displays import networks
from tests.helpers import run_python

DISPLAYS = {
    "GradientFlowDisplay": {"gradient_norms": [[1.0]]},
    "LossCurveDisplay": {"curves": [public.LossCurve("a", [1.0])]},
    "NetworkDisplay": {"description": public.describe_network(MLPClassifier())},
    "SampleGridDisplay": {"samples": [[1.0]], "image_shape": (1, 1), "n_columns": 1},
    "WeightsDisplay": {"weights": [[1.0]]},
}


def test_every_display_is_here():
    assert set(DISPLAYS) == {name for name in public.__all__ if name.endswith("Display")}


@pytest.mark.parametrize("name", DISPLAYS)
def test_import_error(name, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    display = getattr(public, name)
    for caller, call in (
        ("from_estimator", lambda: display.from_estimator(networks.classifier())),
        ("plot", lambda: display(**DISPLAYS[name]).plot()),
    ):
        with pytest.raises(ImportError, match=rf"^{name}\.{caller} requires matplotlib\. You can"):
            call()


def test_several_estimators(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r"LossCurveDisplay\.from_estimators requires"):
        public.LossCurveDisplay.from_estimators([])


def test_text_needs_no_matplotlib(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    display = public.NetworkDisplay(description=public.describe_network(networks.classifier()))
    assert "hidden 1" in str(display)


def test_import_is_lazy():
    code = "import sys, skdeep.displays; print('matplotlib' in sys.modules)"
    assert run_python(code).strip() == "False"
    code = "import sys, skdeep; print('skdeep.displays' in sys.modules)"
    assert run_python(code).strip() == "False"
