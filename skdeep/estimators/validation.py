"""The validation set of a fit: given by the user or held out, and what is told of every epoch."""

import inspect
from numbers import Real
from typing import NamedTuple

import numpy as np
from sklearn.base import is_classifier
from sklearn.metrics import check_scoring
from sklearn.utils import _safe_indexing

from skdeep.estimators.inputs import validate_sample_weight
from skdeep.estimators.weights import check_sum
from skdeep.formulas.rules import REGISTRY as RULES
from skdeep.training.output_loss import mean_loss
from skdeep.training.validation import split_rows


class Given(NamedTuple):
    """A validation set as the user gives it to ``fit``: arrays, or None."""

    X: object = None
    y: object = None
    weights: object = None

    def check(self, solver):
        """Check that all parts are there, and that the solver looks at them.

        Parameters
        ----------
        solver : Solver

        Raises
        ------
        ValueError
            If they are not.
        """
        if self.X is None and self.y is None:
            if self.weights is not None:
                raise ValueError("sample_weight_val is given, but X_val and y_val are not.")
            return
        if self.y is None:
            raise ValueError("X_val is given, but y_val is not.")
        if self.X is None:
            raise ValueError("y_val is given, but X_val is not.")
        if solver.name not in RULES:
            raise ValueError(
                f"X_val and y_val are for solvers that update weight by weight ({sorted(RULES)}); "
                f"solver={solver.name!r} does not look at them."
            )


NOT_GIVEN = Given()


class ValidationSet(NamedTuple):
    """A validation set as the engine takes it.

    Attributes
    ----------
    X : C-ordered array or CSR matrix of shape (n_rows, n_features)
    y : array of shape (n_rows, n_outputs)
        Targets, not yet coded for the loss.
    weights : array of shape (n_rows,) or None
    """

    X: object
    y: np.ndarray
    weights: np.ndarray | None


def encode(estimator, given, n_outputs):
    """Return the validation set that the user gives, or None without one.

    Parameters
    ----------
    estimator : MLPClassifier or MLPRegressor
        Which has seen the training set.
    given : Given
    n_outputs : int
        Of the training set.

    Returns
    -------
    validation : ValidationSet or None

    Raises
    ------
    ValueError
        If it does not suit the training set.
    """
    if given.X is None:
        return None
    try:
        X, y = estimator._encode(given.X, given.y)
        y = y.reshape(-1, 1) if y.ndim == 1 else y
        if y.shape[1] != n_outputs:
            raise ValueError(f"y has {y.shape[1]} outputs, but {n_outputs} were expected.")
        weights = given.weights
        if weights is not None:
            weights = validate_sample_weight(weights, X)
        weights = estimator._weigh(y, weights)
        check_sum(weights, "sample_weight_val")
        return ValidationSet(X, y, weights)
    except ValueError as error:
        if type(error) is not ValueError:  # callers may catch it by its class
            raise
        raise ValueError(f"X_val, y_val (the validation set): {error}") from error


def hold_out(estimator, data, y, random_state):
    """Split the rows into those to train on and a validation set.

    Parameters
    ----------
    estimator : MLPClassifier or MLPRegressor
    data : Data
        All rows.
    y : array of shape (n_rows, n_outputs)
        Targets, not yet coded for the loss.
    random_state : numpy.random.RandomState

    Returns
    -------
    rows : array of int64
        To train on.
    validation : ValidationSet

    Raises
    ------
    ValueError
        If fewer than two rows are held out, or the weights of either part sum to 0.
    """
    stratify = y if is_classifier(estimator) and estimator.n_outputs_ == 1 else None
    n_rows, fraction = data.X.shape[0], estimator.validation_fraction
    rows, held_out = split_rows(n_rows, fraction, random_state, stratify)
    weights = None
    if data.weights is not None:
        weights, of = data.weights[held_out], "sample_weight of the rows that early_stopping"
        check_sum(weights, f"{of} holds out, by random_state and validation_fraction,")
        check_sum(data.weights[rows], f"{of} leaves, by random_state and validation_fraction,")
    return rows, ValidationSet(_safe_indexing(data.X, held_out), y[held_out], weights)


class Validate:
    """Tells the score and the loss of a network on the validation set.

    Parameters
    ----------
    estimator : MLPClassifier or MLPRegressor
    layout : Layout
    vector : array of shape (n_parameters,)
        The parameters that training begins with; a scorer is tried on them.
    validation : ValidationSet

    Attributes
    ----------
    X : C-ordered array or CSR matrix of shape (n_rows, n_features)
        The rows.
    """

    def __init__(self, estimator, layout, vector, validation):
        self.X, self._y, self._weights = validation
        self._estimator, self._layout = estimator, layout
        self._targets, self._objective = estimator._code_targets(self._y), estimator._objective()
        self._predict, scoring = estimator._engine().predict, estimator.scoring
        if scoring is None or (isinstance(scoring, str) and scoring in SCORES):
            self._score = SCORES[scoring]
        else:
            self._score = _make_scorer(estimator, layout, validation)
            self._score(estimator, lambda: vector, None, None, None, None)

    def __call__(self, parameters, outputs=None):
        """Return the score, of which more is better, and the loss.

        Parameters
        ----------
        parameters : callable
            Returns the network's parameters, which may take a while.
        outputs : array of shape (n_rows, n_outputs) or None, default=None
            The outputs for the rows, where they are known.
        """
        if outputs is None:
            outputs = self._predict(self._layout, parameters(), self.X)
        loss = mean_loss(self._objective, self._targets, outputs, self._weights)
        of_rows = self._y, outputs, self._weights, loss
        return self._score(self._estimator, parameters, *of_rows), loss


def _natural_score(estimator, parameters, y, outputs, weights, loss):
    return estimator._score_outputs(y, outputs, weights)


def _error_rate(estimator, parameters, y, outputs, weights, loss):
    return estimator._score_outputs(y, outputs, weights) - 1.0


def _loss(estimator, parameters, y, outputs, weights, loss):
    return -loss


#: The values of ``scoring`` that need no scorer of scikit-learn.
SCORES = {None: _natural_score, "error_rate": _error_rate, "loss": _loss}


def _make_scorer(estimator, layout, validation):
    """Return a score by one of scikit-learn's scorers or a callable like them."""
    scoring, X, weights = estimator.scoring, validation.X, validation.weights
    scorer = check_scoring(estimator, scoring=scoring)
    labels = estimator._labels(validation.y)
    units = estimator._units()
    weighted = weights is not None and "sample_weight" in inspect.signature(scorer).parameters
    keywords = {"sample_weight": weights} if weighted else {}

    def score(estimator, parameters, *_):
        network = estimator._shallow_copy()
        vars(network).pop("feature_names_in_", None)  # the rows have lost their names
        network._set_parameters(units, parameters())
        try:
            value = scorer(network, X, labels, **keywords)
        except (ValueError, AttributeError) as error:
            if not isinstance(scoring, str):  # an error of the user's function, which is passed on
                raise
            raise ValueError(f"scoring={scoring!r} fails on the validation set: {error}") from error
        if not isinstance(value, Real):
            raise ValueError(f"scoring={scoring!r} must return a number, got {value!r}.")
        return float(value)

    return score
