"""Exports of attention."""
