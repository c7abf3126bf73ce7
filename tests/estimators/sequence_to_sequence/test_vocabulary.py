"""Sequences of tokens as users give them."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from skdeep.estimators.sequence_to_sequence.vocabulary import (
    as_kind,
    codes_of,
    find_tokens,
    read_sequences,
)


@pytest.mark.parametrize(
    "given, kind, first",
    [
        (["ab", "c"], "str", ["a", "b"]),
        ([["ab", "c"], ["d"]], "list", ["ab", "c"]),
        ((("a", None), ((1, 2),)), "tuple", ["a", None]),
        (np.array([[3, 1], [2, 2]]), "array", [3, 1]),
        ([np.array(["x", "y"])], "array", ["x", "y"]),
        (["ab", ["c"]], "list", ["a", "b"]),
        (np.array([["a"], ["b", "c"]], dtype=object), "list", ["a"]),
        ([np.array([1, 2]), [np.int64(3)]], "list", [1, 2]),
        ([range(2)], "list", [0, 1]),
        (np.array(["ab", "c"]), "str", ["a", "b"]),
    ],
)
def test_kinds(given, kind, first):
    read = read_sequences(given, "X")
    assert read.kind == kind and read.tokens[0] == first
    assert all(type(token) is not np.int64 for tokens in read.tokens for token in tokens)
    assert list(as_kind(first, kind, find_tokens(read.tokens))) == first


def test_frames():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"first": [1, 2], "second": [3, 4]})
    assert read_sequences(frame, "X").tokens == [[1, 3], [2, 4]]
    assert read_sequences(pd.Series(["ab", "c"]), "X").tokens == [["a", "b"], ["c"]]


def test_tokens_are_sorted_where_they_can_be():
    assert find_tokens([["b", "a"], ["c", "a"]]) == ["a", "b", "c"]
    assert find_tokens([["b", 1], [None, "b"]]) == ["b", 1, None]


def test_codes():
    tokens = find_tokens(["ca", "b"])
    assert codes_of(["ab", "", "cc"], tokens, "X", first=1) == [[1, 2], [], [3, 3]]
    with pytest.raises(ValueError, match=r"X\[1\] holds the token 'z', which none of the seq"):
        codes_of(["ab", "az"], tokens, "X")


def test_arrays_keep_their_type():
    assert as_kind([], "array", [1, 2]).dtype == int
    assert as_kind(["a"], "array", ["a", "bcd"]).dtype == "<U3"
    pairs = as_kind([(1, 2), (3, 4)], "array", [(1, 2), (3, 4)])
    assert pairs.shape == (2,) and pairs[1] == (3, 4)


@pytest.mark.parametrize(
    "given, error, message",
    [
        ("abc", TypeError, "X must be a list of sequences of tokens.*got 'abc'"),
        ({"a": "b"}, TypeError, "X must be a list"),
        (7, TypeError, "X must be a list"),
        ((x for x in "ab"), TypeError, "X must be a list"),
        ([], ValueError, "X is empty: at least one"),
        (["a", ""], ValueError, r"X\[1\] is an empty sequence"),
        ([["a"], 5], TypeError, r"X\[1\] must be a sequence of tokens.*got 5"),
        ([{"a", "b"}], TypeError, r"X\[0\] must be a sequence of tokens"),
        ([[[1]]], TypeError, r"tokens of X\[0\] must be hashable, but one is \[1\]"),
        ([["a", (1, [2])]], TypeError, r"must be hashable, but one is \(1, \[2\]\)"),
        ([["a", float("nan")]], ValueError, r"X\[0\] holds nan, which does not equal itself"),
        (np.ones((2, 3)), TypeError, r"X\[0\] must be a sequence of tokens"),
        (np.ones((2, 3, 2), int), ValueError, "a 2-D array, got 3-D"),
        (np.ones(3, int), ValueError, "a 2-D array, got 1-D"),
        (np.array([["ab"]] * 2)[None], ValueError, "a 2-D array, got 3-D"),
        (np.array("ab"), TypeError, "X must be a list"),
        (csr_array([[1, 2]]), TypeError, "X must be a list"),
    ],
)
def test_what_is_refused(given, error, message):
    with pytest.raises(error, match=message):
        read_sequences(given, "X", least=1)
