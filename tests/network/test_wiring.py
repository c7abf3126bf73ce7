"""What reads what, before shapes are known."""

import numpy as np

from skdeep.layers import Add, Columns, Concatenate, Conv1D, Dense, Embedding, Flatten
from skdeep.network.wiring import features_read, readers_of_features, wire

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
    assert [each.output for each in wires.values()] == [1, 2, 3, 5, 3, 6, 7]
    assert [name for name, each in wires.items() if each.joined] == ["copied"]
    assert [each.name for each in readers_of_features(wires.values())] == ["a", "b", "both"]


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
    found = {each.name: columns.tolist() for each, columns in features_read(wire(layers), 4)}
    assert found == {
        "turned": [0, 1, 2, 3],
        "codes": [3, 1, 2],
        "table": [2, 3],
        "whole": [0, 1, 2, 3],
    }
    X = np.array([[9.0, 9, 4, 0], [9, 9, 0, 4]])
    layers[2][1].check_features(X, np.array([2, 3]))
