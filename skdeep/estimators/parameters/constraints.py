"""What the parameters of the multi-layer perceptrons may be."""

from numbers import Integral, Real

import numpy as np
from sklearn.metrics import get_scorer_names
from sklearn.utils._param_validation import HasMethods, Interval, Options, StrOptions

from skdeep import initialisers, losses, penalties, schedules, solvers
from skdeep.formulas.activations import NAMES, hidden_names
from skdeep.formulas.losses import public_names

#: Names of validation scores, for regressors and classifiers alike.
SCORINGS = {"loss", *get_scorer_names()}

CONSTRAINTS = {
    "hidden_layer_sizes": ["array-like", Interval(Integral, 1, None, closed="left")],
    "activation": [StrOptions(hidden_names()), list, tuple, np.ndarray],
    "out_activation": [StrOptions({"auto", *NAMES})],
    "solver": [StrOptions(set(solvers.names())), solvers.Solver],
    "alpha": [Interval(Real, 0, None, closed="left")],
    "batch_size": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
    "learning_rate": [StrOptions(set(schedules.names())), schedules.Schedule, callable],
    "learning_rate_init": [Interval(Real, 0, None, closed="neither")],
    "power_t": [Interval(Real, 0, None, closed="left")],
    "max_iter": [Interval(Integral, 1, None, closed="left")],
    "shuffle": ["boolean"],
    "random_state": ["random_state"],
    "tol": [Interval(Real, 0, None, closed="left")],
    "verbose": ["verbose"],
    "warm_start": ["boolean"],
    "momentum": [Interval(Real, 0, 1, closed="both"), *solvers.SCHEDULES],
    "nesterovs_momentum": ["boolean"],
    "early_stopping": ["boolean"],
    "validation_fraction": [Interval(Real, 0, 1, closed="left")],
    "beta_1": [Interval(Real, 0, 1, closed="left")],
    "beta_2": [Interval(Real, 0, 1, closed="left")],
    "epsilon": [Interval(Real, 0, None, closed="neither")],
    "n_iter_no_change": [
        Interval(Integral, 1, None, closed="left"),
        Options(Real, {np.inf}),
    ],
    "max_fun": [Interval(Integral, 1, None, closed="left")],
    "weight_init": [StrOptions(set(initialisers.names())), initialisers.Initialiser],
    "tol_gradient": [Interval(Real, 0, None, closed="neither"), None],
    "tol_objective": [Interval(Real, None, None, closed="neither"), None],
    "scoring": [StrOptions(SCORINGS), callable, None],
    "n_restarts": [Interval(Integral, 1, 10_000, closed="both")],
    "init_from": [HasMethods(["fit"]), None],
    "penalty": [
        StrOptions(set(penalties.names())),
        Interval(Real, 1, None, closed="left"),
        penalties.Penalty,
    ],
    "dropout": [Interval(Real, 0, 1, closed="left")],
    "dropconnect": [Interval(Real, 0, 1, closed="left")],
    "input_dropout": [Interval(Real, 0, 1, closed="left")],
    "input_noise": [Interval(Real, 0, None, closed="left")],
    "augment": [callable, None],
    "batch_norm": ["boolean"],
    "weight_norm": ["boolean"],
    "max_norm": [Interval(Real, 0, None, closed="neither"), None],
    "clip_norm": [Interval(Real, 0, None, closed="neither"), None],
    "frozen_layers": [Interval(Integral, 0, None, closed="left")],
    "record_gradient_norms": ["boolean"],
    "skip_connections": ["boolean"],
    "n_threads": [Interval(Integral, 1, None, closed="left"), None],
    "device": [str],
}

#: Of networks that may be of another precision than X.
PRECISION = {"precision": [StrOptions({"float32", "float64"}), None]}

#: What those of classifiers may be, beside these.
OF_CLASSIFIERS = {
    "loss": [StrOptions(public_names("classification")), *losses.classes_for("classification")],
    "class_weight": [StrOptions({"balanced"}), dict, list, None],
    "scoring": [StrOptions({"error_rate", *SCORINGS}), callable, None],
}
#: What those of regressors may be, beside these.
OF_REGRESSORS = {
    "loss": [StrOptions(public_names("regression")), *losses.classes_for("regression")],
}
