"""The examples run without a warning, print what they promise, and draw their pictures."""

import ast
import importlib.util
import re
import sys
from pathlib import Path

import pytest

from tests.forked import run_script

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
SCRIPTS = sorted(EXAMPLES.glob("*.py"))
INDEX = (EXAMPLES / "README.rst").read_text(encoding="utf-8")
HAS_MATPLOTLIB = importlib.util.find_spec("matplotlib") is not None
NO_PICTURE = "matplotlib is not installed"


def run(name, picture, folder, has_matplotlib=HAS_MATPLOTLIB):
    """Run an example with small settings in a process of its own; return what it prints."""
    arguments = str(EXAMPLES / f"{name}.py"), "--quick", "--output", str(picture)
    without = () if has_matplotlib else ("matplotlib",)
    return run_script(*arguments, folder=folder, without=without)


@pytest.fixture
def printed(request, tmp_path):
    """What an example prints; its picture has been looked for."""
    picture = tmp_path / "pictures" / f"{request.param}.png"
    out = run(request.param, picture, tmp_path)
    if HAS_MATPLOTLIB:
        assert picture.read_bytes().startswith(b"\x89PNG")
        assert picture.stat().st_size > 20_000
        assert str(picture) in out
    else:
        assert NO_PICTURE in out
    return out


def row(table, name):
    """Return the fields after the name in the first line that begins with it."""
    found = re.search(rf"^ *{re.escape(name)} (.*)$", table, re.MULTILINE)
    assert found, f"no line {name!r} in\n{table}"
    return found[1].split()


@pytest.mark.parametrize("printed", ["optimizers"], indirect=True)
def test_optimizers(printed):
    for name in ("sgd, momentum", "sgd, Nesterov", "adagrad", "rmsprop", "adam", "rprop"):
        float(row(printed, name)[0])
    assert row(printed, "sgd")[2:] == ["not", "yet", "10"]  # the valley; without it
    assert row(printed, "bold driver")[-1].isdigit()
    for name in ("cg", "lbfgs"):
        rate, _, updates, standardised = row(printed, name)
        assert rate == "-" and int(updates) < 20 and int(standardised) < 20


@pytest.mark.parametrize("printed", ["learning_rates"], indirect=True)
def test_learning_rates(printed):
    for regime, rate in ("too small", 0.025), ("too large", 0.472), ("far too large", 0.522):
        fields = [float(field) for field in row(printed, regime)[:3]]
        assert fields[0] == rate and fields[1] == fields[2]
    assert [float(field) for field in row(printed, "right")] == [0.248, 0, 0, 10]
    assert "ValueError: Solver produced non-finite parameter weights" in printed
    constant, *decaying = (float(row(printed, s)[-1]) for s in ("constant", "linear", "cosine"))
    assert max(decaying) < constant / 20


@pytest.mark.parametrize("printed", ["initialisations"], indirect=True)
def test_initialisations(printed):
    tanh, relu, alike = re.split(r"\n(?=relu|Units)", printed)
    for table in (tanh, relu):
        assert float(row(table, "too small")[1]) < 1e-9
        assert row(table, "too small")[-1] == row(table, "zeros")[-1] == "2.303"
        assert float(row(table, "He")[1]) > 0.3
        assert float(row(table, "He")[-1]) < 1.5
    assert float(row(relu, "too large")[1]) > 1e4
    assert row(relu, "too large")[-2:] == ["diverges:", "ValueError"]
    for name in ("zeros", "constant"):
        assert float(row(alike, name)[1]) == 0
        assert f"UserWarning: weight_init={name!r} makes all units of a layer alike" in alike
    assert float(row(alike, "Glorot")[1]) > 0.1


@pytest.mark.parametrize("printed", ["losses"], indirect=True)
def test_losses(printed):
    squared = float(row(printed, "squared_error")[0])
    for name in ("absolute_error", "huber", "quantile 0.5"):
        assert float(row(printed, name)[0]) < squared / 4
    for quantile in ("0.1", "0.5", "0.9"):
        assert abs(float(row(printed, quantile)[0]) - float(quantile)) < 0.06
    covered = re.search(r"holds ([\d.]+)% of them", printed)
    assert 70 < float(covered[1]) < 90


