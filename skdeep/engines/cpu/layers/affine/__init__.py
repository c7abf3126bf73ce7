"""Routines of weighted sums."""
