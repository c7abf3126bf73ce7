"""Uniform weights between two bounds, ``W_ij ~ U[low, high)``, whatever the size of the layer."""

from skdeep.formulas.parameter import Parameter

PARAMETERS = {
    "low": Parameter(-0.05, "Lower bound of the weights."),
    "high": Parameter(0.05, "Upper bound of the weights."),
}


def conflict(low, high):
    """Return what is wrong with bounds in the wrong order."""
    return None if low < high else f"low must be less than high, got low={low} and high={high}"


def draw(random_state, fan_in, fan_out, low, high):
    """Return uniform numbers."""
    return random_state.uniform(low, high, (fan_in, fan_out))
