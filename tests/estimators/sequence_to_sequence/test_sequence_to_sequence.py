"""Transformers that write a sequence for another one."""

import pickle
from itertools import product

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.utils import estimator_checks

import skdeep
from skdeep import SequenceToSequence, check_gradient
from skdeep.callbacks import Checkpoint
from skdeep.estimators.sequence_to_sequence import translation
from skdeep.estimators.sequence_to_sequence.decoding import search
from tests.callbacks.recording import StopAt
from tests.callbacks.test_checkpoint import assert_same_fit
from tests.estimators.sequence_to_sequence.reference import Reference
from tests.helpers import assert_close, quiet, run_python, same

SMALL = {
    "dim": 8,
    "heads": 2,
    "units": 12,
    "n_encoder_layers": 1,
    "n_decoder_layers": 1,
    "learning_rate_init": 0.01,
    "max_iter": 3,
    "random_state": 0,
}


def words(n=80, longest=5, seed=0):
    """Return words of different lengths, and the same words backwards."""
    rng = np.random.default_rng(seed)
    X = ["".join(rng.choice(list("abcd"), size=k)) for k in rng.integers(1, longest + 1, size=n)]
    X[0] = "abcd"[:longest] + "a" * (longest - 4)
    return X, [word[::-1] for word in X]


def fitted(X, y, *arguments, **parameters):
    with quiet():
        return SequenceToSequence(**{**SMALL, **parameters}).fit(X, y, *arguments)


@pytest.fixture(scope="module")
def trained():
    X, y = words()
    return fitted(X, y, n_decoder_layers=2, max_iter=60, learned_positions=True)


# --- what it computes


@pytest.mark.parametrize("parameters", [{}, {"n_encoder_layers": 2, "activation": "tanh"}])
def test_same_as_numpy(parameters):
    """Padded sources and targets are as if they were alone; so are parts of the network."""
    X, y = words()
    model = fitted(X, y, n_decoder_layers=2, **parameters)
    reference, maps = Reference(model), model.attention(X[:9], y[:9])
    sources = model._codes_of_sources(X[:9])
    targets = model._codes_of_targets(y[:9], 9)
    outputs = model._engine(fitting=False).predict(*model._network(), model._rows(sources, targets))
    outputs = outputs.reshape(9, model.n_output_steps_, -1)
    for source, target, found, shares in zip(sources, targets, outputs, maps, strict=True):
        expected, expected_shares = reference(source, target)
        assert_close(found[: len(target) + 1], expected, 1e-4)
        assert shares.dtype == np.float32
        assert_close(shares, expected_shares, 1e-4)


def test_greedy_predictions_are_those_of_numpy(trained):
    X, _ = words(30, seed=1)
    reference = Reference(trained)
    for word, found in zip(X, trained.predict(X), strict=True):
        (source,), codes = trained._codes_of_sources([word]), []
        while len(codes) < trained.max_target_length_:
            code = int(reference(source, codes)[0][-1].argmax())
            if code == 0:
                break
            codes.append(code)
        assert found == "".join(trained.target_tokens_[code - 1] for code in codes)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_loss_is_the_mean_over_tokens(smoothing):
    X, y = words(20)
    model = fitted(X, y, label_smoothing=smoothing)
    reference, weights, losses = Reference(model), np.linspace(0.5, 2, 20), []
    for source, target in zip(
        model._codes_of_sources(X), model._codes_of_targets(y, 20), strict=True
    ):
        outputs = np.log(reference(source, target)[0])
        right = outputs[np.arange(len(outputs)), [*target, 0]]
        losses.append(-np.mean((1 - smoothing) * right + smoothing * outputs.mean(axis=1)))
    assert_close(model.loss_gradient(X, y)[0], np.mean(losses), 1e-5)
    found = model.loss_gradient(X, y, weights)[0]
    assert_close(found, np.average(losses, weights=weights), 1e-5)


@pytest.mark.parametrize("n_samples", [25, 200])
def test_gradient(n_samples):
    X, y = words(n_samples)
    model = fitted(X, y, activation="tanh", label_smoothing=0.1, alpha=0.1, dim=4, units=6)
    assert check_gradient(model, X, y, max_parameters=200) < 1e-6


