"""The whole network against PyTorch's transformer, where it is installed."""

import numpy as np
import pytest

from skdeep.network.layout import parameter_views
from tests.estimators.sequence_to_sequence.test_sequence_to_sequence import fitted, words
from tests.helpers import assert_close

torch = pytest.importorskip("torch", reason="compares with PyTorch, which is not installed")

nn, F = torch.nn, torch.nn.functional


class Transformer(nn.Module):
    """The network of a fitted `SequenceToSequence`, of PyTorch's layers."""

    def __init__(self, model):
        super().__init__()
        sizes, dim = model._sizes(), model.dim
        self.source = nn.Embedding(sizes.n_source_codes, dim)
        self.target = nn.Embedding(sizes.n_target_codes, dim)
        options = {"nhead": model.heads, "dim_feedforward": model.units, "dropout": 0.0}
        options |= {"batch_first": True, "norm_first": True}
        layer = nn.TransformerEncoderLayer(dim, **options)
        arguments = layer, model.n_encoder_layers, nn.LayerNorm(dim)
        self.encoder = nn.TransformerEncoder(*arguments, enable_nested_tensor=False)
        layer = nn.TransformerDecoderLayer(dim, **options)
        self.decoder = nn.TransformerDecoder(layer, model.n_decoder_layers, nn.LayerNorm(dim))
        self.outputs = nn.Linear(dim, sizes.n_target_codes)
        self.positions = nn.ParameterList(
            nn.Parameter(torch.zeros(n, dim)) for n in (sizes.source_length, sizes.target_length)
        )

    def forward(self, source, target, padded):
        """Return logits of all steps."""
        memory = self.encoder(self.source(source) + self.positions[0], src_key_padding_mask=padded)
        n_steps = target.shape[1]
        later = torch.triu(torch.ones(n_steps, n_steps, dtype=torch.bool), 1)
        steps = self.target(target) + self.positions[1]
        options = {"tgt_mask": later, "memory_key_padding_mask": padded}
        return self.outputs(self.decoder(steps, memory, **options))

    def in_order(self):
        """Yield parameters as `coefs_` and `intercepts_` have them: lists to put side by side."""
        yield [self.source.weight], [], False
        yield [self.positions[0]], [], False
        for layer in self.encoder.layers:
            yield from self._attention(layer.norm1, layer.self_attn)
            yield from self._units(layer.norm2, layer)
        yield [self.encoder.norm.weight], [self.encoder.norm.bias], False
        yield [self.target.weight], [], False
        yield [self.positions[1]], [], False
        for layer in self.decoder.layers:
            yield from self._attention(layer.norm1, layer.self_attn)
            yield from self._attention(layer.norm2, layer.multihead_attn, parts=(1, 2))
            yield from self._units(layer.norm3, layer)
        yield [self.decoder.norm.weight], [self.decoder.norm.bias], False
        yield [self.outputs.weight], [self.outputs.bias], True

    def _attention(self, norm, attention, parts=(3,)):
        yield [norm.weight], [norm.bias], False
        weights, biases = (
            list(each.chunk(3)) for each in (attention.in_proj_weight, attention.in_proj_bias)
        )
        for n in parts:
            yield [weights.pop(0) for _ in range(n)], [biases.pop(0) for _ in range(n)], True
        yield [attention.out_proj.weight], [attention.out_proj.bias], True

    def _units(self, norm, layer):
        yield [norm.weight], [norm.bias], False
        for linear in (layer.linear1, layer.linear2):
            yield [linear.weight], [linear.bias], True


def _load(module, model):
    """Copy the parameters of a fitted estimator."""
    given = zip(model.coefs_, model.intercepts_, module.in_order(), strict=True)
    with torch.no_grad():
        for coef, intercept, (weights, biases, transposed) in given:
            whole = torch.tensor(coef.reshape(-1, coef.shape[-1]).astype(np.float64))
            parts = whole.T.chunk(len(weights)) if transposed else [whole]
            for out, part in zip(weights, parts, strict=True):
                out.copy_(part.reshape(out.shape))
            parts = torch.tensor(intercept.astype(np.float64)).chunk(max(1, len(biases)))
            for out, part in zip(biases, parts, strict=False):
                out.copy_(part)


def _gradients(module):
    """Return the gradients of a module, in the order and shapes of the estimator's parameters."""
    of_part = {}
    for name, parameter in module.named_parameters():
        of_part[name] = parameter.grad
        parameter.data, parameter.grad = parameter.grad, None
    for weights, biases, transposed in module.in_order():
        joined = torch.cat(list(weights))
        yield (
            (joined.T if transposed else joined).detach().numpy(),
            [each.detach().numpy() for each in biases],
        )


@pytest.mark.parametrize("n_layers", [1, 2])
def test_loss_and_gradient(n_layers):
    X, y = words(40)
    layers = {"n_encoder_layers": n_layers, "n_decoder_layers": n_layers}
    model = fitted(X, y, learned_positions=True, label_smoothing=0.1, **layers)
    module = Transformer(model).double()
    _load(module, model)
    sources, targets = model._codes_of_sources(X), model._codes_of_targets(y, 40)
    rows, sizes = model._rows(sources, targets), model._sizes()
    bounds = np.cumsum([sizes.source_length, sizes.target_length])
    source, target, seen = (torch.tensor(each) for each in np.split(rows, bounds, axis=1))
    logits = module(source.long(), target.long(), seen == 0)
    loss = sum(
        F.cross_entropy(each[: len(codes) + 1], torch.tensor([*codes, 0]), label_smoothing=0.1)
        for each, codes in zip(logits, targets, strict=True)
    )
    (loss / len(X)).backward()
    function, layout, vector = model._full_batch(X, y, None, np.float64)
    ours, gradient = function(vector)
    assert_close(ours, loss.item() / len(X), 1e-6)
    found = zip(*parameter_views(layout, gradient), _gradients(module), strict=True)
    for coef, intercept, (weights, biases) in found:
        assert_close(coef.reshape(-1), weights.reshape(-1), 1e-5)
        if biases:
            assert_close(intercept, np.concatenate(biases), 1e-5)
