"""Convolutions, and pooling of neighbouring steps."""