@pytest.mark.parametrize("batch_size", [16, 300])
def test_same_bits_for_any_number_of_threads(batch_size):
    X, y = words(300)
    options = {"batch_size": batch_size, "dropout": 0.1, "max_iter": 2, "clip_norm": 1.0}
    models = [fitted(X, y, n_threads=n, **options) for n in (1, 2, 3, 5)]
    assert models[0].coefs_[0].dtype == np.float32
    for model in models:
        assert np.array_equal(model._vector, models[0]._vector)
        assert model.predict(X) == models[0].predict(X)
        assert same(model.attention(X[:5]), models[0].attention(X[:5]))


def test_learns():
    """Unseen words are written backwards, whatever else is in the same call."""
    X, y = words(60, seed=2)
    options = {"dim": 32, "heads": 4, "units": 64, "batch_size": 50, "learning_rate": "onecycle"}
    model = fitted(*words(600), **options, max_iter=30)
    assert model.score(X, y) >= 0.95
    assert model.predict(X) == [model.predict([word])[0] for word in X]
    maps = model.attention(X)
    for word, shares in zip(X, maps, strict=True):
        assert shares.shape == (1, 4, len(word) + 1, len(word))
        assert_close(shares.sum(axis=-1), np.ones(shares.shape[:-1]), 1e-5)
    right = np.array([a == b for a, b in zip(model.predict(X), y, strict=True)])
    weights = np.linspace(0.5, 2, len(X))
    assert model.score(X, y, weights) == pytest.approx(np.average(right, weights=weights))


def test_beams(trained):
    """The probability of predictions grows with the beams; parameters are read by every call."""
    X, _ = words(40, seed=3)
    model, reference = clone(trained), Reference(trained)
    vars(model).update(vars(trained))
    sums = []
    for n_beams in (1, 8):
        model.set_params(n_beams=n_beams, length_penalty=0.0)
        total = 0.0
        for word, found in zip(X, model.predict(X), strict=True):
            (source,), target = model._codes_of_sources([word]), found
            codes = model._codes_of_targets([target], 1)[0]
            outputs = np.log(reference(source, codes)[0])
            total += outputs[np.arange(len(codes) + 1), [*codes, 0]].sum()
        sums.append(total)
    assert sums[0] <= sums[1] + 1e-4
    short = model.set_params(max_length=2, n_beams=1).predict(X)
    full = model.set_params(max_length=None).predict(X)
    assert short == [word[:2] for word in full]


@pytest.mark.parametrize("penalty", [0.0, 0.6])
def test_many_beams_find_the_best_targets(penalty):
    """Beside all targets that there are, up to the longest, with their ends."""
    rng = np.random.default_rng(1)
    X, y = (
        ["".join(rng.choice(list(letters), k)) for k in rng.integers(least, 4, size=40)]
        for letters, least in (("abc", 1), ("xyz", 0))
    )
    model = fitted(X, y, max_iter=40, n_beams=200, length_penalty=penalty)
    reference, everything = (
        Reference(model),
        [c for n in range(4) for c in product("xyz", repeat=n)],
    )
    targets = model._codes_of_targets(everything, len(everything))
    sources, reference = sorted(set(X)), Reference(model)
    for source, found in zip(model._codes_of_sources(sources), model.predict(sources), strict=True):
        scores = []
        for codes in targets:
            outputs = np.log(reference(source, codes)[0])
            total = outputs[np.arange(len(codes) + 1), [*codes, 0]].sum()
            scores.append(total / ((6 + len(codes)) / 6) ** penalty)
        best = scores[everything.index(tuple(found))]
        assert best >= max(scores) - 1e-4


def test_memory_of_predictions(trained, monkeypatch):
    """Sources are decoded some at a time, also where the decoder gives more than the encoder."""
    X, _ = words(40, seed=3)
    expected, sizes, rows = trained.predict(X), trained._sizes(), []
    monkeypatch.setattr(translation, "MOST_NUMBERS", 6 * sizes.target_length * 3000)
    monkeypatch.setattr(type(trained), "_sizes", lambda self: sizes._replace(n_target_codes=3000))

    def counted(step, n_sources, *options):
        rows.append(n_sources)
        return search(step, n_sources, *options)

    monkeypatch.setattr(translation, "search", counted)
    assert trained.predict(X) == expected and rows == [6] * 6 + [4]


# --- tokens


