"""Benchmarks of skdeep: ``python -m benchmarks.all``, or any of its parts alone."""
