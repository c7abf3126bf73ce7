"""Plots of training curves, weights, gradients and architectures.

The displays follow scikit-learn's conventions: create one with ``from_estimator``, and redraw it
with ``plot``. They need matplotlib (``pip install matplotlib``), which is only imported when
something is drawn. `describe_network` describes a network as text and does not need matplotlib.
"""

from skdeep.displays.curves import LossCurve
from skdeep.displays.gradient_flow import GradientFlowDisplay
from skdeep.displays.loss_curve import LossCurveDisplay
from skdeep.displays.network import NetworkDisplay
from skdeep.displays.sample_grid import SampleGridDisplay
from skdeep.displays.weights import WeightsDisplay
from skdeep.estimators.presentation.description import (
    LayerDescription,
    NetworkDescription,
    describe_network,
)

__all__ = [
    "GradientFlowDisplay",
    "LayerDescription",
    "LossCurve",
    "LossCurveDisplay",
    "NetworkDescription",
    "NetworkDisplay",
    "SampleGridDisplay",
    "WeightsDisplay",
    "describe_network",
]
