"""scikit-learn's own tests of its restricted Boltzmann machine, with the import swapped.

The source comes from the installed scikit-learn, so that the tests fit its version.
"""

import importlib.util
import pathlib
import re

import pytest

# scikit-learn's own run does not turn warnings into errors
pytestmark = pytest.mark.filterwarnings("default")

IMPORT = "from sklearn.neural_network import BernoulliRBM\n"
SWAPPED = "from skdeep import BernoulliRBM\n"


def _source():
    """Return the path and the text of scikit-learn's test file, or None without one."""
    try:
        spec = importlib.util.find_spec("sklearn.neural_network.tests.test_rbm")
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
    # the marker of a plugin that only scikit-learn registers
    text = re.sub(r"^@pytest\.mark\.thread_unsafe.*\n", "", text, flags=re.MULTILINE)
    namespace = {"__name__": __name__, "__file__": path}
    exec(compile(text.replace(IMPORT, SWAPPED), path, "exec"), namespace)
    return {name: value for name, value in namespace.items() if name.startswith("test_")}


if SOURCE is not None:
    globals().update(_tests())


@pytest.mark.skipif(SOURCE is None, reason="the installed scikit-learn ships no tests")
def test_the_import_was_swapped():
    from skdeep import BernoulliRBM

    assert test_fit.__globals__["BernoulliRBM"] is BernoulliRBM  # noqa: F821
