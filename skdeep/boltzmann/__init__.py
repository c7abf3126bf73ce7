"""Boltzmann machines: networks of binary units that are trained to produce samples like the data.

`skdeep.BernoulliRBM` and `skdeep.DeepBoltzmannMachine` are imported from `skdeep`.
"""
