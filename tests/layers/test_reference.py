"""What all layers have in common, and layers without kernels of their own."""

import numpy as np
import pytest
from sklearn.base import clone

import skdeep.layers
from skdeep.engines.cpu.planning.kinds import kind_named
from skdeep.engines.table import KINDS
from skdeep.layers import (
    GRU,
    LSTM,
    ActivityPenalty,
    Add,
    AveragePool1D,
    AveragePool2D,
    BatchNorm,
    Branches,
    Columns,
    Concatenate,
    Conv1D,
    Conv2D,
    Conv2DTranspose,
    CrossAttention,
    Dense,
    Dropout,
    Embedding,
    EncodedDense,
    Flatten,
    GlobalAveragePool,
    GraphConv,
    LayerNorm,
    MaxPool1D,
    MaxPool2D,
    NeuronGraph,
    PeriodicEmbedding,
    PositionalEncoding,
    Propagate,
    Reshape,
    Residual,
    Scale,
    SelfAttention,
    SimpleRNN,
    TableFeatures,
    TransposedDense,
    UpSampling2D,
)
from tests.layers.problems import codes, fitted, sequences

EXAMPLES = [Conv1D(3, 2), Dense(4), Embedding(5, 2), Flatten(), MaxPool1D(2)]
EXAMPLES += [Add(["0", "1"]), Columns([0, 2]), Concatenate(["0", "1"]), NeuronGraph({"a": [0]})]
EXAMPLES += [SelfAttention(2), PositionalEncoding(True), Residual([Dense(4)]), Branches([Dense(4)])]
EXAMPLES += [PeriodicEmbedding(2), ActivityPenalty("kl"), TransposedDense(3, weights_of="0")]
EXAMPLES += [EncodedDense(4, n_numbers=1, n_levels=[3], n_bins=(2,), bin_means=(0.5, 0.25))]
EXAMPLES += [Conv2DTranspose(3, 2, output_size=4), UpSampling2D((2, 1))]
EXAMPLES += [Conv2D(3, (2, 1)), MaxPool2D(2), AveragePool1D(2), AveragePool2D()]
EXAMPLES += [GraphConv(4), Propagate()]
EXAMPLES += [GRU(3), LSTM(3, truncation=5), SimpleRNN(3, activation="relu", bidirectional=True)]
EXAMPLES += [GlobalAveragePool(), BatchNorm(), Dropout(0.2), LayerNorm(), Scale()]
EXAMPLES += [Reshape((2, -1)), CrossAttention("0")]
EXAMPLES += [TableFeatures(1, frequencies=[[0.5]], phases=[[0.1]], binned=[0], edges=[[0, 1]])]


def test_every_public_layer_is_tested_here():
    names = {type(layer).__name__ for layer in EXAMPLES}
    assert names == set(skdeep.layers.__all__)


@pytest.mark.parametrize("layer", EXAMPLES, ids=repr)
def test_parameters_as_scikit_learn_has_them(layer):
    params = layer.get_params(deep=False)
    assert repr(clone(layer).get_params()) == repr(layer.get_params())
    assert type(layer)(**params).set_params(**params).get_params(deep=False) == params
    assert set(layer._parameter_constraints) == set(params)
    assert layer.kind is None or layer.kind in KINDS


def test_every_kind_has_routines():
    """Files of the engine and layers have the same names."""
    assert {layer.kind for layer in EXAMPLES} - {None} == set(KINDS)
    for kind in KINDS:
        routines = kind_named(kind).routines
        for name in ("forward", "predict", "backward", "gradient", "tile_gradient"):
            assert callable(getattr(routines, name)), f"{kind}.{name}"


def test_flatten_is_a_change_of_shape():
    X, _ = sequences()
    assert np.array_equal(Flatten().reference(X), X.reshape(len(X), -1))
    assert Flatten().connect((3, 4, 5), source=2) == (None, (60,))


def test_dense_network_compiles_no_other_kind(monkeypatch):
    """Nor does a convolution compile an embedding."""
    from skdeep.engines.cpu.compiling import routines

    compiled = []

    def note(function, *arguments):
        compiled.append(function.__module__.rpartition(".")[2])
        return routine(function, *arguments)

    routine = routines.routine
    monkeypatch.setattr("skdeep.engines.cpu.planning.routine_choice.routine", note)
    X, y = sequences(77)
    fitted([Flatten(), Dense(4)], X, y).predict(X)
    assert "dense" in compiled and not {"conv1d", "embedding"} & set(compiled)
    fitted([Conv1D(4, 2), Flatten()], X, y).predict(X)
    assert "conv1d" in compiled and "embedding" not in compiled
    X, y = codes(77)
    fitted([Embedding(7, 2, columns=[0])], X, y).predict(X)
    assert "embedding" in compiled
