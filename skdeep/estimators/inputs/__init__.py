"""Validation of what users pass in, and its conversion to what engines take."""
