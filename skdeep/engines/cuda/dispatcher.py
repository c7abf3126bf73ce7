"""Launches: fits that wait at the same time are trained together, by one grid."""

import threading

import numpy as np

from skdeep.engines.cuda.shim import SIMULATED, numba_cuda


class Dispatcher:
    def __init__(self, device):
        self.device = device

    def run(self, kernels, model):
        table = np.stack([model.row()])
        kernels.train[len(table), self.device.threads](*model.slab.arrays(model.dtype), table)
