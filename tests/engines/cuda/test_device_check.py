"""The check of a device: all steps on the simulator, the conductor with stand-in steps."""

import json
import os
import signal
import time
from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks import gpu_peers
from benchmarks.device_check import __main__ as command
from benchmarks.device_check import conductor, expectations, fits, plan, rivals, summary
from benchmarks.device_check.conductor import NO_TIME, Conductor
from benchmarks.device_check.expectations import EXPECTATIONS, Expectation
from benchmarks.device_check.plan import Step
from benchmarks.device_check.reporting import MARK, Report
from benchmarks.device_check.results import DONE, NOT_BEGUN, Results
from benchmarks.device_check.sizes import FULL, TINY
from tests.conftest import DEVICES
from tests.engines.cuda.layers.test_products import PREAMBLE
from tests.simulated import run_simulated

NOT_SIMULATED = {"racecheck", "memcheck", "synccheck", "profiler"}


def test_every_step_on_the_simulator(tmp_path, capfd):
    """All comes to its end, agrees with the processor, and has what the expectations name."""
    status = command.main(["--simulate", "--seconds", "580", "--output", str(tmp_path)])
    out = capfd.readouterr().out
    written = json.loads((tmp_path / "device_check.json").read_text())
    log = (tmp_path / "device_check.log").read_text()
    assert status == 0, f"{out}\n{log}"
    steps = written["steps"]
    assert {name for name, state in steps.items() if state != DONE} == NOT_SIMULATED
    assert not [record for record in written["records"] if record["kind"] == "failure"]
    found = {record["name"] for record in written["records"]}
    for expected in EXPECTATIONS:
        for name in filter(None, (expected.of, expected.over)):
            assert name in found or name.partition(":")[0] in NOT_SIMULATED, name
    stated = {verdict["status"] for verdict in written["expectations"]}
    assert stated == {"holds", "left out", "not judged"}
    assert written["card"] in out and "64-(100)-10, batch 200: a step" in out


@pytest.mark.skipif(DEVICES["cuda"]() is None, reason="there is a device, real or simulated")
def test_without_a_gpu(tmp_path, capfd):
    """It says what is missing, and how to install it, and runs nothing else."""
    assert command.main(["--output", str(tmp_path)]) == 3
    out = capfd.readouterr().out
    assert "has no GPU to use" in out and 'pip install "numba-cuda[cu13]' in out
    steps = json.loads((tmp_path / "device_check.json").read_text())["steps"]
    assert {state for name, state in steps.items() if name != "machine"} == {NOT_BEGUN}


def test_listing(capsys):
    """Every expectation is of a step that there is, and none is named twice."""
    assert command.main(["--list"]) == 0
    out = capsys.readouterr().out
    names = [step.name for step in plan.STEPS]
    assert len(names) == len(set(names))
    assert len(EXPECTATIONS) == len({expected.name for expected in EXPECTATIONS})
    for expected in EXPECTATIONS:
        assert expected.of.partition(":")[0] in names and expected.name in out
    assert {step.after for step in plan.STEPS} <= {None, *names}
    with pytest.raises(SystemExit):
        command.main(["--only", "no such step"])


def test_what_is_asked_of_the_engine():
    """The bounds that the project has set itself."""
    bounds = {expected.of: expected.bound for expected in expectations.SPEEDS}
    assert bounds["one: step"] == 60
    assert bounds["many: 132 networks"] == 1.7 and FULL.many[0] == 132
    assert bounds["search: cores"] == 10 and (FULL.candidates, FULL.folds) == (40, 5)
    assert bounds["large: bare products"] == 0.6 and FULL.large == (784, 2048, 2048, 10, 4096)
    assert bounds["rivals: large, compile"] == bounds["rivals: mid-size, graph"] == 1
    assert bounds["predictions: copies"] == 0.4 and FULL.predicted[-1] == 10**7


def stand_in(name, job, limit=30.0, **more):
    """Return a step of `device_steps`."""
    return Step(name, f"tests.engines.cuda.device_steps.{job}", limit, **more)


@pytest.fixture
def conduct(tmp_path):
    """Return a function that runs stand-in steps and returns results and whether all was run."""

    def run(first, together, alone, seconds=60.0, expected=()):
        steps = [step.name for step in (*([first] if first else []), *together, *alone)]
        results = Results(tmp_path / "results.json", steps, expected)
        with open(tmp_path / "log", "w") as log:
            runs = Conductor(results, log, seconds, None)
            try:
                found = runs.run(first, together, alone)
            finally:
                runs.close()
        return results, found

    return run