@pytest.mark.parametrize(
    "X, y",
    [
        ([["to", "be"], ["or"]], [("not", 1), (None,)]),
        (np.array([[1, 2], [3, 1]]), np.array([[5, 6, 7], [7, 6, 5]])),
        ([((1, 2), "x"), (3,)], ["ab", ""]),
        (["a", "b"], ["", ""]),
        (["a", "b"], ["x", "x"]),
    ],
)
def test_kinds_of_tokens(X, y):
    model = fitted(X, y, max_iter=40)
    found = model.predict(X)
    assert isinstance(found, list) and {type(each) for each in found} == {type(each) for each in y}
    assert [list(each) for each in found] == [list(each) for each in y]
    assert model.score(X, y) == 1.0


# --- around it


def test_validation_and_restarts():
    X, y = words()
    model = fitted(X, y, early_stopping=True, n_iter_no_change=20, max_iter=5)
    assert len(model.validation_scores_) == 5 and max(model.validation_scores_) <= 1
    model = fitted(X, y, early_stopping=True, scoring="loss")
    assert np.allclose(model.validation_scores_, -np.array(model.validation_loss_curve_))
    with quiet():
        model = SequenceToSequence(**SMALL).fit(X, y, X_val=X[:9], y_val=y[:9])
    assert len(model.validation_scores_) == 3
    restarted = fitted(X, y, n_restarts=2)
    assert len(restarted.restarts_) == 2
    assert restarted.restarts_[0].loss_curve == fitted(X, y).loss_curve_


def test_training_goes_on():
    X, y = words()
    options = {"solver": "sgd", "momentum": 0.0, "shuffle": False, "batch_size": 20}
    whole = fitted(X, y, max_iter=4, **options)
    parts = fitted(X, y, max_iter=2, warm_start=True, **options)
    with quiet():
        parts.fit(X, y)
    assert np.array_equal(parts._vector, whole._vector)
    before = parts._vector.copy()
    with pytest.raises(ValueError, match=r"X\[0\] holds the token 'z'"):
        parts.fit(["z"], ["a"])
    assert np.array_equal(parts._vector, before)
    with pytest.raises(ValueError, match="n_decoder_layers and learned_positions cannot"):
        parts.set_params(n_decoder_layers=2).fit(X, y)


def test_checkpoint(tmp_path):
    X, y = words()

    def make():
        return SequenceToSequence(**{**SMALL, "dropout": 0.1, "max_iter": 6})

    with quiet():
        whole = make().fit(X, y)
        for n in (3, 2):
            make().set_callbacks(Checkpoint(tmp_path / "fit.npz"), StopAt(n)).fit(X, y)
        resumed = make().set_callbacks(Checkpoint(tmp_path / "fit.npz")).fit(X, y)
    assert_same_fit(resumed, whole)


def test_saved(trained, tmp_path):
    pytest.importorskip("safetensors")
    X, _ = words(30, seed=4)
    skdeep.save_safetensors(trained, tmp_path / "model")
    for other in (
        pickle.loads(pickle.dumps(trained)),
        skdeep.load_safetensors(tmp_path / "model"),
    ):
        assert other.predict(X) == trained.predict(X)
        assert np.array_equal(other._vector, trained._vector)
    others = fitted([[(1, "a"), None], [2.5]], [[True, 3], ["x"]])
    skdeep.save_safetensors(others, tmp_path / "others")
    again = skdeep.load_safetensors(tmp_path / "others")
    assert again.source_tokens_ == others.source_tokens_
    again.target_tokens_ = [*again.target_tokens_, "y"]
    skdeep.save_safetensors(again, tmp_path / "forged")
    with pytest.raises(ValueError, match="its tokens and lengths ask for"):
        skdeep.load_safetensors(tmp_path / "forged")


#: Of scikit-learn's checks, those that fit no matrix of numbers.
CHECKS = """
check_do_not_raise_errors_in_init_or_set_params check_estimator_cloneable check_estimator_repr
check_estimator_tags_renamed check_get_params_invariance check_mixin_order
check_no_attributes_set_in_init check_param_validation check_parameters_default_constructible
check_set_params check_valid_tag_types
""".split()


@pytest.mark.parametrize("name", CHECKS)
def test_scikit_learn_check(name):
    check = getattr(estimator_checks, name, None)
    if check is None:
        pytest.skip("this version of scikit-learn has no such check")
    check("SequenceToSequence", SequenceToSequence())


def test_searches():
    X, y = words()
    with quiet():
        assert len(cross_val_score(SequenceToSequence(**SMALL), X, y, cv=2)) == 2
        found = GridSearchCV(SequenceToSequence(**SMALL), {"dim": [4, 8]}, cv=2).fit(X, y)
    assert len(found.predict(X[:3])) == 3


