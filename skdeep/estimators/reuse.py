"""Networks that begin with the layers of another one."""

import numpy as np
from sklearn.exceptions import NotFittedError

from skdeep.formulas.normalisation import BATCH_EPSILON
from skdeep.network.layout import make_layout, normalisation_views, parameter_views


class Reuse:
    """Keeps the fitted network that a new one begins with. A mixin of the estimators."""

    def get_params(self, deep=True):
        """Get the parameters of this estimator.

        Parameters
        ----------
        deep : bool, default=True
            Whether to include the parameters of objects that are parameters. Those of ``init_from``
            are not: they belong to a network that has been trained.

        Returns
        -------
        params : dict
            Parameters by their names.
        """
        params = super().get_params(deep)
        return {name: v for name, v in params.items() if not name.startswith("init_from__")}

    def __sklearn_clone__(self):
        # A clone of the network to begin with would be one that is not fitted.
        new = super().__sklearn_clone__()
        new.init_from = self.init_from
        return new


def count_shared_layers(source, architecture, frozen=0):
    """Return how many hidden layers a network takes over from another.

    Parameters
    ----------
    source : estimator
        With the attributes ``coefs_`` and ``intercepts_``.
    architecture : Architecture
        Of the new network.
    frozen : int, default=0
        Layers of the new network that will keep their weights: it must take them over.

    Returns
    -------
    n_layers : int
        From the first on, as long as shapes agree. The output layer is not among them.

    Raises
    ------
    ValueError
        If the source is no fitted network, or not even the first hidden layer has its shape, or not
        all frozen layers are taken over.
    """
    if not hasattr(source, "coefs_"):
        if not hasattr(source, "hidden_layer_sizes"):
            raise ValueError(
                f"init_from must be a fitted MLPClassifier or MLPRegressor, got {source!r}."
            )
        raise NotFittedError(f"init_from={source!r} is not fitted.")
    theirs = [np.shape(coef) for coef in source.coefs_[:-1]]
    ours = architecture.shapes()[:-1]
    if not theirs or not ours:
        raise ValueError(
            f"init_from gives hidden layers: it has {len(theirs)}, this network {len(ours)}."
        )
    if theirs[0] != ours[0]:
        raise ValueError(
            f"init_from: the weights of layer 0 have shape {theirs[0]} there, but {ours[0]} here: "
            "at least the first hidden layer must have the same features and units."
        )
    pairs = list(zip(theirs, ours, strict=False))
    shared = next((i for i, (a, b) in enumerate(pairs) if a != b), len(pairs))
    if frozen > shared:
        why = f"it has {len(theirs)} hidden layers"
        if shared < len(pairs):
            there, here = pairs[shared]
            why = f"the weights of layer {shared} have shape {there} there, but {here} here"
        raise ValueError(f"frozen_layers={frozen} is more than init_from gives: {why}.")
    return shared


def copy_layers(source, architecture, vector):
    """Copy the hidden layers of equal shape from another network.

    Parameters
    ----------
    source : estimator or None
    architecture : Architecture
    vector : array of shape (n_parameters,)
        Written to.

    Returns
    -------
    vector : array of shape (n_parameters,)
    """
    if source is not None:
        layout = make_layout(*architecture)
        coefs, intercepts = parameter_views(layout, vector)
        n_layers = count_shared_layers(source, architecture)
        for layer in range(n_layers):
            coefs[layer][:], intercepts[layer][:] = source.coefs_[layer], source.intercepts_[layer]
        norms = normalisation_views(layout, vector)[:n_layers]
        for layer, theirs in enumerate(getattr(source, "batch_norm_", [])[:n_layers]):
            if architecture.batch_norm:
                for part, other in zip(norms[layer], theirs, strict=True):
                    part[:] = other
            else:
                _absorb(theirs, coefs[layer], intercepts[layer])
    return vector


def _absorb(norm, coef, intercept):
    """Let weights and biases do what batch normalisation does in predictions."""
    slope = norm.scale / np.sqrt(norm.variance + BATCH_EPSILON)
    coef *= slope
    intercept[:] = (intercept - norm.mean) * slope + norm.shift
