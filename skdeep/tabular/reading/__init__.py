"""Read tables column by column: arrays, and frames of pandas, polars and pyarrow."""
