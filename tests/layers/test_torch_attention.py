"""Attention and periodic embeddings against PyTorch, where it is installed."""

import numpy as np
import pytest

from skdeep.layers import (
    Conv1D,
    CrossAttention,
    Flatten,
    PeriodicEmbedding,
    PositionalEncoding,
    SelfAttention,
)
from tests.layers.problems import fitted, sequences
from tests.layers.test_torch_layers import F, _compare, torch


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("causal", [False, True])
def test_self_attention(causal, dtype):
    """As `torch.nn.MultiheadAttention` computes it, with the same weights."""
    X, y = sequences(shape=(9, 6), dtype=dtype)
    layers = [PositionalEncoding(True), SelfAttention(2, causal=causal), Flatten()]
    model = fitted(layers, X, y, alpha=0.0)
    mask = ~torch.tril(torch.ones(9, 9, dtype=torch.bool)) if causal else None

    def outputs(coefs, intercepts):
        x = torch.tensor(X) + coefs[0]
        attended, _ = F.multi_head_attention_forward(
            *3 * [x.transpose(0, 1)],
            embed_dim_to_check=6,
            num_heads=2,
            in_proj_weight=coefs[1][0].T,
            in_proj_bias=intercepts[1],
            bias_k=None,
            bias_v=None,
            add_zero_attn=False,
            dropout_p=0.0,
            out_proj_weight=coefs[2][0].T,
            out_proj_bias=intercepts[2],
            attn_mask=mask,
        )
        return attended.transpose(0, 1).reshape(len(X), -1) @ coefs[3] + intercepts[3]

    _compare(model, X, y, outputs)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_cross_attention(dtype):
    """As `torch.nn.MultiheadAttention` computes it for keys of other lengths and channels."""
    X, y = sequences(shape=(9, 5), dtype=dtype)
    layers = [
        ("short", Conv1D(6, 3, strides=3, activation="identity")),
        CrossAttention("features", 2),
        Flatten(),
    ]
    model = fitted(layers, X, y, alpha=0.0)

    def outputs(coefs, intercepts):
        x = torch.tensor(X)
        kernel = coefs[0].permute(2, 1, 0)
        short = F.conv1d(x.permute(0, 2, 1), kernel, intercepts[0], stride=3).permute(2, 0, 1)
        keys, values = torch.split(coefs[2][0], 6, dim=1)
        attended, _ = F.multi_head_attention_forward(
            *(short, x.transpose(0, 1), x.transpose(0, 1)),
            embed_dim_to_check=6,
            num_heads=2,
            in_proj_weight=None,
            in_proj_bias=torch.cat([intercepts[1], intercepts[2]]),
            bias_k=None,
            bias_v=None,
            add_zero_attn=False,
            dropout_p=0.0,
            out_proj_weight=coefs[3][0].T,
            out_proj_bias=intercepts[3],
            use_separate_proj_weight=True,
            q_proj_weight=coefs[1][0].T,
            k_proj_weight=keys.T,
            v_proj_weight=values.T,
        )
        return attended.transpose(0, 1).reshape(len(X), -1) @ coefs[4] + intercepts[4]

    _compare(model, X, y, outputs)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_periodic_embedding(dtype):
    X, _ = sequences(shape=(5,), dtype=dtype)
    y = np.sin(3 * X[:, 0])
    model = fitted([PeriodicEmbedding(3, 8, scale=0.3)], X, y, alpha=0.0)

    def outputs(coefs, intercepts):
        x = torch.tensor(X)
        w, c, v, b = torch.split(coefs[0], [8, 8, 24, 3])
        cosines = torch.cos(2 * torch.pi * w * x[:, None] + c)
        sums = torch.einsum("nki,kji->nji", cosines, v.reshape(8, 3, -1)) + b
        return torch.hstack([x, sums.flatten(1)]) @ coefs[1] + intercepts[1]

    _compare(model, X, y, outputs)
