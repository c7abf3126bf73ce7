"""The client's side of reading Dask collections: what is checked before any training."""

import dask
import numpy as np
from dask import core
from distributed import futures_of

from skdeep.dask.partitions import partition_input
from skdeep.dask.partitions.chunks import align, split
from skdeep.dask.partitions.shard_team import Places
from skdeep.dask.partitions.stand_ins import RemoteRows, RemoteWeights
from skdeep.dask.partitions.waiting import are_done, collect
from skdeep.estimators.inputs.sample_weights import in_range
from skdeep.estimators.targets.labels import check_class_weight


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
        dask.delayed(partition_input.read)(index, *parts, probe, first)
        for index, parts in enumerate(zip(chunks.parts, targets.parts, strict=True))
    ]
    owners = find_owners(client, X, len(tasks))
    futures = _compute(client, tasks, owners)
    summaries = collect(client, client.map(partition_input.summary_of, futures, pure=False))
    _check_partitions(summaries)
    kept = [summary for summary in summaries if summary.n_rows]
    _set_features(estimator, kept, first)
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


def _check_partitions(summaries):
    """Raise the first error; check that all partitions have the same features and targets."""
    for summary in summaries:
        raise_error(summary)
    filled = [summary for summary in summaries if summary.n_rows]
    if not filled:
        raise ValueError(
            f"Found array with 0 sample(s) (in {len(summaries)} partitions) while a minimum of 1 "
            "is required."
        )
    first = filled[0]
    for other in filled[1:]:
        for name, what in (("n_features", "features"), ("n_outputs", "outputs")):
            ours, theirs = getattr(first, name), getattr(other, name)
            if ours != theirs:
                raise ValueError(
                    f"Partition {other.index} has {theirs} {what}, but partition {first.index} has "
                    f"{ours}."
                )
        if first.sparse != other.sparse or first.matrix != other.matrix:
            raise ValueError(
                f"Partition {other.index} is not of the same kind as partition {first.index}: all "
                "must be sparse or all dense, and y a matrix in all or in none."
            )


def raise_error(facts):
    """Raise the error of a partition, if there is one, with the name of the partition."""
    error = facts.error
    if error is None:
        return
    kind = TypeError if isinstance(error, TypeError) else ValueError
    raise kind(f"Partition {facts.index}: {error}") from error


def _set_features(estimator, summaries, first):
    """Set the attributes of an estimator that say what its features are, and compare all names."""
    for summary in summaries[1:]:
        ours, theirs = summaries[0].names, summary.names
        if (ours is None) != (theirs is None) or (ours is not None and any(ours != theirs)):
            raise ValueError(
                f"The features of partition {summary.index} have other names than those of "
                f"partition {summaries[0].index}: {theirs} instead of {ours}."
            )
    if not first:
        return
    estimator.n_features_in_ = summaries[0].n_features
    names = summaries[0].names
    vars(estimator).pop("feature_names_in_", None)
    if names is not None:
        estimator.feature_names_in_ = names


def weigh(client, targets, X, sample_weight):
    """Have the workers check the weights, and return what stands for them, and their unit.

    Parameters
    ----------
    client : distributed.Client
    targets : ClassTargets or NumberTargets
    X : RemoteRows
    sample_weight : dask collection or None

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
        submit_to(client, owner, partition_input.weigh, rows, part, targets)
        for owner, rows, part in zip(X.owners, X.parts, parts, strict=True)
    ]
    found = collect(client, client.map(partition_input.facts_of, futures, pure=False))
    for facts in found:
        raise_error(facts)
    if not sum(facts.total for facts in found) > 0:
        raise ValueError(
            "sample_weight must not sum to 0 (with class_weight, the products count): the loss is "
            "a mean weighted by it."
        )
    largest = np.array([max(facts.largest for facts in found)])
    unit = in_range(largest, X.dtype)[1]
    return RemoteWeights(futures, unit), unit


def with_class_weights(targets, summaries):
    """Return targets whose class weights are numbers, of all partitions for "balanced".

    Parameters
    ----------
    targets : ClassTargets
    summaries : list of Summary

    Returns
    -------
    targets : ClassTargets
    """
    weight = getattr(targets, "class_weight", None)
    if weight is None:
        return targets
    check_class_weight(weight)
    if weight != "balanced":
        return targets
    n_rows = sum(summary.n_rows for summary in summaries)
    if summaries[0].labels is None:
        true = sum(summary.counts for summary in summaries)
        pairs = [{0: n_rows - n, 1: n} for n in true.tolist()]
        return targets._replace(class_weight=[_balanced(pair, n_rows) for pair in pairs])
    counts = {}
    for summary in summaries:
        for label, count in zip(summary.labels.tolist(), summary.counts.tolist(), strict=True):
            counts[label] = counts.get(label, 0) + count
    return targets._replace(class_weight=_balanced(counts, n_rows))


def _balanced(counts, n_rows):
    counts = {label: count for label, count in counts.items() if count}
    return {label: n_rows / (len(counts) * count) for label, count in counts.items()}


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
        submit_to(client, owner, partition_input.encode, rows, weight, targets, dtype, unit)
        for owner, rows, weight in zip(X.owners, X.parts, own, strict=True)
    ]
    return Places(futures, X.indices, X.n_rows, X.owners)