@pytest.mark.parametrize("printed", ["boolean_functions"], indirect=True)
def test_boolean_functions(printed):
    assert "WRONG" not in printed and printed.count("right\n") == 10
    assert row(printed, "XNOR")[:5] == ["logistic", "1.0000", "0.0000", "0.0000", "1.0000"]
    assert "exactly: [0.0, 1.0, 1.0, 0.0]" in printed
    assert "true for 4 of 16 inputs" in printed
    assert "agrees with the definition on 16 of them" in printed


@pytest.mark.parametrize("printed", ["xor"], indirect=True)
def test_xor(printed):
    assert float(row(printed, "perceptron")[0]) <= 0.75
    mistakes = re.findall(r"(?:last epoch|hidden layer): +(\d+)", printed)
    assert int(mistakes[0]) > 0 and int(mistakes[1]) == 0
    assert float(row(printed, "two hidden units")[0]) == 1
    assert float(row(printed, "a perceptron on the hidden layer")[0]) == 1
    corners = re.findall(r"^\(\d, \d\) .* ([\d.]+) +([01])$", printed, re.MULTILINE)
    assert len(corners) == 4
    assert all(abs(float(output) - int(truth)) < 0.05 for output, truth in corners)


@pytest.mark.parametrize("printed", ["step_labels"], indirect=True)
def test_step_labels(printed):
    assert float(row(printed, "each step by itself")[0]) < 0.6
    around, few = (
        float(row(printed, f"43 steps{what}")[-1]) for what in (" around it", ", a tenth of the")
    )
    assert around > 0.85 and around - few < 0.05
    assert float(row(printed, "an LSTM of both directions")[0]) > 0.85


@pytest.mark.parametrize("printed", ["skip_xor"], indirect=True)
def test_skip_xor(printed):
    assert float(row(printed, "in layers")[0]) <= 0.76
    assert float(row(printed, "the output sees a and b")[0]) == 1
    corners = re.findall(r"^\(\d, \d\) +([\d.]+) +([\d.]+) +([01])$", printed, re.MULTILINE)
    assert len(corners) == 4
    assert all(abs(float(output) - int(truth)) < 0.05 for _, output, truth in corners)
    neuron = [round(float(inner)) for inner, *_ in corners]
    assert neuron[0] != neuron[3] and neuron[1] == neuron[2]  # AND, OR, or their opposites


@pytest.mark.parametrize("printed", ["transfer"], indirect=True)
def test_transfer(printed):
    shifted, _ = printed.split("the same, all in the middle")
    scratch, begun = (float(row(shifted, name)[0]) for name in ("from scratch", "init_from"))
    assert 0.5 < scratch < begun - 0.01
    assert float(row(shifted, "init_from gains")[0]) > 0.01


@pytest.mark.parametrize("printed", ["perceptron_line"], indirect=True)
def test_perceptron_line(printed):
    bound = int(re.search(r"at most (\d+) mistakes", printed)[1])
    widest = float(re.search(r"widest margin of a line is (\d+\.\d+)", printed)[1])
    for mode in ("pattern", "batch"):
        found = re.search(rf"{mode} epochs (\d+), mistakes (\d+), margin ([\d.]+) of", printed)
        epochs, mistakes, margin = int(found[1]), int(found[2]), float(found[3])
        assert epochs > 3 and 0 < margin < widest
        assert mode == "batch" or mistakes < bound
    turned = [int(n) for n in re.findall(r"line turned by (\d+) degrees", printed)]
    assert turned[1] > 2 * turned[0]  # in batches it swings


@pytest.mark.parametrize("printed", ["perceptron_start"], indirect=True)
def test_perceptron_start(printed):
    epochs = {
        name: [float(field) for field in row(printed, name)]
        for name in ("zeros", "uniform", "normal", "good")
    }
    assert len(set(epochs["zeros"])) == 1
    for name in ("uniform", "normal"):
        assert epochs[name][0] > 4 * epochs[name][1] > 4 * epochs[name][2]
    assert epochs["good"] == [1.0] * 5
    low, high = re.search(r"between ([\d.]+) and ([\d.]+) degrees", printed).groups()
    assert float(high) - float(low) > 5


@pytest.mark.parametrize("printed", ["overfitting"], indirect=True)
def test_overfitting(printed):
    training, plain = (float(field) for field in row(printed, "plain")[:2])
    assert training > 0.97 and plain < 0.8
    for cure in ("early stopping", "weight decay", "l1", "max-norm", "dropout", "noise"):
        assert float(row(printed, cure)[1]) > plain + 0.05
    lowest, last = re.search(r"epochs \(([\d.]+)\); after \d+ it is ([\d.]+)", printed).groups()
    assert float(last) > 1.5 * float(lowest)


