"""What the hidden layers of a fitted network make of its inputs."""

import itertools

import numpy as np

from skdeep.engines.cpu.engine import predict
from skdeep.estimators.choices import hidden_activations
from skdeep.network.layout import flatten, make_layout


class HiddenActivations:
    """Shows the hidden layers. A mixin of the multi-layer perceptrons."""

    def hidden_activations(self, X):
        """Return the activations of every hidden layer.

        ``h_i = f(h_{i - 1} @ coefs_[i] + intercepts_[i])``, from ``h_{-1} = X`` on.

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
        norms, names = self.batch_norm_, hidden_activations(self.activation, self.n_layers_ - 2)
        for name, coef, intercept in zip(names, self.coefs_, self.intercepts_, strict=False):
            # Only hidden layers are normalised: one that passes on what it gets makes it hidden.
            norm = norms[:1]
            norms = norms[1:]
            coefs, intercepts, names = [coef], [intercept], [name]
            if norm:
                n_units = len(intercept)
                coefs.append(np.eye(n_units))
                intercepts.append(np.zeros(n_units))
                names.append("identity")
            units = [len(coef), *map(len, intercepts)]
            layout = make_layout(units, names, bool(norm))
            parameters = flatten(coefs, intercepts, vector.dtype, norm)
            h = predict(layout, parameters, h, n_threads=self.n_threads)
            yield h

    def _hidden_layer(self, X, index):
        """Return the activations of one hidden layer; those after it are not computed."""
        return next(itertools.islice(self._walk_hidden_layers(X), index, None))
