"""What a generative adversarial network does to be fitted, and the attributes that it has then."""

import functools
from types import SimpleNamespace

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state

from skdeep.adversarial.adversarial_batches import Samples
from skdeep.adversarial.adversarial_snapshots import AdversarialDescription
from skdeep.adversarial.adversarial_trainer import AdversarialRun, AdversarialTrainer
from skdeep.adversarial.class_labels import codes_of, find_classes
from skdeep.adversarial.collapse import COLLAPSE, Bounds
from skdeep.adversarial.composite import composite_layout, composite_regularisation
from skdeep.adversarial.side_networks import (
    SIDES,
    begin_network,
    continue_network,
    regularisation_of,
    solver_state_of,
)
from skdeep.engines.cpu.runs.adversarial import Side
from skdeep.engines.problem import Objective
from skdeep.estimators.callback_tasks import begin_fit
from skdeep.estimators.inputs.arrays import validate_input
from skdeep.estimators.inputs.conversion import as_rows
from skdeep.estimators.work import Work
from skdeep.network.guard import check_states
from skdeep.training.stochastic.hyperparameters import make_course
from skdeep.training.user_warnings import warn_user

#: Seeds are below this.
MOST_SEEDS = 2**31 - 1


def prepare_fit(estimator, X, y, classes=None, incremental=False):
    """Check the parameters and the input of a fit, and return what is to be trained.

    Parameters
    ----------
    estimator : GenerativeAdversarialNetwork
    X, y, classes : array-like
        As the user gave them.
    incremental : bool, default=False
        Whether for one call of ``partial_fit``.

    Returns
    -------
    work : Work
    """
    first = not (incremental and hasattr(estimator, "generator_"))
    if not first:
        estimator._validate_params()  # scikit-learn does so before the first call only
    _check_parameters(estimator)
    given, stopping = (X, y), SimpleNamespace(max_iter=1 if incremental else estimator.max_iter)
    X, codes = _validated(estimator, X, y, classes, first)
    call = SimpleNamespace(incremental=incremental, stopping=stopping, recipes=())
    task = begin_fit(estimator, call, *given, None, n_networks=1)
    random_state = task.random_state() if task else check_random_state(estimator.random_state)
    networks, call.recipes, states = _networks(estimator, X, first, random_state)
    run = _make_run(estimator, networks, call, states, (X, codes), random_state)
    describe = functools.partial(AdversarialDescription, run, networks, call.recipes)
    listener = task.listeners[0] if task else None

    def train():
        return AdversarialTrainer(run, listener, describe).train()

    return Work(train, functools.partial(_conclude, estimator, call, task, run.bounds))


def _check_parameters(estimator):
    """Check which parameters go together."""
    if estimator.loss == "wasserstein" and estimator.label_smoothing > 0:
        raise ValueError(
            f"label_smoothing={estimator.label_smoothing!r} is for loss='non_saturating': a critic "
            "has no labels."
        )


def _validated(estimator, X, y, classes, first):
    """Return the samples, and the numbers of their classes or None."""
    options = {"dtype": (np.float64, np.float32), "reset": first, "ensure_min_samples": 2}
    if y is None:
        if classes is not None:
            raise ValueError("classes was given, but no labels y.")
        if not first and estimator.classes_ is not None:
            raise ValueError("y is missing: the network was fitted with labels.")
        if first:
            estimator.classes_ = estimator.class_prior_ = None
        return validate_input(estimator, X, **options), None
    X, y = validate_input(estimator, X, y, **options)
    if first:
        estimator.classes_, codes = find_classes(y, classes)
        counts = np.bincount(codes, minlength=len(estimator.classes_))
        estimator.class_prior_ = counts / len(codes)
        return X, codes
    if estimator.classes_ is None:
        raise ValueError("y was given, but the network was fitted without labels.")
    if classes is not None and not np.array_equal(np.unique(classes), estimator.classes_):
        raise ValueError(
            f"classes={classes!r} are not those of the first call, {estimator.classes_.tolist()}."
        )
    codes = codes_of(estimator.classes_, y)
    counts = np.bincount(codes, minlength=len(estimator.classes_))
    counts = counts + estimator.generator_.t_ * estimator.class_prior_
    estimator.class_prior_ = counts / counts.sum()
    return X, codes


