"""Layers that change the shape of samples, or pass them on."""
