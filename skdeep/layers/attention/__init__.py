"""Attention, and the encoding of positions that goes with it."""
