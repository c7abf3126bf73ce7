"""Graphs of neurons: how they are laid out, what is connected, and what is no graph."""

import random
from collections import OrderedDict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skdeep.layers.affine._graph_parsing import number_columns, parse_graph
from tests.oracle_graph import arrange

pytestmark = pytest.mark.nojit

KNOWN = {name: name for name in ("relu", "tanh", "logistic", "gelu")} | {"sigmoid": "logistic"}


def parse(graph, activation="relu"):
    return parse_graph(graph, activation, KNOWN)


def connections(graph, n_columns, names=None):
    """Return the pairs (what is read, who reads) that the masks say, and those of the outputs."""
    parsed = parse(graph if names is None else number_columns(graph, names))
    rows, pairs = [*range(n_columns)], set()
    for group, mask in zip(parsed.groups, parsed.connections(n_columns), strict=True):
        assert mask.dtype == bool and mask.shape == (len(rows), len(group))
        pairs |= {(rows[row], group[unit]) for row, unit in np.argwhere(mask)}
        rows = [*rows, *group]
    return pairs | {(rows[place], "outputs") for place in parsed.places_of_outputs(n_columns)}


def test_groups_by_depth_and_activation():
    graph = {
        "last": ["deep", 0],
        "deep": (["b", "a"], "tanh"),
        "c": [1],
        "a": ([0], "tanh"),
        "b": [0, 1],
        "d": ([1], "sigmoid"),
        "outputs": ["last", "c", "d", 2],
    }
    parsed = parse(graph)
    assert parsed.groups == (("d",), ("c", "b"), ("a",), ("deep",), ("last",))
    assert parsed.activations == ("logistic", "relu", "tanh", "tanh", "relu")
    assert connections(graph, 3) == {
        *[("deep", "last"), (0, "last"), ("b", "deep"), ("a", "deep"), (1, "c"), (0, "a")],
        *[(0, "b"), (1, "b"), (1, "d")],
        *[("last", "outputs"), ("c", "outputs"), ("d", "outputs"), (2, "outputs")],
    }


def test_the_order_of_a_dict_is_that_within_groups_only():
    graph = {"a": [0], "b": [0, 1], "c": (["a"], "tanh"), "d": ["c", "b", 1]}
    for order in (("d", "c", "b", "a"), ("b", "d", "a", "c")):
        other = {name: graph[name] for name in order}
        assert connections(other, 2) == connections(graph, 2)
        assert [set(layer) for layer in parse(other).groups] == [{"a", "b"}, {"c"}, {"d"}]
    assert parse({"b": [0], "a": [0]}).groups == (("b", "a"),)
    assert parse(OrderedDict(b=[0], a=[0])).groups == (("b", "a"),)


def random_graph(seed, n_features=4, activations=("relu", "tanh", "gelu")):
    """Return an acyclic graph whose entries come in any order."""
    rng = random.Random(seed)
    entries, names = [], []
    for i in range(rng.randint(1, 9)):
        pool = [*range(n_features), *names]
        reads = rng.sample(pool, rng.randint(1, len(pool)))
        entries.append((f"n{i}", (reads, rng.choice(activations)) if rng.random() < 0.7 else reads))
        names.append(f"n{i}")
    rng.shuffle(entries)
    return dict(entries)


@given(st.integers(0, 10**6))
def test_any_graph(seed):
    """Groups as the definition of depth has them, and exactly the connections asked for."""
    graph = random_graph(seed)
    layers, reads = arrange(graph, "relu")
    parsed = parse(graph)
    assert parsed.groups == tuple(map(tuple, layers.values()))
    assert parsed.activations == tuple(activation for _, activation in layers)
    pairs = {(source, name) for name, sources in reads.items() for source in sources}
    assert connections(graph, 4) == pairs


@pytest.mark.parametrize("zero", [0, np.int64(0), np.uint8(0), "first", np.str_("first")])
def test_features_by_number_and_name(zero):
    graph = {"a": [zero, 1], "outputs": ["a", "second"]}
    expected = {(0, "a"), (1, "a"), ("a", "outputs"), (1, "outputs")}
    assert connections(graph, 2, np.array(["first", "second"], dtype=object)) == expected


@pytest.mark.parametrize("reads", [("a", 0), np.array([0, 1]), range(2), ["a"], ("a", "b")])
def test_any_list_of_sources(reads):
    graph = {"a": [0], "b": [1], "c": reads}
    assert parse(graph).sources["c"] == tuple(reads)
    assert parse({**graph, "c": (reads, "tanh")}).sources["c"] == tuple(reads)


def test_default_outputs():
    """What nobody reads; where the outputs say so, also neurons that others read, and features."""
    assert parse({"a": [0], "b": ["a"], "c": ["a"]}).sources["outputs"] == ("b", "c")
    said = {"a": [0], "b": ["a"], "outputs": ["b", "a", 0]}
    assert parse(said).sources["outputs"] == ("b", "a", 0)
    assert parse({"outputs": ("a", "b"), "a": [0], "b": [1]}).sources["outputs"] == ("a", "b")


