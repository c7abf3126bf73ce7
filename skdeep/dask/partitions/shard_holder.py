"""The actor that holds the partitions of a worker, and computes on them."""

from typing import NamedTuple

import numpy as np
import scipy.sparse
from distributed import Future, TimeoutError, get_client, get_worker

from skdeep.dask.partitions.score_sums import sums_of
from skdeep.engines.choice import find_engine
from skdeep.engines.cpu.runs.validation import loss_of_outputs
from skdeep.engines.problem import Data
from skdeep.network.guard import guard
from skdeep.training.run_description import digest
from skdeep.training.seeds import seed_from
from skdeep.training.stochastic.through_chunks import Reached, Terms, steps_of, train_chunk

#: What seeds are drawn for, so that no two purposes share one.
ORDER, SHARDS, HELD_OUT, NOISE = range(4)
#: Seconds between two looks at whether the worker of an actor is lost.
INTERVAL = 0.5


class Spec(NamedTuple):
    """What the rows are trained for.

    Attributes
    ----------
    layout : Layout
    objective : Objective
    regularisation : Regularisation
    dtype : numpy dtype
        Of the features and the network.
    targets : ClassTargets or NumberTargets
    device : str
    n_threads : int or None
        None for the threads of the worker.
    shuffle : bool
    seed : int
        Of the orders of the rows, and of the choice of those held out.
    held_out : dict of int to int
        How many rows of a partition are held out for validation, by its index; those that are not
        in it have none.
    """

    layout: object
    objective: object
    regularisation: object
    dtype: object
    targets: object
    device: str
    n_threads: int | None
    shuffle: bool = True
    seed: int = 0
    held_out: dict = {}


class EpochTask(NamedTuple):
    """One epoch of local training.

    Attributes
    ----------
    number : int
        Of the epoch, by which its order is drawn.
    course : Course
        Of the whole training, with the batch size of a worker.
    rate : float
        Learning rate.
    update : int
        Updates done before.
    steps : array of shape (n_steps, 1 + n_rule_parameters) or None
        Learning rates and parameters of the rule over the epoch, where schedules change them.
    shares : dict of int to float
        Of all rows, those of every shard.
    """

    number: int
    course: object
    rate: float
    update: int
    steps: object
    shares: dict


class Answer(NamedTuple):
    """What a call of the actors returns.

    Attributes
    ----------
    values : tuple or None
        Sums over all partitions.
    error : Exception or None
        Of the computation.
    lost : str
        Whom a holder did not reach; empty if it reached all.
    """

    values: tuple | None
    error: Exception | None = None
    lost: str = ""


def add(answer, other):
    """Return the sum of two answers, or the first of them that is no sum."""
    for each in (answer, other):
        if each.error is not None or each.lost:
            return each
    return Answer(tuple(a + b for a, b in zip(answer.values, other.values, strict=True)))


