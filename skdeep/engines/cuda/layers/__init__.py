"""What kernels do with the rows of a batch, layer by layer."""
