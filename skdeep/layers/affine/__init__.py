"""Weighted sums of what a layer reads."""
