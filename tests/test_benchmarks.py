"""Every benchmark runs on its smallest piece, without PyTorch."""

import importlib
import json
import pkgutil
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.utils import check_random_state

import benchmarks
import benchmarks.tabular
from benchmarks import (
    activations,
    adversarial,
    attention,
    boltzmann,
    cores,
    cpu,
    images,
    limits,
    perceptron,
    recurrent,
    report,
    roofline,
    scaling,
    search,
    shapes,
    timing,
    translation,
)
from benchmarks.peers import EstimatorPeer, JaxPeer, TorchPeer, jax_scan, load_peers
from benchmarks.tabular import __main__ as tabular
from benchmarks.tabular import scores, tables

FOLDERS = {module.__name__: module for module in (benchmarks, benchmarks.peers, benchmarks.tabular)}
PARTS = [
    f"{name}.{module.name}"
    for name, folder in FOLDERS.items()
    for module in pkgutil.iter_modules(folder.__path__)
]
THREADS = search.CANDIDATES[:1]
SMALL = shapes.Shape("4-(3)-3", 60, 4, (3,), 3, 20, 2)


@pytest.fixture
def say():
    return report.Log("a test")


@pytest.mark.parametrize("name", PARTS)
def test_parts_can_be_imported(name):
    assert importlib.import_module(name).__doc__


def test_table(tmp_path, say):
    predict = SMALL._replace(work="predict", calls=2)
    peers, notes = load_peers(["sklearn"])
    assert not notes
    results = cpu.run([SMALL, predict], peers, "float32", 3, say)
    fit, prediction = results
    assert set(fit.times) == {"skdeep", "sklearn", "bare products", "weights and states"}
    assert fit.share > fit.ratio("bare products") > 0
    assert prediction.share is None and prediction.ratio("sklearn") > 0
    report.write_csv(tmp_path / "table.csv", results)
    assert len((tmp_path / "table.csv").read_text().splitlines()) == 1 + 4 + 3
    if report.write_picture(tmp_path / "table.png", results, ["sklearn"]):
        assert (tmp_path / "table.png").stat().st_size > 10_000
    say.close(tmp_path / "new" / "table.txt")
    assert "load average" in (tmp_path / "new" / "table.txt").read_text()


@pytest.mark.parametrize(
    ("peer", "package"),
    [
        ("torch", "torch"),
        ("onnxruntime", "onnxruntime"),
        ("onnxruntime", "onnx"),
        ("jax", "jax"),
    ],
)
def test_a_peer_that_is_not_installed_is_left_out(peer, package, monkeypatch):
    if package == "onnxruntime":
        monkeypatch.setitem(sys.modules, "onnx", SimpleNamespace())
    monkeypatch.setitem(sys.modules, package, None)
    peers, notes = load_peers([peer])
    assert peer not in [each.name for each in peers]
    assert notes == [f"{package} is not installed: the column {peer} is left out"]


def test_predictions_of_onnx_runtime(say):
    pytest.importorskip("onnx", reason="onnx is not installed")
    pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed")
    tables = [SMALL._replace(work=work, calls=2) for work in ("predict", "predict_proba")]
    results = cpu.run([SMALL, *tables], load_peers(["onnxruntime"])[0], "float32", 1, say)
    assert ["onnxruntime" in result.times for result in results] == [False, True, True]
    assert results[2].times["bare products"][0] > 0


@pytest.mark.parametrize("error", [0.0, 0.1])
def test_the_session_of_onnx_runtime(error, monkeypatch):
    """A thread for every core, rows as they are; probabilities that differ are an error."""
    pytest.importorskip("onnx", reason="onnx is not installed")
    shape, seen = SMALL._replace(work="predict_proba", calls=3), []
    data = shapes.make_data(shape, np.float32)
    skdeep = EstimatorPeer("skdeep", "skdeep", "skdeep")
    right = skdeep.fitted(shape, data).predict_proba(data[2])

    class Session:
        def __init__(self, model, options, providers):
            assert providers == ["CPUExecutionProvider"]
            assert options.intra_op_num_threads == benchmarks.peers.cores()

        def run(self, outputs, inputs):
            seen.append((outputs, inputs["X"].dtype, len(inputs["X"])))
            return [right + np.float32(error)]

    stand_in = SimpleNamespace(
        SessionOptions=SimpleNamespace, InferenceSession=Session, __version__="1"
    )
    monkeypatch.setitem(sys.modules, "onnxruntime", stand_in)
    peer = load_peers(["onnxruntime"])[0][1]
    if error:
        with pytest.raises(AssertionError, match="Not equal to tolerance"):
            peer.job(shape, data)
        return
    peer.job(shape, data)()
    assert seen == 4 * [(["probabilities"], np.float32, 60)]


