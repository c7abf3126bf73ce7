"""Routines of attention."""
