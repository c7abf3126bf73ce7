"""Sums over rows and parameters: the same bits whatever the number of threads."""

import numpy as np
import pytest

from tests.engines.cuda.fits import MODES, check, cuda_settings, fit, inputs
from tests.helpers import quiet

#: Every sum over the rows of a batch, or over parameters.
SUMS = {
    "batch_norm": True,
    "clip_norm": 0.1,
    "penalty": "l1",
    "solver": "sgd",
    "record_gradient_norms": True,
    "weighted": True,
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_same_bits_on_any_grid(dtype, device):
    if device == "cpu":
        pytest.skip("has no grid")
    parameters = {**SUMS, "dtype": dtype, "batch_size": 9}
    fits = []
    for grid in ((2, 4), (1, 3), (5, 2)):
        with cuda_settings(device, grid=grid, **MODES["grid"]), quiet():
            fits.append(fit("regression", parameters, device))
    first, *others = fits
    for other in others:
        for ours, theirs in zip(first.coefs_, other.coefs_, strict=True):
            np.testing.assert_array_equal(ours, theirs)
        assert first.loss_curve_ == other.loss_curve_
        np.testing.assert_array_equal(first.gradient_norms_, other.gradient_norms_)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("alpha", [0.0, 0.1])
def test_more_rows_than_a_sum_is_folded_to(alpha, mode, device):
    parameters = {**SUMS, "alpha": alpha, "batch_size": 70, "hidden_layer_sizes": (3,)}
    given = inputs("regression", parameters, 70, 2)
    with cuda_settings(device, **MODES[mode]):
        assert check("regression", parameters, device, *given)
