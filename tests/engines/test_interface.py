"""Both engines have what the interface says, with the same parameters."""

import inspect
import json

import pytest

from skdeep.engines import choice, interface
from skdeep.engines.cpu import engine as cpu
from tests.helpers import run_python

#: The parameter that says where the work is done, which the choice of an engine sets.
PLACE = {"cpu": "n_threads", "cuda": "device"}
CLASSES = {"Training": interface.TrainingRun, "FullBatch": interface.FullBatchObjective}
FUNCTIONS = ("predict", "mean_loss")

SIGNATURES = """
import json
from skdeep.engines.cuda import engine
from tests.engines.test_interface import signatures
print(json.dumps(signatures(engine)))
"""


def _parameters(function):
    """Return the names of a function's parameters, with their kinds and defaults."""
    found = inspect.signature(function).parameters.values()
    return [[each.name, each.kind.name, repr(each.default)] for each in found]


def _methods(cls):
    """Return the public functions of a class, and its call, by their names."""
    found = inspect.getmembers(cls, inspect.isfunction)
    return {name: f for name, f in found if not name.startswith("_") or name == "__call__"}


def signatures(engine):
    """Return the parameters of all that the interface has of an engine."""
    found = {name: _parameters(getattr(engine, name)) for name in (*CLASSES, *FUNCTIONS)}
    for name, protocol in CLASSES.items():
        own = _methods(getattr(engine, name))
        for method in _methods(protocol).keys() - {"__init__"}:
            found[f"{name}.{method}"] = _parameters(own[method]) if method in own else None
    return found


@pytest.fixture(scope="module")
def of_engines():
    cuda = json.loads(run_python(SIGNATURES, NUMBA_ENABLE_CUDASIM="1"))
    return {"cpu": signatures(cpu), "cuda": cuda}


@pytest.mark.parametrize("engine", PLACE)
@pytest.mark.parametrize("name", CLASSES)
def test_methods_are_those_of_the_interface(name, engine, of_engines):
    for method, function in _methods(CLASSES[name]).items():
        if method != "__init__":
            assert of_engines[engine][f"{name}.{method}"] == _parameters(function), method


@pytest.mark.parametrize("name", [*CLASSES, *FUNCTIONS])
def test_only_the_place_differs(name, of_engines):
    found = {}
    for engine, place in PLACE.items():
        parameters = of_engines[engine][name]
        assert [place, "KEYWORD_ONLY"] in [each[:2] for each in parameters]
        found[engine] = [each for each in parameters if each[0] != place]
    assert found["cpu"] == found["cuda"]


#: What only some engines can do.
ABILITIES = "reads_doubles", "loss_by_output"


def test_the_engine_has_all_of_them():
    engine = choice.find_engine("cpu", 1)
    assert isinstance(engine, interface.Engine)
    assert interface.Engine._fields == (*CLASSES, *FUNCTIONS, "most_fits", *ABILITIES)
    assert [engine[i].func for i in range(4)] == [
        getattr(cpu, name) for name in (*CLASSES, *FUNCTIONS)
    ]


@pytest.mark.parametrize("name", CLASSES)
def test_attributes(name):
    """What trainers read of a run and of an objective, not only its methods."""
    source = inspect.getsource(getattr(cpu, name))
    for attribute in inspect.get_annotations(CLASSES[name]):
        assert f"self.{attribute}" in source or hasattr(getattr(cpu, name), attribute), attribute
