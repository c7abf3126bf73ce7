"""What kernels do with the rows of a batch, layer by layer."""

#: Kinds of layers that phases of kernels compute.
KINDS = ("dense",)
