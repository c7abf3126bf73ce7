"""The parameters that a new network begins with: drawn, or taken over from another network."""

from contextlib import nullcontext
from typing import NamedTuple

import numpy as np
from sklearn.exceptions import NotFittedError

from skdeep.engines.table import WEIGHTS
from skdeep.formulas.normalisation import BATCH_EPSILON
from skdeep.network.flat import connection_masks
from skdeep.network.initialisation import AUTO, initialise
from skdeep.network.layout import Architecture, normalisation_views, parameter_views
from skdeep.network.stack import named_layers
from skdeep.network.wiring import title, wire
from skdeep.training.blas_threads import single_threaded_blas


def draw_parameters(layers, architecture, dtype, random_state):
    """Return the parameters that training is to begin with.

    Parameters
    ----------
    layers : Layers
        Of the recipe.
    architecture : Architecture
    dtype : numpy dtype
    random_state : numpy.random.RandomState

    Returns
    -------
    vector : array of shape (n_parameters,)

    Raises
    ------
    ValueError
        If a layer that is not trained, or a normalisation, cannot be taken over.
    """
    _check_taken_over(layers, architecture)
    activations = [*layers.activations, layers.last_activation]
    arguments = layers.initialiser, random_state, dtype
    # Schemes other than scikit-learn's may decompose matrices.
    blas = nullcontext() if layers.initialiser == AUTO else single_threaded_blas()
    with blas:
        vector = initialise(architecture, activations, *arguments)
    vector = copy_layers(layers.source, architecture, vector)
    masks = connection_masks(architecture.layout())
    return vector if masks is None else vector * masks.astype(dtype)


class _Form(NamedTuple):
    """Weights that a layer has, or several share, and what decides whether they are taken over.

    Attributes
    ----------
    kind : str
        Of the layer.
    shape : tuple of int
        Of the weights.
    users : list of int
        The operations that use these weights.
    norms : list of int or None
        Of each of them, the place of its normalisation among those of the network.
    trained : bool
    """

    kind: str
    shape: tuple
    users: list
    norms: list
    trained: bool = True

    @property
    def normalised(self):
        """Whether any of the layers that use the weights is normalised."""
        return any(place is not None for place in self.norms)

    def __str__(self):
        return f"{self.shape}{'' if self.kind == 'dense' else f' of {self.kind}'}"


def _forms(architecture):
    """Return the forms of the layers of a network that have weights, with that of the outputs."""
    forms, n_norms = {}, 0
    pairs = architecture.layout().operations_with_roles(auxiliary=False)
    for index, (row, operation) in enumerate(pairs):
        if operation.weights is None:
            continue
        shape = tuple(map(int, operation.weights.shape))
        own = _Form(operation.kind, shape, [], [], operation.weights.trained)
        form = forms.setdefault(int(row[WEIGHTS]), own)
        form.users.append(index)
        form.norms.append(n_norms if operation.normalised else None)
        n_norms += operation.normalised
    return list(forms.values())


def _hidden_forms(architecture):
    """Return the forms of the layers of a network that have weights, without the outputs."""
    last = len(architecture.layout().operations) - 1 - len(getattr(architecture, "heads", ()))
    return [form for form in _forms(architecture) if form.users[0] != last]


def _forms_of_source(source):
    """Return the forms of the hidden layers of a fitted network, or of scikit-learn's.

    Those of an autoencoder are the layers of its encoder.
    """
    if not hasattr(source, "coefs_"):
        if not (hasattr(source, "hidden_layer_sizes") or hasattr(source, "layers")):
            raise ValueError(
                "init_from must be a fitted MLPClassifier, MLPRegressor, NetworkClassifier, "
                f"NetworkRegressor, Autoencoder or DeepBoltzmannMachine, got {source!r}."
            )
        raise NotFittedError(f"init_from={source!r} is not fitted.")
    if hasattr(source, "_architecture_now"):
        forms = _hidden_forms(source._architecture_now())
        if hasattr(source, "_encoder"):
            n_operations, _ = source._encoder()
            forms = [_first_users(form, n_operations) for form in forms]
        return [form for form in forms if form.users]
    shapes = list(map(np.shape, source.coefs_))[:-1]
    return [_Form("dense", shape, [index], [None]) for index, shape in enumerate(shapes)]


def _first_users(form, n_operations):
    """Return a form with those of its users alone that are among the first operations."""
    n_users = sum(user < n_operations for user in form.users)
    return form._replace(users=form.users[:n_users], norms=form.norms[:n_users])


