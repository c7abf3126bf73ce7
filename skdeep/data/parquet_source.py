"""Rows of Parquet files, by pyarrow."""

import pathlib

import numpy as np

from skdeep.data.row_sources import MAX_BYTES, Chunk, RowSource, check_bytes, rows_of_chunk


class ParquetSource(RowSource):
    """Rows of Parquet files. Made by `from_parquet`."""

    def __init__(self, paths, target, columns, sample_weight, max_bytes):
        self.paths, self.target, self.columns = paths, target, columns
        self.sample_weight, self.max_bytes = sample_weight, max_bytes

    def read_chunks(self, random_state=None):
        """Read all rows once: row groups in a random order, some of them at a time."""
        groups = [(path, i) for path in self.paths for i in range(_open(path).num_row_groups)]
        if random_state is not None:
            random_state.shuffle(groups)
        names = [*self.columns, *self.target, *self.sample_weight]
        most = rows_of_chunk(len(names), self.max_bytes)
        held, n_held, opened = [], 0, (None, None)
        for path, group in groups:
            if opened[0] != path:
                opened = path, _open(path)
            options = {"batch_size": most, "row_groups": [int(group)], "columns": names}
            for batch in opened[1].iter_batches(**options):
                start = 0
                while start < batch.num_rows:
                    part = batch.slice(start, most - n_held)
                    held.append(self._chunk(part))
                    start, n_held = start + part.num_rows, n_held + part.num_rows
                    if n_held == most:
                        yield _together(held)
                        held, n_held = [], 0
        if held:
            yield _together(held)

    def _chunk(self, batch):
        """Return the rows of a record batch as arrays."""
        X = _columns(batch, self.columns)
        y = [batch.column(name).to_numpy(zero_copy_only=False) for name in self.target]
        y = y[0] if len(y) == 1 else np.column_stack(y)
        weights = _columns(batch, self.sample_weight)[:, 0] if self.sample_weight else None
        return Chunk(X, y, weights)


def _open(path):
    import pyarrow.parquet

    # Without pre_buffer=False, a whole row group would be in memory.
    return pyarrow.parquet.ParquetFile(path, memory_map=False, pre_buffer=False, buffer_size=2**16)


def _columns(batch, names):
    """Return columns of numbers as a matrix."""
    columns = []
    for name in names:
        column = batch.column(name).to_numpy(zero_copy_only=False)
        if column.dtype.kind not in "biuf":
            raise TypeError(f"The column {name!r} must hold numbers, but has {column.dtype}.")
        columns.append(column)
    single = all(column.dtype == np.float32 for column in columns)
    out = np.empty((batch.num_rows, len(columns)), np.float32 if single else np.float64)
    for place, column in enumerate(columns):
        out[:, place] = column
    return out


def _together(parts):
    if len(parts) == 1:
        return parts[0]
    columns = zip(*parts, strict=True)
    return Chunk(*(None if each[0] is None else np.concatenate(each) for each in columns))


def from_parquet(path, *, target, columns=None, sample_weight=None, max_bytes=MAX_BYTES):
    """Return the rows of Parquet files, which are read chunk by chunk.

    Needs the package pyarrow: ``pip install pyarrow``.

    Parameters
    ----------
    path : str or path-like, or a list of them
        A file, a folder of files that end in ``.parquet``, or several of them.
    target : str or list of str
        Columns of the targets.
    columns : str or list of str, default=None
        Columns of the features, which hold numbers; None for all that are not named otherwise.
    sample_weight : str, default=None
        Column of the weights of the samples.
    max_bytes : int, default=268435456
        Most bytes that the rows in memory take at a time, their copies included. While it reads,
        pyarrow holds besides a page or two of every column, mostly of 1 MB each. Labels are counted
        as one number each: beyond some ten classes, or as long strings, they take more.

    Returns
    -------
    source : RowSource
        In every epoch of a fit, row groups are read in a new random order; as many rows as
        `max_bytes` allows are in memory at a time, and are shuffled together.

    Raises
    ------
    ImportError
        If pyarrow is missing.
    FileNotFoundError
        If there is no such file.
    ValueError
        If a column is missing, a target is among the features, or `max_bytes` is too small.

    Examples
    --------
    >>> from skdeep import MLPClassifier
    >>> from skdeep.data import from_parquet
    >>> source = from_parquet("flights/", target="late")  # doctest: +SKIP
    >>> net = MLPClassifier((100,)).fit(source)  # doctest: +SKIP
    """
    try:
        import pyarrow.parquet  # noqa: F401
    except ImportError as error:
        raise ImportError(
            f"from_parquet needs pyarrow, which cannot be imported ({error}): pip install pyarrow."
        ) from error
    paths, target = _paths(path), [target] if isinstance(target, str) else list(target)
    weight = [] if sample_weight is None else [sample_weight]
    known = _open(paths[0]).schema_arrow.names
    if columns is None:
        columns = [name for name in known if name not in {*target, *weight}]
    columns = [columns] if isinstance(columns, str) else list(columns)
    _check_columns(paths, columns, [*target, *weight])
    if not columns or not target:
        raise ValueError("columns and target must each name a column at least.")
    rows_of_chunk(len(columns) + len(target) + len(weight), check_bytes(max_bytes))
    return ParquetSource(paths, target, columns, weight, int(max_bytes))


def _check_columns(paths, columns, others):
    """Raise an error that names a column that a file has not, or that is named twice."""
    for name in others:
        if name in columns:
            raise ValueError(f"columns must not have {name!r}, which is a target or a weight.")
    for path in paths:
        known = _open(path).schema_arrow.names
        for name in (*columns, *others):
            if name not in known:
                raise ValueError(f"{path} has no column {name!r}.")


def _paths(path):
    """Return the files of a path, or of several."""
    given, found = path if isinstance(path, list | tuple) else [path], []
    for each in map(pathlib.Path, given):
        found += sorted(each.glob("*.parquet")) if each.is_dir() else [each]
    missing = [str(each) for each in found if not each.exists()]
    if missing or not found:
        raise FileNotFoundError(f"There is no Parquet file at {', '.join(missing) or path}.")
    return [str(each) for each in found]