def test_described(trained, capsys):
    X, y = words()
    from skdeep.displays import describe_network

    assert "CrossAttention" in str(describe_network(trained))
    assert "CrossAttention" in str(describe_network(SequenceToSequence()))
    assert "decoder0_source" in trained._repr_html_()
    fitted(X, y, verbose=True)
    assert capsys.readouterr().out.count("Iteration") == 3
    assert "classes_" not in vars(trained) and "n_features_in_" not in vars(trained)


CODE = """
from skdeep import SequenceToSequence
import warnings; warnings.simplefilter("ignore")
model = SequenceToSequence(4, 2, units=4, n_encoder_layers=1, n_decoder_layers=1, max_iter=1,
    random_state=0, n_beams=2).fit(["ab", "c"], ["b", "ca"])
print([float(x) for x in model._vector])
"""


def test_without_the_compiler():
    found = [run_python(CODE, NUMBA_DISABLE_JIT=off) for off in ("0", "1")]
    assert_close(*(np.fromstring(text.strip("[]\n"), sep=",") for text in found), 1e-4)


# --- bad input


@pytest.mark.parametrize(
    "parameters, X, y, error, message",
    [
        ({}, [], [], ValueError, "X is empty"),
        ({}, ["a", ""], ["b", "c"], ValueError, r"X\[1\] is an empty sequence"),
        ({}, ["a", "b"], ["b"], ValueError, "inconsistent numbers of samples"),
        ({}, ["a"], None, ValueError, "requires y to be passed"),
        ({}, [[[1]]], ["b"], TypeError, r"tokens of X\[0\] must be hashable"),
        ({}, "ab", ["b", "c"], TypeError, "X must be a list of sequences"),
        ({"heads": 3}, ["a"], ["b"], ValueError, "heads=3 does not divide dim, which is 8"),
        ({"dim": 0}, ["a"], ["b"], ValueError, "'dim' parameter"),
        ({"n_beams": 0}, ["a"], ["b"], ValueError, "'n_beams' parameter"),
        ({"n_decoder_layers": 0}, ["a"], ["b"], ValueError, "'n_decoder_layers' parameter"),
        ({"max_length": 2}, ["a"], ["b"], ValueError, "max_length=2 is more than the 1 tokens"),
        ({"scoring": "accuracy"}, ["a"], ["b"], ValueError, "'scoring' parameter"),
    ],
)
def test_fits_that_are_refused(parameters, X, y, error, message):
    model = SequenceToSequence(**{**SMALL, **parameters})
    with pytest.raises(error, match=message):
        model.fit(X, y)
    assert vars(model) == vars(SequenceToSequence(**{**SMALL, **parameters}))


def test_predictions_that_are_refused(trained):
    for method in ("predict", "attention"):
        with pytest.raises(NotFittedError):
            getattr(SequenceToSequence(), method)(["a"])
        with pytest.raises(ValueError, match=r"X\[1\] holds the token 'z'"):
            getattr(trained, method)(["a", "bz"])
        with pytest.raises(ValueError, match=r"X\[0\] has 6 tokens, but the longest .* had 5"):
            getattr(trained, method)(["aaaaaa"])
    with pytest.raises(ValueError, match="X has 1 sequences, but y has 2"):
        trained.score(["a"], ["a", "b"])
    assert trained.score(["a"], ["zzzzzzzzz"]) == 0
    for name, arguments in (("to_onnx", ()), ("to_torch", ()), ("to_source", ["model.py"])):
        with pytest.raises(ValueError, match="cannot be exported: its predictions are a search"):
            getattr(trained, name)(*arguments)
    for name in ("partial_fit", "predict_proba", "make_predictor"):
        assert not hasattr(trained, name)


def test_failed_fits_and_changed_attributes():
    """A failed fit leaves everything; attributes that do not go together are an error."""
    X, y = words()
    model = fitted(X, y)
    predictions, before = model.predict(X), dict(vars(model))
    with pytest.raises(ValueError, match="X_val, y_val"):
        model.fit(X, y, X_val=["zz"], y_val=["a"])
    assert vars(model).keys() == before.keys()
    assert all(vars(model)[name] is before[name] for name in before)
    assert model.predict(X) == predictions
    for name in ("max_source_length_", "max_target_length_"):
        other = pickle.loads(pickle.dumps(model))
        setattr(other, name, 10**6)
        with pytest.raises(ValueError, match=r"mask of the|features"):
            other.predict(X)
