"""What is known of rows that come in chunks: features, labels, weights of classes."""

import numpy as np

from skdeep.estimators.targets.labels import check_class_weight, check_known, fit_binarizer


def check_alike(summaries, what="Partition"):
    """Raise the first error; check that all chunks have the same features and targets.

    Parameters
    ----------
    summaries : list of Summary
    what : str, default="Partition"
        What messages call a chunk.
    """
    for summary in summaries:
        raise_error(summary, what)
    filled = [summary for summary in summaries if summary.n_rows]
    if not filled:
        raise ValueError(
            f"Found array with 0 sample(s) (in {len(summaries)} parts) while a minimum of 1 "
            "is required."
        )
    first = filled[0]
    for other in filled[1:]:
        for name, counted in (("n_features", "features"), ("n_outputs", "outputs")):
            ours, theirs = getattr(first, name), getattr(other, name)
            if ours != theirs:
                raise ValueError(
                    f"{what} {other.index} has {theirs} {counted}, but {what.lower()} "
                    f"{first.index} has {ours}."
                )
        if first.sparse != other.sparse or first.matrix != other.matrix:
            raise ValueError(
                f"{what} {other.index} is not of the same kind as {what.lower()} {first.index}: "
                "all must be sparse or all dense, and y a matrix in all or in none."
            )


def raise_error(facts, what="Partition"):
    """Raise the error of a chunk, if there is one, with the number of the chunk.

    Parameters
    ----------
    facts : Summary or Weights
    what : str, default="Partition"
        What messages call a chunk.
    """
    error = facts.error
    if error is None:
        return
    kind = TypeError if isinstance(error, TypeError) else ValueError
    raise kind(f"{what} {facts.index}: {error}") from error


def set_features(estimator, summaries, first, what="Partition"):
    """Set the attributes of an estimator that say what its features are, and compare all names.

    Parameters
    ----------
    estimator : estimator
    summaries : list of Summary
    first : bool
        Whether they are set.
    what : str, default="Partition"
        What messages call a chunk.
    """
    for summary in summaries[1:]:
        ours, theirs = summaries[0].names, summary.names
        if (ours is None) != (theirs is None) or (ours is not None and any(ours != theirs)):
            raise ValueError(
                f"The features of {what.lower()} {summary.index} have other names than those of "
                f"{what.lower()} {summaries[0].index}: {theirs} instead of {ours}."
            )
    if not first:
        return
    estimator.n_features_in_ = summaries[0].n_features
    names = summaries[0].names
    vars(estimator).pop("feature_names_in_", None)
    if names is not None:
        estimator.feature_names_in_ = names


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


def check_labels(summaries, classes, what="Partition"):
    """Check that the labels of all chunks are known.

    Parameters
    ----------
    summaries : list of Summary
    classes : array of shape (n_classes,)
    what : str, default="Partition"
        What messages call a chunk.

    Raises
    ------
    ValueError
        If there are others; the message has the number of the chunk.
    """
    for summary in summaries:
        if summary.labels is None:
            if not summary.matrix or summary.n_outputs != len(classes):
                raise ValueError(
                    f"{what} {summary.index}: y has {summary.n_outputs} labels, but "
                    f"{len(classes)} were expected."
                )
            continue
        try:
            check_known(summary.labels, classes)
        except ValueError as error:
            raise ValueError(f"{what} {summary.index}: {error}") from error


def binarizer_of(summaries, classes=None):
    """Return a binarizer that knows the labels of all partitions.

    Parameters
    ----------
    summaries : list of Summary
    classes : array-like of shape (n_classes,) or None, default=None
        Labels that were announced.

    Returns
    -------
    binarizer : LabelBinarizer
    """
    if summaries[0].labels is None:
        return fit_binarizer(np.eye(summaries[0].n_outputs, dtype=int))
    if classes is None:
        classes = np.unique(np.concatenate([summary.labels for summary in summaries]))
    return fit_binarizer(np.unique(classes))
