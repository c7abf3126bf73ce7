"""What estimators of tables have in common: an ensemble behind scikit-learn's methods."""

from abc import ABCMeta, abstractmethod
from numbers import Integral, Real

import numpy as np
from sklearn.base import _fit_context
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import (
    _check_sample_weight,
    _num_samples,
    check_consistent_length,
    check_is_fitted,
)

from skdeep.estimators.fitted.versions import Versioned
from skdeep.solvers import AdamW
from skdeep.tabular.ensemble import automatic_settings as automatic
from skdeep.tabular.ensemble.folds import splits
from skdeep.tabular.ensemble.member_encodings import WAYS, fit_encodings
from skdeep.tabular.ensemble.members import Job, Rows, outputs_of, train_members


class TabularEstimator(Versioned, metaclass=ABCMeta):
    """An ensemble of networks, each with an encoding of the table."""

    _parameter_constraints: dict = {
        "n_ensemble": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "hidden_layer_sizes": ["array-like", Interval(Integral, 1, None, closed="left")],
        "max_iter": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "n_bins": [StrOptions({"auto"}), Interval(Integral, 2, 250, closed="both")],
        "categorical_features": ["array-like", StrOptions({"from_dtype"}), None],
        "validation_fraction": [Interval(Real, 0, 0.5, closed="neither")],
        "oof_predictions": ["boolean"],
        "n_threads": [Interval(Integral, 1, None, closed="left"), None],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    @abstractmethod
    def _prepare(self, y, y_val):
        """Check targets; return them as members train on them, and what goes with them."""

    @abstractmethod
    def _network(self, **parameters):
        """Return a network that has not been fitted."""

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, sample_weight=None, *, X_val=None, y_val=None, sample_weight_val=None):
        """Fit the encoders and the members of the ensemble.

        Parameters
        ----------
        X : array-like or frame of shape (n_samples, n_features)
            The table.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            The targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples; None weighs all alike.
        X_val : array-like or frame of shape (n_val, n_features), default=None
            A validation set, by which all members choose their best epoch. No member leaves out
            rows of X then.
        y_val : array-like of shape (n_val,) or (n_val, n_outputs), default=None
            Its targets.
        sample_weight_val : array-like of shape (n_val,), default=None
            Weights of its samples.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError, TypeError
            If the table, the targets or the weights cannot be used. The estimator is as it was.
        """
        n_rows = _num_samples(X)
        if y is None:
            raise ValueError(
                f"{type(self).__name__} requires y to be passed, but the target y is None."
            )
        if (X_val is None) != (y_val is None):
            raise ValueError("X_val and y_val go together. Got only one of them.")
        targets = self._prepare(y, y_val)
        check_consistent_length(np.empty(n_rows), targets.y)
        weights = _weights_of(sample_weight, n_rows, targets.class_weights, targets.y)
        seed = check_random_state(self.random_state).randint(np.iinfo(np.int32).max)
        n_members = self.n_ensemble
        if n_members == "auto":
            n_members = automatic.automatic_members(n_rows)
        encodings, rows = fit_encodings(
            X,
            targets.y,
            min(n_members, len(WAYS)),
            seed,
            n_bins=self.n_bins,
            categorical_features=self.categorical_features,
            target_type=self._target_type,
            n_threads=self.n_threads,
        )
        data = [Rows(each, targets.y, weights) for each in rows]
        validation = self._validation_sets(encodings, X_val, targets, sample_weight_val)
        jobs = self._jobs(data, validation, targets, n_members, seed)
        members = train_members(jobs, self.n_threads)
        self._conclude(encodings, members, jobs, targets)
        return self

    def _validation_sets(self, encodings, X_val, targets, sample_weight_val):
        """Return the validation set that the user gives, in every encoding, or None."""
        if X_val is None:
            if sample_weight_val is not None:
                raise ValueError("sample_weight_val is given, but X_val and y_val are not.")
            return None
        check_consistent_length(np.empty(_num_samples(X_val)), targets.y_val)
        weights = _weights_of(
            sample_weight_val, _num_samples(X_val), targets.class_weights, targets.y_val
        )
        return [Rows(each.transform(X_val), targets.y_val, weights) for each in encodings]

    def _jobs(self, data, validation, targets, n_members, seed):
        """Return what every member is to train on."""
        n_rows = len(targets.y)
        n_folds = max(2, round(1 / self.validation_fraction))
        folds = [(None, None)] * n_members
        training_rows = n_rows
        if validation is None and n_rows >= automatic.FEWEST_ROWS_OF_FOLDS:
            random_state = check_random_state(seed)
            folds = splits(
                targets.order_by, n_members, n_folds, random_state, targets.never_held_out
            )
            training_rows = min(len(training) for training, _ in folds)
        batch = min(automatic.batch_size(n_rows), training_rows)
        n_epochs = self.max_iter
        if n_epochs == "auto":
            n_epochs = automatic.automatic_epochs(training_rows, batch, self._defaults.n_epochs)
        jobs = []
        for member, (training, held_out) in enumerate(folds):
            way = member % len(data)
            own = held_out if validation is None else validation[way]
            if own is not None and len(own[0] if isinstance(own, Rows) else own) == 0:
                training = own = None
            network = self._member(seed + member, n_epochs, batch, own is not None)
            jobs.append(Job(network, data[way], training, own))
        return jobs

    def _member(self, seed, n_epochs, batch, validated):
        """Return the network of a member."""
        own = {}
        if validated:  # the best of all epochs is kept
            own = {"early_stopping": True, "n_iter_no_change": n_epochs, "scoring": "loss"}
        return self._network(
            hidden_layer_sizes=self.hidden_layer_sizes,
            activation="silu",
            solver=AdamW(learning_rate_init=self._defaults.learning_rate, beta_2=0.95),
            learning_rate="coslog4",
            alpha=0.2,
            dropout=0.1,
            batch_size=batch,
            max_iter=n_epochs,
            tol=0.0,
            random_state=seed % np.iinfo(np.int32).max,
            **own,
        )

    def _conclude(self, encodings, members, jobs, targets):
        """Set the fitted attributes."""
        ways = {id(job.network): place % len(encodings) for place, job in enumerate(jobs)}
        encoder = encodings[0].encoder
        fitted = {
            "members_": [member.network for member in members],
            "_ways": [ways[id(member.network)] for member in members],
            "_encodings": encodings,
            "encoder_": encoder,
            "n_features_in_": encoder.n_features_in_,
            "n_iter_": max(member.network.n_iter_ for member in members),
            "validation_scores_": None,
            "_scale": targets.scale,
            **targets.fitted,
        }
        if hasattr(encoder, "feature_names_in_"):
            fitted["feature_names_in_"] = encoder.feature_names_in_
        scores = [member.network.best_validation_score_ for member in members]
        if None not in scores:
            fitted["validation_scores_"] = np.array(scores)
        if self.oof_predictions:
            outputs = _out_of_fold(members, len(targets.y))
            fitted["oof_predictions_"] = targets.scale.back(outputs)
        kept = {name: value for name, value in vars(self).items() if not name.endswith("_")}
        self.__dict__ = {**kept, **fitted}

    def _mean_outputs(self, X):
        """Return the mean of what the members predict."""
        check_is_fitted(self)
        total = None
        for way, encoding in enumerate(self._encodings):
            members = [m for m, own in zip(self.members_, self._ways, strict=True) if own == way]
            if not members:
                continue
            found = [
                sum(outputs_of(member, rows).astype(np.float64) for member in members)
                for rows in encoding.chunks(X)
            ]
            found = np.concatenate(found)
            total = found if total is None else total + found
        return self._scale.back(total / len(self.members_))

    def __sklearn_is_fitted__(self):
        return hasattr(self, "members_")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        tags.target_tags.required = True
        return tags


def _weights_of(sample_weight, n_rows, class_weights, y):
    """Return the weights of rows, with those of their classes; None if all are alike."""
    if sample_weight is None and class_weights is None:
        return None
    weights = _check_sample_weight(
        sample_weight, np.empty((n_rows, 1)), dtype=np.float64, ensure_non_negative=True
    )
    if class_weights is not None:
        weights = weights * class_weights[y]
    if not weights.sum() > 0:
        raise ValueError("sample_weight must have a positive sum. All weights are 0.")
    return weights


def _out_of_fold(members, n_rows):
    """Return the mean of what members predict for rows they have not trained on; NaN if none."""
    held = [member for member in members if member.held_out is not None]
    shape = (n_rows, *held[0].predictions.shape[1:]) if held else (n_rows,)
    total, number = np.zeros(shape), np.zeros(n_rows)
    for member in held:
        total[member.held_out] += member.predictions
        number[member.held_out] += 1
    with np.errstate(invalid="ignore"):
        return total / number.reshape(-1, *[1] * (total.ndim - 1))