@pytest.mark.parametrize("printed", ["vanishing_gradients"], indirect=True)
def test_vanishing_gradients(printed):
    shares = {}
    for name in ("sigmoids", "ReLU", "sigmoids, norm"):
        first, _, last, share, _, accuracy = (float(field) for field in row(printed, name))
        shares[name] = share
        assert share == pytest.approx(first / last, rel=0.2)
        assert accuracy < 0.2 if name == "sigmoids" else accuracy > 0.9
    assert 1000 * shares["sigmoids"] < min(shares["ReLU"], shares["sigmoids, norm"])


@pytest.mark.parametrize("printed", ["long_memory"], indirect=True)
def test_long_memory(printed):
    errors = {name: float(row(printed, name)[1]) for name in ("LSTM", "GRU", "SimpleRNN")}
    assert max(errors["LSTM"], errors["GRU"]) < 0.02 < 0.05 < errors["SimpleRNN"]
    assert float(row(printed, "perceptron")[1]) > 0.05


@pytest.mark.parametrize("printed", ["vanishing_through_time"], indirect=True)
def test_vanishing_through_time(printed):
    first, _, _, _, error = (float(field) for field in row(printed, "SimpleRNN, sigmoids"))
    assert first < 1e-9 and error > 0.8
    first, _, _, _, error = (float(field) for field in row(printed, "LSTM"))
    assert first > 1e-6 and error < 0.1


@pytest.mark.parametrize("printed", ["forecast"], indirect=True)
def test_forecast(printed):
    errors = {name: float(row(printed, name)[-1]) for name in ("LSTM", "GRU", "ridge")}
    assert max(errors["LSTM"], errors["GRU"]) < errors["ridge"]


@pytest.mark.parametrize("printed", ["batch_modes"], indirect=True)
def test_batch_modes(printed):
    names = ("batch", "mini-batches, 200", "mini-batches, 20", "pattern")
    rows = {name: [float(field) for field in row(printed, name)] for name in names}
    assert [fields[0] for fields in rows.values()] == [1, 9, 90, 1797]
    assert rows["batch"][1] > rows["pattern"][1]  # the best rates
    for small in names[1:]:
        assert rows[small][3] < rows["batch"][3] / 2  # the losses at the end


@pytest.mark.parametrize("printed", ["noisy_xor"], indirect=True)
def test_noisy_xor(printed):
    table = re.findall(r"^(\d+) +([\d.]+) +([\d.]+) +([\d.]+) +\d+ of \d+$", printed, re.MULTILINE)
    epochs = {(int(n), float(noise)): float(e) for n, noise, e, _ in table}
    assert len(epochs) == 6
    assert epochs[30, 0.4] < epochs[10, 0.4] < epochs[1, 0.0] / 3  # faster, by epochs
    assert 10 * epochs[10, 0.4] >= 0.8 * epochs[1, 0.0]  # not by updates


@pytest.mark.parametrize("printed", ["inspection"], indirect=True)
def test_inspection(printed):
    sizes = re.findall(r"^(\d+) +([\d.]+) +([\d.]+)$", printed, re.MULTILINE)[:5]
    assert float(sizes[0][2]) < float(sizes[-1][2])  # more samples help
    strongest = [float(field) for field in row(printed, "100")]
    assert max(strongest) < 0.8  # too strong a weight decay
    assert "MLPClassifier: 13-(8)-3, 139 parameters" in printed
    assert float(re.search(r"weight decay: ([\d.]+)$", printed, re.MULTILINE)[1]) > 0.9
    assert float(row(printed, "proline")[0]) > 0.05
    low, high = re.search(r"cultivar \d from ([\d.]+) to ([\d.]+)", printed).groups()
    assert abs(float(low) - float(high)) > 0.2
    assert float(re.search(r"alone: accuracy ([\d.]+)", printed)[1]) > 0.8


def borne_out(printed, n_claims):
    """Check that the numbers of an example bear out so many claims, all that it makes."""
    assert "DOES NOT HOLD" not in printed, printed
    assert len(re.findall("^holds: ", printed, re.MULTILINE)) == n_claims


