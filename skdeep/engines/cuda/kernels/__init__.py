"""Kernels, the order of their phases, and the account of losses and epochs that they keep."""
