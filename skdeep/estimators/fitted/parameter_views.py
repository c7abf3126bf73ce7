"""The flat vector of an estimator's parameters, and its views ``coefs_`` and ``intercepts_``."""

from abc import ABCMeta, abstractmethod

import numpy as np

from skdeep.estimators.callback_tasks import OF_THE_CALL
from skdeep.estimators.fitted.state import from_plain, to_plain
from skdeep.network.flat import FlatNetwork
from skdeep.network.layout import flatten, parameter_views

#: Attributes that are left out of copies and pickles: they are made from others, or belong to a
#: call of `fit` that is under way.
DERIVED = (
    "_vector",
    "_layout",
    "_layout_key",
    "_layout_facts",
    "_wires_of_fit",
    "_search_stacks",
    "_views",
    *OF_THE_CALL,
)
#: Attributes of networks with auxiliary outputs.
HEADS = "auxiliary_coefs_", "auxiliary_intercepts_"
#: Attributes that say what shapes the parameters have.
DECLARED = "n_features_in_", "n_layers_", "n_outputs_", "_structure"


class ParameterViews(metaclass=ABCMeta):
    """Keeps ``coefs_``, ``intercepts_`` and ``batch_norm_`` as views into one flat vector.

    A mixin of estimators. Changing the views in place changes the network; so does putting other
    arrays into the lists.
    """

    @abstractmethod
    def _architecture_now(self):
        """Return the architecture that the attributes say."""

    @abstractmethod
    def _check_shapes(self):
        """Check that the arrays of weights and biases make up the fitted network."""

    def _set_parameters(self, architecture, vector):
        """Make `vector` the parameters of a network of some architecture."""
        self._layout_key, self._layout = architecture, architecture.layout()
        self._vector = vector
        self.coefs_, self.intercepts_ = parameter_views(self._layout, vector)
        self._set_further_views(vector)
        parts = self._parts()
        self._views = parts, self._declared(), [part.shape for part in parts]

    @abstractmethod
    def _set_further_views(self, vector):
        """Set views into the vector beside those of weights and biases."""

    def _parts(self):
        """Return the arrays that make up the parameters."""
        norms = getattr(self, "batch_norm_", [])
        norms = [part for norm in norms for part in norm]
        heads, biases = self._heads()
        return [*self.coefs_, *self.intercepts_, *norms, *heads, *biases]

    def _heads(self):
        """Return the weights and biases of the auxiliary outputs."""
        return [], []

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
        architecture = self._architecture_now()
        if intact and architecture == self._layout_key:
            return self._layout, self._vector
        if intact:  # but another architecture is asked for
            self._check_parts()
        dtype = np.result_type(*(np.asarray(coef).dtype for coef in self.coefs_))
        dtype = np.float32 if dtype == np.float32 else np.float64
        norms = getattr(self, "batch_norm_", [])
        vector = flatten(self.coefs_, self.intercepts_, dtype, norms, self._heads())
        return architecture.layout(), vector

    def _flat_network(self):
        """Return the network as it is now, as training takes it."""
        layout, vector = self._network()
        own = layout is vars(self).get("_layout")
        architecture = self._layout_key if own else self._architecture_now()
        return FlatNetwork(architecture, vector)

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

    def _with_parameters(self, vector):
        """Return an estimator of the same attributes but with other parameters."""
        new = self._shallow_copy()
        new._set_parameters(new._architecture_now(), vector)
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
            self._set_parameters(self._architecture_now(), vector)


def _same(a, b):
    return a is b
