"""Dask collections as lists of partitions, checked before anything is computed."""

import math
from typing import NamedTuple

import dask
import dask.array as da
from dask.delayed import Delayed


class Chunks(NamedTuple):
    """The partitions of a collection.

    Attributes
    ----------
    name : str
        Of the argument, for messages.
    parts : list of Delayed
        One for every partition, in their order.
    n_rows : tuple of int or None
        Rows of every partition; None where they are not known before they are computed.
    collection : dask collection
    """

    name: str
    parts: list[Delayed]
    n_rows: tuple | None
    collection: object


def is_frame(collection):
    """Return whether a collection is a Dask frame or one of its columns.

    Parameters
    ----------
    collection : object

    Returns
    -------
    frame : bool
    """
    return hasattr(collection, "map_partitions") and hasattr(collection, "to_delayed")


def is_supported(collection):
    """Return whether an object is a Dask array, or a Dask frame or series.

    Parameters
    ----------
    collection : object

    Returns
    -------
    supported : bool
    """
    if not dask.is_dask_collection(collection):
        return False
    return isinstance(collection, da.Array) or is_frame(collection)


def split(name, collection, most_dimensions=2):
    """Return the partitions of a collection.

    Parameters
    ----------
    name : str
        Of the argument.
    collection : dask array, frame or series
    most_dimensions : int, default=2

    Returns
    -------
    chunks : Chunks

    Raises
    ------
    TypeError
        If it is no such collection.
    ValueError
        If it is chunked along the features, or has more dimensions.
    """
    if not is_supported(collection):
        raise TypeError(
            f"{name} must be a Dask array or a Dask frame, but is of the type "
            f"{type(collection).__module__}.{type(collection).__qualname__}. The local estimators "
            "take arrays and frames; dask.array.from_array makes a Dask array of them."
        )
    if is_frame(collection):
        return Chunks(name, list(collection.to_delayed()), None, collection)
    if not 1 <= collection.ndim <= most_dimensions:
        raise ValueError(
            f"{name} must have {most_dimensions} dimensions at most, but has {collection.ndim}."
        )
    if collection.ndim == 2 and collection.numblocks[1] != 1:
        raise ValueError(
            f"{name} must not be chunked along its columns, but has {collection.numblocks[1]} "
            f"chunks there. {name}.rechunk({{1: -1}}) makes one of them."
        )
    n_rows = tuple(collection.chunks[0])
    known = not any(math.isnan(n) for n in n_rows)
    parts = list(collection.to_delayed().ravel())
    return Chunks(name, parts, n_rows if known else None, collection)


def align(first, other):
    """Return partitions that have the same rows as those of another collection.

    Parameters
    ----------
    first, other : Chunks

    Returns
    -------
    other : Chunks
        Divided like `first`, where both numbers of rows are known.

    Raises
    ------
    ValueError
        If they have different numbers of rows, or of partitions where rows cannot be counted.
    """
    if first.n_rows is not None and other.n_rows is not None:
        if sum(first.n_rows) != sum(other.n_rows):
            raise ValueError(
                "Found input variables with inconsistent numbers of samples: "
                f"{[sum(first.n_rows), sum(other.n_rows)]} ({first.name} and {other.name})"
            )
        if first.n_rows != other.n_rows:
            return split(other.name, other.collection.rechunk({0: first.n_rows}))
        return other
    if len(first.parts) != len(other.parts):
        raise ValueError(
            f"{first.name} has {len(first.parts)} partitions and {other.name} has "
            f"{len(other.parts)}, and their numbers of rows are not known: they must be divided "
            "alike. compute_chunk_sizes() of a Dask array counts its rows."
        )
    return other
