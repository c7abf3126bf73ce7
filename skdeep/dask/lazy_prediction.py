"""Predictions and scores of Dask collections, chunk by chunk."""

import functools
import operator
from typing import NamedTuple

import dask
import dask.array as da
import numpy as np
from dask.dataframe.utils import meta_nonempty
from scipy.sparse import issparse
from sklearn.metrics import accuracy_score
from sklearn.utils import check_array, check_consistent_length

from skdeep.dask.partitions.chunks import align, is_frame, split
from skdeep.dask.partitions.score_sums import ClassSums, sums_of
from skdeep.dask.partitions.waiting import collect
from skdeep.estimators.chunked.chunk_facts import raise_error


def predict_lazily(estimator, method, X):
    """Return the predictions for a Dask collection as a Dask array.

    Parameters
    ----------
    estimator : MLPClassifier or MLPRegressor
        Local and fitted.
    method : str
        Name of the method that predicts.
    X : dask array or frame of shape (n_samples, n_features)

    Returns
    -------
    predictions : dask array of shape (n_samples,) or (n_samples, n_outputs)
        Nothing of it is computed; its chunks are those of X.

    Raises
    ------
    ValueError
        If X has other features than the estimator was fitted with.
    """
    chunks = split("X", X)
    example = _example(estimator, method, X)
    model = dask.delayed(estimator, traverse=False)
    predict = dask.delayed(_predict)
    n_rows = chunks.n_rows or [np.nan] * len(chunks.parts)
    blocks = [
        da.from_delayed(
            predict(model, method, part, example), (n, *example.shape[1:]), meta=example
        )
        for part, n in zip(chunks.parts, n_rows, strict=True)
    ]
    return da.concatenate(blocks, allow_unknown_chunksizes=True)


def _example(estimator, method, X):
    """Return predictions of no rows, whose type and shape those of all rows have."""
    if X.ndim != 2:
        raise ValueError(f"X must be a matrix, of shape (n_samples, n_features), not {X.ndim}D.")
    if is_frame(X):
        predictions = getattr(estimator, method)(meta_nonempty(X._meta))[:0]
        return predictions.toarray() if issparse(predictions) else predictions
    n_features = estimator.n_features_in_ if np.isnan(X.shape[1]) else X.shape[1]
    row = np.zeros((1, n_features), dtype=np.float32 if X.dtype == np.float32 else np.float64)
    names = getattr(estimator, "feature_names_in_", None)
    if names is not None:
        vars(estimator).pop("feature_names_in_")
    try:
        predictions = getattr(estimator, method)(row)[:0]
        return predictions.toarray() if issparse(predictions) else predictions
    finally:
        if names is not None:
            estimator.feature_names_in_ = names


def _predict(estimator, method, part, example):
    """Return the predictions for a partition, which may be empty."""
    if part.shape[0] == 0:
        return example
    predictions = getattr(estimator, method)(part)
    return predictions.toarray() if issparse(predictions) else predictions


def score_of(client, estimator, X, y, sample_weight):
    """Return the score of an estimator on Dask collections.

    Parameters
    ----------
    client : distributed.Client
    estimator : MLPClassifier or MLPRegressor
        Local and fitted.
    X, y, sample_weight : dask collections
        The last may be None.

    Returns
    -------
    score : float
    """
    chunks = split("X", X)
    columns = [chunks.parts, align(chunks, split("y", y)).parts]
    columns.append([None] * len(chunks.parts))
    if sample_weight is not None:
        columns[2] = align(chunks, split("sample_weight", sample_weight)).parts
    model = dask.delayed(estimator, traverse=False)
    tasks = [
        dask.delayed(_score_partition)(index, model, *parts)
        for index, parts in enumerate(zip(*columns, strict=True))
    ]
    answers = collect(client, client.compute(tasks))
    for answer in answers:
        raise_error(answer)
    found = [answer.sums for answer in answers if answer.sums is not None]
    if not found:
        raise ValueError("Found array with 0 sample(s) while a minimum of 1 is required.")
    return functools.reduce(operator.add, found).score()


class PartitionScore(NamedTuple):
    """What the score of a partition is computed from.

    Attributes
    ----------
    index : int
        Of the partition.
    sums : ClassSums, NumberSums or None
        None of a partition without rows.
    error : Exception or None
        Why there is no score.
    """

    index: int
    sums: object = None
    error: Exception | None = None


def _score_partition(index, estimator, X, y, sample_weight):
    """Return what the score of a partition is computed from, or the error of its rows."""
    try:
        return PartitionScore(index, _sums(estimator, X, y, sample_weight))
    except (ValueError, TypeError) as error:
        return PartitionScore(index, error=error)


def _sums(estimator, X, y, sample_weight):
    """Return the sums of a partition from which the score is computed; None of an empty one."""
    weights = None if sample_weight is None else np.asarray(sample_weight).reshape(-1)
    y = y if issparse(y) else np.asarray(y)
    check_consistent_length(X, y, weights)
    if X.shape[0] == 0:
        return None
    y = y[:, 0] if y.ndim == 2 and y.shape[1] == 1 and not issparse(y) else y
    predicted = estimator.predict(X)
    if hasattr(estimator, "classes_"):
        correct = accuracy_score(y, predicted, normalize=False, sample_weight=weights)
        weight = X.shape[0] if weights is None else weights.sum()
        return ClassSums(float(correct), float(weight))
    y = check_array(y, ensure_2d=False, input_name="y")
    y, predicted = (each.reshape(len(each), -1) for each in (y, predicted))
    if y.shape != predicted.shape:
        raise ValueError(
            f"y has {y.shape[1]} outputs, but the network was fitted with {predicted.shape[1]}."
        )
    return sums_of(estimator._targets(), y, predicted, weights)
