"""The devices of the machine, their libraries, and what kernels use of `numba.cuda`."""
