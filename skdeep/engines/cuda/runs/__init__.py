"""Predictions, validation and full-batch objectives on a device."""