def _networks(estimator, X, first, random_state):
    """Return both networks, their recipes and the states of their optimizers."""
    n_labels = 0 if estimator.classes_ is None else len(estimator.classes_)
    widths = int(estimator.latent_size), X.shape[1], n_labels
    networks, recipes, states = [], [], []
    for side in SIDES:
        if first:
            network, recipe = begin_network(estimator, side, widths, X.dtype, random_state)
        else:
            network, recipe = continue_network(estimator, side, widths)
        recipe, state = solver_state_of(network, recipe)
        setattr(estimator, f"{side}_", network)
        networks.append(network)
        recipes.append(recipe)
        states.append(state)
    if int(estimator.batch_size) == 1 and networks[0]._architecture_now().batch_norm:
        raise ValueError(
            "generator: batch_norm=True normalises over the rows of a batch, but batch_size=1."
        )
    if first:
        estimator.n_iter_ = 0
    return networks, recipes, states


def _make_run(estimator, networks, call, states, data, random_state):
    """Return what is trained, and how."""
    (X, codes), is_critic = data, estimator.loss == "wasserstein"
    stacks = [network._architecture_now() for network in networks]
    dtype = networks[0]._network()[1].dtype
    n_latent, n_labels = int(estimator.latent_size), networks[0].n_features_in_
    n_labels -= n_latent
    composite = composite_layout(*stacks, n_latent, n_labels)
    drawn = [
        regularisation_of(*pair, random_state) for pair in zip(networks, call.recipes, strict=True)
    ]
    lengths = [len(stack.given) for stack in stacks]
    whole = composite_regularisation(composite, drawn, lengths)
    sizes = int(estimator.batch_size), 2 * int(estimator.batch_size)
    sides = []
    parts = zip(networks, call.recipes, states, (whole, drawn[1]), sizes, strict=True)
    for network, recipe, state, regularisation, size in parts:
        layout, vector = network._network()
        check_states(layout, state.states, recipe.optimizer.name)
        course = make_course(recipe, min(size, size // sizes[0] * len(X)), False)
        course = course._replace(watch_loss=False, initial_rate=state.base_rate)
        sides.append(Side(layout, vector, state.states, state.t, course, regularisation))
    targets = (1.0 - float(estimator.label_smoothing), 0.0, 1.0)
    samples = Samples(
        as_rows(X, dtype),
        codes,
        n_labels,
        n_latent,
        min(int(estimator.batch_size), len(X)),
        int(estimator.n_critic),
        (2.0, -2.0, 1.0) if is_critic else targets,
    )
    limits = float(estimator.collapse_tol), estimator.n_iter_collapse
    return AdversarialRun(
        samples,
        tuple(sides),
        composite,
        Objective("squared_error" if is_critic else "binary_log_loss", 0.0),
        states,
        tuple(network.loss_curve_ for network in networks),
        networks[0].t_,
        int(random_state.randint(MOST_SEEDS)),
        int(call.stopping.max_iter),
        call.incremental,
        bool(estimator.shuffle),
        bool(estimator.verbose),
        Bounds(estimator.loss, estimator.label_smoothing, *limits, dtype),
        float(estimator.clip_value) if is_critic else None,
        estimator.n_threads,
    )


def _conclude(estimator, call, task, bounds, result):
    """Set the attributes of a fit that has ended."""
    set_result(estimator, call.recipes, result)
    if result.stop_reason == COLLAPSE:
        why = bounds.why(estimator.generator_loss_curve_, estimator.discriminator_loss_curve_)
        warn_user(f"Training ended after epoch {result.n_iter}: {why}", ConvergenceWarning)
    if result.stop_reason == "diverged":
        warn_user(
            f"Training diverged: after epoch {result.n_iter} the losses are "
            f"{result.generator.loss:.6g} of the generator and {result.discriminator.loss:.6g} of "
            "the discriminator, or their parameters have become too large. Likely causes: features "
            "X that are not scaled, or learning rates that are too large.",
            ConvergenceWarning,
        )
    if task:
        task.end()


def set_result(estimator, recipes, result):
    """Set the attributes of networks that have been trained.

    Parameters
    ----------
    estimator : GenerativeAdversarialNetwork
    recipes : sequence of Recipe
        Of the generator and of the discriminator.
    result : AdversarialResult
    """
    for side, recipe, own in zip(SIDES, recipes, result[:2], strict=True):
        network = getattr(estimator, f"{side}_")._shallow_copy()
        network._set_result(recipe, own)
        setattr(estimator, f"{side}_", network)
    estimator.n_iter_, estimator.stop_reason_ = result.n_iter, result.stop_reason
