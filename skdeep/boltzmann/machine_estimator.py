"""What the estimators of Boltzmann machines have in common."""

from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin

from skdeep.estimators.callback_tasks import CallbackSupportMixin
from skdeep.estimators.estimator import Estimator


class MachineEstimator(
    CallbackSupportMixin, ClassNamePrefixFeaturesOutMixin, TransformerMixin, Estimator
):
    """A transformer whose outputs are hidden units, trained with callbacks."""

    def _shallow_copy(self):
        """Return an estimator with the same attributes."""
        new = type(self).__new__(type(self))
        vars(new).update(vars(self))
        return new

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
