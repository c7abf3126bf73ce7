"""Layers of networks, for `NetworkClassifier` and `NetworkRegressor`.

A layer is a description: its parameters say what kind it is and how large. Each file has one kind;
how an engine computes it is in a file of the same name there.
"""

from skdeep.layers.add import Add
from skdeep.layers.columns import Columns
from skdeep.layers.concatenate import Concatenate
from skdeep.layers.conv1d import Conv1D
from skdeep.layers.dense import Dense
from skdeep.layers.embedding import Embedding
from skdeep.layers.flatten import Flatten
from skdeep.layers.max_pool1d import MaxPool1D
from skdeep.layers.neuron_graph import NeuronGraph

#: Every layer that users may put into a network.
__all__ = [
    "Add",
    "Columns",
    "Concatenate",
    "Conv1D",
    "Dense",
    "Embedding",
    "Flatten",
    "MaxPool1D",
    "NeuronGraph",
]
