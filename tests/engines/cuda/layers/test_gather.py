"""Rows that are copied together: every width beside the width of a warp, with and without noise."""

import pytest

from tests.engines.cuda.fits import MODES, NOISE_TOLERANCE, check, cuda_settings, inputs

DISTURBED = {"input_noise": 0.2, "input_dropout": 0.3}


@pytest.mark.parametrize("mode", ["block", "grid"])
@pytest.mark.parametrize(("rows", "features"), [(1, 1), (5, 2), (9, 3), (3, 17)])
@pytest.mark.parametrize("disturbed", [False, True])
def test_gather(disturbed, rows, features, mode, device):
    parameters = {"hidden_layer_sizes": (2, 2), "batch_size": rows}
    parameters.update(DISTURBED if disturbed else {})
    given = inputs("regression", parameters, rows + 2, features)
    tolerance = NOISE_TOLERANCE if disturbed else None
    with cuda_settings(device, **MODES[mode]):
        assert check("regression", parameters, device, *given, tolerance=tolerance)


def test_gather_with_threads_beyond_the_last_warp(device):
    if device == "cpu":
        pytest.skip("has no grid")
    given = inputs("regression", {}, 7, 5)
    with cuda_settings(device, grid=(1, 3), **MODES["grid"]):
        assert check("regression", {"batch_size": 4}, device, *given)
