"""Routines of convolutions and pooling."""
