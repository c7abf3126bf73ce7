"""Layers of networks, for `NetworkClassifier` and `NetworkRegressor`.

A layer is a description: its parameters say what kind it is and how large. Each file has one kind,
and one line here makes it public. How an engine computes it, and how it is exported, is in files of
the same name there.
"""

from skdeep.layers import _base
from skdeep.layers.add import Add as Add
from skdeep.layers.columns import Columns as Columns
from skdeep.layers.concatenate import Concatenate as Concatenate
from skdeep.layers.conv1d import Conv1D as Conv1D
from skdeep.layers.dense import Dense as Dense
from skdeep.layers.embedding import Embedding as Embedding
from skdeep.layers.encoded_dense import EncodedDense as EncodedDense
from skdeep.layers.flatten import Flatten as Flatten
from skdeep.layers.gru import GRU as GRU
from skdeep.layers.lstm import LSTM as LSTM
from skdeep.layers.max_pool1d import MaxPool1D as MaxPool1D
from skdeep.layers.neuron_graph import NeuronGraph as NeuronGraph
from skdeep.layers.simple_rnn import SimpleRNN as SimpleRNN

#: Every layer that users may put into a network.
__all__ = sorted(
    name
    for name, value in vars().items()
    if isinstance(value, type) and issubclass(value, _base.Layer)
)
