"""Layers of networks, for `NetworkClassifier` and `NetworkRegressor`.

A layer object describes a layer of a network: its kind, its size and its parameters. The trained
weights belong to the estimator.
"""

from skdeep.layers import _base
from skdeep.layers.activity.activity_penalty import ActivityPenalty as ActivityPenalty
from skdeep.layers.affine.dense import Dense as Dense
from skdeep.layers.affine.encoded_dense import EncodedDense as EncodedDense
from skdeep.layers.affine.neuron_graph import NeuronGraph as NeuronGraph
from skdeep.layers.affine.transposed_dense import TransposedDense as TransposedDense
from skdeep.layers.attention.cross_attention import CrossAttention as CrossAttention
from skdeep.layers.attention.positional_encoding import PositionalEncoding as PositionalEncoding
from skdeep.layers.attention.self_attention import SelfAttention as SelfAttention
from skdeep.layers.containers.branches import Branches as Branches
from skdeep.layers.containers.residual import Residual as Residual
from skdeep.layers.convolution.average_pool import AveragePool1D as AveragePool1D
from skdeep.layers.convolution.average_pool import AveragePool2D as AveragePool2D
from skdeep.layers.convolution.conv1d import Conv1D as Conv1D
from skdeep.layers.convolution.conv2d import Conv2D as Conv2D
from skdeep.layers.convolution.conv2d_transpose import Conv2DTranspose as Conv2DTranspose
from skdeep.layers.convolution.global_average_pool import GlobalAveragePool as GlobalAveragePool
from skdeep.layers.convolution.max_pool1d import MaxPool1D as MaxPool1D
from skdeep.layers.convolution.max_pool2d import MaxPool2D as MaxPool2D
from skdeep.layers.convolution.up_sampling2d import UpSampling2D as UpSampling2D
from skdeep.layers.embeddings.embedding import Embedding as Embedding
from skdeep.layers.embeddings.periodic_embedding import PeriodicEmbedding as PeriodicEmbedding
from skdeep.layers.embeddings.table_features import TableFeatures as TableFeatures
from skdeep.layers.graphs.graph_conv import GraphConv as GraphConv
from skdeep.layers.graphs.propagate import Propagate as Propagate
from skdeep.layers.joining.add import Add as Add
from skdeep.layers.joining.columns import Columns as Columns
from skdeep.layers.joining.concatenate import Concatenate as Concatenate
from skdeep.layers.normalisation.batch_norm import BatchNorm as BatchNorm
from skdeep.layers.normalisation.dropout import Dropout as Dropout
from skdeep.layers.normalisation.layer_norm import LayerNorm as LayerNorm
from skdeep.layers.normalisation.scale import Scale as Scale
from skdeep.layers.recurrent.gru import GRU as GRU
from skdeep.layers.recurrent.lstm import LSTM as LSTM
from skdeep.layers.recurrent.simple_rnn import SimpleRNN as SimpleRNN
from skdeep.layers.shapes.flatten import Flatten as Flatten
from skdeep.layers.shapes.reshape import Reshape as Reshape

#: Every layer that users may put into a network.
__all__ = sorted(
    name
    for name, value in vars().items()
    if isinstance(value, type) and issubclass(value, _base.Layer)
)
