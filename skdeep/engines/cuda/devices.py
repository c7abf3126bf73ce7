"""The CUDA devices of the machine, and what is missing where there are none."""

from skdeep.engines.cuda.dispatcher import Dispatcher
from skdeep.engines.cuda.memory import Pool
from skdeep.engines.cuda.shim import SIMULATED


class Device:
    """A device."""

    def __init__(self, number):
        self.number, self.threads = number, 4 if SIMULATED else 256
        self.pool, self.dispatcher = Pool(), Dispatcher(self)


_DEVICES = {}


def device_of(number):
    return _DEVICES.setdefault(number, Device(number))
