"""What the encoder sees of the kernels of tables."""

import numpy as np

from skdeep.engines.cpu.memory.task import read_only
from skdeep.engines.cpu.tabular import kernel
from skdeep.engines.cpu.tabular.kernel import Scaling
from skdeep.engines.cpu.threads import team
from skdeep.engines.encoded_table import check_bins, check_encoded

__all__ = ["Scaling", "encode_numbers", "expand", "score"]


def _run(function, arguments, n_rows, n_threads):
    most = team.available_threads() if n_threads is None else n_threads
    members = max(1, min(most, n_rows // kernel.BLOCK_ROWS))
    if members == 1:
        team.run_alone(function, arguments)
    else:
        team.run(function, arguments, members, barriers=False)


def score(values, center, scale):
    """Return the robust scores of numbers.

    Parameters
    ----------
    values : array of float64 of shape (n_values,)
        NaN where a number is missing.
    center, scale : float

    Returns
    -------
    scores : array of float64 of shape (n_values,)
        0 where a number is missing.
    """
    scores = np.zeros(len(values))
    with np.errstate(over="ignore"):  # without the compiler
        kernel.score_values(read_only(values, np.float64), float(center), float(scale), scores)
    return scores


def _check_scaling(scaling, n_columns, table):
    """Check that all that kernels index by is within the table and the edges."""
    parts = (scaling.number_at, scaling.indicator_at, scaling.bins_at)
    ends = (table.numbers.shape[1], table.indicators.shape[1], table.bins.shape[1])
    fits = len(scaling.starts) == table.bins.shape[1] + 1
    for part in (scaling.center, scaling.scale, *parts):
        fits = fits and len(part) == n_columns
    for part, end in zip(parts, ends, strict=True):
        fits = fits and bool(np.all((part >= -1) & (part < end)))
    if not fits:
        raise ValueError("The columns of a table do not fit what they were encoded as.")
    check_bins(scaling.starts, len(scaling.edges) - table.bins.shape[1])


def encode_numbers(columns, scaling, table, n_threads=None):
    """Write the encodings of numbers to a table.

    Parameters
    ----------
    columns : C-ordered array of float64 of shape (n_columns, n_rows)
        NaN where a number is missing. Replaced by the scores.
    scaling : Scaling
    table : EncodedTable
        Of as many rows. Written to, but for its codes.
    n_threads : int, default=None
        None for as many as may be used.

    Returns
    -------
    infinite : array of bool of shape (n_columns,)
        Which columns have infinite numbers; what is written for these is of no use.

    Raises
    ------
    ValueError
        If what kernels index by is outside of the table.
    """
    _check_scaling(scaling, len(columns), table)
    infinite = np.zeros(len(columns), dtype=np.uint8)
    types = (*[np.float64] * 2, *[np.int64] * 4, np.float64)
    scaling = Scaling(*(read_only(*pair) for pair in zip(scaling, types, strict=True)))
    _run(kernel.encode_numbers, (columns, scaling, table, infinite), table.n_rows, n_threads)
    return infinite.astype(bool)


def expand(table, layout, out, n_threads=None):
    """Write the dense encoding of a table.

    Parameters
    ----------
    table : EncodedTable
    layout : TableLayout
    out : C-ordered array of shape (n_rows, width)
        Of the type of the table's numbers. Written to.
    n_threads : int, default=None
        None for as many as may be used.

    Raises
    ------
    ValueError
        If the table, or the array, does not fit the layout.
    """
    check_encoded(table, layout)
    if out.shape != (table.n_rows, layout.width) or out.dtype != table.numbers.dtype:
        raise ValueError(f"out must be of shape {(table.n_rows, layout.width)}. Got {out.shape}.")
    empty_row = np.zeros(layout.width, out.dtype)
    empty_row[layout.width - len(layout.means) :] = -layout.means
    arguments = (
        table,
        read_only(layout.n_levels, np.int64),
        read_only(layout.starts, np.int64),
        read_only(empty_row),
        out,
    )
    _run(kernel.expand_rows, arguments, table.n_rows, n_threads)
