"""What the parameters of regularisation and normalisation stand for, checked before any work."""

import math
from numbers import Integral, Real

import numpy as np
from sklearn.utils._param_validation import Interval, StrOptions

from skdeep.engines.regularisation import Regularisation
from skdeep.formulas.penalties import REGISTRY as PENALTIES
from skdeep.formulas.rules import REGISTRY as RULES

CONSTRAINTS = {
    "penalty": [
        StrOptions({name for name, entry in PENALTIES.items() if not entry.power}),
        Interval(Real, 1, None, closed="left"),
    ],
    "l1_ratio": [Interval(Real, 0, 1, closed="both")],
    "dropout": [Interval(Real, 0, 1, closed="left"), list, tuple, np.ndarray],
    "dropconnect": [Interval(Real, 0, 1, closed="left"), list, tuple, np.ndarray],
    "input_noise": [Interval(Real, 0, None, closed="left")],
    "augment": [callable, None],
    "batch_norm": ["boolean"],
    "weight_norm": ["boolean"],
    "max_norm": [Interval(Real, 0, None, closed="neither"), None],
    "clip_norm": [Interval(Real, 0, None, closed="neither"), None],
    "frozen_layers": [Interval(Integral, 0, None, closed="left")],
    "record_gradient_norms": ["boolean"],
}

#: Parameters that are numbers: True, which Python takes for 1, is refused.
NUMBERS = (
    "penalty",
    "l1_ratio",
    "dropout",
    "dropconnect",
    "input_noise",
    "max_norm",
    "clip_norm",
    "frozen_layers",
)
#: Seeds are below this.
MOST_SEEDS = 2**31 - 1


def resolve(estimator, n_hidden, solver):
    """Return how training is regularised, without a seed yet.

    Parameters
    ----------
    estimator : MLPClassifier or MLPRegressor
    n_hidden : int
        Number of hidden layers.
    solver : Solver

    Returns
    -------
    regularisation : Regularisation

    Raises
    ------
    ValueError
        If parameters are out of their ranges or do not go together.
    """
    for name in NUMBERS:
        value = getattr(estimator, name)
        if isinstance(value, bool | np.bool_):
            raise ValueError(f"The {name!r} parameter must be a number, got {value!r}.")
    dropout, dropconnect = rates(estimator, n_hidden)
    regularisation = Regularisation(
        noise=float(estimator.input_noise),
        dropout=dropout,
        dropconnect=dropconnect,
        clip_norm=float(estimator.clip_norm or 0.0),
        max_norm=float(estimator.max_norm or 0.0),
        weight_norm=bool(estimator.weight_norm),
        frozen=int(estimator.frozen_layers),
        head_weight=float(estimator.auxiliary_weight),
    )
    _check_solver(estimator, regularisation, solver)
    for name, rate in (("dropconnect", dropconnect), ("max_norm", regularisation.max_norm)):
        if regularisation.weight_norm and rate:
            raise ValueError(
                f"weight_norm=True and {name}={getattr(estimator, name)!r} do not go together: the "
                "weights are made of directions and gains."
            )
    if regularisation.frozen > n_hidden:
        raise ValueError(
            f"frozen_layers={regularisation.frozen} is more than the {n_hidden} hidden layers of "
            "the network: the output layer is always trained."
        )
    if regularisation.frozen and estimator.batch_norm:
        raise ValueError(
            "frozen_layers and batch_norm=True do not go together: the statistics of frozen layers "
            "would follow the new data."
        )
    return regularisation


def rates(estimator, n_hidden):
    """Return the rates at which units and connections are dropped.

    Parameters
    ----------
    estimator : MLPClassifier or MLPRegressor
    n_hidden : int
        Number of hidden layers.

    Returns
    -------
    dropout, dropconnect : tuple of float of length ``n_hidden + 1``
        Of the features and the units of every hidden layer, and of every layer of weights; empty
        if all are 0.

    Raises
    ------
    ValueError
        If they are no rates, or not as many.
    """
    connections = (*[1.0] * n_hidden, 0.0)
    return (
        _rates("dropout", estimator.dropout, n_hidden, (0.0, *[1.0] * n_hidden)),
        _rates("dropconnect", estimator.dropconnect, n_hidden, connections),
    )