@pytest.mark.parametrize("activation", ["relu", "logistic"])
def test_first_weights_are_those_of_scikit_learn(activation):
    shape = SMALL._replace(activation=activation, solver="sgd", epochs=1)
    data = shapes.make_data(shape, np.float64)
    peer = load_peers(["sklearn"])[0][1]
    model = peer.fitted(shape, data, learning_rate_init=1e-12, momentum=0.0)
    weights = jax_scan.first_weights(shape, check_random_state(0), np.float64)
    for (weight, bias), coef, intercept in zip(
        weights, model.coefs_, model.intercepts_, strict=True
    ):
        np.testing.assert_allclose(weight, coef, rtol=0, atol=1e-9)
        np.testing.assert_allclose(bias, intercept, rtol=0, atol=1e-9)


def test_orders_are_permutations_that_differ():
    found = jax_scan.orders(SMALL, 60, check_random_state(0))
    assert found.shape == (2, 60) and (found[0] != found[1]).any()
    assert (np.sort(found, axis=1) == np.arange(60)).all()


@pytest.mark.parametrize(
    ("changes", "dtype", "tolerance"),
    [
        ({}, "float32", 1e-5),
        ({"solver": "sgd", "activation": "tanh"}, "float64", 1e-9),
        ({"outputs": 2, "activation": "logistic"}, "float32", 1e-5),
        ({"outputs": 2, "task": "regress", "activation": "identity"}, "float32", 1e-5),
    ],
)
def test_fits_of_jax_are_those_of_scikit_learn(changes, dtype, tolerance):
    """The same weights, with a last batch that is smaller, and the same predictions."""
    pytest.importorskip("jax", reason="JAX is not installed")
    shape = SMALL._replace(batch=25, **changes)
    data = shapes.make_data(shape, np.dtype(dtype))
    model = load_peers(["sklearn"])[0][1].fitted(shape, data)
    weights, losses = JaxPeer().fitting(shape, *data[:2])()
    assert JaxPeer().job(shape, data)() == len(losses) == 2
    for (weight, bias), coef, intercept in zip(
        weights, model.coefs_, model.intercepts_, strict=True
    ):
        assert weight.dtype == dtype
        np.testing.assert_allclose(weight, coef, rtol=0, atol=tolerance)
        np.testing.assert_allclose(bias, intercept, rtol=0, atol=tolerance)


def test_predictions_of_jax(say):
    pytest.importorskip("jax", reason="JAX is not installed")
    tables = [SMALL._replace(work=work, calls=2) for work in ("predict", "predict_proba")]
    results = cpu.run([SMALL, *tables], load_peers(["jax"])[0], "float32", 1, say)
    assert all("jax" in result.times for result in results)
    peer, data = JaxPeer(), shapes.make_data(SMALL, np.float32)
    model = load_peers(["sklearn"])[0][1].fitted(SMALL, data)
    weights = list(zip(model.coefs_, model.intercepts_, strict=True))
    labels, probabilities = (peer.answers(table)(weights, data[2]) for table in tables)
    np.testing.assert_array_equal(labels, model.predict(data[2]))
    np.testing.assert_allclose(probabilities, model.predict_proba(data[2]), atol=1e-6)
    dropped = SMALL._replace(dropout=0.5)
    assert not JaxPeer().supports(dropped)
    assert not JaxPeer().supports(SMALL._replace(density=0.5))


def test_products_of_a_prediction_are_repeated_as_it_is(monkeypatch):
    calls = []
    monkeypatch.setattr(limits.Products, "forward", lambda self, X: calls.append(len(X)))
    shape = SMALL._replace(work="predict_proba", calls=3)
    limits.products_job(shape, shapes.make_data(shape, np.float32))()
    assert calls == [60, 60, 60]


@pytest.mark.parametrize("feature", [{"dropout": 0.5}, {"batch_norm": True}])
def test_regularised_shapes(feature, say):
    """The networks are those of the shape, and scikit-learn has none."""
    shape = SMALL._replace(hidden=(3, 2), **feature)
    result = cpu.run([shape], load_peers(["sklearn"])[0], "float32", 1, say)[0]
    assert set(result.times) == {"skdeep", "bare products", "weights and states"}
    model = load_peers([])[0][0].estimator(shape, 60)
    assert {name: getattr(model, name) for name in feature} == feature
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    network = TorchPeer()._network(shape, torch.float32)
    names = [type(layer).__name__ for layer in network]
    hidden = ["BatchNorm1d", "ReLU"] if "batch_norm" in feature else ["ReLU", "Dropout"]
    assert names == 2 * ["Linear", *hidden] + ["Linear"]


