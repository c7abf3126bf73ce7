"""What the estimators on Dask collections have in common."""

import copy
import functools

import distributed
import numpy as np
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.validation import check_is_fitted

from skdeep.dask.lazy_prediction import predict_lazily, score_of
from skdeep.dask.partitions.chunks import is_supported
from skdeep.dask.partitions.collection_input import make_places, read_collections, weigh
from skdeep.dask.partitions.shard_holder import Spec
from skdeep.dask.partitions.shard_team import ShardTeam
from skdeep.dask.partitions.stand_ins import RemoteData, RemoteTargets
from skdeep.dask.updates.distributed_training import DistributedObjective, make_run
from skdeep.dask.updates.distributed_validation import SCORES, held_out_rows, make_validator
from skdeep.dask.updates.synchronisation import measure
from skdeep.engines.choice import find_engine
from skdeep.engines.interface import Engine
from skdeep.formulas.optimizers import REGISTRY as RULES
from skdeep.network.guard import guard
from skdeep.recipe.optimizer import solver_name
from skdeep.training.fitting import MOST_SEEDS
from skdeep.training.stochastic.batches import rows_of_batch, warn_of_clipping

#: Parameters beside those of the local estimators.
OWN = "client", "synchronise"
#: Attributes that local estimators do not have.
OWN_ATTRIBUTES = ("synchronise_",)
#: What they may be.
OF_DASK = {
    "client": [distributed.Client, None],
    "synchronise": [StrOptions({"auto", "update", "epoch"})],
}
#: Parameters whose effect on a mini-batch is not the sum of effects on its parts.
NOT_BY_SUMS = "batch_norm", "max_norm"


