"""The tests that run on a GPU unless all are asked for (``pytest -m gpu_all``).

Most parameters of the tests need kernels of their own, and each takes tens of seconds to compile.
Those chosen here share a few: training of a classifier with tanh and Adam in all three ways, once
with sparse features and once in float32, and predictions.
"""

import numpy as np

#: Features with the kernels of a plain network.
PLAIN = {"nothing", "weighted", "norms", "frozen", "auxiliary outputs", "tolerance"}
BLOCKS = {"shared memory", "block"}
#: Names of tests, and the values of parameters with which they are chosen.
SELECTION = (
    ("test_mode", {"feature": PLAIN, "mode": BLOCKS, "dtype": {"float64"}}),
    ("test_mode", {"feature": {"nothing", "norms"}, "mode": {"grid"}}),
    ("test_mode", {"feature": {"sparse"}, "mode": {"shared memory"}, "dtype": {"float64"}}),
    ("test_mode", {"feature": {"nothing", "norms"}, "dtype": {"float32"}}),
    ("test_models_that_differ", {}),
    ("test_outputs", {"network": {"plain", "wide"}, "container": {np.asarray}}),
    ("test_in_chunks", {}),
    ("test_same_bits_however_rows_come", {"container": {np.asarray}}),
    ("test_nothing_is_kept_of_predictions", {}),
)


def is_selected(item):
    """Return whether a collected test is one of the selection."""
    given = item.callspec.params if hasattr(item, "callspec") else {}
    return any(
        item.originalname == name
        and all(given.get(key) in values for key, values in wanted.items())
        for name, wanted in SELECTION
    )