def _titles(pairs, n_operations):
    """Return what messages call the operations of a network, which may be no list of layers."""
    if pairs is None:
        return [f"layer {index}" for index in range(n_operations)]
    titles = []
    for each in wire(pairs):
        titles += len(each.steps) * [title(each.name, each.layer)]
    return titles


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
    theirs, ours = _forms_of_source(source), _hidden_forms(architecture)
    if not theirs or not ours:
        raise ValueError(
            f"init_from gives hidden layers with weights: it has {len(theirs)}, this network "
            f"{len(ours)}."
        )
    shared = _count_alike(theirs, ours)
    if shared == 0:
        is_list = not isinstance(architecture, Architecture)
        why = _why_no_more(theirs, ours, 0, "the first layer with any" if is_list else "layer 0")
        raise ValueError(
            f"init_from: {why}: at least the first hidden layer must have the same features and "
            "units."
        )
    if frozen > shared:
        why = _why_no_more(theirs, ours, shared, f"layer {shared}")
        raise ValueError(f"frozen_layers={frozen} is more than init_from gives: {why}.")
    return shared


def _count_alike(theirs, ours):
    """Return how many forms agree, from the first on."""
    pairs = list(zip(theirs, ours, strict=False))
    return next((i for i, (a, b) in enumerate(pairs) if a[:2] != b[:2]), len(pairs))


def _why_no_more(theirs, ours, shared, called):
    """Return why the layers from one on, which messages call so, are not taken over."""
    if shared == len(theirs):
        return f"it has {shared} hidden layers with weights of their own"
    return f"the weights of {called} have shape {theirs[shared]} there, but {ours[shared]} here"


def _check_taken_over(layers, architecture):
    """Check that what a network cannot do without is taken over, if it begins with another."""
    if layers.source is None:
        return
    shared = count_shared_layers(layers.source, architecture)
    theirs, ours = _forms_of_source(layers.source), _hidden_forms(architecture)
    n_operations = ours[-1].users[-1] + 1
    titles = _titles(getattr(layers, "pairs", None), n_operations)
    for there, here in zip(theirs[:shared], ours, strict=False):
        _check_normalisation(layers.source, there, here, titles)
    for form in ours[shared:]:
        if not form.trained:
            # As `shared` is less than the number of our layers, the next has a name.
            why = _why_no_more(theirs, ours, shared, titles[ours[shared].users[0]])
            called = titles[form.users[0]]
            raise ValueError(f"{called}: trainable=False, but init_from lacks it: {why}.")


def _is_absorbed(theirs, ours):
    """Return whether the weights are to do what the normalisation behind them does."""
    return theirs.normalised and len(theirs.users) == 1 and not ours.normalised


def _check_normalisation(source, theirs, ours, titles):
    """Check that normalisation is taken over, use by use, or can become part of the weights."""
    if _is_absorbed(theirs, ours):
        return
    norms = [*ours.norms, *[None] * len(theirs.norms)]
    for use, (there, here) in enumerate(zip(theirs.norms, norms, strict=False)):
        if there is None or here is not None:
            continue
        pairs = named_layers(source.layers_) if hasattr(source, "layers_") else None
        called = _titles(pairs, theirs.users[-1] + 1)[theirs.users[use]]
        if use < len(ours.users):
            why = f"{titles[ours.users[use]]} is not normalised"
        else:
            why = (
                f"{len(theirs.users)} layers use its weights there, but only {len(ours.users)} here"
            )
        raise ValueError(
            f"init_from: the normalisation of {called} is not taken over: {why}. It becomes part "
            "of the weights only if no other layer there uses them, and no layer here that uses "
            "them is normalised."
        )


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
        forms = zip(_hidden_forms(architecture), _forms_of_source(source), strict=False)
        forms = list(forms)[: count_shared_layers(source, architecture)]
        for layer, (ours, theirs) in enumerate(forms):
            coefs[layer][:], intercepts[layer][:] = source.coefs_[layer], source.intercepts_[layer]
            if _is_absorbed(theirs, ours):
                _absorb(given[theirs.norms[0]], coefs[layer], intercepts[layer])
                continue
            for place, other in zip(ours.norms, theirs.norms, strict=False):
                if place is not None and other is not None:
                    for part, value in zip(own[place], given[other], strict=True):
                        part[:] = value
    return vector


def _absorb(norm, coef, intercept):
    """Let weights and biases do what batch normalisation does in predictions."""
    slope = norm.scale / np.sqrt(norm.variance + BATCH_EPSILON)
    coef *= slope
    intercept[:] = (intercept - norm.mean) * slope + norm.shift
