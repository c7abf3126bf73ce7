"""Estimators for tables of numbers and categories, and their encoder."""

from skdeep.tabular.encoder import TabularEncoder
from skdeep.tabular.ensemble.tabular_classifier import TabularClassifier
from skdeep.tabular.ensemble.tabular_regressor import TabularRegressor
from skdeep.tabular.importance import oof_permutation_importance

__all__ = ["TabularClassifier", "TabularEncoder", "TabularRegressor", "oof_permutation_importance"]
