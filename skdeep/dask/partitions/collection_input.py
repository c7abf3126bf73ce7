"""The client's side of reading Dask collections: what is checked before any training."""

import dask
import numpy as np
from dask import core
from distributed import futures_of

from skdeep.dask.partitions.chunks import align, split
from skdeep.dask.partitions.shard_team import Places
from skdeep.dask.partitions.stand_ins import RemoteRows, RemoteWeights
from skdeep.dask.partitions.waiting import are_done, collect
from skdeep.estimators.chunked import chunk_rows
from skdeep.estimators.chunked.chunk_facts import (
    check_alike,
    raise_error,
    set_features,
    with_class_weights,
)
from skdeep.estimators.inputs.sample_weights import in_range


def read_collections(client, estimator, X, y, first):
    """Have the workers check the rows of collections, and return what stands for them.

    Parameters
    ----------
    client : distributed.Client
    estimator : DaskMLPClassifier or DaskMLPRegressor
        ``n_features_in_`` and ``feature_names_in_`` are set at the first fit.
    X, y : dask collections
    first : bool

    Returns
    -------
    rows : RemoteRows

    Raises
    ------
    ValueError, TypeError
        If the rows are invalid; the message names the partition.
    """
    if y is None:
        raise ValueError(
            f"{type(estimator).__name__} requires y to be passed, but the target y is None."
        )
    chunks = split("X", X)
    if chunks.n_rows is not None and chunks.collection.ndim != 2:
        raise ValueError("X must be a matrix, of shape (n_samples, n_features).")
    targets = align(chunks, split("y", y))
    probe = dask.delayed(_probe(estimator, first), traverse=False)
    tasks = [
        dask.delayed(chunk_rows.read)(index, *parts, probe, first)
        for index, parts in enumerate(zip(chunks.parts, targets.parts, strict=True))
    ]
    owners = find_owners(client, X, len(tasks))
    futures = _compute(client, tasks, owners)
    summaries = collect(client, client.map(chunk_rows.summary_of, futures, pure=False))
    check_alike(summaries)
    kept = [summary for summary in summaries if summary.n_rows]
    set_features(estimator, kept, first)
    indices = [summary.index for summary in kept]
    n_rows = [summary.n_rows for summary in kept]
    shape = sum(n_rows), kept[0].n_features
    dtype = np.result_type(*(summary.dtype for summary in kept))
    parts = [futures[index] for index in indices]
    owners = [owners[index] for index in indices]
    facts = kept[0].sparse, parts, indices, n_rows, owners, chunks, kept
    return RemoteRows(shape, dtype, *facts)


def _probe(estimator, first):
    """Return a local estimator that checks rows, without a network."""
    probe = estimator._local_class()
    names = [name for name in estimator.get_params(deep=False) if hasattr(probe, name)]
    probe.set_params(**{name: getattr(estimator, name) for name in names if name != "init_from"})
    if not first:
        for name in ("n_features_in_", "feature_names_in_"):
            if hasattr(estimator, name):
                setattr(probe, name, getattr(estimator, name))
    return probe


def find_owners(client, collection, n_parts):
    """Return the workers that are to have the partitions of a collection.

    Those of a collection in the memory of the workers stay where they are. Others are spread over
    the workers in their order, so that the same chunks always make up the same shards.

    Parameters
    ----------
    client : distributed.Client
    collection : dask collection
    n_parts : int

    Returns
    -------
    owners : list of str
        Addresses, one for every partition.
    """
    workers = sorted(client.nthreads())
    owners = [workers[place * len(workers) // n_parts] for place in range(n_parts)]
    futures = futures_of(collection)
    keys = list(core.flatten(collection.__dask_keys__()))
    if {future.key for future in futures} != set(keys):
        return owners
    while not are_done(client, futures):
        continue
    found = client.who_has(futures)
    for place, key in enumerate(keys):
        present = sorted(found.get(key) or ())
        if present and owners[place] not in present:
            owners[place] = present[0]
    return owners


def _compute(client, tasks, owners):
    """Return futures of tasks, each on the worker that is to have it, as long as that is there."""
    futures = {}
    for owner in sorted(set(owners)):
        places = [place for place, each in enumerate(owners) if each == owner]
        options = {"workers": [owner], "allow_other_workers": True}
        own = client.compute([tasks[place] for place in places], **options)
        futures |= dict(zip(places, own, strict=True))
    return [futures[place] for place in range(len(tasks))]


def submit_to(client, owner, function, *arguments):
    """Return the future of a function that is called on a worker, if that is still there.

    Parameters
    ----------
    client : distributed.Client
    owner : str
        Address of the worker.
    function : callable
    *arguments : objects

    Returns
    -------
    future : Future
    """
    options = {"workers": [owner], "allow_other_workers": True, "pure": False}
    return client.submit(function, *arguments, **options)


def weigh(client, targets, X, sample_weight, dtype=None):
    """Have the workers check the weights, and return what stands for them, and their unit.

    Parameters
    ----------
    client : distributed.Client
    targets : ClassTargets or NumberTargets
    X : RemoteRows
    sample_weight : dask collection or None
    dtype : numpy dtype or None, default=None
        Precision of the network; None for that of X.

    Returns
    -------
    weights : RemoteWeights or None
    unit : float
        A power of 2. The penalty has to be divided by it.

    Raises
    ------
    ValueError
        If weights are invalid.
    """
    if sample_weight is None and getattr(targets, "class_weight", None) is None:
        return None, 1.0
    targets = with_class_weights(targets, X.summaries)
    parts = [None] * len(X.parts)
    if sample_weight is not None:
        chunks = align(X.chunks, split("sample_weight", sample_weight))
        own = client.compute(chunks.parts)
        parts = [own[index] for index in X.indices]
    futures = [
        submit_to(client, owner, chunk_rows.weigh, rows, part, targets)
        for owner, rows, part in zip(X.owners, X.parts, parts, strict=True)
    ]
    found = collect(client, client.map(chunk_rows.facts_of, futures, pure=False))
    for facts in found:
        raise_error(facts)
    if not sum(facts.total for facts in found) > 0:
        raise ValueError(
            "sample_weight must not sum to 0 (with class_weight, the products count): the loss is "
            "a mean weighted by it."
        )
    largest = np.array([max(facts.largest for facts in found)])
    unit = in_range(largest, X.dtype if dtype is None else dtype)[1]
    return RemoteWeights(futures, unit), unit


def make_places(client, X, targets, weights, dtype):
    """Have the workers encode the rows as training takes them.

    Parameters
    ----------
    client : distributed.Client
    X : RemoteRows
    targets : ClassTargets or NumberTargets
    weights : RemoteWeights or None
    dtype : numpy dtype
        Of the network.

    Returns
    -------
    places : Places
    """
    targets, unit = (
        with_class_weights(targets, X.summaries),
        1.0 if weights is None else weights.unit,
    )
    own = [None] * len(X.parts) if weights is None else weights.parts
    futures = [
        submit_to(client, owner, chunk_rows.encode, rows, weight, targets, dtype, unit)
        for owner, rows, weight in zip(X.owners, X.parts, own, strict=True)
    ]
    return Places(futures, X.indices, X.n_rows, X.owners)
