"""What estimators of tables have in common: an ensemble behind scikit-learn's methods."""

import functools
from abc import ABCMeta, abstractmethod
from numbers import Integral, Real

import numpy as np
from sklearn.base import _fit_context, clone
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted

from skdeep.engines.cpu.threads.team import available_threads
from skdeep.estimators.callback_tasks import (
    OF_THE_CALL,
    CallbackSupportMixin,
    callbacks_torn_down,
)
from skdeep.estimators.fitted.versions import Versioned
from skdeep.layers import Dense
from skdeep.recipe import make_recipe
from skdeep.solvers import AdamW
from skdeep.tabular.ensemble import automatic_settings as automatic
from skdeep.tabular.ensemble.folds import splits
from skdeep.tabular.ensemble.leaf_codes import MOST_LEAVES, N_TREES, LeafSettings
from skdeep.tabular.ensemble.member_encodings import WAYS, fit_encodings
from skdeep.tabular.ensemble.member_tasks import begin_fit, has_limit
from skdeep.tabular.ensemble.members import (
    Job,
    Member,
    Rows,
    Source,
    outputs_of,
    rows_of_trial,
    train_members,
)
from skdeep.tabular.ensemble.plain_state import ensemble_from_plain, ensemble_to_plain
from skdeep.tabular.ensemble.samples import (
    check_validation_set,
    of_validation_set,
    packed,
    read_samples,
    unpacked,
    with_class_weights,
)
from skdeep.tabular.ensemble.time_limit import (
    SHARE_OF_TRIAL,
    load_kernels,
    measure,
    plan,
    seconds_of_trial,
)
from skdeep.tabular.exporting.ensemble_exports import EnsembleExports

#: What the hidden layers of members have.
HIDDEN = {"activation": "silu", "dropout": 0.1}


