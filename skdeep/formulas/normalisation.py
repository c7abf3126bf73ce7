"""Constants of batch normalisation (Ioffe & Szegedy, ICML 2015), those of PyTorch."""

#: Added to the variance of a unit before its root is taken.
BATCH_EPSILON = 1e-5
#: Share of a batch in the running statistics.
BATCH_SHARE = 0.1