def _rates(name, value, n_hidden, where):
    """Return a rate for each of ``n_hidden + 1`` layers; empty if all are 0."""
    if isinstance(value, Real):
        rates = tuple(float(value) * part for part in where)
        return rates if any(rates) else ()
    if isinstance(value, np.ndarray) and value.ndim != 1:
        raise ValueError(f"{name} must be a number or a sequence of rates, got {value!r}.")
    rates = list(value)
    if len(rates) != n_hidden + 1:
        meaning = {
            "dropout": "one for the features and one for every hidden layer",
            "dropconnect": "one for every layer of weights",
        }[name]
        raise ValueError(
            f"{name} has {len(rates)} rates, but {n_hidden + 1} are needed: {meaning}."
        )
    for rate in rates:
        if not isinstance(rate, Real) or isinstance(rate, bool | np.bool_) or not 0 <= rate < 1:
            raise ValueError(f"{name} must hold numbers in [0, 1), got {rate!r}.")
    return tuple(map(float, rates)) if any(rates) else ()


def _check_solver(estimator, regularisation, solver):
    """Check that the solver can do with what is asked for."""
    rule = RULES.get(solver.name)
    if rule is None:
        asked = {
            "dropout": regularisation.dropout,
            "dropconnect": regularisation.dropconnect,
            "input_noise": regularisation.noise,
            "augment": estimator.augment is not None,
            "max_norm": regularisation.max_norm,
            "clip_norm": regularisation.clip_norm,
            "weight_norm": estimator.weight_norm,
            "record_gradient_norms": estimator.record_gradient_norms,
        }
        for name in asked:
            if asked[name]:
                raise ValueError(
                    f"{name}={getattr(estimator, name)!r} is for solvers that train update by "
                    f"update; solver={solver.name!r} minimises one fixed function."
                )
    elif rule.decoupled and regularisation.weight_norm and estimator.alpha > 0:
        raise ValueError(
            f"weight_norm=True with solver={solver.name!r} needs alpha=0: the decay of a direction "
            "changes no weight."
        )
    elif rule.decoupled and estimator.penalty != "l2" and estimator.alpha > 0:
        raise ValueError(
            f"penalty={estimator.penalty!r} does not go with solver={solver.name!r}, which decays "
            "the weights themselves: that is penalty='l2'."
        )


def penalty_of(estimator):
    """Return the name of the penalty and the number that it takes."""
    value = estimator.penalty
    if isinstance(value, Real):
        return next(name for name, entry in PENALTIES.items() if entry.power), float(value)
    parameter = PENALTIES[value].parameter
    return value, 0.0 if parameter is None else float(getattr(estimator, parameter))


def with_seed(regularisation, random_state):
    """Return the regularisation with a seed, drawn where anything is random.

    Parameters
    ----------
    regularisation : Regularisation
    random_state : numpy.random.RandomState

    Returns
    -------
    regularisation : Regularisation
    """
    if not regularisation.is_random:
        return regularisation
    return regularisation._replace(seed=int(random_state.randint(MOST_SEEDS)))


def check_rows(estimator, choices, X, held_out):
    """Check that the rows suit what is done to them.

    Parameters
    ----------
    estimator : MLPClassifier or MLPRegressor
    choices : Choices
    X : {array, CSR matrix} of shape (n_rows, n_features)
    held_out : float
        Share of the rows that a validation set takes.

    Raises
    ------
    ValueError
        If sparse features were to get noise, or a batch has a single row to be normalised over.
    """
    if choices.regularisation.noise > 0 and hasattr(X, "indptr"):
        raise ValueError(
            f"input_noise={estimator.input_noise} would make sparse features dense: use dropout of "
            "the features, or dense features."
        )
    if estimator.batch_norm:
        n_rows, rule = X.shape[0], RULES.get(choices.solver.name)
        n_rows -= 0 if rule is None else math.ceil(held_out * n_rows)
        all_rows = rule is None or rule.full_batch
        _check_batches(n_rows, n_rows if all_rows else _batch_rows(estimator, n_rows))


def _batch_rows(estimator, n_rows):
    most = 200 if estimator.batch_size == "auto" else estimator.batch_size
    return min(most, n_rows)


def _check_batches(n_rows, batch_size):
    """Check that every batch has rows enough to be normalised."""
    if batch_size == 1 or n_rows % batch_size == 1:
        which = "every" if batch_size == 1 else "the last"
        raise ValueError(
            f"batch_norm=True needs at least two samples in a batch, but {which} batch of "
            f"batch_size={batch_size} has one of the {n_rows} samples: choose another batch_size."
        )
