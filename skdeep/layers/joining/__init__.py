"""Layers that join, or select from, the outputs of others."""
