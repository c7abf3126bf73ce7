"""Parameters of layers as parameters of the estimator, for searches: ``layers__0__units``."""

from sklearn.base import BaseEstimator

from skdeep.layers._base import Layer


class NestedLayers(BaseEstimator):
    """Gives layers, and the parameters of layers, names among those of the estimator.

    A mixin of estimators with a parameter ``layers``, a sequence of layers or of tuples of a name
    and a layer. A layer without a name is called by its place.
    """

    #: Parameters that are lists of layers. With ``__``, they begin the names of their layers.
    _layer_lists = ("layers",)

    def get_params(self, deep=True):
        """Get the parameters of this estimator.

        Parameters
        ----------
        deep : bool, default=True
            Whether to include layers, as ``layers__<name or place>``, and their parameters, as
            ``layers__<name or place>__<parameter>``; those of other lists of layers likewise.

        Returns
        -------
        params : dict
            Parameters by their names.
        """
        params = super().get_params(deep=deep)
        if deep:
            for parameter in self._layer_lists:
                for name, layer in _layers_by_name(getattr(self, parameter)).items():
                    params[f"{parameter}__{name}"] = layer
                    for key, value in layer.get_params(deep=True).items():
                        params[f"{parameter}__{name}__{key}"] = value
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
        nested = {key: value for key, value in params.items() if self._list_of(key)}
        super().set_params(**{key: params[key] for key in params if key not in nested})
        values = {}
        for key, value in nested.items():
            name, _, parameter = key.partition("__")[2].partition("__")
            values.setdefault((self._list_of(key), name), {})[parameter] = value
        for (parameter, name), own in values.items():
            self._set_layer(parameter, name, dict(own))
        return self

    def _list_of(self, key):
        """Return the parameter whose layer, or parameter of a layer, a name stands for, or None."""
        parameter, mark, _ = key.partition("__")
        return parameter if mark and parameter in self._layer_lists else None

    def _set_layer(self, parameter, name, values):
        """Replace a layer of a list, or set some of its parameters."""
        layers = getattr(self, parameter)
        if name not in _layers_by_name(layers):
            called = parameter if parameter == "layers" else f"layers of {parameter}"
            raise ValueError(
                f"Invalid parameter '{parameter}__{name}' for estimator {type(self).__name__}: its "
                f"{called} are called {sorted(_layers_by_name(layers))}."
            )
        if "" in values:
            layers = _with_layer(layers, name, values.pop(""))
            setattr(self, parameter, layers)
        if values:
            _layers_by_name(layers)[name].set_params(**values)


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
