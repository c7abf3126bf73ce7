"""The estimators: scikit-learn's face of the networks."""

from skdeep.estimators.classifier import MLPClassifier
from skdeep.estimators.gradient_check import check_gradient
from skdeep.estimators.perceptron import Perceptron
from skdeep.estimators.profile import profile_fit
from skdeep.estimators.regressor import MLPRegressor

__all__ = ["MLPClassifier", "MLPRegressor", "Perceptron", "check_gradient", "profile_fit"]
