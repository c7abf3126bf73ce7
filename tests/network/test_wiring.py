"""What reads what, before shapes are known."""

import numpy as np
import pytest

from skdeep.layers import (
    Add,
    Columns,
    Concatenate,
    Conv1D,
    Dense,
    Embedding,
    Flatten,
    NeuronGraph,
)
from skdeep.network.wiring import features_read, readers_of_features, wire, with_feature_names

LAYERS = [
    ("a", Dense(3)),
    ("b", Dense(3, inputs="features")),
    ("side", Dense(2, inputs=["a", "b"])),  # neighbours: read where they are
    ("copied", Dense(2, inputs=["b", "a"])),
    ("flat", Flatten(inputs="side")),
    ("sum", Add(["flat", "copied"])),
    ("both", Concatenate(["sum", "features"])),
]


def test_sources_and_outputs():
    wires = {each.name: each for each in wire(LAYERS)}
    assert [each.sources for each in wires.values()] == [
        *((0,), (0,), (1, 2), (2, 1), (3,), (3, 5), (6, 0))
    ]
    outputs = [1, 2, 3, 5, 3, 6, 7]
    assert [each.outputs for each in wires.values()] == [(output,) for output in outputs]
    assert [name for name, each in wires.items() if each.joined] == ["copied"]
    assert [each.name for each in readers_of_features(wires.values())] == ["a", "b", "both"]


def test_graphs_of_neurons():
    """What they read is right before them, or copied there; what they give are whole groups."""
    graph = {"a": [0], "b": ["a"], "c": (["a"], "tanh")}  # in groups: a, b, c
    layers = [
        ("g", NeuronGraph(graph)),
        ("read", Dense(2)),
        ("h", NeuronGraph(graph, inputs="features")),
        ("sum", Add(["g", "h"])),
        ("copied", NeuronGraph({"a": [0, 1], "outputs": ["a", 0]})),
        ("group", NeuronGraph({"a": [0]}, inputs="features")),
        ("all", Concatenate(["copied", "group", "read"])),
    ]
    wires = {each.name: each for each in wire(layers)}
    assert {name: each.outputs for name, each in wires.items()} == {
        **{"g": (2, 3), "read": (4,), "h": (7, 8), "sum": (11,), "copied": (14,)},
        **{"group": (15,), "all": (16,)},
    }
    assert {name: each.joined for name, each in wires.items() if each.joined} == {
        "h": ((0,),),
        "sum": ((2, 3), (7, 8)),
    }
    kinds = {name: [step.kind for step in each.steps] for name, each in wires.items()}
    assert kinds["h"] == ["concatenate", "dense", "dense", "dense"]
    assert kinds["copied"] == ["dense", "concatenate", "columns"]
    assert [each.name for each in readers_of_features(wires.values())] == ["g", "h", "group"]


def test_names_of_features():
    """They become numbers where a graph reads features, or columns of them."""
    layers = [
        ("some", Columns([2, 0])),
        ("a", NeuronGraph({"n": ["z", "x"]})),
        ("b", NeuronGraph({"n": ["y", 0], "outputs": ["n", "z"]}, inputs="features")),
        ("c", NeuronGraph({"n": ["m"], "m": [0]}, inputs=["a", "b"])),
    ]
    found = dict(with_feature_names(layers, (3,), ["x", "y", "z"]))
    assert found["a"].graph == {"n": [0, 1]}
    assert found["b"].graph == {"n": [1, 0], "outputs": ["n", 2]}
    assert found["c"].graph == {"n": ["m"], "m": [0]}
    assert (
        layers[1][1].graph == {"n": ["z", "x"]} and with_feature_names(layers, (3,), None) is layers
    )
    with pytest.raises(ValueError, match=r"layers\['some'\], Columns.* holds 2, but there are"):
        with_feature_names(layers, (2,), ["x", "y"])


def test_flatten_of_several_reads_features():
    """What puts them side by side copies them; a Flatten of the features alone does not."""
    joined = wire([("a", Dense(3)), ("flat", Flatten(inputs=["features", "a"]))])
    assert [each.name for each in readers_of_features(joined)] == ["a", "flat"]
    alone = wire([("flat", Flatten()), ("a", Dense(3))])
    assert [each.name for each in readers_of_features(alone)] == ["a"]


TABLE = Embedding(5, 3)
CODES = {
    "channels": ([Columns([1], output_shape=(2,)), TABLE], (2, 2), [1, 3]),
    "columns of a matrix": (
        [Columns([1, 3, 0, 2], output_shape=(2, 2)), Columns([1], output_shape=(2,)), TABLE],
        (4,),
        [3, 2],
    ),
    "flat": ([Flatten(), TABLE], (2, 2), [0, 1, 2, 3]),
    "flat columns": ([Columns([1]), Flatten(), Columns([1]), TABLE], (2, 2), [3]),
}


@pytest.mark.parametrize("name", CODES)
def test_columns_of_samples_of_two_axes(name):
    """They are the places in a row of X."""
    layers, shape, expected = CODES[name]
    wires = wire([(str(place), layer) for place, layer in enumerate(layers)])
    (*_, (last, columns)) = features_read(wires, shape)
    assert last.layer is TABLE
    assert columns.tolist() == expected


def test_layers_read_the_one_before():
    wires = wire([("0", Conv1D(2, 3)), ("1", Flatten()), ("2", Dense(3))])
    assert [each.inputs for each in wires] == [("features",), ("0",), ("1",)]
    assert [each.sources for each in wires] == [(0,), (1,), (1,)]


def test_columns_that_arrive():
    """As they are counted among the features."""
    layers = [
        ("turned", Columns([3, 1, 2])),
        ("codes", Columns([2, 0])),
        ("table", Embedding(5, 2)),
        ("flat", Flatten()),
        ("whole", Dense(2, inputs="features")),
        ("all", Concatenate(["flat", "whole"])),
    ]
    found = {each.name: columns.tolist() for each, columns in features_read(wire(layers), (4,))}
    assert found == {
        "turned": [0, 1, 2, 3],
        "codes": [3, 1, 2],
        "table": [2, 3],
        "whole": [0, 1, 2, 3],
    }
    X = np.array([[9.0, 9, 4, 0], [9, 9, 0, 4]])
    layers[2][1].check_features(X, np.array([2, 3]))
