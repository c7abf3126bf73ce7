"""Predictions and scores of Dask collections, chunk by chunk."""

import functools
import operator

import dask
import dask.array as da
import numpy as np
from scipy.sparse import issparse

from skdeep.dask.partitions.chunks import align, split
from skdeep.dask.partitions.score_sums import ClassSums, sums_of
from skdeep.dask.partitions.waiting import collect


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
    kind = np.float32 if getattr(X, "dtype", None) == np.float32 else np.float64
    row = np.zeros((1, estimator.n_features_in_), dtype=kind)
    names = getattr(estimator, "feature_names_in_", None)
    if names is not None:
        vars(estimator).pop("feature_names_in_")
    try:
        return getattr(estimator, method)(row)[:0]
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
    tasks = [dask.delayed(_sums)(model, *parts) for parts in zip(*columns, strict=True)]
    found = [each for each in collect(client, client.compute(tasks)) if each is not None]
    return functools.reduce(operator.add, found).score()


def _sums(estimator, X, y, sample_weight):
    """Return the sums of a partition from which the score is computed; None of an empty one."""
    if X.shape[0] == 0:
        return None
    y = np.asarray(y)
    y = y[:, 0] if y.ndim == 2 and y.shape[1] == 1 else y
    weights = None if sample_weight is None else np.asarray(sample_weight).reshape(-1)
    predicted = estimator.predict(X)
    if hasattr(estimator, "classes_"):
        right = y == predicted
        right = right if right.ndim == 1 else right.all(axis=1)
        return _class_sums(right, weights)
    y, predicted = (each.reshape(len(each), -1) for each in (y, predicted))
    return sums_of(estimator._targets(), y, predicted, weights)


def _class_sums(right, weights):
    weights = np.ones(len(right)) if weights is None else weights
    return ClassSums(float(weights @ right), float(weights.sum()))
