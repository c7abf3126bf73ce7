"""Tables as they are: estimators of tables, and the encoder that they read tables by."""

from skdeep.tabular.encoder import TabularEncoder
from skdeep.tabular.ensemble.tabular_classifier import TabularClassifier
from skdeep.tabular.ensemble.tabular_regressor import TabularRegressor

__all__ = ["TabularClassifier", "TabularEncoder", "TabularRegressor"]
