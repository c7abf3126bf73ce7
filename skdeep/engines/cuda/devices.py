"""The CUDA devices of the machine, and what is missing where there are none."""

import numpy as np

from skdeep.engines.cuda.dispatcher import Dispatcher
from skdeep.engines.cuda.memory import Pool
from skdeep.engines.cuda.shim import SIMULATED


class Device:
    """A device."""

    def __init__(self, number):
        self.number, self.threads = number, 4 if SIMULATED else 256
        self.pool, self.dispatcher = Pool(), Dispatcher(self)
        self.grid = (2, 4) if SIMULATED else (264, 256)
        self.prediction_rows = 8 if SIMULATED else 64
        self.prediction_blocks = 2 if SIMULATED else 528

    @property
    def grid_lanes(self):
        return self.grid[0] * self.grid[1]

    def table(self, rows):
        return np.stack(rows)

    def rows_at_once(self, layout, X):
        return 10**6


_DEVICES = {}


def device_of(number):
    return _DEVICES.setdefault(number, Device(number))
