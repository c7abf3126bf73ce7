"""The generator and the discriminator, each a `NetworkRegressor`."""

import math

import numpy as np

from skdeep.engines.regularisation import PLAIN
from skdeep.estimators.inputs.sequences import as_shape
from skdeep.estimators.networks.layered import with_channel
from skdeep.estimators.networks.network_regressor import NetworkRegressor
from skdeep.layers import Columns, Concatenate, Reshape
from skdeep.network.stack import connect, named_layers
from skdeep.network.wiring import FEATURES, title, wire
from skdeep.recipe import make_recipe
from skdeep.recipe.layer_list import checked_layers
from skdeep.recipe.optimizer import continued
from skdeep.training.stochastic.solver_state import SolverState

#: Names of the layers that lead labels to a discriminator of images.
SAMPLE, SHAPED, LABELS, JOINED = "gan_sample", "gan_shaped", "gan_labels", "gan_joined"
#: What a side is called in messages.
SIDES = "generator", "discriminator"


def settings_of(estimator, side, n_features, n_labels):
    """Return the parameters of the network of a side.

    Parameters
    ----------
    estimator : GenerativeAdversarialNetwork
    side : {"generator", "discriminator"}
    n_features, n_labels : int

    Returns
    -------
    parameters : dict
        Of `NetworkRegressor`.

    Raises
    ------
    ValueError, TypeError
        If its layers are none that can be trained against another network.
    """
    is_critic = estimator.loss == "wasserstein"
    batch_size, layers = int(estimator.batch_size), getattr(estimator, side)
    with _called(side):
        check_kinds(side, checked_layers(layers))
        parameters = {"layers": layers, "out_activation": estimator.out_activation}
        if side == "discriminator":
            batch_size *= 2
            if n_labels and estimator.input_shape is not None:
                parameters["layers"] = conditional_layers(estimator, n_features, n_labels)
            else:
                parameters["input_shape"] = estimator.input_shape
            parameters["out_activation"] = "identity" if is_critic else "logistic"
            parameters["loss"] = "squared_error" if is_critic else "log_loss"
    return {
        **parameters,
        "solver": getattr(estimator, f"{side}_solver"),
        "learning_rate_init": float(getattr(estimator, f"{side}_learning_rate_init")),
        "beta_1": estimator.beta_1,
        "alpha": 0.0,
        "batch_size": batch_size,
        "max_iter": estimator.max_iter,
        "n_threads": estimator.n_threads,
    }


class _called:
    """A context in which errors of a list of layers say which list it is."""

    def __init__(self, side):
        self.side = side

    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        if kind in (ValueError, TypeError):
            text = str(error).replace("layers[", f"{self.side}[")
            text = text.replace("end of layers", f"end of {self.side}")
            if not text.startswith(self.side):
                text = f"{self.side}: {text}"
            raise kind(text) from error


def check_kinds(side, pairs):
    """Check that layers can read what a network gives, and be trained against another.

    Parameters
    ----------
    side : {"generator", "discriminator"}
    pairs : list of tuple of str and Layer

    Raises
    ------
    ValueError
        If one cannot.
    """
    for each in wire(pairs):
        layer, called = each.layer, title(each.name, each.layer)
        if layer.reads_codes:
            raise ValueError(f"{called}: it reads codes of categories, which are not generated.")
        if any(step.kind == "propagate" for step in each.steps):
            raise ValueError(f"{called}: it reads nodes of a graph, which are not generated.")
        if any(step.kind == "activity_penalty" for step in each.steps):
            raise ValueError(f"{called}: the losses have no penalties on activations.")
        if getattr(layer, "auxiliary_output", False):
            raise ValueError(f"{called}: auxiliary_output=True has no targets here.")
        if side == "discriminator" and getattr(layer, "batch_norm", False):
            raise ValueError(
                f"{called}: batch_norm=True would normalise over real and generated samples "
                "together when the discriminator is trained, and over generated ones alone when "
                "the generator is. LayerNorm() does not depend on the batch."
            )


def conditional_layers(estimator, n_features, n_labels):
    """Return the layers of a discriminator that reads images or sequences, with their labels.

    The labels are put behind what the first layer gives that gives a vector.

    Parameters
    ----------
    estimator : GenerativeAdversarialNetwork
    n_features, n_labels : int

    Returns
    -------
    layers : list of tuple of str and Layer

    Raises
    ------
    ValueError
        If no layer follows that could bring both together.
    """
    pairs, shape = named_layers(estimator.discriminator), as_shape(estimator.input_shape)
    if math.prod(shape) != n_features:
        raise ValueError(
            f"input_shape={estimator.input_shape!r} was given, but X has {n_features} features."
        )
    shape = with_channel(shape, wire(pairs))
    layers, _ = connect(pairs, shape)
    vectors = [place for place, each in enumerate(layers) if len(each.shape) == 1]
    if not vectors or vectors[0] == len(pairs) - 1:
        raise ValueError(
            "with labels y and input_shape, a layer such as Flatten() must give a vector, behind "
            "which the labels are put, and Dense layers must follow it."
        )
    start = [(SAMPLE, Columns(range(n_features))), (SHAPED, Reshape(shape))]
    labels = Columns(range(n_features, n_features + n_labels), inputs=FEATURES)
    place = vectors[0] + 1
    joined = Concatenate([pairs[vectors[0]][0], LABELS])
    pairs = [(name, _reading(layer, SHAPED)) for name, layer in pairs]
    return [*start, *pairs[:place], (LABELS, labels), (JOINED, joined), *pairs[place:]]