class TabularEstimator(CallbackSupportMixin, EnsembleExports, Versioned, metaclass=ABCMeta):
    """An ensemble of networks, each with an encoding of the table."""

    _parameter_constraints: dict = {
        "n_ensemble": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "hidden_layer_sizes": ["array-like", Interval(Integral, 1, None, closed="left")],
        "max_iter": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "n_bins": [StrOptions({"auto"}), Interval(Integral, 2, 250, closed="both")],
        "categorical_features": ["array-like", StrOptions({"from_dtype"}), None],
        "validation_fraction": [Interval(Real, 0, 0.5, closed="right")],
        "tree_features": ["boolean", StrOptions({"auto"})],
        "oof_predictions": ["boolean"],
        "n_threads": [Interval(Integral, 1, None, closed="left"), None],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    @abstractmethod
    def _prepare(self, y):
        """Check targets; return them as members train on them, and what goes with them."""

    @abstractmethod
    def _prepare_validation(self, y, targets):
        """Check targets of a validation set; return them as members take them."""

    @abstractmethod
    def _network(self, **parameters):
        """Return a network that has not been fitted: of `layers`, if these are given."""

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
            Sample weights, at least 0. If None, all samples have the same weight. Samples with
            weight 0 are ignored.
        X_val : array-like or frame of shape (n_val, n_features), default=None
            A validation set, with which all members choose their best epoch. All members are then
            trained on all rows of X.
        y_val : array-like of shape (n_val,) or (n_val, n_outputs), default=None
            Targets of the validation set.
        sample_weight_val : array-like of shape (n_val,), default=None
            Sample weights of the validation set.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError, TypeError
            If the table, the targets or the weights are invalid. The estimator is left as it was.
        KeyboardInterrupt
            After Ctrl-C. The estimator is left as it was.
        """
        if y is None:
            raise ValueError(
                f"{type(self).__name__} requires y to be passed, but the target y is None."
            )
        before = dict(vars(self))
        try:
            with callbacks_torn_down(self):
                self._fit(X, y, sample_weight, X_val, y_val, sample_weight_val)
                return self
        except BaseException:
            self.__dict__ = before
            raise

    def _fit(self, X, y, sample_weight, X_val, y_val, sample_weight_val):
        self._check_parameters()
        samples = read_samples(X, y, sample_weight)
        targets = self._prepare(samples.y)
        weights = with_class_weights(samples.weights, targets.class_weights, targets.y)
        given = self._validation_targets(targets, X_val, y_val, sample_weight_val)
        seed = check_random_state(self.random_state).randint(np.iinfo(np.int32).max)
        n_members = self.n_ensemble
        if n_members == "auto":
            n_members = automatic.automatic_members(len(targets.y))
        n_groups = len(self._fitted_quantiles() or [None])
        if has_limit(self):
            load_kernels(self, samples, targets.y, self._target_type == "classification")
        task = begin_fit(self, X, y, sample_weight, n_members * n_groups)
        limit = task and task.limit()
        n_ways = min(n_members, len(WAYS))
        encodings, makers, validation_rows = self._encode(
            samples.X, targets.y, n_ways, seed, X_val, limit
        )
        data = [Source(make, targets.y, weights) for make in makers]
        validation = given and [Rows(each, *given) for each in validation_rows]
        make_jobs = functools.partial(self._jobs, encodings, data, validation, targets, seed)
        decide = functools.partial(self._decide_on_trees, make_jobs, encodings, targets, seed)
        if limit is None:
            with_trees, jobs = decide(), make_jobs(n_members)
            cost = None
        else:
            with_trees, jobs, cost = self._in_time(limit, make_jobs, decide, n_members, n_groups)
        jobs = [self._with_trees(job, encodings) for job in jobs] if with_trees else jobs
        jobs = self._named(self._in_groups(jobs))
        if task:
            alone = functools.partial(self._of_one_member, encodings, targets, samples)
            jobs = task.listen(jobs, n_groups, alone, cost)
        members = train_members(jobs, self.n_threads)
        members.sort(key=lambda member: member.group)
        self._conclude(self._fitted(encodings, members, targets, samples, self.oof_predictions))
        if task:
            task.end()

    def _in_time(self, limit, make_jobs, decide, n_members, n_groups):
        """Return whether members read leaves, jobs for which there is time, and what one costs."""
        jobs = make_jobs(n_members)
        n_threads = min(self.n_threads or available_threads(), n_members * n_groups)
        side_by_side = self._in_groups(jobs)[:n_threads]
        train = functools.partial(train_members, n_threads=self.n_threads)
        is_classification = self._target_type == "classification"
        random_state = check_random_state(jobs[0].network.random_state)
        cost = measure(side_by_side, is_classification, random_state, train)
        n_rows, network = len(jobs[0].data.y), jobs[0].network
        n_trial = min(n_rows, automatic.ROWS_OF_TRIAL)
        n_epochs = self._epochs_of_trial(n_trial, network)
        seconds = seconds_of_trial(cost, n_trial / n_rows, n_epochs, n_threads)
        with_trees = self.tree_features
        if with_trees == "auto":
            with_trees = seconds <= SHARE_OF_TRIAL * limit.left() and decide()
        cost = cost.with_trees() if with_trees else cost
        size = n_members, n_groups, network.max_iter, n_threads
        n_members, n_epochs = plan(limit.left(), cost, *size)
        return with_trees, make_jobs(n_members, n_epochs), cost

    def _joined(self, means, quantiles=None):
        """Return predictions of the means of each group."""
        return means[0]

    def _fitted_quantiles(self):
        """Return the quantiles that `fit` is asked for, or None."""
        return None

    def _in_groups(self, jobs):
        """Return the jobs of all that is to be predicted."""
        return jobs

    def _named(self, jobs):
        """Return the jobs of members with the names that are printed."""
        if not self.verbose:
            return jobs
        quantiles, named = self._fitted_quantiles(), []
        for number, job in enumerate(jobs, 1):
            of = f" (quantile {quantiles[job.group]:g})" if quantiles else ""
            named.append(job._replace(name=f"Member {number} of {len(jobs)}{of}"))
        return named

    def _encode(self, X, y, n_ways, seed, X_val, limit):
        """Return the encodings, and the table and the validation set in each."""
        return fit_encodings(
            X,
            y,
            n_ways,
            seed,
            X_val,
            limit,
            compact=len(self._hidden_sizes()) > 0,
            n_bins=self.n_bins,
            categorical_features=self.categorical_features,
            target_type=self._target_type,
            n_threads=self.n_threads,
        )

    def _check_parameters(self):
        """Check the parameters that networks have, before there is any."""
        if self.tree_features != "auto" and self.tree_features and not self._hidden_sizes():
            raise ValueError(
                "tree_features=True needs hidden layers: hidden_layer_sizes must not be empty."
            )
        network = self._member(None, 0, 1, 1, validated=True)
        network._validate_params()
        make_recipe(network._parameters())

    def _validation_targets(self, targets, X_val, y_val, sample_weight_val):
        """Return the targets and the weights of the validation set that the user gives, or None."""
        check_validation_set(X_val, y_val, sample_weight_val, self.oof_predictions)
        if X_val is None:
            return None
        with of_validation_set():
            weights = read_samples(X_val, y_val, sample_weight_val).all_weights()
            y = self._prepare_validation(y_val, targets)
            return y, with_class_weights(weights, targets.class_weights, y)

    def _hidden_sizes(self):
        """Return the units of the hidden layers, which have been checked."""
        return [int(size) for size in np.ravel(self.hidden_layer_sizes)]

    def _jobs(self, encodings, data, validation, targets, seed, n_members, n_epochs=None):
        """Return what every member is to train on, for so many epochs or as `max_iter` says."""
        n_rows, weights = len(targets.y), data[0].weights
        folds = [(None, None)] * n_members
        if validation is None and n_rows >= automatic.FEWEST_ROWS_OF_FOLDS:
            n_folds = min(n_rows, max(2, round(1 / self.validation_fraction)))
            folds = splits(
                targets.order_by,
                n_members,
                n_folds,
                check_random_state(seed),
                targets.never_held_out,
            )
            folds = [fold if _is_usable(fold, weights) else (None, None) for fold in folds]
        training_rows = min(n_rows if rows is None else len(rows) for rows, _ in folds)
        batch = min(automatic.batch_size(n_rows), training_rows)
        n_epochs = n_epochs or self.max_iter
        if n_epochs == "auto":
            n_epochs = automatic.automatic_epochs(training_rows, batch, self._defaults.n_epochs)
        jobs = []
        for member, (training, held_out) in enumerate(folds):
            way = member % len(data)
            own = validation and validation[way]
            validated = own is not None or held_out is not None
            network = self._member(encodings[way], seed + member, n_epochs, batch, validated)
            jobs.append(Job(network, way, data[way], own, training, held_out))
        return jobs

    def _decide_on_trees(self, make_jobs, encodings, targets, seed):
        """Return whether members read leaves of trees.

        Where that is not said, two short trainings of a network on some of the rows decide, with
        leaves and without.
        """
        if self.tree_features != "auto":
            return bool(self.tree_features)
        if not encodings[0].compact or len(targets.y) < automatic.FEWEST_ROWS_OF_TREES:
            return False
        if np.all(targets.y == targets.y[0]):
            return False
        (job,) = make_jobs(1)
        if job.held_out is None and job.validation is None:
            return False
        is_classification = self._target_type == "classification"
        job = rows_of_trial(job, len(targets.y), check_random_state(seed), is_classification)
        if job is None:
            return False
        epochs = self._epochs_of_trial(len(job.data.y), job.network)
        job.network.set_params(max_iter=epochs, n_iter_no_change=epochs)
        both = [job._replace(network=clone(job.network)), self._with_trees(job, encodings)]
        if self.verbose:
            names = "Trial without tree features", "Trial with tree features"
            both = [own._replace(name=name) for own, name in zip(both, names, strict=True)]
        trained = train_members(both, self.n_threads)
        if len(trained) < 2:  # one has diverged
            return False
        without, with_leaves = (-member.network.best_validation_score_ for member in trained)
        saved = without - with_leaves
        return bool(saved > automatic.LEAST_SAVED and with_leaves < automatic.MOST_LEFT * without)

    def _epochs_of_trial(self, n_rows, network):
        """Return how many epochs a network is trained for, to see whether leaves help."""
        n_epochs = automatic.automatic_epochs(n_rows, network.batch_size, self._defaults.n_epochs)
        return min(max(1, int(n_epochs * automatic.EPOCHS_OF_TRIAL)), network.max_iter)

    def _with_trees(self, job, encodings):
        """Return the job of a member that reads leaves of trees, too."""
        encoding, sizes = encodings[job.way], self._hidden_sizes()
        columns, place = np.arange(encoding.n_inputs), encoding.n_inputs
        seed, is_classification = job.network.random_state, self._target_type == "classification"
        first = encoding.first_layers(sizes[0], **HIDDEN, n_leaves=(MOST_LEAVES,) * N_TREES)
        job.network.set_params(layers=[*first, *job.network.layers[len(first) :]])
        return job._replace(leaves=LeafSettings(columns, place, is_classification, seed))

    def _member(self, encoding, seed, n_epochs, batch, validated):
        """Return the network of a member, or without an encoding one of the same parameters."""
        own = {}
        if validated:  # the best of all epochs is kept
            own = {"early_stopping": True, "n_iter_no_change": n_epochs, "scoring": "loss"}
        if encoding is None or not encoding.compact:
            own |= {"hidden_layer_sizes": self.hidden_layer_sizes, **HIDDEN}
        else:
            first, *others = self._hidden_sizes()
            layers = [Dense(units, **HIDDEN) for units in others]
            own["layers"] = [*encoding.first_layers(first, **HIDDEN), *layers]
        return self._network(
            solver=AdamW(learning_rate_init=self._defaults.learning_rate, beta_2=0.95),
            learning_rate="coslog4",
            alpha=0.2,
            batch_size=batch,
            max_iter=n_epochs,
            tol=0.0,
            random_state=seed % np.iinfo(np.int32).max,
            **own,
        )

    def _fitted(self, encodings, members, targets, samples, out_of_fold):
        """Return the fitted attributes."""
        encoder = encodings[0].encoder
        fitted = {
            "members_": [member.network for member in members],
            "_ways": [member.way for member in members],
            "_groups": [member.group for member in members],
            "_leaves": [member.leaves for member in members],
            "_held_out": [packed(member.held_out, len(targets.y)) for member in members],
            "_n_given": len(targets.y) if samples.kept is None else samples.n_given,
            "_kept": None if samples.kept is None else packed(samples.kept, samples.n_given),
            "tree_features_": members[0].leaves is not None,
            "_encodings": encodings,
            "encoder_": encoder,
            "n_features_in_": encoder.n_features_in_,
            "n_iter_": max(member.network.n_iter_ for member in members),
            "validation_scores_": None,
            "_quantiles": self._fitted_quantiles(),
            "_scale": targets.scale,
            **targets.fitted,
        }
        if hasattr(encoder, "feature_names_in_"):
            fitted["feature_names_in_"] = encoder.feature_names_in_
        scores = [member.network.best_validation_score_ for member in members]
        if None not in scores:
            fitted["validation_scores_"] = np.array(scores)
        if out_of_fold:
            means = _out_of_fold(members, targets, samples)
            fitted["oof_predictions_"] = self._joined(means, self._fitted_quantiles())
        return fitted

    def _of_one_member(self, encodings, targets, samples, job, leaves, network):
        """Return the fitted attributes of an ensemble of one member, for callbacks."""
        member = Member(network, job.way, job.held_out, None, leaves, 0)
        fitted = self._fitted(encodings, [member], targets, samples, False)
        if fitted["_quantiles"] is not None:
            fitted["_quantiles"] = [fitted["_quantiles"][job.group]]
        return fitted

    def _conclude(self, fitted):
        """Set the fitted attributes, at once."""
        kept = {name: value for name, value in vars(self).items() if not name.endswith("_")}
        self.__dict__ = {**kept, **fitted}

    def __getstate__(self):
        state = super().__getstate__()
        return ensemble_to_plain({k: v for k, v in state.items() if k not in OF_THE_CALL})

    def __setstate__(self, state):
        super().__setstate__(ensemble_from_plain(state))

    @property
    def held_out_rows_(self):
        """Rows of the training data that each member has left out of training.

        A list with an array of increasing row indices for each of `members_`, or None if a member
        has left out no rows. Rows with weight 0 are not listed.
        """
        check_is_fitted(self)
        kept = np.arange(self._n_given)
        if self._kept is not None:
            kept = unpacked(self._kept, self._n_given)
        return [
            None if bits is None else kept[unpacked(bits, len(kept))] for bits in self._held_out
        ]

    def _mean_outputs(self, X):
        """Return the means of what the members of each group predict."""
        check_is_fitted(self)
        n_groups = 1 + max(self._groups)
        totals = [None] * n_groups
        for encoding, places in self._by_rows():
            members = [
                (self.members_[place], self._leaves[place], self._groups[place]) for place in places
            ]
            found = [_sums(members, rows, n_groups) for rows in encoding.chunks(X)]
            for group in {group for _, _, group in members}:
                own = np.concatenate([sums[group] for sums in found])
                totals[group] = own if totals[group] is None else totals[group] + own
        return [
            self._scale.back(total / self._groups.count(group))
            for group, total in enumerate(totals)
        ]

    def _by_rows(self):
        """Yield encodings, each with the places of the members that read its rows.

        The compact form of the rows is that of all encodings.
        """
        if self._encodings[0].compact:
            yield self._encodings[0], range(len(self.members_))
            return
        for way, encoding in enumerate(self._encodings):
            yield encoding, [place for place, own in enumerate(self._ways) if own == way]

    def __sklearn_is_fitted__(self):
        return hasattr(self, "members_")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        tags.target_tags.required = True
        return tags


def _sums(members, rows, n_groups):
    """Return the sums of what the members of each group predict for rows of their encoding."""
    sums = [None] * n_groups
    for network, leaves, group in members:
        own = outputs_of(network, rows if leaves is None else leaves.insert(rows))
        own = own.astype(np.float64)
        sums[group] = own if sums[group] is None else sums[group] + own
    return sums


def _is_usable(fold, weights):
    """Return whether both parts of the rows have a loss: rows, and weights that are not all 0."""
    if weights is None:
        return all(len(rows) for rows in fold)
    return all(np.any(weights[rows] > 0) for rows in fold)


def _out_of_fold(members, targets, samples):
    """Return the means of what members of each group predict for rows they have not trained on.

    They are NaN where there are none.
    """
    n_outputs = (len(targets.fitted["classes_"]),) if "classes_" in targets.fitted else ()
    means = []
    for group in range(1 + max(member.group for member in members)):
        total = np.zeros((len(targets.y), *(n_outputs or targets.y.shape[1:])))
        number = np.zeros(len(total))
        for member in members:
            if member.group == group and member.held_out is not None:
                total[member.held_out] += member.predictions
                number[member.held_out] += 1
        with np.errstate(invalid="ignore"):
            found = targets.scale.back(total / number.reshape(-1, *[1] * (total.ndim - 1)))
        if samples.kept is not None:
            all_rows = np.full((samples.n_given, *found.shape[1:]), np.nan)
            all_rows[samples.kept] = found
            found = all_rows
        means.append(found)
    return means