def test_bad_steps_do_not_harm_others(conduct, tmp_path):
    """One that hangs, fails or dies is ended, and keeps what it had; the file is whole."""
    expected = [
        Expectation("a", "good: first", "<=", 1, over="last: first"),
        Expectation("b", "good: second", "<=", 1),
        Expectation("c", "good: fourth", "<=", 1),
        Expectation("d", "hangs: before", ">=", 2),
        Expectation("e", "hangs: never", ">=", 2),
        Expectation("f", "raises: never", ">=", 2),
        Expectation("g", "tool: errors", "<=", 0),
    ]
    together = [
        stand_in("good", "measures"),
        stand_in("hangs", "hangs", 1.5),
        stand_in("raises", "raises"),
        stand_in("after it", "waits", after="raises"),
        stand_in("tool", "waits", tool=("no-such-tool-anywhere",)),
    ]
    alone = [stand_in("dies", "dies"), stand_in("last", "measures")]
    begin = time.monotonic()
    results, found = conduct(stand_in("first", "waits"), together, alone, expected=expected)
    assert found and time.monotonic() - begin < 40
    written = json.loads((tmp_path / "results.json").read_text())
    states = written["steps"]
    assert {name for name in states if states[name] == DONE} == {
        "first",
        "good",
        "after it",
        "last",
    }
    assert "time was up after 2 s" in states["hangs"]
    assert "exit status 1" in states["raises"] and "exit status -6" in states["dies"]
    measured = {record["name"] for record in written["records"] if record["kind"] == "measurement"}
    assert measured >= {f"{name}: before" for name in ("hangs", "raises", "dies")}
    verdicts = {verdict["expectation"]: verdict for verdict in written["expectations"]}
    told = [verdicts[name]["status"] for name in "abcdefg"]
    missing = "not measured"
    assert told == ["holds", missing, "left out", "fails", missing, missing, "left out"]
    assert "RuntimeError at device_steps.py" in verdicts["b"]["reason"]
    assert "time was up" in verdicts["e"]["reason"] and "no room" in verdicts["f"]["reason"]
    assert not results.is_good()
    text = "\n".join(summary.lines(results))
    assert "fails        d" in text and "broke off with exit status -6: dies" in text
    assert "good: a line of a library" in (tmp_path / "log").read_text()


def test_time_that_is_up(conduct, monkeypatch):
    """What compiles too long makes way for the timings, and what has not begun is told."""
    monkeypatch.setattr(conductor, "LEAST_SECONDS", 0.5)
    slow = [stand_in(f"slow {i}", "hangs") for i in range(40)]
    results, _ = conduct(None, slow, [stand_in("timing", "waits", 5)], seconds=8.0)
    states = results.steps
    assert states["timing"] == DONE
    assert any(state.startswith("its time was up") for state in states.values())
    assert NO_TIME in states.values() and NOT_BEGUN not in states.values()


def test_nothing_to_check(conduct):
    results, found = conduct(stand_in("first", "finds_nothing"), [], [stand_in("last", "waits")])
    assert not found and results.steps["last"] == NOT_BEGUN


def test_a_request_to_end(tmp_path, monkeypatch, capsys):
    """After SIGTERM the summary tells what was found until then; no process is left."""
    monkeypatch.setattr(command, "FIRST", stand_in("machine", "waits"))
    monkeypatch.setattr(command, "TOGETHER", [stand_in("float32", "hangs")])
    monkeypatch.setattr(command, "ALONE", [])
    add, begun = Results.add, []

    def then_end(self, record):
        add(self, record)
        if record["name"] == "float32: before":
            begun.append(os.kill(os.getpid(), signal.SIGTERM))

    monkeypatch.setattr(Results, "add", then_end)
    monkeypatch.delenv("NUMBA_ENABLE_CUDASIM", raising=False)
    caches = str(tmp_path / "caches")
    assert command.main(["--output", str(tmp_path), "--caches", caches]) == 1
    assert begun and "the run was ended: float32\n" in capsys.readouterr().out
    states = json.loads((tmp_path / "device_check.json").read_text())["steps"]
    assert states["machine"] == DONE


def test_speeds_are_not_judged_on_a_simulator(tmp_path):
    expected = [Expectation("fast", "a: time", "<=", 1, "us", is_speed=True)]
    record = {"kind": "measurement", "step": "a", "name": "a: time", "value": 5.0}
    told = []
    for simulated in (False, True):
        results = Results(tmp_path / "results.json", ["a"], expected, simulated)
        results.add(record)
        [verdict] = results.verdicts()
        told.append((verdict.status, results.is_good()))
    assert told == [("fails", False), ("not judged", True)]


