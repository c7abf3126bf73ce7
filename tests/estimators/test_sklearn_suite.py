"""scikit-learn's own tests of its multi-layer perceptron, with the import swapped.

The source comes from the installed scikit-learn, so that the tests fit its version.
"""

import importlib.util
import pathlib
import re

import pytest

# scikit-learn's own run does not turn warnings into errors
pytestmark = pytest.mark.filterwarnings("default")

IMPORT = "from sklearn.neural_network import MLPClassifier, MLPRegressor\n"
SWAPPED = "from skdeep import MLPClassifier, MLPRegressor\n"

# tests left out, by name, each with its reason
LEFT_OUT = {
    "test_gradient": "calls the private _loss_grad_lbfgs; test_gradient.py checks the same",
}


def _source():
    """Return the path and the text of scikit-learn's test file, or None without one."""
    try:
        spec = importlib.util.find_spec("sklearn.neural_network.tests.test_mlp")
    except ModuleNotFoundError:
        return None
    if spec is None or spec.origin is None or not pathlib.Path(spec.origin).exists():
        return None
    return spec.origin, pathlib.Path(spec.origin).read_text(encoding="utf-8")


SOURCE = _source()


def _tests():
    """Run the swapped file and return what pytest is to collect from it."""
    path, text = SOURCE
    assert text.count(IMPORT) == 1, "scikit-learn's test file no longer has the import to swap"
    text = text.replace(IMPORT, SWAPPED)
    namespace = {"__name__": __name__, "__file__": path}
    exec(compile(text, path, "exec"), namespace)  # its own name keeps tracebacks readable
    for name, reason in LEFT_OUT.items():
        namespace[name] = pytest.mark.skip(reason=reason)(namespace[name])
    return {name: value for name, value in namespace.items() if name.startswith("test_")}


if SOURCE is not None:
    globals().update(_tests())


@pytest.mark.skipif(SOURCE is None, reason="the installed scikit-learn ships no tests")
def test_every_test_was_collected():
    names = re.findall(r"^def (test_\w+)", SOURCE[1], flags=re.MULTILINE)
    assert len(names) > 30
    assert all(callable(globals()[name]) for name in names)
    from skdeep import MLPClassifier

    assert test_alpha.__globals__["MLPClassifier"] is MLPClassifier  # noqa: F821
