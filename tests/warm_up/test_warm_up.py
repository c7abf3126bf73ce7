"""Compiling ahead: what it covers, what it says, and what it refuses."""

import json

import pytest

import skdeep
from tests.helpers import run_python

WARM = """
import json, sys
import skdeep
done = skdeep.warm_up(precisions="float64", sparse=False, regularised=False)
from skdeep.engines.cpu.compiling.telling import COUNTS
before = COUNTS.compiled
import warnings
import numpy as np
warnings.simplefilter("ignore")
X = np.random.default_rng(0).standard_normal((300, 20))
for solver in ("adam", "sgd", "lbfgs"):
    model = skdeep.MLPClassifier((30,), solver=solver, max_iter=2).fit(X, X[:, 0] > 0)
    model.predict(X), model.predict_proba(X)
    sizes = {"hidden_layer_sizes": (30, 5), "activation": "tanh"}
    model = skdeep.MLPRegressor(**sizes, solver=solver, max_iter=2)
    model.fit(X, X[:, 0]).predict(X)
skdeep.Perceptron().fit(X, X[:, 0] > 0)
print(json.dumps([done.fits, done.compiled + done.loaded, COUNTS.compiled - before]))
"""


def test_later_fits_compile_nothing():
    fits, functions, more = json.loads(run_python(WARM))
    assert fits > 10
    assert functions > 30
    assert more == 0


@pytest.mark.parametrize(
    "parameters, error, message",
    [
        ({"precisions": "float16"}, ValueError, "precisions must be 'float32' or 'float64'"),
        ({"precisions": ["float64", 3]}, ValueError, "Got 3"),
        ({"precisions": []}, ValueError, "precisions must be"),
        ({"precisions": None}, ValueError, "precisions must be"),
        ({"sparse": "yes"}, TypeError, "sparse must be True or False. Got 'yes'"),
        ({"regularised": 1}, TypeError, "regularised must be True or False"),
    ],
)
def test_invalid_parameters(parameters, error, message):
    with pytest.raises(error, match=message):
        skdeep.warm_up(**parameters)


def test_nothing_to_do_without_the_compiler():
    code = "import skdeep; print(tuple(skdeep.warm_up()))"
    assert run_python(code, NUMBA_DISABLE_JIT=1) == "(0, 0, 0, 0.0)\n"
    code = """
import runpy, sys
sys.argv = ["warm_up", "--precisions", "float32", "--no-sparse"]
runpy.run_module("skdeep.warm_up", run_name="__main__")
"""
    told = "0 fits: 0 functions compiled, 0 loaded, in 0.0 s\n"
    assert run_python(code, NUMBA_DISABLE_JIT=1) == told


def test_the_function_is_there_after_its_package_was_imported():
    code = """
import skdeep, skdeep.warm_up.__main__, importlib
from skdeep.warm_up import warm_up
importlib.import_module("skdeep.warm_up")
assert skdeep.warm_up is warm_up and callable(warm_up)
"""
    run_python(code)


SHIP = """
import pathlib, sys
from skdeep.warm_up import shipping
cases = [case for case in shipping.make_cases(["float64"], False, False)][:1]
shipping.make_cases = lambda *arguments, **keywords: cases
shipping.main([{folder!r}])
"""
USE = """
import json, pathlib
from skdeep.engines.cpu.compiling import shipped, telling
shipped.FOLDER = pathlib.Path({folder!r})
from skdeep.warm_up import cases
case = next(cases.make_cases(["float64"], False, False))
cases.run(case)
print(json.dumps([telling.COUNTS.compiled, telling.COUNTS.loaded, case.estimator.loss_]))
"""


def test_shipped_kernels_are_loaded_in_the_place_of_compiling(tmp_path):
    from skdeep.engines.cpu.compiling import shipped

    level = shipped.level_of(shipped.cpu_target.target_context.codegen().magic_tuple()[2])
    if level is None:
        pytest.skip("no kernels are made for this processor")
    folder = str(tmp_path / "kernels")
    processor = {
        "NUMBA_CPU_NAME": level.name,
        "NUMBA_CPU_FEATURES": ",".join(f"+{name}" for name in sorted(level.features)),
    }
    run_python(SHIP.format(folder=folder), NUMBA_CACHE_DIR=tmp_path / "unused", **processor)
    assert not list((tmp_path / "unused").rglob("*.nbc"))

    def use(folder):
        code = USE.format(folder=folder)
        return json.loads(run_python(code, NUMBA_CACHE_DIR=tmp_path / "cache"))

    compiled, loaded, loss = use(folder)
    assert (compiled, loaded > 10) == (0, True)
    assert not list((tmp_path / "cache").rglob("*.nbc"))
    compiled, loaded, expected = use(str(tmp_path / "none"))
    assert (compiled > 10, loaded) == (True, 0)
    assert loss == pytest.approx(expected, rel=1e-12)