def test_products_on_a_stand_in():
    """Bare products are those of a step, in memory of the device, also in another thread."""
    code = """
import contextlib, io
from benchmarks.device_check import inside, large, probes
from benchmarks.device_check.reporting import MARK, Report
from benchmarks.device_check.sizes import TINY
differences = [probes.difference_of_product(dtype) for dtype in ("float32", "float64")]
calls.clear()
inside.products((5, 4, 3), 8)()
n, out = len(calls), io.StringIO()
with contextlib.redirect_stdout(out):
    large.time_products(Report("large"), TINY)
record = json.loads(out.getvalue().removeprefix(MARK))
print(json.dumps([differences, n, record]))
"""
    differences, n, record = json.loads(run_simulated(PREAMBLE + code))
    assert differences[0] < 1e-4 and differences[1] < 1e-12
    assert n == 5  # two of the first layer, whose deltas go no further, and three of the second
    assert record["name"] == "large: bare products" and record["value"] > 0


def test_rivals(monkeypatch, capsys):
    """Every network in every mode is timed by name, what expectations name among them."""

    class Torch:
        @staticmethod
        def set_float32_matmul_precision(precision):
            pass

    class Steps:
        def __init__(self, torch, *arguments):
            self.mode = arguments[-1]

        def seconds(self, times, repeats):
            if self.mode == "eager":
                raise RuntimeError("out of memory")
            return 1e-6

    monkeypatch.setattr(gpu_peers, "torch_with_gpu", lambda: (Torch, None))
    monkeypatch.setattr(gpu_peers, "TorchSteps", Steps)
    monkeypatch.setattr(gpu_peers, "TorchEnsemble", Steps)
    rivals.run(Report("rivals"), TINY)
    rivals.compile_only(Report("rivals compiled"), TINY)
    lines = capsys.readouterr().out.splitlines()
    records = [json.loads(line.removeprefix(MARK)) for line in lines]
    kinds = {record["name"]: record["kind"] for record in records}
    wanted = {expected.of for expected in EXPECTATIONS if expected.of.startswith("rivals:")}
    assert len(wanted) == 2 and {kinds[name] for name in wanted} == {"measurement"}
    assert kinds["rivals: small, eager"] == "failure"
    assert kinds["rivals: 2 small networks as batched products, graph, TF32"] == "measurement"
    assert kinds["rivals compiled: large, compile"] == "measurement"


def model(weights, losses=(1.0, 0.5), n_iter=2, dtype="float64"):
    """Return what a fit leaves behind."""
    return SimpleNamespace(
        coefs_=[np.array(weights, dtype)],
        intercepts_=[np.zeros(1, dtype)],
        loss_curve_=list(losses),
        n_iter_=n_iter,
    )


def test_differences():
    """Of single weights in float64, of losses and most weights in float32, and of bits in both."""
    expected, close = model([1.0, 2.0, 4.0]), model([1.0, 2.0, 4.0 + 4e-6])
    assert fits.difference(expected, expected) == 0 and fits.same_bits(expected, expected)
    assert fits.difference(close, expected) == pytest.approx(1e-6)
    assert not fits.same_bits(close, expected)
    assert fits.difference(model([1.0, 2.0, 4.0], n_iter=3), expected) == np.inf
    expected = model([1.0, 2.0, 4.0], dtype="float32")
    assert fits.difference(model([1.0, 2.0, 3.0], dtype="float32"), expected) == 0
    other = model([1.0, 2.0, 4.0], losses=(1.0, 0.6), dtype="float32")
    assert fits.difference(other, expected) == pytest.approx(0.1)
    assert fits.difference(model([0.0, 1.0, 3.0], dtype="float32"), expected) > 0.2


def test_graphs_are_counted():
    """As they are made: none where the engine takes another way, or the driver makes none."""
    code = """
import json, warnings
warnings.simplefilter("ignore")
from types import SimpleNamespace
from benchmarks.device_check import inside, large, targets
from benchmarks.device_check.reporting import Report
from benchmarks.device_check.sizes import TINY

def graphs():
    found = {}
    report = Report("mid-size")
    report.measure = lambda name, value, *_, **__: found.update({name: value})
    large._compare_graph(report, TINY)
    return found["graphs"]

counts, chosen = [graphs()], dict(inside.WAYS["graph"])
inside.WAYS["graph"]["MOST_OPERATIONS_OF_A_GRAPH"] = 0
counts.append(graphs())
inside.WAYS["graph"].update(chosen)
with inside.recordings() as made:
    targets.sanitized(Report("memcheck"), TINY)
inside.device().has_graphs = False
counts.append(graphs())
print(json.dumps([counts, made]))
"""
    counts, made = json.loads(run_simulated(code).splitlines()[-1])
    assert counts == [1, 0, 0]
    assert made == ["Calls"]  # what looks at shared memory sees the products of graphs, too
