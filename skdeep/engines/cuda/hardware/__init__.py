"""The devices of the machine, their libraries, and the one place that imports `numba.cuda`."""
