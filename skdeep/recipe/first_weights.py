"""The parameters that a new network begins with: drawn, or taken over from another network."""

from contextlib import nullcontext
from typing import NamedTuple

import numpy as np
from sklearn.exceptions import NotFittedError

from skdeep.engines.table import WEIGHTS
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


class _Form(NamedTuple):
    """Weights that a layer has, or several share, and what decides whether they are taken over.

    Attributes
    ----------
    kind : str
        Of the layer.
    shape : tuple of int
        Of the weights.
    norms : list of int
        Places, among those of the network, of the normalisations behind these weights.
    trained : bool
    """

    kind: str
    shape: tuple
    norms: list
    trained: bool = True

    def __str__(self):
        return f"{self.shape}{'' if self.kind == 'dense' else f' of {self.kind}'}"


def _forms(architecture):
    """Return the forms of the layers of a network that have weights, with that of the outputs."""
    forms, n_norms = {}, 0
    for row, operation in architecture.layout().operations_with_roles(False):
        if operation.weights is None:
            continue
        shape = tuple(map(int, operation.weights.shape))
        own = _Form(operation.kind, shape, [], operation.weights.trained)
        form = forms.setdefault(int(row[WEIGHTS]), own)
        if operation.normalised:
            form.norms.append(n_norms)
            n_norms += 1
    return list(forms.values())


def _forms_of_source(source):
    """Return the forms of a fitted network, which may be one of scikit-learn's."""
    if not hasattr(source, "coefs_"):
        if not (hasattr(source, "hidden_layer_sizes") or hasattr(source, "layers")):
            raise ValueError(
                "init_from must be a fitted MLPClassifier, MLPRegressor, NetworkClassifier or "
                f"NetworkRegressor, got {source!r}."
            )
        raise NotFittedError(f"init_from={source!r} is not fitted.")
    if hasattr(source, "_architecture_now"):
        return _forms(source._architecture_now())
    return [_Form("dense", np.shape(coef), []) for coef in source.coefs_]


def count_shared_layers(source, architecture, frozen=0):
    """Return how many hidden layers a network takes over from another.

    Parameters
    ----------
    source : estimator
        With the attributes ``coefs_`` and ``intercepts_``.
    architecture : Architecture or Stack
        Of the new network.
    frozen : int, default=0
        Layers of the new network that will keep their weights: it must take them over.

    Returns
    -------
    n_layers : int
        Of those with weights, from the first on, as long as kinds and shapes agree. The output
        layer is not among them.

    Raises
    ------
    ValueError
        If the source is no fitted network, or not even the first hidden layer is alike, or not all
        frozen layers are taken over.
    """
    theirs, ours = _forms_of_source(source)[:-1], _forms(architecture)[:-1]
    if not theirs or not ours:
        raise ValueError(
            f"init_from gives hidden layers: it has {len(theirs)}, this network {len(ours)}."
        )
    pairs = list(zip(theirs, ours, strict=False))
    shared = next((i for i, (a, b) in enumerate(pairs) if a[:2] != b[:2]), len(pairs))
    why = f"it has {len(theirs)} hidden layers"
    if shared < len(pairs):
        there, here = pairs[shared]
        why = f"the weights of layer {shared} have shape {there} there, but {here} here"
    if shared == 0:
        raise ValueError(
            f"init_from: {why}: at least the first hidden layer must have the same features and "
            "units."
        )
    if frozen > shared:
        raise ValueError(f"frozen_layers={frozen} is more than init_from gives: {why}.")
    for index, form in enumerate(ours[shared:], start=shared):
        if not form.trained:
            raise ValueError(f"Layer {index} has trainable=False, but init_from lacks it: {why}.")
    return shared


def copy_layers(source, architecture, vector):
    """Copy the hidden layers of equal shape from another network.

    Parameters
    ----------
    source : estimator or None
    architecture : Architecture or Stack
    vector : array of shape (n_parameters,)
        Written to.

    Returns
    -------
    vector : array of shape (n_parameters,)
    """
    if source is not None:
        layout = architecture.layout()
        coefs, intercepts = parameter_views(layout, vector)
        own, given = normalisation_views(layout, vector), getattr(source, "batch_norm_", [])
        forms = zip(_forms(architecture), _forms_of_source(source), strict=False)
        forms = list(forms)[: count_shared_layers(source, architecture)]
        for layer, (ours, theirs) in enumerate(forms):
            coefs[layer][:], intercepts[layer][:] = source.coefs_[layer], source.intercepts_[layer]
            if len(ours.norms) == len(theirs.norms):
                for place, other in zip(ours.norms, theirs.norms, strict=True):
                    for part, value in zip(own[place], given[other], strict=True):
                        part[:] = value
            elif not ours.norms and len(theirs.norms) == 1:
                _absorb(given[theirs.norms[0]], coefs[layer], intercepts[layer])
    return vector


def _absorb(norm, coef, intercept):
    """Let weights and biases do what batch normalisation does in predictions."""
    slope = norm.scale / np.sqrt(norm.variance + BATCH_EPSILON)
    coef *= slope
    intercept[:] = (intercept - norm.mean) * slope + norm.shift