def _reading(layer, features):
    """Return a layer that reads a layer of a name in the place of the features."""
    names = layer.input_names() or ()
    if FEATURES not in names:
        return layer
    return type(layer)(
        **{
            **layer.get_params(deep=False),
            "inputs": [features if name == FEATURES else name for name in names],
        }
    )


def begin_network(estimator, side, widths, dtype, random_state):
    """Return a network with its first parameters.

    Parameters
    ----------
    estimator : GenerativeAdversarialNetwork
    side : {"generator", "discriminator"}
    widths : tuple of int
        Latent numbers, features and labels of a sample.
    dtype : numpy dtype
    random_state : numpy.random.RandomState

    Returns
    -------
    network : NetworkRegressor
    recipe : Recipe

    Raises
    ------
    ValueError, TypeError
        If the layers do not go together or with the data.
    """
    n_latent, n_features, n_labels = widths
    sizes = (n_latent + n_labels, n_features)
    if side == "discriminator":
        sizes = (n_features + n_labels, 1)
    network = NetworkRegressor(**settings_of(estimator, side, n_features, n_labels))
    X, y = (np.zeros((2, size), dtype) for size in sizes)
    with _called(side):
        recipe = _recipe_of(network)
        network._validate_features(X, reset=True)
        if network.n_output_steps_ is not None:
            raise ValueError(
                "its last layer gives a sequence, but its outputs are one vector for a sample: put "
                "Flatten() at the end."
            )
        network._validate_input(X, y if sizes[1] > 1 else y[:, 0], incremental=False, reset=True)
        targets = network._targets()
        network._begin_network(recipe, targets, sizes, X.dtype, random_state)
    return network, recipe


def continue_network(estimator, side, widths):
    """Return a fitted network as training goes on with it.

    Parameters
    ----------
    estimator : GenerativeAdversarialNetwork
        Fitted.
    side : {"generator", "discriminator"}
    widths : tuple of int
        As of `begin_network`.

    Returns
    -------
    network : NetworkRegressor
        A copy.
    recipe : Recipe

    Raises
    ------
    ValueError
        If the parameters ask for another network.
    """
    network = getattr(estimator, f"{side}_")._shallow_copy()
    n_latent, _, n_labels = widths
    if side == "generator" and network.n_features_in_ != n_latent + n_labels:
        raise ValueError(
            f"latent_size={n_latent} was given, but training goes on with a generator that reads "
            f"{network.n_features_in_ - n_labels} latent numbers."
        )
    settings = settings_of(estimator, side, *widths[1:])
    if settings["out_activation"] != network.out_activation:
        name = "loss" if side == "discriminator" else "out_activation"
        raise ValueError(
            f"{name}={getattr(estimator, name)!r} was given, but training goes on with a {side} "
            f"that was trained with another {name}."
        )
    vars(network).update(settings)
    with _called(side):
        recipe = _recipe_of(network)
        network._check_same_network(recipe)
    return network, recipe


def _recipe_of(network):
    """Return the recipe of a network, whose solver updates batch by batch at one rate."""
    recipe = make_recipe(network._parameters())
    optimizer = recipe.optimizer
    if not optimizer.by_updates or optimizer.all_rows:
        raise ValueError(
            f"solver={optimizer.name!r} takes all samples at once: choose one that updates batch "
            "by batch, such as 'adam', 'rmsprop' or 'sgd'."
        )
    if optimizer.scheduled:
        raise ValueError("schedules of the parameters of a solver are not offered: give numbers.")
    return recipe


def solver_state_of(network, recipe):
    """Return the state of the optimizer of a network and the recipe that goes on from it.

    Parameters
    ----------
    network : NetworkRegressor
    recipe : Recipe

    Returns
    -------
    recipe : Recipe
    state : SolverState
    """
    optimizer, state = continued(recipe.optimizer, vars(network).get("_optimizer"))
    vector = network._network()[1]
    if state is None:
        kept = optimizer.solver, optimizer.schedule
        rate = optimizer.initial_rate
        state = SolverState(optimizer.name, rate, len(vector), vector.dtype, *kept)
    return recipe._replace(optimizer=optimizer), state.astype(vector.dtype)


def regularisation_of(network, recipe, random_state):
    """Return how the training of a network is regularised.

    Parameters
    ----------
    network : NetworkRegressor
    recipe : Recipe
    random_state : numpy.random.RandomState

    Returns
    -------
    regularisation : Regularisation
        With a seed.
    """
    own = recipe.regularisation
    kept = {"dropout": own.dropout, "dropconnect": own.dropconnect}
    seed = int(random_state.randint(np.iinfo(np.int32).max))
    return PLAIN._replace(**kept, seed=seed, masks=network._flat_network().masks())
