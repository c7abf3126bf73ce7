"""Parameters of layers as parameters of the estimator, for searches: ``layers__0__units``."""

from sklearn.base import BaseEstimator

from skdeep.layers._base import Layer

#: Begins the names of layers and of their parameters.
PREFIX = "layers__"


class NestedLayers(BaseEstimator):
    """Gives layers, and the parameters of layers, names among those of the estimator.

    A mixin of estimators with a parameter ``layers``, a sequence of layers or of tuples of a name
    and a layer. A layer without a name is called by its place.
    """

    def get_params(self, deep=True):
        """Get the parameters of this estimator.

        Parameters
        ----------
        deep : bool, default=True
            Whether to include layers, as ``layers__<name or place>``, and their parameters, as
            ``layers__<name or place>__<parameter>``.

        Returns
        -------
        params : dict
            Parameters by their names.
        """
        params = super().get_params(deep=deep)
        if deep:
            for name, layer in _layers_by_name(self.layers).items():
                params[PREFIX + name] = layer
                for key, value in layer.get_params(deep=True).items():
                    params[f"{PREFIX}{name}__{key}"] = value
        return params

    def set_params(self, **params):
        """Set parameters of this estimator, layers, and parameters of layers.

        Parameters
        ----------
        **params : dict
            Values by the names that `get_params` gives. A layer is replaced in a new list, so that
            the one given to the constructor stays as it was; parameters of layers are set in the
            layers.

        Returns
        -------
        self : object
            The estimator itself.

        Raises
        ------
        ValueError
            If there is no parameter, or no layer, of a name.
        """
        own = {key: value for key, value in params.items() if not key.startswith(PREFIX)}
        super().set_params(**own)
        nested = {}
        for key, value in params.items():
            if key.startswith(PREFIX):
                name, _, parameter = key[len(PREFIX) :].partition("__")
                nested.setdefault(name, {})[parameter] = value
        for name, values in nested.items():
            self._set_layer(name, dict(values))
        return self

    def _set_layer(self, name, values):
        """Replace a layer, or set some of its parameters."""
        if name not in _layers_by_name(self.layers):
            raise ValueError(
                f"Invalid parameter {PREFIX + name!r} for estimator {type(self).__name__}: its "
                f"layers are called {sorted(_layers_by_name(self.layers))}."
            )
        if "" in values:
            self.layers = _with_layer(self.layers, name, values.pop(""))
        if values:
            _layers_by_name(self.layers)[name].set_params(**values)


def _name(place, entry):
    return entry[0] if isinstance(entry, tuple) else str(place)


def _with_layer(layers, name, layer):
    """Return layers of which the one of a name is another."""
    found = []
    for place, entry in enumerate(layers):
        if isinstance(entry, list) and name.startswith(f"{place}_"):
            entry = _with_layer(entry, name.partition("_")[2], layer)
        elif _name(place, entry) == name:
            entry = (entry[0], layer) if isinstance(entry, tuple) else layer
        found.append(entry)
    return type(layers)(found)


def _layers_by_name(layers):
    """Return layers by their names; what is none, which a fit will tell, is left out."""
    found = {}
    for place, entry in enumerate(layers if isinstance(layers, (list, tuple)) else ()):
        if isinstance(entry, list):  # layers one behind the other
            inner = _layers_by_name(entry).items()
            found.update({f"{place}_{name}": layer for name, layer in inner})
            continue
        layer = entry[-1] if isinstance(entry, tuple) and len(entry) == 2 else entry
        if isinstance(layer, Layer):
            found[_name(place, entry)] = layer
    return found
