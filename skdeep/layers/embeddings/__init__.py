"""Layers that look codes up in tables."""
