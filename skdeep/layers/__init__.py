"""Layers of networks, for `NetworkClassifier` and `NetworkRegressor`.

A layer is a description: its parameters say what kind it is and how large. Each file has one kind,
in the folder of its family, and one line here makes it public. How an engine computes it, and how
it is exported, is in files of the same name there.
"""

from skdeep.layers import _base
from skdeep.layers.affine.dense import Dense as Dense
from skdeep.layers.affine.encoded_dense import EncodedDense as EncodedDense
from skdeep.layers.affine.neuron_graph import NeuronGraph as NeuronGraph
from skdeep.layers.attention.positional_encoding import PositionalEncoding as PositionalEncoding
from skdeep.layers.attention.self_attention import SelfAttention as SelfAttention
from skdeep.layers.containers.branches import Branches as Branches
from skdeep.layers.containers.residual import Residual as Residual
from skdeep.layers.convolution.conv1d import Conv1D as Conv1D
from skdeep.layers.convolution.max_pool1d import MaxPool1D as MaxPool1D
from skdeep.layers.embeddings.embedding import Embedding as Embedding
from skdeep.layers.embeddings.table_features import TableFeatures as TableFeatures
from skdeep.layers.joining.add import Add as Add
from skdeep.layers.joining.columns import Columns as Columns
from skdeep.layers.joining.concatenate import Concatenate as Concatenate
from skdeep.layers.shapes.flatten import Flatten as Flatten

#: Every layer that users may put into a network.
__all__ = sorted(
    name
    for name, value in vars().items()
    if isinstance(value, type) and issubclass(value, _base.Layer)
)
