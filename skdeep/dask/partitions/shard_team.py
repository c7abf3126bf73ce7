"""The client's side of the shard holders: where partitions are, calls of all of them, recovery."""

import time
from typing import NamedTuple

import distributed
import numpy as np

from skdeep.dask.partitions.shard_holder import Answer, ShardHolder, add, start_calls
from skdeep.dask.partitions.waiting import INTERVAL, are_done
from skdeep.engines import signals

#: Most holders that are called from one place; those below are called by these.
FAN_OUT = 8
#: How often a fit goes on after workers were lost, while nothing succeeds.
MOST_LOSSES = 3
#: Seconds to wait for a worker where there is none.
PATIENCE = 60.0


class LostPartitions(RuntimeError):
    """Partitions that were lost with their workers and could not be computed again."""


class Places(NamedTuple):
    """The partitions of a team.

    Attributes
    ----------
    futures : list of Future
        Of `Partition`.
    indices : list of int
        Their indices among all partitions of the collection, empty ones included.
    n_rows : list of int
    owners : list of str
        The workers that are to have them, if they are there.
    """

    futures: list
    indices: list
    n_rows: list
    owners: list


class ShardTeam:
    """Partitions on the workers of a cluster, held by an actor on every worker.

    Which partitions make up a shard is decided once, by the workers that have them when a fit
    begins. A shard whose worker is lost moves to another worker as a whole.

    Parameters
    ----------
    client : distributed.Client
    places : Places

    Attributes
    ----------
    shards : list of list of int
        Places of the partitions of every shard, in ascending order; shards are in the order of
        their first partitions.
    n_rows : int
    held_out : dict of int to int
        How many rows of a partition are held out for validation, by its index.
    described : str
        What the numbers depend on beside the rows.
    """

    def __init__(self, client, places):
        self.client, self.places = client, places
        self.held_out, self.described = {}, ""
        self.n_rows = int(sum(places.n_rows))
        self._tree = self._actors = self._spec = None
        self._owners = self._wait_for_partitions()
        by_worker = {}
        for place, worker in enumerate(self._owners):
            by_worker.setdefault(worker, []).append(place)
        self.shards = list(by_worker.values())

    def begin(self, spec):
        """Tell the holders what the rows are trained for.

        Parameters
        ----------
        spec : Spec
        """
        self._spec = spec
        self._call_holders("begin", spec)

    def call(self, method, *arguments):
        """Call a method of all holders, and return the sum of what they return.

        Parameters
        ----------
        method : str
        *arguments : objects

        Returns
        -------
        values : tuple

        Raises
        ------
        LostPartitions
            If partitions were lost with their workers and could not be computed again, or the
            scheduler cannot be reached any more.
        """
        lost = ""
        with self.client.as_current():  # to which actors bind
            for _ in range(MOST_LOSSES):
                if self._tree is None and self._spec is not None:
                    lost = self._attempt("begin", (self._spec,))[1]
                    if lost:
                        continue
                values, lost = self._attempt(method, arguments)
                if not lost:
                    return values
        raise LostPartitions(
            f"Workers of the Dask cluster were lost {MOST_LOSSES} times in a row ({lost}), with "
            f"{self._missing()}. The last checkpoint, if there is one, is that of the last epoch "
            "that ended."
        )

    def _call_holders(self, method, *arguments):
        self._spec, spec = None, self._spec
        try:
            return self.call(method, *arguments)
        finally:
            self._spec = spec

    def _attempt(self, method, arguments):
        """Return the values of a call, and what was lost; empty if nothing was."""
        self.check_client()
        if self._tree is None:
            self._tree = self._make_tree()
        answer = None
        for call in self._start(method, arguments):
            own = self._wait(call)
            answer = own if answer is None else add(answer, own)
        if answer.error is not None:
            raise answer.error
        if answer.lost:
            self.check_client()
            self._tree = self._actors = None
        return answer.values, answer.lost

    def _start(self, method, arguments):
        """Return the calls of the holders at the top of the tree, or what kept them from it."""
        try:
            return start_calls(method, arguments, self._tree)
        except Exception as error:  # an actor whose worker is known to be lost
            return [Answer(None, lost=f"{type(error).__name__}: {error}")]

    def _wait(self, call):
        """Return the answer of a call, and deliver signals meanwhile."""
        while not isinstance(call, Answer):
            signals.deliver()
            self.check_client()
            try:
                call = call.result(timeout=INTERVAL)
            except distributed.TimeoutError:
                # A call of an actor whose worker is lost would never end.
                states = {future.status for future in self._actors}
                if states != {"finished"}:
                    call = Answer(None, lost=f"actors are {', '.join(sorted(states))}")
            except Exception as error:  # of the connection: others are part of the answer
                call = Answer(None, lost=f"{type(error).__name__}: {error}")
        return call

    def check_client(self):
        """Check that the client still has a scheduler.

        Raises
        ------
        LostPartitions
            If it has not.
        """
        if self.client.status != "running":
            raise LostPartitions(
                f"The Dask client is {self.client.status}: its scheduler cannot be reached, and "
                f"all {len(self.places.futures)} partitions are out of reach. The last checkpoint, "
                "if there is one, is that of the last epoch that ended."
            )

    def _wait_for_partitions(self):
        """Wait until all partitions are in memory, and return which worker has each of them."""
        futures, begin = self.places.futures, time.monotonic()
        while True:
            self.check_client()
            try:
                done = are_done(self.client, futures)
            except distributed.CancelledError:
                self._check_futures()  # which says more
                raise
            present = set(self.client.nthreads())  # the loss of a worker may just be noticed
            if present:
                begin = time.monotonic()
            elif time.monotonic() - begin > PATIENCE:
                raise self._lost_for_good("the cluster has no workers")
            if done:
                self._check_futures()
                owners = self.client.who_has(futures)
                owners = [present.intersection(owners.get(future.key) or ()) for future in futures]
                if all(owners):
                    pairs = zip(self.places.owners, owners, strict=True)
                    return [wanted if wanted in each else min(each) for wanted, each in pairs]

    def _check_futures(self):
        """Raise an error that names the partition that could not be computed."""
        for index, future in zip(self.places.indices, self.places.futures, strict=True):
            if future.status in ("error", "cancelled"):  # one that is lost is computed again
                cause = future.exception() if future.status == "error" else None
                why = f"{type(cause).__name__}: {cause}" if cause else f"it is {future.status}"
                raise self._lost_for_good(f"partition {index}: {why}") from cause

    def _lost_for_good(self, why):
        return LostPartitions(
            f"Partitions were lost and could not be computed again: {why}. The last checkpoint, if "
            "there is one, is that of the last epoch that ended."
        )

    def _missing(self):
        """Return which partitions no worker has, for messages."""
        owners = self.client.who_has(self.places.futures)
        pairs = zip(self.places.indices, self.places.futures, strict=True)
        missing = [index for index, future in pairs if not owners.get(future.key)]
        return f"the partitions {missing}" if missing else "no partition missing at present"

    def _make_tree(self):
        """Make the holders, and return them as a tree."""
        while True:
            owners, by_worker = self._wait_for_partitions(), {}
            for number, shard in enumerate(self.shards):
                # Most of a shard that has moved may be here and there.
                workers = [owners[place] for place in shard]
                by_worker.setdefault(max(sorted(set(workers)), key=workers.count), []).append(
                    number
                )
            self._actors = [self._submit_holder(*pair) for pair in by_worker.items()]
            if self._are_made(set(by_worker)):
                return as_tree([future.result() for future in self._actors])
            self._actors = None

    def _submit_holder(self, worker, numbers):
        """Have a holder of some shards made on a worker."""
        places = [place for number in numbers for place in self.shards[number]]
        return self.client.submit(
            ShardHolder,
            [(number, len(self.shards[number])) for number in numbers],
            *(self.places.futures[place] for place in places),
            workers=[worker],
            actor=True,
            pure=False,
        )

    def _are_made(self, workers):
        """Wait until all holders are made; return whether none of their workers was lost."""
        while not are_done(self.client, self._actors):
            self.check_client()
            self._check_futures()
            if not workers <= set(self.client.nthreads()):
                return False
        return all(future.status == "finished" for future in self._actors)

    @property
    def shares(self):
        """The share of the rows to train on that every shard has, by its number."""
        rows = self._train_rows()
        sums = [sum(rows[place] for place in shard) for shard in self.shards]
        return {number: n / sum(sums) for number, n in enumerate(sums) if n}

    def n_batches(self, batch_size):
        """Return how many batches the shard with most of them has in an epoch.

        Parameters
        ----------
        batch_size : int

        Returns
        -------
        n_batches : int
        """
        batches = [-(-n // batch_size) for n in self._train_rows()]
        return max(sum(batches[place] for place in shard) for shard in self.shards)

    def _train_rows(self):
        """Return how many rows to train on every partition has."""
        pairs = zip(self.places.indices, self.places.n_rows, strict=True)
        return [n - self.held_out.get(index, 0) for index, n in pairs]

    def spread_rows(self, count):
        """Return places of some rows to train on, spread over all partitions.

        Parameters
        ----------
        count : int

        Returns
        -------
        places : dict of int to array of int
            Among the rows of a partition, by its index.
        """
        rows, start, found = self._train_rows(), 0, {}
        step = 1 + (sum(rows) - 1) // count
        for index, n_rows in zip(self.places.indices, rows, strict=True):
            places = np.arange(-start % step, n_rows, step)
            start += n_rows
            if len(places):
                found[index] = places
        return found


def as_tree(actors):
    """Return actors as a tree: a list of those at the top, each with those below it.

    Parameters
    ----------
    actors : list of Actor

    Returns
    -------
    tree : list of tuple of Actor and list
    """
    if not actors:
        return []
    groups = [actors[first::FAN_OUT] for first in range(min(FAN_OUT, len(actors)))]
    return [(group[0], as_tree(group[1:])) for group in groups]
