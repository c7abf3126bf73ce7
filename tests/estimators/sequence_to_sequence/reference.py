"""A transformer in plain NumPy, for sequences that are not padded."""

import numpy as np


def _softmax(a):
    shares = np.exp(a - a.max(axis=-1, keepdims=True))
    return shares / shares.sum(axis=-1, keepdims=True)


def _normalised(x, scale, shift):
    centred = x - x.mean(axis=-1, keepdims=True)
    variance = (centred**2).mean(axis=-1, keepdims=True)
    return scale * centred / np.sqrt(variance + 1e-5) + shift


def _attention(q, k, v, heads, causal=False):
    """Return what steps read, of shape (readers, dim), and shares of shape (heads, ...)."""
    found, maps = [], []
    for i, j, c in zip(*(np.split(part, heads, axis=1) for part in (q, k, v)), strict=True):
        scores = i @ j.T / np.sqrt(i.shape[1])
        if causal:
            scores[np.triu_indices(len(scores), 1)] = -np.inf
        maps.append(_softmax(scores))
        found.append(maps[-1] @ c)
    return np.hstack(found), np.array(maps)


class Reference:
    """The network of a fitted `SequenceToSequence`, in float64."""

    def __init__(self, model):
        self.model = model
        weights = [np.asarray(coef, np.float64) for coef in model.coefs_]
        biases = [np.asarray(each, np.float64) for each in model.intercepts_]
        self.given = list(zip(weights, biases, strict=True))

    def _affine(self, x):
        weights, biases = self.given.pop(0)
        return x @ (weights[0] if weights.ndim == 3 else weights) + biases

    def _layer_norm(self, x):
        (weights, biases) = self.given.pop(0)
        return _normalised(x, weights.reshape(-1), biases)

    def _embedded(self, codes):
        table, positions = self.given.pop(0)[0], self.given.pop(0)[0]
        return table[codes] + positions[: len(codes)]

    def _units(self, x):
        hidden = self._affine(self._layer_norm(x))
        hidden = np.tanh(hidden) if self.model.activation == "tanh" else np.maximum(hidden, 0)
        return x + self._affine(hidden)

    def __call__(self, source, target):
        """Return probabilities of shape (len(target) + 1, n_codes), and the maps of every layer."""
        kept, heads, maps = list(self.given), self.model.heads, []
        x = self._embedded(source)
        for _ in range(self.model.n_encoder_layers):
            parts = np.split(self._affine(self._layer_norm(x)), 3, axis=1)
            x = x + self._affine(_attention(*parts, heads)[0])
            x = self._units(x)
        memory = self._layer_norm(x)
        y = self._embedded([0, *target])
        for _ in range(self.model.n_decoder_layers):
            parts = np.split(self._affine(self._layer_norm(y)), 3, axis=1)
            y = y + self._affine(_attention(*parts, heads, causal=True)[0])
            queries = self._affine(self._layer_norm(y))
            keys, values = np.split(self._affine(memory), 2, axis=1)
            read, shares = _attention(queries, keys, values, heads)
            maps.append(shares)
            y = self._units(y + self._affine(read))
        outputs = _softmax(self._affine(self._layer_norm(y)))
        assert not self.given
        self.given = kept
        return outputs, np.array(maps)
