"""Normal weights, ``W_ij ~ N(mean, std^2)``, whatever the size of the layer."""

from skdeep.formulas.parameter import Parameter

PARAMETERS = {
    "mean": Parameter(0.0, "Mean of the weights."),
    "std": Parameter(0.05, "Standard deviation of the weights.", 0),
}


def draw(random_state, fan_in, fan_out, mean, std):
    """Return normal numbers."""
    return random_state.normal(mean, std, (fan_in, fan_out))
