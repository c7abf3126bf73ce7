"""The perceptron on processors: one kernel for all epochs, on dense rows or sparse ones.

Decisions are those of scikit-learn to the bit. A sum of products is formed in vectors, together
with the sum of their magnitudes, which bounds the rounding errors of any order of summation. Where
the sign is not certain within that bound, the sum is formed anew from left to right.
"""
