"""The validation set of a fit: as the user gives it, and the score by which it judges a network."""

import functools
import inspect
from numbers import Real
from typing import NamedTuple

from sklearn.metrics import check_scoring
from sklearn.utils import _safe_indexing

from skdeep.engines import signals
from skdeep.engines.problem import Data
from skdeep.estimators.inputs.arrays import validate_sample_weight
from skdeep.estimators.inputs.conversion import as_rows
from skdeep.estimators.inputs.sample_weights import check_sum
from skdeep.estimators.inputs.step_scoring import labels_to_score
from skdeep.training.calls import making_calls
from skdeep.training.validator import ValidationSet, Validator, split_rows


class Given(NamedTuple):
    """A validation set as the user gives it to ``fit``: arrays, or None."""

    X: object = None
    y: object = None
    weights: object = None

    def names(self):
        """Return the names of the arguments that are given.

        Returns
        -------
        names : set of str
        """
        arguments = zip(("X_val", "y_val", "sample_weight_val"), self, strict=True)
        return {name for name, value in arguments if value is not None}

    def validated(self, encode, targets, n_outputs):
        """Return the validation set, or None without one.

        Parameters
        ----------
        encode : callable
            ``encode(X, y)`` returns validated features, and the targets as numbers.
        targets : ClassTargets or NumberTargets
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
        if self.X is None:
            return None
        try:
            X, y = encode(self.X, self.y)
            y = y.reshape(-1, 1) if y.ndim == 1 else y
            if y.shape[-1] != n_outputs:
                raise ValueError(f"y has {y.shape[-1]} outputs, but {n_outputs} were expected.")
            weights = self.weights
            if weights is not None:
                weights = validate_sample_weight(weights, X)
            weights = targets.weigh(y, weights)
            check_sum(weights, "sample_weight_val")
            return ValidationSet(X, y, weights)
        except ValueError as error:
            if type(error) is not ValueError:  # callers may catch it by its class
                raise
            raise ValueError(f"X_val, y_val (the validation set): {error}") from error


NOT_GIVEN = Given()


def hold_out(data, y, fraction, random_state, stratified):
    """Split the rows into those to train on and a validation set.

    Parameters
    ----------
    data : Data
        All rows.
    y : array of shape (n_rows, n_outputs)
        Targets, not yet coded for the loss.
    fraction : float
        Share of the rows that is held out.
    random_state : numpy.random.RandomState
    stratified : bool

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
    stratify = y if stratified else None
    rows, held_out = split_rows(data.X.shape[0], fraction, random_state, stratify)
    weights = None
    if data.weights is not None:
        weights, of = data.weights[held_out], "sample_weight of the rows that early_stopping"
        check_sum(weights, f"{of} holds out, by random_state and validation_fraction,")
        check_sum(data.weights[rows], f"{of} leaves, by random_state and validation_fraction,")
    return rows, ValidationSet(_safe_indexing(data.X, held_out), y[held_out], weights)


#: What the values of ``scoring`` that need no scorer of scikit-learn make of the score that suits
#: the targets, and of the loss.
SCORES = {
    None: lambda score, loss: score(),
    "error_rate": lambda score, loss: score() - 1.0,
    "loss": lambda score, loss: -loss,
}


def make_validator(scoring, targets, vector, rows, with_parameters):
    """Return what judges networks by a validation set.

    Parameters
    ----------
    scoring : str, callable or None
        The parameter of this name. A scorer is tried on the parameters that training begins with.
    targets : ClassTargets or NumberTargets
    vector : array of shape (n_parameters,)
        What training begins with.
    rows : ValidationSet
    with_parameters : callable
        ``with_parameters(vector)`` returns a fitted estimator with other parameters, for scorers.

    Returns
    -------
    validator : Validator
    """
    rows = rows._replace(X=as_rows(rows.X, vector.dtype))
    if scoring is None or (isinstance(scoring, str) and scoring in SCORES):
        score = _targets_score(SCORES[scoring], targets, rows)
        needs_outputs = scoring != "loss"
    else:
        labels, weights, view = labels_to_score(targets, rows.y, rows.weights)
        scorer = check_scoring(with_parameters(vector), scoring=scoring)
        scored = rows._replace(y=labels, weights=weights)
        score = _scorer_score(scorer, scoring, scored, view, with_parameters)
        making_calls(score)(lambda: vector, None, None)  # fails now, if it does
        needs_outputs = False
    data = Data(rows.X, targets.code(rows.y), rows.weights)
    return Validator(data, score, needs_outputs)


def _targets_score(make, targets, rows):
    """Return a score that needs no scorer of scikit-learn."""

    def score(parameters, outputs, loss):
        right = functools.partial(targets.score, rows.y, outputs, rows.weights)
        return (yield functools.partial(make, right, loss))

    return score


def _scorer_score(scorer, scoring, rows, view, with_parameters):
    """Return a score by one of scikit-learn's scorers or a callable like them.

    Of networks with outputs for every step, scorers see a `view` and the labels of steps.
    """
    weighted = rows.weights is not None and "sample_weight" in inspect.signature(scorer).parameters
    keywords = {"sample_weight": rows.weights} if weighted else {}

    def score(parameters, outputs, loss):
        network = with_parameters(parameters())
        vars(network).pop("feature_names_in_", None)  # the rows have lost their names
        try:
            value = yield functools.partial(
                signals.immediately, scorer, view(network), rows.X, rows.y, **keywords
            )
        except (ValueError, AttributeError) as error:
            if not isinstance(scoring, str):  # an error of the user's function, which is passed on
                raise
            raise ValueError(f"scoring={scoring!r} fails on the validation set: {error}") from error
        if not isinstance(value, Real):
            raise ValueError(f"scoring={scoring!r} must return a number, got {value!r}.")
        return float(value)

    return score
