"""Layers that look at the activations of others."""
