"""The kernels: the loops over epochs, batches, parts and tiles, which know no kind of layer."""
