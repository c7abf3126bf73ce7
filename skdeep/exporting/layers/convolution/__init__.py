"""Exports of convolutions and pooling."""
