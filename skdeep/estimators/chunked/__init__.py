"""Fits of rows that are read chunk by chunk, and what chunks have in common with partitions."""
