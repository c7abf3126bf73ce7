"""Pictures of training and of networks, in scikit-learn's style: ``from_estimator`` and ``plot``.

They need matplotlib, which ``pip install "skdeep[plot]"`` brings; nothing imports it before a
picture is asked for. `describe_network` needs nothing: it describes a network in words.
"""

from skdeep.displays.gradient_flow import GradientFlowDisplay
from skdeep.displays.loss_curve import LossCurve, LossCurveDisplay
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
