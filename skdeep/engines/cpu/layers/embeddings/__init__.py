"""Routines of layers that look codes up in tables."""
