"""The estimators: scikit-learn's face of the networks."""

from skdeep.estimators.classifier import MLPClassifier
from skdeep.estimators.gradient_check import check_gradient
from skdeep.estimators.networks.network_classifier import NetworkClassifier
from skdeep.estimators.networks.network_regressor import NetworkRegressor
from skdeep.estimators.perceptron import Perceptron
from skdeep.estimators.pretraining import greedy_pretraining
from skdeep.estimators.profile import profile_fit
from skdeep.estimators.regressor import MLPRegressor
from skdeep.estimators.transformer import HiddenLayerTransformer

__all__ = [
    "HiddenLayerTransformer",
    "MLPClassifier",
    "MLPRegressor",
    "NetworkClassifier",
    "NetworkRegressor",
    "Perceptron",
    "check_gradient",
    "greedy_pretraining",
    "profile_fit",
]