@pytest.mark.parametrize("printed", ["universal_approximation"], indirect=True)
def test_universal_approximation(printed):
    borne_out(printed, 5)
    names = ("relu, built", "relu, trained")
    built, trained = ([float(field) for field in row(printed, name)] for name in names)
    assert built == sorted(built, reverse=True) and built[-1] < 0.2
    assert trained[0] < built[0] and trained[-1] > built[-1]


@pytest.mark.parametrize("printed", ["many_networks"], indirect=True)
def test_many_networks(printed):
    borne_out(printed, 5)
    assert "400 fits of 200 candidates" in printed
    assert float(row(printed, "(64,)")[1]) > 0.7


@pytest.mark.parametrize("printed", ["tabular"], indirect=True)
def test_tabular(printed):
    borne_out(printed, 4)
    areas = [float(row(printed, name)[0]) for name in ("no categories", "codes", "one-hot")]
    assert 0.6 < areas[0] < areas[1] < areas[2] < 0.9
    found, right = (float(f) for f in row(printed, "one-hot, weights")[1:3])
    assert found > 0.5 > 0.3 > right


@pytest.mark.parametrize("printed", ["robust_outputs"], indirect=True)
def test_robust_outputs(printed):
    borne_out(printed, 5)
    rows = {n: [float(f) for f in row(printed, n)] for n in ("squared error", "Huber")}
    assert max(rows["Huber"]) < 0.03 and rows["squared error"][2] > 0.2


@pytest.mark.parametrize("printed", ["intervals"], indirect=True)
def test_intervals(printed):
    borne_out(printed, 5)
    assert abs(float(row(printed, "quantiles, conformal")[0]) - 0.9) < 0.03


@pytest.mark.parametrize("printed", ["lenet"], indirect=True)
def test_lenet(printed):
    borne_out(printed, 3)
    network = row(printed, "convolutional network")
    assert float(network[2]) > float(row(printed, "multi-layer perceptron")[2]) + 0.1


@pytest.mark.parametrize("printed", ["calibration"], indirect=True)
def test_calibration(printed):
    borne_out(printed, 5)
    accuracy, certainty, loss = (float(f) for f in row(printed, "network"))
    assert certainty - accuracy > 0.1
    for name in ("sigmoid", "isotonic", "hinge, sigmoid"):
        accuracy, certainty, calibrated = (float(f) for f in row(printed, name))
        assert abs(certainty - accuracy) < 0.03 and calibrated < loss


@pytest.mark.parametrize("printed", ["sparse_text"], indirect=True)
def test_sparse_text(printed):
    borne_out(printed, 5)
    linear, network = (
        [float(f) for f in row(printed, name)] for name in ("no hidden layer", "20 hidden units")
    )
    assert linear[0] > 0.95 and linear[1] < 0.65 and min(network) > 0.9
    assert float(row(printed, "dense")[0]) > 100 * float(row(printed, "sparse")[0])


@pytest.mark.parametrize("printed", ["search"], indirect=True)
def test_search(printed):
    borne_out(printed, 2)
    grid, halving = ([float(f) for f in row(printed, name)] for name in ("grid", "halving"))
    assert halving[0] > grid[0] and halving[1] < grid[1] / 2
    assert grid[3] > 0.95 and halving[3] > 0.95
    rounds = re.findall(r"(\d+) for (\d+) epochs", printed)
    assert 3 * sum(int(n) * int(epochs) for n, epochs in rounds) == halving[1]


@pytest.mark.parametrize("printed", ["out_of_core"], indirect=True)
def test_out_of_core(printed):
    capped = sys.platform.startswith("linux")
    borne_out(printed, 2 + capped)
    assert not capped or row(printed, "at once")[0] == "MemoryError:"
    size, memory, needed = (
        float(row(printed, name)[0]) for name in ("file", "memory", "in chunks")
    )
    assert needed < memory / 4 < memory < size


@pytest.mark.parametrize("printed", ["autoencoders"], indirect=True)
def test_autoencoders(printed):
    borne_out(printed, 3)
    errors = [
        float(row(printed, name)[0])
        for name in ("trained with noise", "trained without", "with noise")
    ]
    assert errors == sorted(errors)
    assert float(row(printed, "sparse")[0]) < 0.2


@pytest.mark.parametrize("printed", ["generated_ring"], indirect=True)
def test_generated_ring(printed):
    borne_out(printed, 1)
    assert all(float(row(printed, f"random state {k}")[1]) > 0.6 for k in range(3))


@pytest.mark.parametrize("printed", ["generated_digits"], indirect=True)
def test_generated_digits(printed):
    borne_out(printed, 2)
    assert float(row(printed, "generated")[0]) > 0.8