def test_long_chains_are_laid_out_quickly():
    chain = {f"n{i}": [f"n{i - 1}"] if i else [0] for i in reversed(range(3000))}
    parsed = parse(chain)
    assert parsed.groups == tuple((f"n{i}",) for i in range(3000))
    assert sum(mask.sum() for mask in parsed.connections(1)) == 3000
    assert parsed.whole_groups() == range(2999, 3000)


BAD = {
    "empty": ({}, "dict of at least one neuron"),
    "no neurons": ({"outputs": [0]}, "dict of at least one neuron"),
    "no dict": ([("a", [0])], "dict of at least one neuron"),
    "itself": ({"a": [0, "a"]}, "cycle: 'a' reads 'a'"),
    "cycle of two": ({"a": [0, "b"], "b": ["a"]}, "cycle: 'a' reads 'b' reads 'a'"),
    "cycle behind others": (
        {"x": ["b"], "a": ["c", 0], "b": ["a", "c"], "c": ["b"], "outputs": ["x"]},
        "cycle: 'b' reads ('a' reads )?'c' reads 'b'",
    ),
    "nothing to read": ({"a": []}, "'a' must have a list of what it reads"),
    "a name alone": ({"a": "b", "b": [0]}, "'a' must have a list of what it reads"),
    "a number alone": ({"a": 0}, "'a' must have a list of what it reads"),
    "none": ({"a": None}, "'a' must have a list of what it reads"),
    "no activation": ({"a": ([0], None)}, "'a' must have a list of what it reads"),
    "mapping": ({"a": {0: 1}}, "'a' must have a list of what it reads"),
    "iterator": ({"a": iter([0, 1])}, "'a' must have a list of what it reads"),
    "array without axes": ({"a": np.array(0)}, "'a' must have a list of what it reads"),
    "bytes": ({"a": b"ab"}, "'a' must have a list of what it reads"),
    "number as a name": ({1: [0]}, "names of neurons are strings, got 1"),
    "bool": ({"a": [True]}, "'a' reads True; neurons and features have names"),
    "numpy bool": ({"a": [np.True_]}, "'a' reads .*True"),
    "float": ({"a": [0.0]}, r"'a' reads 0\.0; neurons"),
    "twice": ({"a": [0, 1, 0]}, "'a' reads 0 twice"),
    "twice, other types": ({"a": [0, np.int64(0)]}, "'a' reads 0 twice"),
    "neuron twice": ({"a": [0], "b": ["a", "a"]}, "'b' reads 'a' twice"),
    "unknown activation": (
        {"a": ([0], "sine")},
        "of 'a' is 'sine'; it may be ..gelu'",
    ),
    "reads outputs": ({"a": [0], "b": ["outputs"]}, "'b' reads 'outputs', which are what the"),
    "outputs read themselves": ({"a": [0], "outputs": ["a", "outputs"]}, "'outputs' reads 'outp"),
    "outputs with activation": (
        {"a": [0], "outputs": (["a"], "tanh")},
        "'outputs' have no activation, got 'tanh': the neurons",
    ),
    "dead ends": (
        {"a": [0], "b": ["a"], "c": [1], "outputs": ["a"]},
        r"\['b', 'c'\] lead nowhere",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_no_graph(case):
    graph, words = BAD[case]
    with pytest.raises(ValueError, match=f"graph.*{words}"):
        parse(graph)


def test_activation_of_all():
    with pytest.raises(ValueError, match="activation of 'a' is 'step'"):
        parse({"a": [0]}, "step")
    assert parse({"a": ([0], "tanh"), "outputs": ["a"]}, "step").activations == ("tanh",)


FEATURES = {
    "beyond": ([2], None, "'a' reads 2, which is neither a neuron nor one of the 2 columns"),
    "negative": ([-1], None, "'a' reads -1, which is neither"),
    "no names": (["x"], None, "'a' reads 'x', which is neither"),
    "other names": (["x"], ["y", "z"], "'a' reads 'x', which is neither"),
    "by name and number": ([0, "y"], ["y", "z"], "'a' reads 'y' twice"),
    "name of both": ([0], ["a", "z"], "'a' is the name of a neuron and of a feature"),
}


@pytest.mark.parametrize("case", FEATURES)
def test_no_such_feature(case):
    reads, names, words = FEATURES[case]
    with pytest.raises(ValueError, match=f"graph: {words}"):
        connections({"a": reads}, 2, names)
    with pytest.raises(ValueError, match="'outputs' reads 7, which is neither"):
        connections({"b": [0], "outputs": ["b", 7]}, 2, names)
