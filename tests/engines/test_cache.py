"""The files of the cache: what is damaged counts as missing, what is in the way is passed over."""

import json
import os
import pathlib
import pickle
import random
import shutil
import warnings

import numpy as np
import pytest

from skdeep import MLPClassifier
from skdeep.engines import cache as module
from skdeep.engines.cache import CheckedFiles
from tests.helpers import quiet, run_python

KEYS = [("float64", 1), ("float32", 1), ("int64", 2)]


@pytest.fixture(autouse=True)
def _warned_of_nothing(monkeypatch):
    monkeypatch.setattr(module, "_warned", set())


@pytest.fixture
def files(tmp_path):
    """Files of a function with entries for two keys."""
    files = CheckedFiles(str(tmp_path), "function", b"stamp")
    for key in KEYS[:2]:
        files.save(key, {"code of": key})
    return files


def again(files, stamp=b"stamp"):
    """Return the same files as another process sees them."""
    return CheckedFiles(*os.path.split(files._start), stamp)


@pytest.mark.parametrize(
    "path, within",
    [("a/bc", False), ("a/b", True), ("a/b/c", True), ("a/b/../bc", False), ("a", False)],
)
def test_folders_whose_names_begin_alike(path, within, tmp_path):
    assert module._is_within(str(tmp_path / path), str(tmp_path / "a" / "b")) == within
    assert module._is_within(str(tmp_path / path), f"{tmp_path / 'a' / 'b'}{os.sep}") == within


def test_entries_are_found_again_by_their_keys(files, tmp_path):
    for key in KEYS[:2]:
        assert again(files).load(key) == {"code of": key}
    assert again(files).load(KEYS[2]) is None
    again(files).save(KEYS[0], "newer")
    assert again(files).load(KEYS[0]) == "newer"
    assert again(files).load(KEYS[1]) == {"code of": KEYS[1]}
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["function.1.nbc", "function.2.nbc", "function.nbi"]


def test_code_of_another_source_is_not_used(files):
    other = again(files, b"another stamp")
    assert other.load(KEYS[0]) is None
    other.save(KEYS[0], "other")
    assert again(files).load(KEYS[0]) is None
    assert again(files, b"another stamp").load(KEYS[0]) == "other"


def test_an_index_that_names_the_file_of_another_key(files, tmp_path):
    """As two processes leave it that save at the same time."""
    shutil.copy(tmp_path / "function.2.nbc", tmp_path / "function.1.nbc")
    assert again(files).load(KEYS[0]) is None
    assert again(files).load(KEYS[1]) == {"code of": KEYS[1]}


@pytest.mark.parametrize("name", ["function.1.nbc", "function.nbi"])
def test_every_flipped_bit_is_noticed(files, tmp_path, name):
    content = (tmp_path / name).read_bytes()
    for place in range(len(content)):
        damaged = bytearray(content)
        damaged[place] ^= 1 << place % 8
        (tmp_path / name).write_bytes(damaged)
        assert again(files).load(KEYS[0]) is None
    for damaged in (b"", content[:10], content[:-1], content + b"x"):
        (tmp_path / name).write_bytes(damaged)
        assert again(files).load(KEYS[0]) is None
    again(files).save(KEYS[0], "new")
    assert again(files).load(KEYS[0]) == "new"


@pytest.mark.parametrize("name", ["function.1.nbc", "function.nbi"])
def test_a_folder_in_the_way(files, tmp_path, name):
    (tmp_path / name).unlink()
    (tmp_path / name).mkdir()
    assert again(files).load(KEYS[0]) is None
    with pytest.warns(UserWarning, match=f"cannot replace .*{name}.* another name"):
        again(files).save(KEYS[0], "new")
    assert again(files).load(KEYS[0]) == "new"
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # it has been said
        again(files).save(KEYS[0], "newer")
        again(files).save(KEYS[2], "third")
    assert again(files).load(KEYS[0]) == "newer"
    assert again(files).load(KEYS[2]) == "third"
    assert not list(tmp_path.glob("*.tmp.*"))


def test_folders_in_all_ways(tmp_path):
    files = CheckedFiles(str(tmp_path), "function", b"stamp")
    for path in files._index_paths():
        pathlib.Path(path).mkdir()
    with pytest.warns(UserWarning, match="another name"), pytest.raises(OSError, match="written"):
        files.save(KEYS[0], "new")
    assert files.load(KEYS[0]) is None


PREDICT = """
import json, pickle, sys, warnings
import numpy as np
from skdeep.engines.cpu.kernels.predict import predict
with open({folder!r} + "/model.pkl", "rb") as file:
    model = pickle.load(file)
X = np.random.RandomState(0).standard_normal((30, 4))
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    probabilities = model.predict_proba(X)
misses = sum(predict.stats.cache_misses.values())
print(json.dumps([probabilities.tolist(), misses, [str(w.message) for w in caught]]))
"""


def test_damaged_kernels_are_compiled_anew(tmp_path):
    """One flipped byte of the code, and a folder in the place of the index."""
    X = np.random.RandomState(0).standard_normal((30, 4))
    with quiet():
        model = MLPClassifier((5,), max_iter=3, random_state=0).fit(X, X[:, 0] > 0)
    expected = model.predict_proba(X).tolist()
    (tmp_path / "model.pkl").write_bytes(pickle.dumps(model))
    code = PREDICT.format(folder=str(tmp_path))

    def run():
        return json.loads(run_python(code, NUMBA_CACHE_DIR=tmp_path / "cache"))

    assert run() == [expected, 1, []]
    [index] = (tmp_path / "cache").rglob("predict.*.nbi")
    [path] = (tmp_path / "cache").rglob("predict.*.nbc")
    content = bytearray(path.read_bytes())
    content[random.Random(0).randrange(len(content))] ^= 255
    path.write_bytes(content)
    assert run() == [expected, 1, []]
    index.unlink()
    index.mkdir()
    probabilities, misses, told = run()
    assert (probabilities, misses, len(told)) == (expected, 1, 1)
    assert run() == [expected, 0, []]