@pytest.mark.parametrize("printed", ["boltzmann_digits"], indirect=True)
def test_boltzmann_digits(printed):
    borne_out(printed, 2)
    pixels, hidden = (float(row(printed, name)[0]) for name in ("pixels", "hidden units"))
    assert hidden > pixels + 0.05
    assert float(row(printed, "right samples")[0]) > 0.8
    assert float(row(printed, "labels of test digits")[0]) > 0.8


@pytest.mark.parametrize("printed", ["novelty"], indirect=True)
def test_novelty(printed):
    borne_out(printed, 1)
    assert float(row(printed, "mean")[1]) > 0.85


@pytest.mark.parametrize("printed", ["unlabelled"], indirect=True)
def test_unlabelled(printed):
    borne_out(printed, 2)
    for name in ("tanh", "logistic"):
        assert float(row(printed, name)[1]) > 0.85


@pytest.mark.parametrize("printed", ["graph_labels"], indirect=True)
def test_graph_labels(printed):
    borne_out(printed, 3)
    for n_labels in ("10", "50"):
        without, with_graph = map(float, row(printed, n_labels))
        assert with_graph > without + 0.1


@pytest.mark.parametrize("printed", ["mixed_table"], indirect=True)
def test_mixed_table(printed):
    borne_out(printed, 4)
    ours, theirs = (float(row(printed, n)[0]) for n in ("networks", "gradient boosting"))
    assert 0.8 < theirs < ours
    assert "column 'offered' holds dates or times" in printed


@pytest.mark.parametrize("printed", ["table_intervals"], indirect=True)
def test_table_intervals(printed):
    borne_out(printed, 5)
    inside, crossed = (float(field) for field in row(printed, "networks")[:2])
    assert 0.84 < inside < 0.94 and crossed == 0


@pytest.mark.parametrize("printed", ["rare_class"], indirect=True)
def test_rare_class(printed):
    borne_out(printed, 5)
    plain, balanced = ([float(f) for f in row(printed, n)] for n in ("plain", "balanced"))
    assert min(plain[0], balanced[0]) > 0.25
    assert balanced[3] > 2 * balanced[4]  # the threshold of theory is not that of the weights


@pytest.mark.parametrize("printed", ["attention"], indirect=True)
def test_attention(printed):
    borne_out(printed, 3)
    ours, theirs = (
        float(row(printed, name)[-1]) for name in ("self-attention", "multi-layer perceptron")
    )
    assert ours > 0.95 > 0.7 > theirs


@pytest.mark.parametrize("printed", ["dates"], indirect=True)
def test_dates(printed):
    borne_out(printed, 2)
    assert float(row(printed, "exact:")[0]) > 0.95
    assert row(printed, "28 June 1983")[0] == "1983-06-28"


@pytest.mark.parametrize("printed", ["unseen_categories"], indirect=True)
def test_unseen_categories(printed):
    borne_out(printed, 4)
    known, another = (float(row(printed, n)[1]) for n in ("nothing", "shop, another one taken"))
    assert known < 3 < another


@pytest.mark.parametrize("printed", ["table_calibration"], indirect=True)
def test_table_calibration(printed):
    borne_out(printed, 4)
    accuracy, certainty, _ = (float(field) for field in row(printed, "networks"))
    assert abs(certainty - accuracy) < 0.04


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_title_index_and_test(path):
    """The gallery of the documentation wants a title; the index and this file name everyone."""
    code = ast.parse(path.read_text(encoding="utf-8"))
    title, line, blank, *_ = ast.get_docstring(code).split("\n")
    assert line == "=" * len(title) and not blank
    assert f"``{path.name}``: " in INDEX or path.stem == "quickstart"
    names = {node.id for node in ast.walk(code) if isinstance(node, ast.Name)}
    assert not names & {"__doc__", "__file__"}  # the gallery runs it without them
    assert f'["{path.stem}"]' in Path(__file__).read_text() or path.stem == "quickstart"


def test_index_names_no_example_that_is_not_there():
    named = set(re.findall(r"``(\w+\.py)``", INDEX))
    assert named == {path.name for path in SCRIPTS}


def test_no_picture_without_matplotlib(tmp_path):
    picture = tmp_path / "losses.png"
    assert NO_PICTURE in run("losses", picture, tmp_path, has_matplotlib=False)
    assert not picture.exists()
