"""scikit-learn's own tests of its perceptron with the import swapped, and its estimator checks."""

import importlib.util
import pathlib
import unittest

import pytest
from sklearn.linear_model import Perceptron as Reference
from sklearn.utils.estimator_checks import parametrize_with_checks

from skdeep import Perceptron
from tests.estimators.test_checks import fails

# scikit-learn's own run does not turn warnings into errors
pytestmark = pytest.mark.filterwarnings("default")

IMPORT = "from sklearn.linear_model import Perceptron\n"
SWAPPED = "from skdeep import Perceptron\n"

ESTIMATORS = [
    Perceptron(),
    Perceptron(penalty="elasticnet", alpha=0.01, warm_start=True),
    Perceptron(early_stopping=True, validation_fraction=0.4, n_iter_no_change=3),
    Perceptron(mode="batch", init="normal", eta0=0.1),
]
# where all corrections of an epoch are made at once, weights of 1000 and 0.0001 make it jump
TOO_UNEVEN = "batch", "check_class_weight_classifiers"


def _source():
    """Return the path and the text of scikit-learn's test file, or None without one."""
    try:
        spec = importlib.util.find_spec("sklearn.linear_model.tests.test_perceptron")
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
    namespace = {"__name__": __name__, "__file__": path}
    exec(compile(text.replace(IMPORT, SWAPPED), path, "exec"), namespace)
    return {name: value for name, value in namespace.items() if name.startswith("test_")}


if SOURCE is not None:
    globals().update(_tests())


@pytest.mark.skipif(SOURCE is None, reason="the installed scikit-learn ships no tests")
def test_every_test_was_collected():
    collected = [name for name in globals() if name.startswith("test_perceptron_")]
    assert len(collected) >= 3
    assert globals()["test_perceptron_accuracy"].__globals__["Perceptron"] is Perceptron


@parametrize_with_checks(ESTIMATORS)
def test_scikit_learn_check(estimator, check):
    if (estimator.mode, check.func.__name__) == TOO_UNEVEN:
        pytest.xfail("too uneven weights of classes for the batch mode")
    try:
        check(estimator)
    except unittest.SkipTest:
        raise
    except Exception as error:
        known = {
            name: value
            for name, value in estimator.get_params().items()
            if name in Reference().get_params()
        }
        if fails(Reference(**known), check):
            first_line = (str(error).strip() or type(error).__name__).splitlines()[0]
            pytest.xfail(f"scikit-learn's own estimator fails this check too: {first_line}")
        raise