class ShardHolder:
    """Holds shards: groups of partitions that stay together. An actor of Dask.

    Parameters
    ----------
    shards : list of tuple of int
        For every shard its number, and how many of the partitions are its own.
    *partitions : Partition
        Those of the first shard, then those of the next.
    """

    def __init__(self, shards, *partitions):
        self._shards, start = {}, 0
        for number, count in shards:
            self._shards[number] = partitions[start : start + count]
            start += count
        self._partitions = list(partitions)
        self.spec = self._engine = self._rows = None
        self._objectives, self._orders = {}, (None, {})

    def begin(self, spec):
        """Take note of what the rows are trained for."""
        self.spec, self._objectives, self._orders = spec, {}, (None, {})
        n_threads = spec.n_threads or get_worker().state.nthreads
        self._engine = guard(find_engine(spec.device, n_threads, needed=True))
        return (1,)

    def reduce(self, method, arguments, below):
        """Call a method here and of all holders below, and return the sum of the answers.

        Parameters
        ----------
        method : str
        arguments : tuple
        below : list of tuple of Actor and list
            The holders to be called from here, with those below them.

        Returns
        -------
        answer : Answer
        """
        started = start_calls(method, arguments, below)
        try:
            answer = Answer(getattr(self, method)(*arguments))
        except Exception as error:
            answer = Answer(None, error)
        for call, (actor, _) in zip(started, below, strict=True):
            answer = add(answer, _answer_of(call, actor))
        return answer

    def echo(self, vector):
        """Return a vector as long as a gradient: what a message costs without a computation."""
        return (vector * 0,)

    def counts(self):
        """Return how many rows to train on there are."""
        return (sum(self._n_train(p) for p in self._partitions),)

    def digests(self):
        """Return a digest of the rows of every partition, with its index."""
        return ([(p.index, digest(p.X, p.targets, p.weights)) for p in self._partitions],)

    def sample(self, wanted):
        """Return some rows of the partitions here: those of training, by their places.

        Parameters
        ----------
        wanted : dict of int to array of int
            Places among the rows of a partition, by its index.
        """
        found = []
        for p in self._partitions:
            if p.index in wanted:
                rows = self._train_rows(p)
                places = wanted[p.index]
                found.append((p.index, self._take(p, places if rows is None else rows[places])))
        return (found,)

    def sums(self, vector):
        """Return the loss and the gradient, summed over all rows, and the sum of their weights."""
        loss, weight, gradient = 0.0, 0.0, np.zeros_like(vector)
        for p in self._partitions:
            if self._n_train(p) == 0:
                continue
            if p.index not in self._objectives:
                self._objectives[p.index] = self._make_objective(self._train_data(p))
            function, own = self._objectives[p.index]
            if own:
                value, slope = function(vector)
                loss, weight, gradient = loss + own * value, weight + own, gradient + own * slope
        return loss, weight, gradient

    def share(self, vector, epoch, update, batch, n_batches):
        """Return what `sums` does of the rows of a mini-batch that are here, and their number.

        A mini-batch has the same share of every partition, up to rounding.
        """
        wanted = []
        for p in self._partitions:
            order = self._order(p, epoch)
            first, end = (k * len(order) // n_batches for k in (batch, batch + 1))
            if end > first:
                wanted.append((p, order[first:end]))
        # Noise is drawn for every partition, so that it does not depend on what else is here.
        groups = [[each] for each in wanted] if self.spec.regularisation.is_random else [wanted]
        total = 0.0, 0.0, np.zeros_like(vector), 0
        for group in filter(None, groups):
            found = self._sums_of_batch(vector, group, update)
            total = tuple(a + b for a, b in zip(total, found, strict=True))
        return total

    def _sums_of_batch(self, vector, wanted, update):
        """Return what `share` does of the given rows of some partitions."""
        data = self._gather(wanted)
        function, weight = self._make_objective(data, update, wanted[0][0].index)
        if not weight:
            return 0.0, 0.0, np.zeros_like(vector), data.X.shape[0]
        value, slope = function(vector)
        return weight * value, weight, slope * slope.dtype.type(weight), data.X.shape[0]

    def train_epoch(self, vector, states, task):
        """Train every shard here for an epoch, each from the same network.

        Returns
        -------
        vector, states : arrays
            Times the share of the shard, summed.
        loss, norm, layer_norms : float, float, array
            Of an epoch's batches, likewise.
        """
        total = np.zeros_like(vector), np.zeros_like(states), 0.0, 0.0, 0.0
        for number, partitions in self._shards.items():
            share = task.shares.get(number, 0.0)
            if share == 0.0:
                continue
            reached, kept, record = self._train_shard(number, partitions, vector, states, task)
            kind = reached.dtype.type(share)
            found = kind * reached, kind * kept, *(share * each for each in record)
            total = tuple(a + b for a, b in zip(total, found, strict=True))
        return total

    def _train_shard(self, number, partitions, vector, states, task):
        """Train through the partitions of a shard, one after the other."""
        partitions, sizes = self._in_order(number, partitions, task)
        counts = [-(-n // task.course.batch_size) for n in sizes]
        seed = seed_from(self.spec.regularisation.seed, NOISE, number)
        regularisation = self.spec.regularisation._replace(seed=seed)
        terms = Terms(self.spec.layout, self.spec.objective, task.course, regularisation)
        reached = Reached(vector, states, task.update)
        for p, count in zip(partitions, counts, strict=True):
            data, order = Data(p.X, p.targets, p.weights), self._order(p, task.number)
            steps = steps_of(task.steps, reached.n_batches, count, sum(counts))
            reached = train_chunk(self._engine, terms, reached, data, order, task.rate, steps)
        return reached.vector, reached.states, reached.record()

    def _in_order(self, number, partitions, task):
        """Return the partitions that have rows, in the order of an epoch, and their rows."""
        filled = [p for p in partitions if self._n_train(p)]
        if self.spec.shuffle:
            seed = seed_from(self.spec.seed, SHARDS, task.number, number)
            places = np.random.RandomState(seed).permutation(len(filled))
            filled = [filled[place] for place in places]
        return filled, [self._n_train(p) for p in filled]

    def outcome(self, vector, held):
        """Return what the network makes of rows that are held out, or of all.

        Returns
        -------
        loss, weight : float
            Sum of the losses, and of the weights.
        sums : ClassSums or NumberSums
        """
        loss, weight, sums = 0.0, 0.0, None
        for p in self._partitions:
            rows = self._held_rows(p) if held else None
            if (held and len(rows) == 0) or p.X.shape[0] == 0:
                continue
            data = self._take(p, rows)
            y = p.y if rows is None else p.y[rows]
            outputs = self._engine.predict(self.spec.layout, vector, data.X)
            own = float(data.X.shape[0] if data.weights is None else np.sum(data.weights))
            if own:
                loss += own * loss_of_outputs(outputs, data, self.spec.objective)
            found = sums_of(self.spec.targets, y, outputs, data.weights)
            weight, sums = weight + own, found if sums is None else sums + found
        return loss, weight, [] if sums is None else [sums]

    def _make_objective(self, data, update=0, index=0):
        """Return the objective on some rows without the penalty, and the sum of their weights.

        Noise, if there is any, is that of the update, and of the partition of this index.
        """
        rows = data.X.shape[0]
        weight = float(rows if data.weights is None else np.sum(data.weights, dtype=np.float64))
        regularisation = self.spec.regularisation
        if regularisation.is_random:
            seed = seed_from(regularisation.seed, NOISE, update, index)
            regularisation = regularisation._replace(seed=seed)
        objective = self.spec.objective._replace(alpha=0.0)
        form = self.spec.layout, data, objective
        return self._engine.FullBatch(*form, regularisation=regularisation), weight

    def _split_rows(self, p):
        """Return the numbers of all rows of a partition, those held out first."""
        seed = seed_from(self.spec.seed, HELD_OUT, p.index)
        return np.random.RandomState(seed).permutation(p.X.shape[0])

    def _held_rows(self, p):
        return np.sort(self._split_rows(p)[: self.spec.held_out.get(p.index, 0)])

    def _train_rows(self, p):
        """Return the rows of a partition to train on; None for all."""
        n_held = self.spec.held_out.get(p.index, 0)
        return np.sort(self._split_rows(p)[n_held:]) if n_held else None

    def _n_train(self, p):
        return p.X.shape[0] - (0 if self.spec is None else self.spec.held_out.get(p.index, 0))

    def _order(self, p, epoch):
        """Return the rows of a partition to train on in the order of an epoch."""
        if self._orders[0] != epoch:
            self._orders = epoch, {}
        orders = self._orders[1]
        if p.index not in orders:
            rows = self._train_rows(p)
            rows = np.arange(p.X.shape[0]) if rows is None else rows
            if self.spec.shuffle:
                seed = seed_from(self.spec.seed, ORDER, epoch, p.index)
                np.random.RandomState(seed).shuffle(rows)
            orders[p.index] = rows
        return orders[p.index]

    def _gather(self, wanted):
        """Return some rows of several partitions; dense ones in memory that is used again."""
        n_rows = sum(len(rows) for _, rows in wanted)
        shape = n_rows, wanted[0][0].X.shape[1]
        dense = all(isinstance(p.X, np.ndarray) and p.X.dtype == self.spec.dtype for p, _ in wanted)
        if not dense:
            return together([self._take(p, rows) for p, rows in wanted])
        if self._rows is None or self._rows.shape != shape or self._rows.dtype != self.spec.dtype:
            self._rows = np.empty(shape, self.spec.dtype)
        parts, start = [], 0
        for p, rows in wanted:
            parts.append(self._take(p, rows, self._rows[start : start + len(rows)]))
            start += len(rows)
        columns = list(zip(*parts, strict=True))[1:]
        rest = (None if each[0] is None else np.concatenate(each) for each in columns)
        return Data(self._rows, *rest)

    def _train_data(self, p):
        return self._take(p, self._train_rows(p))

    def _take(self, p, rows, out=None):
        """Return some rows of a partition, or all, in the precision of the network.

        Features are written to `out`, where it is given.
        """
        targets, weights = (
            each if rows is None or each is None else each[rows] for each in (p.targets, p.weights)
        )
        if out is not None:  # the rows are within the partition, which `take` need not check
            return Data(np.take(p.X, rows, axis=0, out=out, mode="clip"), targets, weights)
        X = p.X if rows is None else p.X[rows]
        return Data(X.astype(self.spec.dtype, copy=False), targets, weights)


def start_calls(method, arguments, holders):
    """Begin a call of several holders, and of those below them.

    Parameters
    ----------
    method : str
    arguments : tuple
    holders : list of tuple of Actor and list

    Returns
    -------
    calls : list of ActorFuture
    """
    return [actor.reduce(method, arguments, below) for actor, below in holders]


def _answer_of(call, actor):
    """Return the answer of a call of another holder, or that it is lost."""
    while True:
        try:
            return call.result(timeout=INTERVAL)
        except TimeoutError:
            state = Future(actor.key, get_client()).status
            if state != "finished":  # the call would never end
                return Answer(None, lost=f"an actor is {state}")
        except Exception as error:  # of the connection: others are part of the answer
            return Answer(None, lost=f"{type(error).__name__}: {error}")


def together(parts):
    """Return the rows of several data as those of one.

    Parameters
    ----------
    parts : list of Data

    Returns
    -------
    data : Data
    """
    if len(parts) == 1:
        return parts[0]
    columns = list(zip(*parts, strict=True))
    stack = scipy.sparse.vstack if scipy.sparse.issparse(columns[0][0]) else np.concatenate
    X = stack(columns[0], format="csr") if stack is scipy.sparse.vstack else stack(columns[0])
    weights = None if columns[2][0] is None else np.concatenate(columns[2])
    return Data(X, np.concatenate(columns[1]), weights)
