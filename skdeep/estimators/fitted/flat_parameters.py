"""The flat vector of an estimator's parameters, and its views ``coefs_`` and ``intercepts_``."""

import numpy as np

from skdeep.estimators.callback_tasks import OF_THE_CALL
from skdeep.estimators.fitted.state import from_plain, to_plain
from skdeep.formulas.activations import REGISTRY as ACTIVATIONS
from skdeep.network.flat import FlatNetwork
from skdeep.network.layout import (
    Architecture,
    flatten,
    make_layout,
    normalisation_views,
    parameter_views,
)
from skdeep.recipe.hidden_layers import Structure, check_name, hidden_activations

#: Attributes that are left out of copies and pickles: they are made from others, or belong to a
#: call of `fit` that is under way.
DERIVED = ("_vector", "_layout", "_layout_key", "_views", *OF_THE_CALL)
#: Attributes of networks with auxiliary outputs.
HEADS = "auxiliary_coefs_", "auxiliary_intercepts_"
#: Attributes that say what shapes the parameters have.
DECLARED = "n_features_in_", "n_layers_", "n_outputs_", "_structure"


class FlatParameters:
    """Keeps ``coefs_``, ``intercepts_`` and ``batch_norm_`` as views into one flat vector.

    A mixin of estimators with the attributes ``coefs_``, ``intercepts_``, ``activation`` and
    ``out_activation_``. Changing the views in place changes the network; so does putting other
    arrays into the lists.
    """

    #: Of the fitted network.
    _structure = Structure()

    def _set_parameters(self, units, vector):
        """Make `vector` the parameters of a network with the given units per layer."""
        architecture = self._architecture(units)
        self._layout_key, self._layout = architecture, make_layout(*architecture)
        self._vector = vector
        self.coefs_, self.intercepts_ = parameter_views(self._layout, vector)
        self.batch_norm_ = normalisation_views(self._layout, vector)
        if self._structure.auxiliary:
            heads = parameter_views(self._layout, vector, auxiliary=True)
            self.auxiliary_coefs_, self.auxiliary_intercepts_ = heads
        parts = self._parts()
        self._views = parts, self._declared(), [part.shape for part in parts]

    def _parts(self):
        """Return the arrays that make up the parameters."""
        norms = getattr(self, "batch_norm_", [])
        norms = [part for norm in norms for part in norm]
        heads, biases = self._heads()
        return [*self.coefs_, *self.intercepts_, *norms, *heads, *biases]

    def _heads(self):
        """Return the weights and biases of the auxiliary outputs."""
        if not self._structure.auxiliary:
            return [], []
        return self.auxiliary_coefs_, self.auxiliary_intercepts_

    def _hidden_names(self, n_layers):
        """Return the activations of the hidden layers."""
        names = self._structure.activations
        if names is not None:
            if len(names) != n_layers:
                raise ValueError(
                    f"There are activations of {len(names)} hidden layers, but the network has "
                    f"{n_layers}."
                )
            return list(names)
        return hidden_activations(self.activation, n_layers)

    def _architecture(self, units):
        """Return the architecture of the network with the given units."""
        output = check_name("out_activation_", self.out_activation_, ACTIVATIONS)
        names = (*self._hidden_names(len(units) - 2), output)
        structure = self._structure
        return Architecture(
            tuple(int(n) for n in units),
            names,
            structure.batch_norm,
            structure.skips,
            structure.auxiliary,
        )

    def _units(self):
        """Return the features, units of every hidden layer and outputs of ``coefs_``."""
        return [np.shape(self.coefs_[0])[0], *(np.shape(coef)[1] for coef in self.coefs_)]

    def _network(self):
        """Return the layout and the flat vector of the network as it is now.

        Returns
        -------
        layout : Layout
        vector : array of shape (n_parameters,)

        Raises
        ------
        ValueError
            If the coefficients do not make up the fitted network.
        """
        intact = self._is_intact()
        if not intact:
            self._check_parts()
        architecture = self._architecture(self._units())
        if intact and architecture == self._layout_key:
            return self._layout, self._vector
        dtype = np.result_type(*(np.asarray(coef).dtype for coef in self.coefs_))
        dtype = np.float32 if dtype == np.float32 else np.float64
        norms = getattr(self, "batch_norm_", [])
        vector = flatten(self.coefs_, self.intercepts_, dtype, norms, self._heads())
        return make_layout(*architecture), vector

    def _flat_network(self):
        """Return the network as it is now, as training takes it."""
        layout, vector = self._network()
        own = layout is vars(self).get("_layout")
        architecture = self._layout_key if own else self._architecture(self._units())
        return FlatNetwork(architecture, vector, self._connections())

    def _connections(self):
        """Return which weights of every layer are connections; None where all are."""
        return None if self._structure.activations is None else self.connectivity_

    def _declared(self):
        """Return what the attributes say of the shapes of the parameters."""
        return [getattr(self, name, None) for name in DECLARED]

    def _is_intact(self):
        """Return whether the arrays and what is said of them are as `_set_parameters` left them."""
        views = vars(self).get("_views")
        if views is None or views[1] != self._declared():
            return False
        try:
            parts = self._parts()
        except (AttributeError, TypeError):  # there is something else in their place
            return False
        same = len(parts) == len(views[0]) and all(map(_same, parts, views[0]))
        return same and [part.shape for part in parts] == views[2]

    def _check_parts(self):
        """Check that all arrays are there, hold numbers and make up the fitted network."""
        try:
            self._check_shapes()
            types = {np.asarray(part).dtype for part in self._parts()}
        except (AttributeError, IndexError, KeyError, TypeError) as error:
            raise ValueError(
                f"The parameters are not those of a fitted network: {error}"
            ) from error
        others = [str(dtype) for dtype in types if dtype.kind not in "biufO"]
        if others:
            raise ValueError(f"The parameters of a network are numbers, but some are {others[0]}.")

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
        self._check_heads(units)

    def _check_normalisations(self, units):
        """Check that the arrays of ``batch_norm_`` are those of a network of such units."""
        norms = getattr(self, "batch_norm_", [])
        expected = [4 * [(n,)] for n in units[1:-1]] if self._structure.batch_norm else []
        shapes = [[np.shape(part) for part in norm] for norm in norms]
        if shapes != expected:
            raise ValueError(f"batch_norm_ has shapes {shapes}, but {expected} were expected.")

    def _check_heads(self, units):
        """Check that the arrays of the auxiliary outputs are those of a network of such units."""
        layers, n_hidden = self._structure.auxiliary, len(units) - 2
        if sorted(set(layers)) != list(layers) or not all(0 <= i < n_hidden for i in layers):
            raise ValueError(
                f"The network has {n_hidden} hidden layers, but auxiliary outputs after those of "
                f"the numbers {list(layers)}."
            )
        found = [list(map(np.shape, arrays)) for arrays in self._heads()]
        expected = [[(units[i + 1], units[-1]) for i in layers], [units[-1:]] * len(layers)]
        expected = [[tuple(map(int, shape)) for shape in shapes] for shapes in expected]
        for name, ours, theirs in zip(HEADS, found, expected, strict=True):
            if ours != theirs:
                raise ValueError(f"{name} has shapes {ours}, but {theirs} were expected.")

    def _with_parameters(self, vector):
        """Return an estimator of the same attributes but with other parameters."""
        new = self._shallow_copy()
        new._set_parameters(new._units(), vector)
        return new

    def _shallow_copy(self):
        """Return an estimator of the same attributes, which can be set to others."""
        new = object.__new__(type(self))
        vars(new).update(vars(self))
        return new

    def __getstate__(self):
        state = super().__getstate__()
        return to_plain({name: value for name, value in state.items() if name not in DERIVED})

    def __setstate__(self, state):
        super().__setstate__(from_plain(state))
        if "coefs_" in vars(self) and "out_activation_" in vars(self):
            _, vector = self._network()
            self._set_parameters(self._units(), vector)


def _same(a, b):
    return a is b
