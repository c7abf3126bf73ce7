"""The formulas of neural networks, one small file each, independent of any device.

Every formula is a plain Python function of scalars (no Numba import), headed by its definition
and source. The engines compile the same function for each device, so no formula is written
twice. Each kind of formula has a registry that finds its files by itself: adding one means
adding one file.
"""
