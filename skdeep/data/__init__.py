"""Rows that are read chunk by chunk, for fits of more rows than there is memory for."""

from skdeep.data.parquet_source import from_parquet
from skdeep.data.row_sources import RowSource, from_arrays, from_chunks

__all__ = ["RowSource", "from_arrays", "from_chunks", "from_parquet"]