class DistributedNetwork:
    """Trains on the partitions of Dask collections, which stay on their workers.

    A mixin of estimators, before the local one. The class attribute ``_local_class`` is that of
    `to_local`.
    """

    def to_local(self):
        """Return a local estimator with the same parameters and the same network.

        Returns
        -------
        estimator : MLPClassifier or MLPRegressor
            It shares nothing with this estimator, and is fitted if this one is.
        """
        names = [name for name in self.get_params(deep=False) if name not in OWN]
        local = self._local_class(**{name: copy.deepcopy(getattr(self, name)) for name in names})
        if hasattr(self, "coefs_"):
            state = copy.deepcopy(self.__getstate__())
            local.__setstate__({n: v for n, v in state.items() if n not in (*OWN, *OWN_ATTRIBUTES)})
        return local

    def score(self, X, y, sample_weight=None):
        """Return the accuracy of classifiers, or the coefficient of determination of regressors.

        Of Dask collections it is computed chunk by chunk, where the chunks are.

        Parameters
        ----------
        X : dask array or frame of shape (n_samples, n_features)
            The features; arrays and frames of this process will do, too.
        y : dask array, frame or series of shape (n_samples,) or (n_samples, n_outputs)
            The true labels or targets.
        sample_weight : dask array of shape (n_samples,), default=None
            Weights of the samples.

        Returns
        -------
        score : float
        """
        if not is_supported(X):
            return super().score(X, y, sample_weight)
        check_is_fitted(self)
        return score_of(self._client(), self.to_local(), X, y, sample_weight)

    def _lazily(self, method, X):
        """Return the predictions of a method for a Dask collection, uncomputed."""
        check_is_fitted(self)
        return predict_lazily(self.to_local(), method, X)

    def _client(self):
        """Return the client to work with."""
        client = self.client
        if client is None:
            try:
                client = distributed.Client.current()
            except ValueError as error:
                raise ValueError(
                    f"{type(self).__name__} needs a Dask client: make one before, as by "
                    "dask.distributed.Client(), or give it as the parameter client."
                ) from error
        if client.asynchronous:
            raise TypeError("client must not be asynchronous: fit waits for the workers.")
        if client.status != "running":
            raise ValueError(f"The Dask client is {client.status}; make a new one.")
        if not client.nthreads():
            raise ValueError("The cluster of the Dask client has no workers.")
        return client

    def _engine(self, fitting=True):
        if not fitting:
            return super()._engine(fitting)
        self._client()
        self._check_available()
        local = guard(find_engine("cpu", self.n_threads))
        objective = functools.partial(_objective, self._spec(None))
        return Engine(None, objective, local.predict, local.mean_loss, most_fits=1)

    def _not_by_sums(self):
        """Return the parameters that are set and keep gradients of parts from being added."""
        return [name for name in NOT_BY_SUMS if getattr(self, name)]

    def _check_available(self):
        """Check that the parameters ask for nothing that needs all rows in one process."""
        if self.weight_norm:
            raise ValueError("weight_norm=True is not available on Dask collections.")
        if self.augment is not None:
            raise ValueError("augment is not available on Dask collections.")
        if callable(self.scoring) or self.scoring not in SCORES:
            raise ValueError(
                "scoring must be None, 'loss' or 'error_rate' (of classifiers) on Dask "
                f"collections, whose rows are not all in one process. Got {self.scoring!r}."
            )
        rule, names = RULES.get(solver_name(self.solver)), self._not_by_sums()
        by_batches = rule is not None and not rule.full_batch
        if names and (self.synchronise == "update" or not by_batches):
            raise ValueError(
                f"{names[0]}={getattr(self, names[0])!r} needs synchronise='epoch' and a solver "
                "that trains by mini-batches: of parts of a batch on several workers it cannot be "
                "computed by adding gradients."
            )

    def _spec(self, seed, **options):
        """Return what workers are told beside the network."""
        targets = self._targets() if seed is not None else None
        form = None, None, None, None, targets, self.device, self.n_threads
        return Spec(*form, bool(self.shuffle), seed or 0, **options)

    def _validate_input(self, X, y, incremental, reset):
        rows = read_collections(self._client(), self, X, y, first=reset)
        self._take_notice(rows.summaries, incremental)
        return rows, RemoteTargets((rows.shape[0], self._count_outputs(rows.summaries)))

    def _encode(self, X, y):
        rows = read_collections(self._client(), self, X, y, first=False)
        self._check_known(rows.summaries)
        return rows, RemoteTargets((rows.shape[0], self._count_outputs(rows.summaries)))

    def _take_notice(self, summaries, incremental):
        """Set the attributes that say what the targets are."""

    def _check_known(self, summaries):
        """Check targets by what the attributes say."""

    def _count_outputs(self, summaries):
        """Return how many outputs the network has."""
        return summaries[0].n_outputs

    def _engine_for_loss(self, engine, recipe):
        if recipe.loss.parameters:
            raise ValueError(f"loss={self.loss!r}: several quantiles need a local estimator.")
        return engine

    def _weigh(self, targets, X, y, sample_weight, dtype=None):
        return weigh(self._client(), targets, X, sample_weight, dtype)

    def _validation_set(self, given, targets, n_outputs):
        if given.X is None:
            return None
        try:
            X, y = self._encode(given.X, given.y)
            if y.shape[-1] != n_outputs:
                raise ValueError(f"y has {y.shape[-1]} outputs, but {n_outputs} were expected.")
            weights, _ = self._weigh(targets, X, y, given.weights)
        except ValueError as error:
            raise ValueError(f"X_val, y_val (the validation set): {error}") from error
        return X, weights

    def _make_data(self, X, y, weights, form):
        """Return what stands for the rows; workers encode the targets."""
        self.synchronise_ = "update"  # of solvers that take all rows
        return self._remote_data(X, weights, form[0])

    def _remote_data(self, X, weights, dtype):
        client = self._client()
        places = make_places(client, X, self._targets(), weights, dtype)
        return RemoteData(X._replace(dtype=np.dtype(dtype)), ShardTeam(client, places))

    def _set_up_updates(self, setup, recipe, network, data, y, validation, holds_out):
        """Return the recipe and the setup of solvers that update weight by weight."""
        seed = int(setup.random_state.randint(MOST_SEEDS))
        team = data.team
        if holds_out:
            team.held_out = held_out_rows(team.places, recipe.validation.fraction)
        n_rows = team.n_rows - sum(team.held_out.values())
        size = recipe.batches.size, recipe.optimizer.all_rows, n_rows
        warn_of_clipping(*size)
        own_size = rows_of_batch(*size)
        way = self.synchronise_ = self._choose_way(recipe, network, data, seed, own_size)
        team.described = f"{seed} {self.shuffle} {data.X.n_rows} {way}"
        scoring = recipe.validation.scoring
        if holds_out:
            setup = setup._replace(validation=make_validator(scoring, data, held=True))
        elif validation is not None:
            X, weights = validation
            given = self._remote_data(X, weights, network.vector.dtype)
            setup = setup._replace(validation=make_validator(scoring, given, held=False))
        if way == "epoch":
            # Of the batches that workers train on at the same time, taken together.
            size = -(-n_rows // team.n_batches(own_size)), *size[1:]
            team.described += f" {team.shards}"
        batches = recipe.batches._replace(size=rows_of_batch(*size), shuffle=False)
        make = functools.partial(_run, make_run(way, own_size), self._spec(seed))
        engine = setup.engine._replace(Training=make)
        setup = setup._replace(engine=engine, rows=range(n_rows))
        return recipe._replace(batches=batches), setup

    def _choose_way(self, recipe, network, data, seed, batch_size):
        """Return how the updates are distributed."""
        if recipe.optimizer.all_rows or self.synchronise == "update":
            return "update"
        if self.synchronise == "epoch" or self._not_by_sums() or len(data.team.shards) == 1:
            return "epoch"
        spec = self._spec(seed)._replace(
            layout=network.layout,
            objective=recipe.objective,
            regularisation=recipe.regularisation._replace(masks=network.masks()),
            dtype=network.vector.dtype,
        )
        data.team.begin(spec)
        n_batches = -(-data.team.n_rows // batch_size)
        return measure(data.team, network.vector, n_batches).way

    def __sklearn_clone__(self):
        # A client cannot be copied, and clones are to use the same one.
        twin, client = self._shallow_copy(), self.client
        twin.client = None
        new = super(DistributedNetwork, twin).__sklearn_clone__()
        new.client = client
        return new

    def __getstate__(self):
        return {**super().__getstate__(), "client": None}


def _objective(spec, layout, data, objective, regularisation):
    return DistributedObjective(layout, data, objective, spec, regularisation)


def _run(make, spec, layout, vector, states, data, objective, course, **options):
    """Make a training run as engines do."""
    regularisation = options["regularisation"]
    return make(layout, vector, states, data, objective, course, spec, regularisation)
