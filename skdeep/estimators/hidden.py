"""What the hidden layers of a fitted network make of its inputs."""

import itertools

import numpy as np
from scipy.sparse import csr_matrix, hstack, issparse

from skdeep.network.layout import flatten, make_layout


class HiddenActivations:
    """Shows the hidden layers. A mixin of the multi-layer perceptrons."""

    def hidden_activations(self, X):
        """Return the activations of every hidden layer.

        ``h_i = f(h_{i - 1} @ coefs_[i] + intercepts_[i])``, from ``h_{-1} = X`` on; with batch
        normalisation before ``f``, and with skip connections from X and all layers before.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The features.

        Returns
        -------
        activations : list of ndarray of shape (n_samples, n_units)
            One array per hidden layer, of the precision of `predict`.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from skdeep import MLPClassifier
        >>> X, y = load_iris(return_X_y=True)
        >>> clf = MLPClassifier((5, 2), solver="lbfgs", random_state=0).fit(X, y)
        >>> [h.shape for h in clf.hidden_activations(X)]
        [(150, 5), (150, 2)]
        """
        return list(self._walk_hidden_layers(X))

    def _walk_hidden_layers(self, X):
        """Yield the activations of the hidden layers, each a network of one layer by itself."""
        h, _, vector = self._rows_and_network(X)
        norms, names = self.batch_norm_, self._hidden_names(self.n_layers_ - 2)
        read, predict = h, self._engine(fitting=False).predict
        for index, name in enumerate(names):
            layer = self.coefs_[index], self.intercepts_[index], norms[index : index + 1]
            h = predict(*_single_layer(layer, name, vector.dtype), read)
            yield h
            read = _side_by_side(read, h) if self._structure.skips else h

    def _hidden_layer(self, X, index):
        """Return the activations of one hidden layer; those after it are not computed."""
        return next(itertools.islice(self._walk_hidden_layers(X), index, None))


def _single_layer(layer, name, dtype):
    """Return the layout and the parameters of a hidden layer as a network of its own."""
    coef, intercept, norm = layer
    coefs, intercepts, names = [coef], [intercept], [name]
    if norm:  # of hidden layers only: one that passes on what it gets makes it hidden
        coefs.append(np.eye(len(intercept)))
        intercepts.append(np.zeros(len(intercept)))
        names.append("identity")
    units = [len(coef), *map(len, intercepts)]
    return make_layout(units, names, bool(norm)), flatten(coefs, intercepts, dtype, norm)


def _side_by_side(X, h):
    """Return features or activations with further ones beside them."""
    if issparse(X):
        return hstack([X, csr_matrix(h)], format="csr", dtype=h.dtype)
    return np.hstack([X, h])