def test_a_peer_that_fails_is_skipped_visibly():
    class Broken:
        name, version, failures = "broken", "1", (Exception,)

        def supports(self, shape):
            return True

        def job(self, shape, data):
            raise RuntimeError("no compiler\nand more")

    peers, _ = load_peers([])
    result, notes = cpu.measure(SMALL, [peers[0], Broken()], "float32", 1)
    assert set(result.times) == {"skdeep"}
    assert notes == ["4-(3)-3: broken is skipped: RuntimeError: no compiler"]


def test_a_crowded_round_is_measured_anew(monkeypatch):
    seen, calls = iter([False, True, True, False, False]), []
    monkeypatch.setattr(timing.OtherWork, "crowded", lambda self: next(seen))
    monkeypatch.setattr(timing, "LOOK", 0.0)
    times, _ = timing.interleaved({"job": lambda: calls.append(1)}, 1, patience=60)
    assert (len(calls), len(times["job"])) == (2, 1)
    assert next(seen, "all looks were taken") == "all looks were taken"


def test_shapes_have_names_of_their_own():
    table = shapes.select("", full=True)
    assert len({(shape.work, shape.name) for shape in table}) == len(table)
    assert set(shapes.SHAPES) < set(table)


def test_operations_and_bytes():
    assert SMALL.flops(20) == 20 * (2 * (2 * 4 * 3) + 3 * (2 * 3 * 3))
    for work in ("predict", "predict_proba"):
        assert SMALL._replace(work=work).flops(1) == 2 * 4 * 3 + 2 * 3 * 3
    assert (SMALL.updates, SMALL.n_parameters) == (6, 5 * 3 + 4 * 3)
    assert SMALL.bytes_moved(4) == 4 * (6 * 6 * 27 + 120 * (4 + 4 * 6))


@pytest.mark.parametrize("cores_used", [1, 2])
def test_sweep_touches_every_number(cores_used, monkeypatch):
    monkeypatch.setattr(limits, "ALONE", 0)
    parts = []
    monkeypatch.setattr(limits, "sweep", lambda part, *rest: parts.append((part.size, rest)))
    limits.sweep_job(101, 7, "float32", cores_used)()
    parts = parts[1:]  # the first compiles
    assert len(parts) == cores_used and sum(size for size, _ in parts) == 101
    assert all(rest[-1] == 7 for _, rest in parts)


def test_cores(say):
    (row,) = cores.run([SMALL], "float32", 1, say)
    assert row["ratio"] > 0
    assert row["mflop_batch"] == SMALL.flops(20) / 1e6


def test_activations(say):
    (row,) = activations.run([SMALL], "float64", 1, say, activations=("relu", "tanh"))
    assert row["tanh"] > 0
    assert any("x" in line for line in say.lines[2:])


def test_search(say):
    rows = search.run("float32", 1, say, grid={"alpha": [0.1]}, epochs=1, candidates=THREADS)
    assert [row["search"] for row in rows] == ["skdeep, threading"]
    assert say.lines[1].startswith("3 fits")


def test_attention(say):
    rows = attention.run([(4, 6, 2, 30, 10)], 1, 1, say, calls=2)
    assert [row["work"] for row in rows] == ["epoch of 30, batch 10", "one sequence"]
    assert all(row["skdeep_s"] > 0 for row in rows if row["work"] == "one sequence")


def test_translation(say):
    rows = translation.run([(3, 4, 4, 1, 30, 10)], 1, 1, say, calls=2)
    assert [row["work"] for row in rows] == ["epoch of 30, batch 10", "one sequence"]
    assert all(row["skdeep_s"] > 0 for row in rows if row["work"] == "one sequence")


def test_adversarial(say):
    rows = adversarial.run([(2, 3, 2, 20, 8)], 1, 1, say)
    assert [row["layer"] for row in rows] == ["2-(3, 3)-2"]
    assert set(rows[0]) >= {"work", "skdeep_s"}


def test_recurrent(say):
    rows = recurrent.run([("GRU", 4, 5, 2, 30, 10)], 1, 1, say, calls=2)
    assert [row["work"] for row in rows] == ["epoch of 30, batch 10", "one sequence"]
    assert all(row["layer"] == "GRU(4), 5 x 2" and "skdeep_s" in row for row in rows)


def test_images(say):
    small = images.TABLE[0]._replace(n_samples=20, batch_size=10)
    rows = images.run([small], "float32", 1, say)
    assert [row["work"] for row in rows] == ["fit", "predict 1", "predict all"]
    assert all(row["skdeep_s"] > 0 for row in rows)


def test_boltzmann(say):
    (row,) = boltzmann.run([("small", boltzmann.digits, 5, 100, 1)], ["float64"], 1, say)
    assert row["difference"] < 1e-9


