"""How kernels are launched: by a block for each network, by a grid, or as a CUDA graph."""
