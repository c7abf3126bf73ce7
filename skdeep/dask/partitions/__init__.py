"""Partitions of Dask collections: read, checked, kept on workers, and called together."""
