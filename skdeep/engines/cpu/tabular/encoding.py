"""What the encoder sees of the kernels of tables."""

import numpy as np

from skdeep.engines.cpu.memory.task import read_only
from skdeep.engines.cpu.tabular import kernel
from skdeep.engines.cpu.tabular.kernel import Scaling
from skdeep.engines.cpu.threads import team
from skdeep.engines.encoded_table import check_encoded

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
    scores = np.empty(len(values))
    with np.errstate(over="ignore"):  # without the compiler
        kernel.score_values(read_only(values, np.float64), float(center), float(scale), scores)
    return scores


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
    """
    infinite = np.zeros(len(columns), dtype=np.uint8)
    scaling = Scaling(*(read_only(part) for part in scaling))
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