def test_perceptron(say):
    table = [("small", lambda: perceptron.sparse_rows(60, 30, 0.2), 1)]
    (row,) = perceptron.run(table, ["float32"], 1, say)
    assert row["ratio"] > 0 and row["difference"] == 0
    clear = [("clear", lambda: (np.eye(2), [0, 1]), 9)]
    with pytest.raises(ValueError, match="epochs have no mistake"):
        perceptron.run(clear, ["float64"], 1, say)


def test_scaling(say, tmp_path):
    table = scaling.run([200, 400], 1, say, work=800)
    assert [row["rows"] for row in table] == [200, 400]
    assert scaling.slope({1: 2.0, 2: 4.0}) == pytest.approx((2.0, 0.0))
    assert scaling.slope({1: 1.0, 2: 8.0}) == pytest.approx((2.0, 1.0))
    if scaling.draw(tmp_path / "scaling.png", table):
        assert (tmp_path / "scaling.png").stat().st_size > 10_000


def test_roofline(say, tmp_path):
    result = report.Result(SMALL, "float32", {"skdeep": [0.5]}, None)
    measured, (row,) = roofline.run([result], np.float32, 1, say, size=64, memory=1 << 20)
    assert row["gflops"] == pytest.approx(SMALL.flops(60) * 2 / 0.5 / 1e9)
    assert min(measured.values()) > 0
    if roofline.draw(tmp_path / "roofline.png", measured, [row]):
        assert (tmp_path / "roofline.png").stat().st_size > 10_000


@pytest.fixture
def folder(tmp_path):
    """A folder of tables: one that is described, one that is not, one of arrays, and others."""
    rng = np.random.RandomState(0)
    number, level = rng.normal(size=200), rng.choice(["a", "b", ""], 200)
    label = np.where(number + (level == "a") > 0, "yes", "no")
    rows = zip(number, level, label, strict=True)
    text = "number,level,label\n" + "".join(f"{n},{c},{y}\n" for n, c, y in rows)
    (tmp_path / "plain.csv").write_text(text)
    (tmp_path / "described.csv").write_text(text)
    facts = {"task": "regression", "target": "number", "feature_columns": ["level", "label"]}
    facts |= {"categorical": ["level"], "file": "described.csv"}
    (tmp_path / "datasets.json").write_text(json.dumps({"any": facts}))
    np.savez(tmp_path / "arrays.npz", X=number[:, None], y=number**2)
    np.savez(tmp_path / "other.npz", a=number)
    (tmp_path / "read.me").write_text("no table")
    return tmp_path


def test_tables_of_a_folder(folder):
    found = {name: load() for name, load in tables.tables_of(folder).items()}
    assert sorted(found) == ["arrays", "described", "other", "plain"] and found["other"] is None
    assert found["plain"].is_classification and not found["described"].is_classification
    assert list(found["described"].X.columns) == ["level", "label"]
    assert found["plain"].X["level"].dtype == "category" and found["plain"].X["level"].hasnans
    assert not found["arrays"].is_classification
    part = tables.split(found["plain"], 0)
    assert len(part.y) == 160 and len(part.y_test) == 40
    assert set(part.X.index).isdisjoint(part.X_test.index)


def test_tabular(folder, capsys):
    names = ["--estimators", "hist_gradient_boosting", "--splits", "2", "--output", f"{folder}/out"]
    rows = tabular.main([str(folder), *names])
    assert len(rows) == 6 and all(row["fit_cpu_s"] > 0 for row in rows)
    assert "mean rank by loss over 3 tables" in capsys.readouterr().out
    assert len((folder / "out" / "tabular.csv").read_text().splitlines()) == 7
    with pytest.raises(SystemExit, match="no tables"):
        tabular.main([str(folder), "--tables", "ghost"])
    assert "digits" in tables.own_tables()


def test_mean_ranks():
    rows = [
        {"table": t, "estimator": e, "split": s, "score": score + s, "loss": -score}
        for t, e, score in (("t", "a", 1.0), ("t", "b", 2.0), ("u", "a", 4.0), ("u", "b", 4.0))
        for s in (0, 1)
    ]
    means = scores.averaged([*rows, {**rows[0], "table": "only one"}])
    assert means["t", "a"]["score"] == 1.5
    for by in ("score", "loss"):
        assert scores.mean_ranks(means, ["a", "b"], by) == ({"a": 1.75, "b": 1.25}, 2)


def test_speed_chart(tmp_path):
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    from benchmarks import speed_chart

    measured = (speed_chart.FOLDER / "speed.csv").read_text(encoding="utf-8")
    (tmp_path / "speed.csv").write_text(measured, encoding="utf-8")
    speed_chart.main(["--output", str(tmp_path)])
    assert "AMD EPYC" in measured
    assert (tmp_path / "speed.svg").read_text(encoding="utf-8").count("<path") > 20
