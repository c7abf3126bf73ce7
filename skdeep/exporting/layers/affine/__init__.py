"""Exports of weighted sums."""
