"""The CPU engine: Numba kernels on multicore processors."""
