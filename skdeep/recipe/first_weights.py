"""The parameters that a new network begins with: drawn, or taken over from another network."""

from contextlib import nullcontext

import numpy as np
from sklearn.exceptions import NotFittedError

from skdeep.formulas.normalisation import BATCH_EPSILON
from skdeep.network.flat import connection_masks
from skdeep.network.initialisation import AUTO, initialise
from skdeep.network.layout import normalisation_views, parameter_views
from skdeep.training.blas_threads import single_threaded_blas


def draw_parameters(layers, architecture, connections, dtype, random_state):
    """Return the parameters that training is to begin with.

    Parameters
    ----------
    layers : Layers
        Of the recipe.
    architecture : Architecture
    connections : list of array of bool or None
    dtype : numpy dtype
    random_state : numpy.random.RandomState

    Returns
    -------
    vector : array of shape (n_parameters,)
    """
    activations = [*layers.activations, layers.last_activation]
    arguments = layers.initialiser, random_state, dtype, connections
    # Schemes other than scikit-learn's may decompose matrices.
    blas = nullcontext() if layers.initialiser == AUTO else single_threaded_blas()
    with blas:
        vector = initialise(architecture, activations, *arguments)
    vector = copy_layers(layers.source, architecture, vector)
    masks = connection_masks(architecture.layout(), connections)
    return vector if masks is None else vector * masks.astype(dtype)


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
        layout = architecture.layout()
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
