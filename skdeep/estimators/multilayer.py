"""What the multi-layer perceptrons have in common."""

import itertools

from skdeep.estimators.fitted.flat_parameters import FlatParameters
from skdeep.estimators.networks.neural_network import NeuralNetwork
from skdeep.estimators.parameters.constraints import CONSTRAINTS, PRECISION
from skdeep.estimators.presentation.exports import Exports
from skdeep.network.hidden import hidden_outputs
from skdeep.network.plain_layers import describe
from skdeep.recipe.first_weights import count_shared_layers
from skdeep.recipe.hidden_layers import check_trainable


class MultilayerPerceptron(FlatParameters, Exports, NeuralNetwork):
    """Base class of `MLPClassifier` and `MLPRegressor`, which are to be used instead."""

    _parameter_constraints: dict = CONSTRAINTS | PRECISION

    def _begin_structure(self, recipe, n_features, n_outputs):
        layers = recipe.layers
        units = [n_features, *layers.sizes, n_outputs]
        self.n_layers_, self._structure = len(units), layers.structure
        architecture = self._architecture(units)
        if layers.source is not None:
            count_shared_layers(layers.source, architecture, recipe.frozen_layers)
        return architecture

    def _check_trainable(self):
        for name in self._hidden_names(self.n_layers_ - 2):
            check_trainable("activation", name)

    def _check_same_network(self, recipe):
        units, layers = list(map(int, self._units())), recipe.layers
        same = units[1:-1] == layers.sizes and self._structure == layers.structure
        if not same:
            raise ValueError(
                "Training goes on with the fitted network: hidden_layer_sizes, batch_norm "
                "and skip_connections cannot be changed for that."
            )

    def hidden_activations(self, X):
        """Return the activations of each hidden layer.

        ``h_i = f(h_{i - 1} @ coefs_[i] + intercepts_[i])`` with ``h_{-1} = X``. Batch normalisation
        is applied before ``f``; with skip connections, ``h_{i - 1}`` is replaced by X and all
        previous activations, concatenated.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The features.

        Returns
        -------
        activations : list of ndarray of shape (n_samples, n_units)
            One array per hidden layer, with the dtype of ``coefs_``.

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
        """Yield the activations of the hidden layers."""
        X, layout, vector = self._rows_and_network(X)
        network = describe(layout, vector)
        return hidden_outputs(network, X, self._engine(fitting=False).predict)

    def _hidden_layer(self, X, index):
        """Return the activations of one hidden layer; those after it are not computed."""
        return next(itertools.islice(self._walk_hidden_layers(X), index, None))

    def _dense_network(self):
        layout, vector = self._network()
        return describe(layout, vector)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags
