"""Sequences of tokens that are made of others."""
