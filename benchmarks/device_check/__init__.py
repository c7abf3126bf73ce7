"""A check of skdeep on an NVIDIA GPU in eight minutes: ``python -m benchmarks.device_check``.

Every expectation of `expectations.py` is measured: that results agree with those of the processor,
that errors are what they should be, and that times keep within their bounds. Each step runs in a
process of its own with a time limit, and results are written as they come.
"""
