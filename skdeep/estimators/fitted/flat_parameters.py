"""The parameters of a multi-layer perceptron, and what they say of its layers."""

import numpy as np

from skdeep.estimators.fitted.parameter_views import ParameterViews
from skdeep.formulas.activations import REGISTRY as ACTIVATIONS
from skdeep.network.layout import Architecture, normalisation_views
from skdeep.recipe.hidden_layers import Structure, check_name, hidden_activations


class FlatParameters(ParameterViews):
    """Reads the architecture of a multi-layer perceptron from its attributes.

    A mixin of estimators with the attributes ``coefs_``, ``intercepts_``, ``activation`` and
    ``out_activation_``.
    """

    #: Of the fitted network.
    _structure = Structure()

    def _set_further_views(self, vector):
        self.batch_norm_ = normalisation_views(self._layout, vector)

    def _architecture_now(self):
        return self._architecture(self._units())

    def _hidden_names(self, n_layers):
        """Return the activations of the hidden layers."""
        return hidden_activations(self.activation, n_layers)

    def _architecture(self, units):
        """Return the architecture of the network with the given units."""
        output = check_name("out_activation_", self.out_activation_, ACTIVATIONS)
        names = (*self._hidden_names(len(units) - 2), output)
        structure = self._structure
        return Architecture(tuple(map(int, units)), names, structure.batch_norm, structure.skips)

    def _units(self):
        """Return the features, units of every hidden layer and outputs of ``coefs_``."""
        return [np.shape(self.coefs_[0])[0], *(np.shape(coef)[1] for coef in self.coefs_)]

    def _check_shapes(self):
        """Check that the arrays of weights and biases make up the fitted network."""
        n_layers = self.n_layers_ - 1
        if not len(self.coefs_) == len(self.intercepts_) == n_layers:
            raise ValueError(
                f"coefs_ has {len(self.coefs_)} and intercepts_ {len(self.intercepts_)} arrays, "
                f"but the network has {n_layers} layers of weights."
            )
        units = [self.n_features_in_, *map(np.size, self.intercepts_[:-1]), self.n_outputs_]
        shapes = self._architecture(units).shapes()
        for index, (coef, intercept) in enumerate(zip(self.coefs_, self.intercepts_, strict=True)):
            expected = shapes[index]
            if np.shape(coef) != expected or np.shape(intercept) != expected[1:]:
                raise ValueError(
                    f"Layer {index}: coefs_ has shape {np.shape(coef)} and intercepts_ has shape "
                    f"{np.shape(intercept)}, but {expected} and {expected[1:]} were expected."
                )
        self._check_normalisations(units)

    def _check_normalisations(self, units):
        """Check that the arrays of ``batch_norm_`` are those of a network of such units."""
        norms = getattr(self, "batch_norm_", [])
        expected = [4 * [(n,)] for n in units[1:-1]] if self._structure.batch_norm else []
        shapes = [[np.shape(part) for part in norm] for norm in norms]
        if shapes != expected:
            raise ValueError(f"batch_norm_ has shapes {shapes}, but {expected} were expected.")
