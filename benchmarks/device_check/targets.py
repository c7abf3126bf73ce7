"""What NVIDIA's tools look at: short fits under compute-sanitizer, launches under a profiler."""

from benchmarks.device_check import fits, inside
from benchmarks.device_check.fits import ON_GPU


def sanitized(report, sizes):
    """Train networks of odd sizes in shared memory, and one by a graph, whose products use it."""
    data = fits.classes((6, 4, 3) if sizes.is_simulated else (70, 9, 3), "float32")
    usual = {"hidden_layer_sizes": (4,) if sizes.is_simulated else (20, 10), "batch_size": 33}
    others = ({}, {"dropout": 0.3}, {"batch_norm": True}, {"clip_norm": 0.1, "max_norm": 0.5})
    with inside.way("shared memory"):
        for own in others:
            fits.fit(ON_GPU, sizes, *data, **{**usual, "max_iter": 1, **own})
    with inside.way("graph"):
        fits.fit(ON_GPU, sizes, *data, **{**usual, "max_iter": 1})


def profiled(report, sizes):
    """Train the network of the timings for some launches."""
    with inside.way("shared memory"):
        fits.timed_step(sizes.small, sizes._replace(repeats=1), sizes.batches, 5)
