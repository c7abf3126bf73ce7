"""Benchmarks of skdeep: ``python -m benchmarks.cpu`` and ``python -m benchmarks.startup``."""
