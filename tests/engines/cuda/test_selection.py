"""On a GPU, `pytest -m gpu` runs a short selection, shown with a stand-in for the device."""

import json

import pytest

from tests.engines.cuda import selection
from tests.helpers import run_python

CODE = """
import contextlib, io, json, os, sys
import pytest

os.environ.pop("NUMBA_ENABLE_CUDASIM", None)

class Collected:
    def pytest_configure(self, config):
        from tests import conftest
        conftest.DEVICES["cuda"] = lambda: None

    def pytest_collection_finish(self, session):
        self.found = [[item.originalname, item.callspec.id] for item in session.items]

def collect(*arguments):
    plugin = Collected()
    with contextlib.redirect_stdout(io.StringIO()):
        pytest.main(["--collect-only", "-q", "-p", "no:cacheprovider", *arguments], [plugin])
    return plugin.found

print(json.dumps([collect("-m", mark, "tests/engines/cuda") for mark in ("gpu", "gpu_all")]))
"""


@pytest.fixture(scope="module")
def collected():
    return json.loads(run_python(CODE).splitlines()[-1])


def test_selection(collected):
    """Tests of all ways to train, in numbers that end in minutes; all others are left out."""
    chosen, everything = collected
    assert {name for name, _id in chosen} == {name for name, _wanted in selection.SELECTION}
    assert 20 < len(chosen) < 60 < 200 < len(everything)
    assert all("cuda" in parameters.split("-") for _name, parameters in chosen)
    modes = [parameters for name, parameters in chosen if name == "test_mode"]
    for what in ("shared memory-float64", "block-float64", "grid-float64", "float32", "sparse"):
        assert any(what in parameters for parameters in modes), what


WARNINGS = """
import builtins, warnings
import pytest

@pytest.mark.gpu
@pytest.mark.parametrize("category", ["DeprecationWarning", "FutureWarning", "UserWarning"])
@pytest.mark.parametrize("module", ["skdeep.engines.choice", "numpy"])
def test(module, category):
    warnings.warn_explicit("text", getattr(builtins, category), "file.py", 1, module)

@pytest.mark.parametrize("category", ["DeprecationWarning", "UserWarning"])
def test_of_processors(category):
    warnings.warn_explicit("text", getattr(builtins, category), "file.py", 1, "numpy")
"""

RUN = """
import contextlib, io, json, os, sys
import pytest

os.environ["NUMBA_ENABLE_CUDASIM"] = "1"

class Failed:
    def __init__(self):
        self.ids = []
    def pytest_runtest_logreport(self, report):
        if report.failed: self.ids.append(report.nodeid.partition("::")[2])

def run(mark):
    plugin = Failed()
    options = ["-q", "-c", "pyproject.toml", "--rootdir", FOLDER, "-m", mark, FOLDER]
    with contextlib.redirect_stdout(io.StringIO()):
        pytest.main(["-p", "tests.conftest", "-p", "no:cacheprovider", *options], [plugin])
    return sorted(plugin.ids)

print(json.dumps([run("gpu"), run("not gpu")]))
"""


def test_warnings_of_other_packages(tmp_path):
    """They are no errors where only a GPU is tested, and errors everywhere else."""
    tmp_path.joinpath("test_warnings.py").write_text(WARNINGS, encoding="utf-8")
    code = RUN.replace("FOLDER", repr(str(tmp_path)))
    on_gpu, elsewhere = json.loads(run_python(code).splitlines()[-1])
    assert on_gpu == ["test[skdeep.engines.choice-UserWarning]"]
    assert elsewhere == [f"test_of_processors[{n}Warning]" for n in ("Deprecation", "User")]
